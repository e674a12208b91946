"""Shaking: the mast swings in the wind, or trembles when lorries pass."""

import numpy as np

from roadstead.simulate.lens.fault import CameraFault, dice

_WAVES = 12
_FORMS = {
    "wind": (0.4, 3.0, (0.55, 0.3, 0.25)),
    "traffic": (4.0, 11.0, (0.12, 0.35, 0.08)),
}
"""Lowest and highest frequency, Hz, and deviation of pan, tilt and roll at full strength in a gust, degrees."""


def sway(fault: CameraFault, t: float, seed: int) -> tuple[float, float, float]:
    """Return pan, tilt and roll at t in degrees: a sum of sines within the form's band that swells with the gusts.

    A pure function of the time, so it needs no steps before.
    """
    low, high, deviation = _FORMS[fault.form]
    rng = dice(fault, seed)
    hz = rng.uniform(low, high, (3, _WAVES))
    phase = rng.uniform(0, 2 * np.pi, (3, _WAVES))
    gust_hz, gust_phase = rng.uniform(0.05, 0.25, 3), rng.uniform(0, 2 * np.pi, 3)
    since = t - fault.start
    gust = 0.7 + 0.3 * np.sin(2 * np.pi * gust_hz * since + gust_phase).mean()
    waves = np.sin(2 * np.pi * hz * since + phase).sum(axis=1) * np.sqrt(2 / _WAVES)
    pan, tilt, roll = (float(a) for a in waves * np.array(deviation) * gust * fault.level(t))
    return pan, tilt, roll
