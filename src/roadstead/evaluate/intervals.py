"""Shares of counted cases, and how sure they are."""

from dataclasses import dataclass

from scipy.special import betaincinv


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of` cases; the true share lies between `low` and `high` with the confidence asked for."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None of no cases."""
        return self.hits / self.of if self.of else None


def share(hits: int, of: int, confidence: float = 0.95) -> Share:
    """Return a share with its exact (Clopper-Pearson) interval, which holds at least as often as `confidence` says.

    C. J. Clopper, E. S. Pearson, Biometrika 26 (1934): the quantiles of Beta(k, n - k + 1) and Beta(k + 1, n - k).

    >>> one = share(9, 10)
    >>> round(one.low, 3), round(one.high, 3)
    (0.555, 0.997)
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} hits of {of} cases is no share")
    tail = (1 - confidence) / 2
    low = float(betaincinv(hits, of - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, of - hits, 1 - tail)) if hits < of else 1.0
    return Share(hits, of, low, high)
