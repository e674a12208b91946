"""Moved: somebody or something has turned the camera, and it stays so."""

from roadstead.simulate.lens.fault import CameraFault, dice

_PAN_DEG = (8.0, 16.0)
_TILT_DEG = (5.0, 9.0)
_ROLL_DEG = (6.0, 14.0)


def sway(fault: CameraFault, t: float, seed: int) -> tuple[float, float, float]:
    """Return pan, tilt and roll at t in degrees: one of them, or of form "knocked" something of each."""
    rng = dice(fault, seed)
    sizes = [rng.uniform(*span) * rng.choice((-1, 1)) for span in (_PAN_DEG, _TILT_DEG, _ROLL_DEG)]
    shares = {"pan": (1, 0, 0), "tilt": (0, 1, 0), "roll": (0, 0, 1), "knocked": (0.7, 0.6, 0.6)}[fault.form]
    pan, tilt, roll = (float(size * share * fault.level(t)) for size, share in zip(sizes, shares, strict=True))
    return pan, tilt, roll
