"""Truck terminals for tests of anomalies: edited reports, and what every anomaly of them must keep."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from _fleets import T0, drive
from roadstead.anomalies import Anomaly
from roadstead.positions import Position, Reports
from roadstead.track.fleet import fleet
from roadstead.types import Evidence, Scene

DEVICE: Mapping[str, float] = {
    "alarms": 0.0,
    "ignition": 1.0,
    "load": 3.0,
    "mileage_m": 100_000.0,
    "satellites": 12.0,
    "recorder_mps": 10.0,
}
NEIGHBOUR = "zz neighbour"

Change = Callable[[float, Position], Position]


def ride(
    name: str = "truck",
    *,
    mps: float = 10.0,
    seconds: float = 1200.0,
    every_s: float = 10.0,
    north_m: float = 0.0,
    seed: int = 0,
    jitter_m: float = 3.0,
) -> list[Position]:
    """Return the reports of a truck that goes east at one speed, its recorder and odometer agreeing."""
    way = ((0.0, 0.0, north_m), (seconds, mps * seconds, north_m))
    made = drive(name, way, every_s=every_s, seed=seed, extra=DEVICE, jitter_m=jitter_m)
    return edited(made, 0, seconds, lambda s, p: extra(p, mileage_m=100_000 + mps * s // 100 * 100, recorder_mps=mps))


def extra(p: Position, **values: float) -> Position:
    """Return the report with other values in its extra fields."""
    return replace(p, extra={**p.extra, **values})


def edited(way: Iterable[Position], begin: float, end: float, change: Change) -> list[Position]:
    """Return reports of which those from `begin` to `end` seconds are changed; `change` gets the second too."""
    return [change(p.t - T0, p) if p.t is not None and begin <= p.t - T0 <= end else p for p in way]


def without(way: Iterable[Position], begin: float, end: float) -> list[Position]:
    """Return reports less those between `begin` and `end` seconds (neither included)."""
    return [p for p in way if p.t is None or not begin < p.t - T0 < end]


def found(
    anomaly: Anomaly,
    way: Sequence[Position],
    label: str | Mapping[str, str] = "truck",
    *,
    now_s: float | None = None,
    scene: Scene | None = None,
) -> list[Evidence]:
    """Return what an anomaly finds; the same must come out of the reports in another order, and beside a neighbour."""
    now = None if now_s is None else T0 + now_s
    plain = list(anomaly.find(fleet(Reports.of(way), label, now=now, scene=scene)))
    mixed = list(way)
    random.Random(7).shuffle(mixed)
    halves = Reports.joined([Reports.of(mixed[: len(mixed) // 3]), Reports.of(mixed[len(mixed) // 3 :])])
    assert list(anomaly.find(fleet(halves, label, now=now, scene=scene))) == plain
    return plain


def beside(anomaly: Anomaly, way: Sequence[Position], label: str = "truck") -> list[Evidence]:
    """Return what an anomaly finds where another, clean mover reports too; nothing may be found of that one."""
    whole = [*way, *ride(NEIGHBOUR, north_m=400.0, seed=9)]
    together = found(anomaly, whole, label)
    assert NEIGHBOUR not in {e.subject for e in together}
    return together


def bare(way: Iterable[Position]) -> list[Position]:
    """Return the reports with nothing but time and place."""
    return [replace(p, speed_mps=None, course_deg=None, heading_deg=None, extra={}) for p in way]


def crowd(n: int, *, seconds: float = 3600.0, mps: float = 1.0) -> list[Position]:
    """Return the reports of trucks that go beside the first one."""
    return [p for k in range(n) for p in ride(f"other {k}", mps=mps, seconds=seconds, north_m=30.0 * k, seed=20 + k)]
