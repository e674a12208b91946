"""What a model is worth on a data set: every figure with how sure it is."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure and its interval; None where there is nothing to measure it on. `of` is how many cases it rests on."""

    value: float | None
    low: float | None = None
    high: float | None = None
    of: int = 0

    def __str__(self) -> str:
        if self.value is None:
            return "unknown"
        if self.low is None or self.high is None:
            return f"{self.value:.4g}"
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True, slots=True)
class Example:
    """A sample that the model is worst at: how bad (larger is worse), and in words what it said and what is true."""

    sample: str
    badness: float
    said: str
    true: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of one model on one data set.

    `metrics` hold the figures of the whole, `main` names the one that models are chosen by, `higher` says which way is
    better. `per_class` and `per_slice` hold figures by class and by slice (a source, a light), `worst` the worst samples
    first, `confusion` counts by true class, then by said class, `notes` what a reader has to know. `draws` hold the figures
    of the whole in every resample of the bootstrap (None where a resample gives none); reports that are `drawn` alike drew the
    same samples each time and can be compared in pairs (`evaluate.comparing`).
    """

    task: str
    samples: int
    metrics: Mapping[str, Measured]
    main: str
    higher: bool = True
    per_class: Mapping[str, Mapping[str, Measured]] = field(default_factory=dict)
    per_slice: Mapping[str, Mapping[str, Measured]] = field(default_factory=dict)
    confusion: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    worst: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()
    settings_hash: str = ""
    data_hash: str = ""
    draws: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    drawn: str = ""

    @property
    def value(self) -> float | None:
        """The main figure."""
        return self.metrics[self.main].value

    def better(self, other: float | None) -> bool:
        """Whether the main figure is better than another one; anything known is better than None."""
        if self.value is None:
            return False
        return other is None or (self.value > other if self.higher else self.value < other)

    def record(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return dataclasses.asdict(self)


def from_record(record: Mapping[str, Any]) -> Report:
    """Return the report that `record` was made of."""

    def measured(table: Mapping[str, Any]) -> dict[str, Measured]:
        return {name: Measured(**value) for name, value in table.items()}

    return Report(
        **{
            **record,
            "metrics": measured(record["metrics"]),
            "per_class": {name: measured(table) for name, table in record["per_class"].items()},
            "per_slice": {name: measured(table) for name, table in record["per_slice"].items()},
            "worst": tuple(Example(**row) for row in record["worst"]),
            "notes": tuple(record["notes"]),
            "draws": {name: tuple(values) for name, values in record.get("draws", {}).items()},
        }
    )
