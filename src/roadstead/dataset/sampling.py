"""How often a class occurs, what it is to weigh, and how often a sample is drawn."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from roadstead.dataset.classes import classes, occurrences
from roadstead.dataset.samples import Sample
from roadstead.types import Floats, readonly

Sampling = Literal["natural", "balanced", "repeat_factor"]


def counts(samples: Sequence[Sample]) -> dict[str, int]:
    """Return how often each class occurs, by name: objects, labels, `name=value` of attributes, entities; of pixels the pictures.

    What is ignored or unknown does not count.
    """
    found: Counter[str] = Counter()
    for sample in samples:
        found.update(occurrences(sample.target))
    return dict(sorted(found.items()))


def class_weights(counts: Mapping[str, int]) -> dict[str, float]:
    """Return weights inverse to how often a class occurs, their mean 1 over all that was counted; 1 for what never occurs.

    >>> class_weights({"truck": 3, "car": 1})
    {'truck': 0.6666666666666666, 'car': 2.0}
    """
    return _mean_one({name: 1.0 / n for name, n in counts.items() if n}, counts)


def effective_weights(counts: Mapping[str, int], beta: float) -> dict[str, float]:
    """Return weights inverse to the effective number of samples, (1 - beta^n) / (1 - beta); scaled as `class_weights`.

    After Cui et al., Class-Balanced Loss Based on Effective Number of Samples, CVPR 2019. beta is in [0, 1); 0 weighs all alike.
    """
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, not {beta}")
    return _mean_one({name: (1 - beta) / (1 - beta**n) for name, n in counts.items() if n}, counts)


def repeats(samples: Sequence[Sample], kind: Sampling, threshold: float = 0.1) -> Floats:
    """Return how often each sample is drawn in an epoch, (n,).

    natural: once. balanced: each class has the same mass and all together are n; a sample without a class stays at 1.
    repeat_factor: the largest max(1, sqrt(threshold / f)) of a sample's classes, f the share of samples that show the class
    (Gupta et al., LVIS, CVPR 2019).
    """
    if kind == "natural" or not samples:
        return readonly(np.ones(len(samples)))
    shown = [classes(sample) for sample in samples]
    showing = Counter(name for names in shown for name in names)
    if kind == "repeat_factor":
        factor = {name: max(1.0, math.sqrt(threshold * len(samples) / n)) for name, n in showing.items()}
        return readonly([max((factor[name] for name in names), default=1.0) for names in shown])
    mass = np.array([sum(1.0 / showing[name] for name in sorted(names)) for names in shown])
    some = mass > 0
    scale = some.sum() / mass.sum() if some.any() else 1.0
    return readonly(np.where(some, mass * scale, 1.0))


def _mean_one(weights: Mapping[str, float], counts: Mapping[str, int]) -> dict[str, float]:
    """Scale weights so that their mean over everything counted is 1."""
    mass = sum(weights[name] * counts[name] for name in weights)
    scale = sum(counts[name] for name in weights) / mass if mass else 1.0
    return {name: weights[name] * scale if name in weights else 1.0 for name in counts}
