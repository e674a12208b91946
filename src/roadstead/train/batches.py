"""Which samples make which step: a function of the seed and the step's number alone.

So a run goes on after a kill exactly where it was, two processes take the same steps as one, and the number of workers that
read pictures changes nothing.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset, Sampler

from roadstead.dataset.samples import Sample
from roadstead.errors import BadSettings
from roadstead.train.augment import OfSample, Shown
from roadstead.train.tasks import Batch, Learner
from roadstead.types import Floats


@dataclass(frozen=True, slots=True)
class Pick:
    """One drawing of a sample: the how-manieth of the run, which seeds its augmentation, and the sample's index."""

    place: int
    index: int


class Order:
    """The endless order of drawings: every epoch a new shuffle of its own.

    `repeats` (n,) say how often each sample is drawn in an epoch on average; ones: every sample once. Fractions are met by
    systematic sampling, so an epoch has always the same length and no sample is drawn more often than its number rounded up.
    """

    def __init__(self, repeats: Floats, seed: int) -> None:
        self._repeats = np.asarray(repeats, dtype=np.float64)
        self._seed = seed
        self._epoch: tuple[int, np.ndarray[Any, np.dtype[np.intp]]] | None = None
        self.length = max(round(float(self._repeats.sum())), 1)

    def __getitem__(self, place: int) -> int:
        """Return the index of the sample that is drawn at a place."""
        epoch, within = divmod(place, self.length)
        if self._epoch is None or self._epoch[0] != epoch:
            self._epoch = (epoch, self._shuffled(epoch))
        return int(self._epoch[1][within])

    def _shuffled(self, epoch: int) -> np.ndarray[Any, np.dtype[np.intp]]:
        rng = np.random.default_rng([self._seed, 1, epoch])
        ends = np.cumsum(self._repeats) * (self.length / self._repeats.sum())
        drawn = np.searchsorted(ends, rng.random() + np.arange(self.length), side="right")
        return rng.permutation(np.minimum(drawn, len(ends) - 1))


@dataclass(frozen=True, slots=True)
class Shape:
    """How a step of `batch` samples is cut: `world` processes compute `micro` samples at once each, one after another."""

    batch: int
    micro: int
    world: int = 1
    rank: int = 0

    @property
    def rounds(self) -> int:
        """How many micro-batches each process computes in a step."""
        return self.batch // (self.micro * self.world)


def shape(batch: int, micro: int | None, world: int, rank: int) -> Shape:
    """Return how a step is cut; raise BadSettings where the processes cannot share it evenly."""
    if batch % world:
        raise BadSettings(f"budget.batch: {batch} samples cannot be shared by {world} processes: make it a multiple")
    own = batch // world
    size = min(micro or own, own)
    if own % size:
        raise BadSettings(
            f"budget.micro: each of {world} processes has {own} samples a step, which cannot be computed {size} at a time"
        )
    return Shape(batch, size, world, rank)


class Steps(Sampler[list[Pick]]):
    """The micro-batches of one process from a step on, without end."""

    def __init__(self, order: Order, shape: Shape, first: int) -> None:
        self._order, self._shape, self._first = order, shape, first

    def __iter__(self) -> Iterator[list[Pick]]:
        step = self._first
        own = self._shape.batch // self._shape.world
        while True:
            begin = step * self._shape.batch + self._shape.rank * own
            for k in range(self._shape.rounds):
                places = range(begin + k * self._shape.micro, begin + (k + 1) * self._shape.micro)
                yield [Pick(place, self._order[place]) for place in places]
            step += 1


class Examples(Dataset[Any]):
    """What a learner makes of samples, augmented; decoded samples are kept up to `cache_mb`."""

    def __init__(
        self,
        samples: Sequence[Sample],
        learner: Learner,
        augment: Sequence[OfSample] = (),
        *,
        seed: int = 0,
        cache_mb: int = 0,
    ) -> None:
        self.samples = samples
        self._learner = learner
        self.augment = augment
        self._seed = seed
        self._cache = Cache(cache_mb * 2**20, lambda index: learner.load(samples[index]))

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, pick: Pick) -> Any:
        """Return one example; its augmentation depends on the seed and the pick's place only."""
        return self._learner.encode(self.augmented(pick)[0])

    def augmented(self, pick: Pick) -> tuple[Any, Sequence[Any]]:
        """Return what is shown at a pick, and the samples that it was made of."""
        rng, made_of = np.random.default_rng([self._seed, 2, pick.place]), [self._cache[pick.index]]

        def other() -> Shown:
            another: Shown = self._cache[int(rng.integers(len(self.samples)))]
            made_of.append(another)
            return another

        loaded = made_of[0]
        for one in self.augment:
            loaded = one.apply(loaded, rng, other)
        return loaded, made_of


class Cache:
    """Keeps what `make` gave for an index, the last used, up to so many bytes of arrays."""

    def __init__(self, most: int, make: Callable[[int], Any]) -> None:
        self._most, self._make = most, make
        self._kept: OrderedDict[int, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    def __getitem__(self, index: int) -> Any:
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index][0]
        made = self._make(index)
        size = int(made.image.nbytes) + 512 if isinstance(made, Shown) else 2048
        if size <= self._most:
            self._kept[index] = (made, size)
            self._bytes += size
        while self._bytes > self._most:
            self._bytes -= self._kept.popitem(last=False)[1][1]
        return made


def training(
    examples: Examples, order: Order, cut: Shape, *, first: int, workers: int = 0, pin: bool = False
) -> Iterator[Batch]:
    """Yield the micro-batches of this process from step `first` on, without end."""
    loader: DataLoader[Any] = DataLoader(
        examples,
        batch_sampler=Steps(order, cut, first),
        collate_fn=examples._learner.collate,
        num_workers=workers,
        pin_memory=pin,
        persistent_workers=workers > 0,
    )
    return iter(loader)


def judging(samples: Sequence[Sample], learner: Learner, size: int) -> Iterator[Batch]:
    """Yield batches of samples in their order, as they are."""
    for begin in range(0, len(samples), size):
        yield learner.collate([learner.encode(learner.load(s)) for s in samples[begin : begin + size]])
