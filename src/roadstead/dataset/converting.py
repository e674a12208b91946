"""A data set from one format into another, and what is lost on the way, told before anything is written."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from roadstead import settings
from roadstead.dataset.formats import Format, plugins
from roadstead.dataset.reading import read
from roadstead.dataset.samples import Objects, Sample, kind
from roadstead.dataset.splits import split
from roadstead.errors import BadInput


@dataclass(frozen=True, slots=True)
class Shares:
    """How samples without a split are shared out: the shares of val and test, by whole groups or one by one."""

    val: float
    test: float
    by: Literal["group", "sample"] = "group"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is to be written where: `lost` counts, by field, the samples that have it and lose it; `counts` are of reading."""

    samples: tuple[Sample, ...]
    writer: Format
    to: Path
    lost: Mapping[str, int]
    counts: Mapping[str, int] = field(default_factory=dict)

    def write(self) -> None:
        """Write it."""
        self.writer.write(self.samples, self.to)

    def lines(self) -> list[str]:
        """Return for people what is written and what is lost."""
        sides = Counter(sample.split or "no split" for sample in self.samples)
        shown = ", ".join(f"{n} {side}" for side, n in sorted(sides.items()))
        read = [f"reading counted {name}: {n}" for name, n in self.counts.items() if name != "samples"]
        lost = [f"lost: {name} of {n} samples" for name, n in self.lost.items()]
        return [f"{len(self.samples)} samples ({shown}) to {self.to}", *read, *(lost or ["nothing is lost"])]

    def record(self) -> dict[str, Any]:
        """Return the same for JSON."""
        sides = Counter(sample.split or "none" for sample in self.samples)
        return {
            "samples": len(self.samples),
            "splits": dict(sides),
            "to": str(self.to),
            "lost": dict(self.lost),
            "counts": dict(self.counts),
        }


def conversion(
    source: Path,
    from_table: Mapping[str, Any],
    to: Path,
    to_table: Mapping[str, Any],
    shares: Shares | None = None,
) -> Conversion:
    """Read a folder and prepare to write it; raise BadInput where the other format does not carry a sample's target."""
    if to.exists() and any(to.iterdir() if to.is_dir() else [to]):
        raise BadInput(f"{to}: is not empty; name a new folder")
    found = read(source, from_table, class_map={})
    named = source.resolve().name  # what reading fills in where a sample says no origin: nothing that could be lost
    samples = tuple(replace(s, origin="") if s.origin == named else s for s in found.samples)
    if shares is not None:
        samples = split(samples, val=shares.val, test=shares.test, by=shares.by, seed=shares.seed)
    writer = settings.build(plugins, to_table, "--to")
    for sample in samples:
        if sample.target is not None and not isinstance(sample.target, writer.targets):
            carried = ", ".join(target.__name__.lower() for target in writer.targets)
            raise BadInput(
                f"{source}: sample {sample.id!r} has {kind(sample.target)}; {to_table.get('kind')} carries {carried}"
            )
    return Conversion(samples, writer, to, lost(samples, writer), found.counts)


def lost(samples: Sequence[Sample], writer: Format) -> dict[str, int]:
    """Return how many samples have a field that a format has no place for, by field."""
    own = {f.name for f in fields(Sample)}
    found: Counter[str] = Counter()
    for name in sorted(writer.loses):
        found[name] += sum(_has(sample if name in own else sample.target, name) for sample in samples)
    return {name: n for name, n in found.items() if n}


def _has(thing: Any, name: str) -> bool:
    """Return whether anything is known in a field of a sample, or in a column of objects."""
    if isinstance(thing, Sample):
        value = getattr(thing, name)
        return value is not None and (name == "way" or value not in ("", (0, 0)))
    if not isinstance(thing, Objects):
        return False
    column = getattr(thing, name)
    return not all(math.isnan(v) for v in column) if name == "visible" else any(bool(v) for v in column)
