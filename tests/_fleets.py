"""Ways that terminals and transponders report, made for tests: straight drives and standstills with seeded jitter."""

from collections.abc import Mapping, Sequence

import numpy as np

from roadstead.geometry.geodesy import bearing_deg, distance_m, from_ground
from roadstead.positions import Position

T0 = 1_790_000_000.0
"""2026-09-21 14:13:20 UTC."""
HOME = (31.2, 121.5)


def drive(
    name: str = "truck",
    way: Sequence[tuple[float, float, float]] = ((0, 0, 0), (600, 6000, 0)),
    *,
    every_s: float = 10.0,
    jitter_m: float = 3.0,
    seed: int = 0,
    delay_s: float | None = 1.0,
    speeds: bool = True,
    extra: Mapping[str, float] | None = None,
) -> list[Position]:
    """Return the reports of a mover on its way through (s, m east, m north) of HOME.

    They carry true speed and course where `speeds`; they're received `delay_s` later (None: not known when).
    """
    rng = np.random.default_rng(seed)
    when, east, north = np.asarray(way, dtype=np.float64).T
    t = np.arange(when[0], when[-1] + 1e-6, every_s)
    xy = np.column_stack((np.interp(t, when, east), np.interp(t, when, north)))
    lat, lon = from_ground(HOME, xy)
    step = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    speed = np.append(step, step[-1]) / every_s
    course = bearing_deg(lat[:-1], lon[:-1], lat[1:], lon[1:])
    course = np.append(course, course[-1])
    lat, lon = from_ground(HOME, xy + rng.normal(0, jitter_m, xy.shape))
    return [
        Position(
            mover=name,
            t=T0 + float(t[i]),
            t_received=None if delay_s is None else T0 + float(t[i]) + delay_s,
            lat=float(lat[i]),
            lon=float(lon[i]),
            speed_mps=float(speed[i]) if speeds else None,
            course_deg=float(course[i]) if speeds else None,
            raw=i,
            extra=dict(extra or {}),
        )
        for i in range(len(t))
    ]
