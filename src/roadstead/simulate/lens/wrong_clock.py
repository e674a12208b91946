"""Wrong clock: the camera shows another time than it is."""

from roadstead.simulate.lens.fault import CameraFault, dice

_OFFSETS_S = (600.0, 86_400.0)
_JUMP_EVERY_S = (4.0, 9.0)
_RESET = 946_656_000.0
"""2000-01-01 00:00 in China: what a clock without battery begins with."""


def shown(fault: CameraFault, t: float, seed: int) -> float:
    """Return the time that the camera shows at t: some minutes or hours "offset", "stopped", set to 2000 ("reset"), or it "jumps".

    An offset or jump is as long as the strength says, up to a day.
    """
    rng = dice(fault, seed)
    if fault.form == "stopped":
        return fault.start
    if fault.form == "reset":
        return _RESET + t - fault.start
    low, high = _OFFSETS_S
    if fault.form == "offset":
        return t + float(rng.choice((-1, 1)) * low * (high / low) ** (fault.strength * rng.uniform(0.5, 1)))
    since, at, moved = t - fault.start, 0.0, 0.0
    while at <= since:
        moved += float(rng.choice((-1, 1)) * rng.uniform(60, 60 + 3600 * fault.strength))
        at += float(rng.uniform(*_JUMP_EVERY_S))
    return t + moved
