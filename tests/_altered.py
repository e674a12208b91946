"""What tests of anomalies of place and time share: reports altered here and there, and what an anomaly says of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from _fleets import HOME
from roadstead.anomalies import plugins
from roadstead.geometry.geodesy import from_ground, to_ground
from roadstead.positions import Fleet, Position, Reports
from roadstead.track.fleet import fleet
from roadstead.types import Evidence, Scene


def altered(some: Sequence[Position], rows: Iterable[int], **changes: Any) -> list[Position]:
    """Return the reports, some of them with other values; `extra` is added to what is there."""
    wanted = set(rows)
    extra = changes.pop("extra", {})
    return [replace(p, **changes, extra={**p.extra, **extra}) if i in wanted else p for i, p in enumerate(some)]


def shifted(some: Sequence[Position], rows: Iterable[int], east_m: float, north_m: float) -> list[Position]:
    """Return the reports, some of them displaced."""
    wanted = set(rows)
    return [_displaced(p, east_m, north_m) if i in wanted else p for i, p in enumerate(some)]


def _displaced(p: Position, east_m: float, north_m: float) -> Position:
    assert p.lat is not None
    assert p.lon is not None
    lat, lon = from_ground(HOME, to_ground(HOME, p.lat, p.lon) + np.array([[east_m, north_m]]))
    return replace(p, lat=float(lat[0]), lon=float(lon[0]))


def late(some: Sequence[Position], rows: Iterable[int], seconds: float) -> list[Position]:
    """Return the reports, some of them dated so much later (their reception is what it was)."""
    wanted = set(rows)
    return [replace(p, t=(p.t or 0.0) + seconds) if i in wanted else p for i, p in enumerate(some)]


def made(some: Sequence[Position], label: str = "truck", scene: Scene | None = None) -> Fleet:
    """Return the fleet of these reports."""
    return fleet(Reports.of(some), label, scene=scene)


def found(
    name: str, some: Sequence[Position], label: str = "truck", scene: Scene | None = None, **settings: Any
) -> list[Evidence]:
    """Return what an anomaly says of reports, and check that it says the same of them in another order."""
    anomaly = plugins.get(name)(**settings)
    said = list(anomaly.find(made(some, label, scene)))
    order = np.random.default_rng(1).permutation(len(some)).tolist()
    assert _told(anomaly.find(made([some[i] for i in order], label, scene))) == _told(said)
    return said


def _told(said: Iterable[Evidence]) -> list[tuple[Any, ...]]:
    return [(e.subject, e.since, e.t, e.score, e.because, dict(e.measured)) for e in said]
