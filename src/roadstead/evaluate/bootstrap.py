"""How sure a figure is: the percentile bootstrap over samples, whole groups at a time.

B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), ch. 13. Samples of one vehicle, camera or day are not
independent of each other, so where groups are known it is groups that are drawn (the cluster bootstrap: A. C. Davison,
D. V. Hinkley, Bootstrap Methods and their Application (1997), 3.8).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.evaluate.reports import Measured

Indices = npt.NDArray[np.intp]
"""Which samples are in a resample, each as often as it was drawn."""
Statistic = Callable[[Indices], float]
"""A figure of some of the samples; nan where they do not give one."""
CONFIDENCE = 0.95
FEWEST = 0.5
"""Where less than this share of the resamples gives a figure at all, there is no interval."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger one figure is than another, with its interval; None where it is not known. `paired`: on the same samples."""

    value: float | None
    low: float | None = None
    high: float | None = None
    paired: bool = True

    @property
    def distinguishable(self) -> bool | None:
        """Whether the interval leaves out 0; None where there is no interval."""
        if self.low is None or self.high is None:
            return None
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        if self.value is None:
            return "unknown"
        if self.low is None or self.high is None:
            return f"{self.value:+.3f}"
        said = f"{self.value:+.3f} ({self.low:+.3f} to {self.high:+.3f})"
        return said if self.distinguishable else f"{said}, not distinguishable"


def draws(n: int, *, groups: Sequence[str] | None = None, resamples: int = 500, seed: int = 0) -> Iterator[Indices]:
    """Yield resamples of n samples. Equal arguments draw equal samples, so two models can be compared draw by draw.

    With `groups` (n,) as many groups are drawn as there are, each with all its samples.
    """
    members = _members(n, groups)
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        picked = random.integers(0, len(members), len(members))
        yield picked if groups is None else np.concatenate([members[i] for i in picked])


def interval(
    statistic: Statistic,
    n: int,
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> Measured:
    """Return a figure of n samples with its percentile interval; without one where fewer than two groups can be drawn.

    >>> values = np.arange(100.0)
    >>> str(interval(lambda some: float(values[some].mean()), 100, seed=1))[:6]
    '49.500'
    """
    value = statistic(np.arange(n)) if n else float("nan")
    if independent(n, groups) < 2:
        return measured(value, (), of=n)
    drawn = [statistic(some) for some in draws(n, groups=groups, resamples=resamples, seed=seed)]
    return measured(value, drawn, of=n, confidence=confidence)


def difference(
    a: Statistic,
    b: Statistic,
    n: int,
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> Difference:
    """Return how much larger `b` is than `a`, both figures of the same n samples: each resample gives one difference."""
    every = np.arange(n)
    value = b(every) - a(every) if n else float("nan")
    if np.isnan(value):
        return Difference(None)
    if independent(n, groups) < 2:
        return Difference(float(value))
    drawn = [b(some) - a(some) for some in draws(n, groups=groups, resamples=resamples, seed=seed)]
    low, high = quantiles(drawn, confidence) or (None, None)
    return Difference(float(value), low, high)


def measured(value: float, drawn: Sequence[float], *, of: int, confidence: float = CONFIDENCE) -> Measured:
    """Return a figure with the interval that its resamples give; nan is "there is none".

    Where all of them agree (nothing found at all, everything right) the bootstrap knows nothing of how sure that is: no interval.
    """
    if np.isnan(value):
        return Measured(None, of=of)
    limits = quantiles(drawn, confidence)
    if limits is None or limits[0] == limits[1]:
        return Measured(float(value), of=of)
    return Measured(float(value), *limits, of=of)


def quantiles(drawn: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Return the interval of resampled figures; None where too many of them are nan."""
    known = np.asarray(drawn, dtype=np.float64)
    known = known[~np.isnan(known)]
    if len(known) < max(2, FEWEST * len(drawn)):
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(known, (tail, 1 - tail))
    return float(low), float(high)


def independent(n: int, groups: Sequence[str] | None) -> int:
    """Return how many samples or groups can be drawn."""
    return n if groups is None else len(set(groups))


def _members(n: int, groups: Sequence[str] | None) -> list[Indices]:
    if groups is None:
        return [np.array((i,)) for i in range(n)]
    if len(groups) != n:
        raise ValueError(f"{n} samples and {len(groups)} groups do not fit together")
    found: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        found.setdefault(group, []).append(i)
    return [np.array(some, dtype=np.intp) for some in found.values()]
