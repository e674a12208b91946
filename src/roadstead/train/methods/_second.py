"""Samples from another place than the run's own, drawn beside each batch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from roadstead.dataset.reading import read
from roadstead.dataset.samples import Sample
from roadstead.errors import BadInput
from roadstead.train.batches import Cache
from roadstead.train.judging import moved
from roadstead.train.tasks import Batch, Learner

CACHE_BYTES = 256 * 2**20


def samples(
    folder: Path,
    table: Mapping[str, Any],
    split: Any,
    take: int | None,
    where: str,
    class_map: Mapping[str, str] | None = None,
) -> tuple[Sample, ...]:
    """Read the labelled samples of a folder; raise BadInput where there is none."""
    found = read(folder, dict(table), class_map=class_map or {}, split=split, take=take, strict=False)
    labelled = tuple(sample for sample in found.samples if sample.target is not None)
    if not labelled:
        raise BadInput(f"{where}: {folder}: there is no labelled sample to draw")
    return labelled


class Second:
    """Draws from samples: a function of seed and step, and of how many draws of the step came before, in all processes.

    So a run that goes on draws the same, and a step cut into parts, or shared by processes, draws what the whole step would.
    """

    def __init__(
        self, samples: Sequence[Sample], learner: Learner, context: Mapping[str, Any], stream: int = 0
    ) -> None:
        self.learner = learner
        self._cache = Cache(CACHE_BYTES, lambda index: learner.load(samples[index]))
        self._count = len(samples)
        self._device = torch.device(context.get("device", "cpu"))
        self._key = [int(context.get("seed", 0)), 3, stream]
        self._before = int(context.get("before", 0))
        self._step, self._draws = -1, 0

    def draw(self, beside: Batch, share: float, step: int) -> Batch:
        """Return a batch of `share` times as many samples as are in another, at least one."""
        if step != self._step:
            self._step, self._draws = step, 0
        count = max(round(share * size(beside)), 1)
        order = np.random.default_rng([*self._key, step]).permutation(self._count)
        first = (self._before + self._draws) * count
        chosen = [int(order[k % self._count]) for k in range(first, first + count)]
        self._draws += 1
        return moved(self.learner.collate([self.learner.encode(self._cache[k]) for k in chosen]), self._device)


def size(batch: Batch) -> int:
    """Return how many rows a batch has: those of its first tensor."""
    first = next((value for value in batch.values() if isinstance(value, Tensor) and value.ndim), None)
    if first is None:
        raise BadInput("method: the task's batches hold no tensor, so nothing can be drawn beside them")
    return len(first)
