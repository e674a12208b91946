"""What several anomalies of vessels share: which rows are theirs, knots, and runs without a long silence."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from roadstead.positions import Bools, Fleet, Ints

VESSEL: Final = ("vessel",)
KNOT_MPS: Final = 1852 / 3600


def knots(mps: float) -> float:
    """Return a speed in knots, to a tenth, as it is said to people."""
    return round(mps / KNOT_MPS, 1)


def vessels(fleet: Fleet, rows: Bools) -> Ints:
    """Return the rows of a mask (n,) that are of vessels, ascending."""
    return np.flatnonzero(rows & fleet.of_label(VESSEL))


def unbroken(fleet: Fleet, run: Ints, silence_s: float, *, least: int, min_s: float) -> Iterator[Ints]:
    """Yield the parts of a run with no silence longer than `silence_s`, of at least `least` rows over at least `min_s`."""
    cuts = np.flatnonzero(np.diff(fleet.t[run]) > silence_s) + 1
    for part in np.split(run, cuts) if len(cuts) else [run]:
        if len(part) >= least and fleet.t[part[-1]] - fleet.t[part[0]] >= min_s:
            yield part
