"""What became of a recipe."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from csv import DictWriter
from dataclasses import dataclass, field
from pathlib import Path

Tell = Callable[[int, int], None]
"""Hears how many of how many samples there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A data set: its folder and files, how many samples each split has, and how many of each cell there are in it."""

    name: str
    task: str
    folder: Path
    samples: Mapping[str, int]
    counts: Mapping[str, Mapping[str, int]]
    files: tuple[Path, ...] = ()
    worlds: int = 0
    notes: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Tally:
    """Counts what is made, by split."""

    samples: Counter[str] = field(default_factory=Counter)
    cells: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, split: str, cells: Iterable[str]) -> None:
        """Count one sample with its cells."""
        self.samples[split] += 1
        self.cells.setdefault(split, Counter()).update(cells)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many there are of each cell, by split."""
        return {split: dict(sorted(of.items())) for split, of in self.cells.items()}


def write_csv(path: Path, rows: Sequence[Mapping[str, str | int | float]], columns: Sequence[str]) -> Path:
    """Write rows under a heading; return the file."""
    with path.open("w", encoding="utf-8", newline="") as to:
        writer = DictWriter(to, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
