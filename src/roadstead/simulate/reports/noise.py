"""The error of satellite fixes: white, and a bias that wanders slowly; now and then the sky is bad."""

import numpy as np
from scipy.signal import lfilter

from roadstead.types import Floats

WHITE_M = 3.0
"""Standard deviation of the white error of one coordinate."""
BIAS_M = 4.4
"""Standard deviation of the wandering bias of one coordinate; both together are 7.5 m over the ground, as of a terminal
that keeps 15 m in 95 of 100 fixes (JT/T 794)."""
WANDER_S = 600.0
"""How long the bias takes to forget itself."""
_GRID_S = 60.0


def wandering(t: Floats, rng: np.random.Generator, *, scale: float, wander_s: float, columns: int = 1) -> Floats:
    """Return a stationary first-order Gauss-Markov process (n, columns) of standard deviation `scale` at ascending times."""
    if not len(t):
        return np.zeros((0, columns))
    n = int((t[-1] - t[0]) / _GRID_S) + 2
    keep = np.exp(-_GRID_S / wander_s)
    steps = rng.standard_normal((n, columns))
    steps[1:] *= np.sqrt(1 - keep * keep)
    grid = lfilter([1.0], [1.0, -keep], steps, axis=0)
    at = t[0] + _GRID_S * np.arange(n)
    return scale * np.column_stack([np.interp(t, at, grid[:, i]) for i in range(columns)])


def fix_error(
    t: Floats, rng: np.random.Generator, *, white_m: float = WHITE_M, bias_m: float = BIAS_M
) -> tuple[Floats, Floats]:
    """Return the error of fixes at ascending times (n, 2), m, and how good the sky is (n,): 1 as usual, up to 2 bad."""
    sky = np.ones(len(t))
    if len(t):
        hours = (t[-1] - t[0]) / 3600
        for begin in rng.uniform(t[0], t[-1], rng.poisson(hours / 6)).tolist():
            a, b = np.searchsorted(t, (begin, begin + rng.uniform(30, 180)))
            sky[a:b] = rng.uniform(1.3, 2.0)
    white = rng.standard_normal((len(t), 2)) * white_m * sky[:, None]
    return white + wandering(t, rng, scale=bias_m, wander_s=WANDER_S, columns=2), sky
