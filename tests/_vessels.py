"""Vessels for tests of anomalies: clean ways, static messages, edited reports, and what every anomaly of them must keep."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from _fleets import T0, drive
from roadstead.anomalies import Anomaly
from roadstead.positions import Fleet, Kind, Position, Reports, Static
from roadstead.track.fleet import fleet
from roadstead.types import Evidence

KN = 1852 / 3600
SHIP, OTHER = "413298950", "412345670"


def sail(
    name: str = SHIP,
    *,
    kn: float = 10.0,
    seconds: float = 3600.0,
    every_s: float = 10.0,
    north_m: float = 0.0,
    seed: int = 0,
    **extra: float,
) -> list[Position]:
    """Return the reports of a ship that goes east, its bow ahead, with a noise of 5 m."""
    end = seconds * kn * KN
    extra = {"nav_status": 0.0, "message": 1.0, **extra}
    way = drive(name, ((0, 0, north_m), (seconds, end, north_m)), every_s=every_s, jitter_m=5.0, seed=seed, extra=extra)
    return [replace(p, heading_deg=p.course_deg) for p in way]


def lie(name: str = SHIP, *, seconds: float = 3600.0, every_s: float = 180.0, seed: int = 0) -> list[Position]:
    """Return the reports of a ship at a berth."""
    way = sail(name, kn=0.0, seconds=seconds, every_s=every_s, seed=seed)
    return [replace(p, speed_mps=0.05) for p in way]


def says(static: Static, *, at: Sequence[float], name: str = SHIP, message: float = 5.0) -> list[Position]:
    """Return static messages at so many seconds."""
    return [
        Position(
            mover=name, t=T0 + s, t_received=T0 + s + 1, kind=Kind.STATIC, static=static, extra={"message": message}
        )
        for s in at
    ]


def changed(
    way: Iterable[Position], begin: float, end: float, change: Callable[[Position], Position]
) -> list[Position]:
    """Return reports of which those from `begin` to `end` seconds are changed."""
    return [change(p) if p.t is not None and begin <= p.t - T0 <= end else p for p in way]


def later(way: Iterable[Position], seconds: float) -> list[Position]:
    """Return the same reports at a later time."""
    moved = []
    for p in way:
        assert p.t is not None
        moved.append(replace(p, t=p.t + seconds, t_received=p.t + seconds + 1))
    return moved


def found(anomaly: Anomaly, *ways: Iterable[Position], label: str = "vessel") -> list[Evidence]:
    """Return what an anomaly finds in some ways; the same whatever order their reports came in, and no more for a neighbour.

    The neighbour is a clean ship, 50 km off.
    """
    rows = [p for way in ways for p in way]
    result = list(anomaly.find(_fleet(rows, label)))
    order = np.random.default_rng(1).permutation(len(rows))
    assert [_told(e) for e in anomaly.find(_fleet([rows[i] for i in order], label))] == [_told(e) for e in result]
    neighbour = sail("413111110", north_m=50_000.0, seed=9)
    assert [_told(e) for e in anomaly.find(_fleet(rows + neighbour, label))] == [_told(e) for e in result]
    return result


def silent_without(anomaly: Anomaly, way: Iterable[Position], *fields: str) -> bool:
    """Tell whether nothing is found where these fields are not known."""
    rows = []
    for p in way:
        kept = {k: v for k, v in p.extra.items() if k not in fields}
        gone = {f: None for f in fields if f in ("speed_mps", "course_deg", "heading_deg", "static", "lat", "lon", "t")}
        rows.append(replace(p, extra=kept, **gone))  # type: ignore[arg-type]  # each of these may be None
    return not list(anomaly.find(_fleet(rows, "vessel")))


def _fleet(rows: Sequence[Position], label: str) -> Fleet:
    return fleet(Reports.of(rows), label)


def _told(e: Evidence) -> tuple[object, ...]:
    return e.subject, e.t, e.since, e.because.en, e.because.zh, dict(e.measured), e.score
