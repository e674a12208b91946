"""How many samples of which cell a split still needs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from roadstead.dataset.samples import Split


@dataclass(slots=True, eq=False)
class Quotas:
    """What is wanted of each split and cell (a class, or a pair of attributes), and what there is of it."""

    wanted: Mapping[tuple[Split, str], int]
    taken: Counter[tuple[Split, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, samples: int, shares: Mapping[Split, float], cells: Mapping[str, float]) -> "Quotas":
        """Share samples out among splits, and those of a split among cells by weight; the totals are exact.

        >>> dict(Quotas.of(5, {"train": 1.0}, {"a": 1, "b": 1}).wanted)
        {('train', 'a'): 3, ('train', 'b'): 2}
        """
        by_split = _shared(samples, list(shares.values()))
        made: dict[tuple[Split, str], int] = {}
        for split, many in zip(shares, by_split, strict=True):
            for cell, some in zip(cells, _shared(many, list(cells.values())), strict=True):
                made[split, cell] = some
        return cls(made)

    def missing(self, split: Split, cell: str) -> int:
        """Return how many are still wanted."""
        return max(0, self.wanted.get((split, cell), 0) - self.taken[split, cell])

    def take(self, split: Split, cell: str) -> bool:
        """Count a sample in where it is wanted; say whether it was."""
        if not self.missing(split, cell):
            return False
        self.taken[split, cell] += 1
        return True

    def open(self, split: Split) -> dict[str, int]:
        """Return the cells of a split of which some are missing, the most wanted first."""
        found = {cell: self.missing(s, cell) for s, cell in self.wanted if s == split}
        return {cell: n for cell, n in sorted(found.items(), key=lambda item: -item[1]) if n}

    def split(self) -> Split | None:
        """Return the split that is least complete; None when all are."""
        left = {s: sum(self.open(s).values()) for s, _ in self.wanted}
        all_of = {s: sum(n for (other, _), n in self.wanted.items() if other == s) for s in left}
        due = {s: n / all_of[s] for s, n in left.items() if n}
        return max(due.items(), key=lambda item: item[1])[0] if due else None

    @property
    def done(self) -> int:
        """How many samples there are."""
        return self.taken.total()


def _shared(many: int, weights: Sequence[float]) -> list[int]:
    """Share a number out by weights; what cannot be divided goes to the largest remainders, the first of equals."""
    total = sum(weights)
    exact = [many * w / total for w in weights] if total else [0.0] * len(weights)
    made = [int(x) for x in exact]
    for k in sorted(range(len(made)), key=lambda k: made[k] - exact[k])[: many - sum(made)]:
        made[k] += 1
    return made
