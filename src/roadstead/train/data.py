"""The samples of a recipe: read, split, and looked at for what must not be on two sides."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from roadstead.dataset.reading import demand_known, read
from roadstead.dataset.samples import Sample, Split
from roadstead.dataset.sampling import repeats
from roadstead.dataset.splits import leaks, split
from roadstead.errors import BadInput
from roadstead.train.recipe import Data, Source
from roadstead.types import Floats, readonly


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is learned from, chosen by, and judged on at the end (the validation samples where there are no test samples).

    `unlabelled` are left out of all; `counts` say what reading left out or found odd.
    """

    train: tuple[Sample, ...]
    val: tuple[Sample, ...]
    test: tuple[Sample, ...]
    unlabelled: int
    counts: Mapping[str, int]
    leaks: tuple[str, ...]

    @property
    def final(self) -> tuple[Sample, ...]:
        """What the report is about."""
        return self.test or self.val

    @property
    def hash(self) -> str:
        """A hash of which sample lies on which side with which target."""
        text = json.dumps([[s.id, s.split, str(s.target)] for s in (*self.train, *self.val, *self.test)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def sides(data: Data, seed: int) -> Sides:
    """Read the samples of a recipe's data; raise BadInput for leakage, unless it is allowed, or where nothing is left."""
    counts: Counter[str] = Counter()
    names: set[str] = set()

    def some(sources: Sequence[Source]) -> list[Sample]:
        found: list[Sample] = []
        for source in sources:
            got = read(
                source.folder,
                source.format,
                class_map=data.class_map,
                split=source.split,
                take=source.take,
                seed=seed,
                strict=False,
            )
            counts.update(got.counts)
            names.update(got.names)
            found += got.samples
        return found

    whole = [
        *some(data.train),
        *_on("val", some(data.val)),
        *_on("test", some(data.test)),
    ]
    demand_known(data.class_map, names, "data")
    labelled = [s for s in whole if s.target is not None]
    made = split(_named_apart(labelled), val=data.val_share, test=data.test_share, by=data.by, seed=seed)
    found = tuple(str(leak) for leak in leaks(made))
    if found and not data.allow_leakage:
        raise BadInput(
            f"data: {found[0]}"
            + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")
            + "; what was learned must not be judged on: mend the split, or set data.allow_leakage"
        )
    train, val, test = (tuple(s for s in made if s.split == side) for side in ("train", "val", "test"))
    if not train:
        raise BadInput("data: no sample is left to train on")
    return Sides(
        train=train, val=val, test=test, unlabelled=len(whole) - len(labelled), counts=dict(counts), leaks=found
    )


def drawn(samples: Sequence[Sample], data: Data) -> Floats:
    """Return how often each training sample is drawn in an epoch."""
    if data.sampling == "natural":
        return readonly(np.ones(len(samples)))
    return repeats(samples, data.sampling, data.repeat_threshold)


def at_most(samples: Sequence[Sample], n: int | None, seed: int) -> tuple[Sample, ...]:
    """Return so many samples by chance, in their order; all of them where there are no more."""
    if n is None or len(samples) <= n:
        return tuple(samples)
    chosen = sorted(np.random.default_rng(seed).choice(len(samples), n, replace=False).tolist())
    return tuple(samples[k] for k in chosen)


def _on(side: Split, samples: Iterable[Sample]) -> list[Sample]:
    return [replace(s, split=side) for s in samples]


def _named_apart(samples: Sequence[Sample]) -> list[Sample]:
    """Give samples of several sources that have one id ids of their own."""
    seen: Counter[str] = Counter()
    made = []
    for sample in samples:
        seen[sample.id] += 1
        made.append(sample if seen[sample.id] == 1 else replace(sample, id=f"{sample.id}#{seen[sample.id]}"))
    return made
