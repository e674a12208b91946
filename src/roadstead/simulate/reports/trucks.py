"""Trucks that carry spoil from works to disposal sites, and what their terminals report of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from roadstead.geometry.geodesy import from_ground
from roadstead.positions import Bools, Kind, Reports, Static
from roadstead.simulate.reports.noise import BIAS_M, WHITE_M, fix_error, wandering
from roadstead.simulate.reports.ride import Driver, Sight, Timeline, extended, joined, ride, stay
from roadstead.simulate.reports.roads import Roads
from roadstead.types import Floats

HEARTBEAT_S = 300.0
"""How often a parked terminal whose ignition is off reports."""
LINK_S = 240.0
"""How often a terminal sends the heartbeat of its connection."""
_VARIANTS = (0.6, 0.9, 1.0)
"""The ways between two places, of three: how often one of those up to here is taken."""
_SHARES = np.linspace(0.0, 1.0, 8)[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """One terminal: its reporting interval, what it does where no satellite is seen, and the errors of its gauges.

    `tunnel` is "lost" (it reports nothing), "later" (it keeps nothing either, but dead reckons and sends the batch
    afterwards) or "no fix" (it goes on, and says that it has no fix).
    """

    every_s: float
    tunnel: str
    odometer: float
    recorder: float
    mileage_m: float
    plate: str
    phone: str
    peer: str
    lost: float
    white_m: float = WHITE_M
    bias_m: float = BIAS_M


@dataclass(slots=True)
class Day:
    """What is written of one truck's watch: its ways, and what changes at which time."""

    parts: list[Timeline]
    load: list[tuple[float, float]]
    ignition: list[tuple[float, float]]
    spot: Floats
    t: float

    def drive(self, roads: Roads, start: int, end: int, driver: Driver, rng: np.random.Generator) -> None:
        """Go from one place to another."""
        way = roads.route(start, end, int(np.searchsorted(_VARIANTS, rng.random(), side="right")))
        target = roads.places[end].xy_m + rng.uniform(-60, 60, 2)
        before = self.spot + _SHARES[:-1] * (way.xy_m[0] - self.spot)
        after = way.xy_m[-1] + _SHARES[1:] * (target - way.xy_m[-1])
        full = extended(way, before, after, 3.0)
        self.parts.append(ride(full, self.t, driver, rng))
        self.t, self.spot = float(self.parts[-1].t[-1]), target

    def wait(self, seconds: float) -> None:
        """Stand with the ignition on."""
        self.parts.append(stay(self.t, self.t + seconds, self.spot))
        self.t += seconds

    def pause(self, seconds: float) -> None:
        """Stand with the ignition off."""
        self.ignition += [(self.t, 0.0), (self.t + seconds, 1.0)]
        self.wait(seconds)


def truck(
    roads: Roads, number: int, seed: int, begin: float, end: float, deed: Callable[[Day], None] | None = None
) -> Reports:
    """Return all reports of truck `number` from `begin` (a local midnight) to `end`, in the order of reception.

    `deed` changes what it does, before anything is reported of it.
    """
    rng = np.random.default_rng((seed, 1, number))
    terminal = _terminal(number, rng)
    day = _watch(roads, rng, begin, end)
    if deed is not None:
        deed(day)
    line = joined([part for part in day.parts if part.t[0] <= end])
    t, on = _times(day, terminal, rng, begin, end)
    seen = line.at(t)
    made = sent(roads.origin, terminal, t, seen, rng, load=_steps(day.load, t), on=on)
    return received(made, terminal, seen.covered, rng)


def _terminal(number: int, rng: np.random.Generator) -> Terminal:
    return Terminal(
        every_s=float(rng.choice([10.0, 15.0, 30.0], p=[0.3, 0.2, 0.5])),
        tunnel=str(rng.choice(["lost", "later", "no fix"], p=[0.5, 0.3, 0.2])),
        odometer=float(rng.normal(1.0, 0.01)),
        recorder=float(rng.normal(1.0, 0.01)),
        mileage_m=float(rng.uniform(1e6, 3e8)),
        plate=f"沪D{number:05d}",
        phone=f"{13_000_000_000 + number}",
        peer=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        lost=float(rng.uniform(0.0, 0.01)),
    )


def _watch(roads: Roads, rng: np.random.Generator, begin: float, end: float) -> Day:
    depot = int(rng.choice(roads.of("depot")))
    driver = Driver(share=float(rng.uniform(0.8, 1.05)), gain_mps2=float(rng.uniform(0.6, 1.1)))
    day = Day([], [(-np.inf, 0.0)], [(-np.inf, 1.0)], roads.places[depot].xy_m + rng.uniform(-80, 80, 2), begin - 1.0)
    midnight = begin
    while day.t < end:
        day.pause(midnight + rng.uniform(6.0, 8.0) * 3600 - day.t)
        _work(roads, day, depot, midnight + rng.uniform(16.5, 19.0) * 3600, driver, rng)
        midnight += 86400.0
    return day


def _work(roads: Roads, day: Day, depot: int, home_at: float, driver: Driver, rng: np.random.Generator) -> None:
    works, tip = int(rng.choice(roads.of("works"))), int(rng.choice(roads.of("disposal")))
    lunch = home_at - rng.uniform(5.0, 6.5) * 3600
    day.wait(rng.uniform(120, 600))
    day.drive(roads, depot, works, driver, rng)
    while True:
        day.wait(rng.uniform(600, 1500))
        day.load.append((day.t - 20.0, 3.0))
        day.drive(roads, works, tip, driver, rng)
        day.wait(rng.uniform(240, 720))
        day.load.append((day.t - 40.0, 0.0))
        if day.t > home_at:
            break
        if day.t > lunch:
            day.pause(rng.uniform(30, 75) * 60)
            lunch = np.inf
        day.drive(roads, tip, works, driver, rng)
    day.drive(roads, tip, depot, driver, rng)
    day.wait(rng.uniform(60, 300))


def _steps(changes: list[tuple[float, float]], t: Floats) -> Floats:
    when, value = np.array(sorted(changes)).T
    return np.asarray(value[np.searchsorted(when, t, side="right") - 1])


def _times(day: Day, terminal: Terminal, rng: np.random.Generator, begin: float, end: float) -> tuple[Floats, Bools]:
    """Return the times of the reports, whole seconds, and whether the ignition is on."""
    edges = [begin] + [t for t, _ in day.ignition if begin < t < end] + [end]
    parts = []
    for a, b in pairwise(edges):
        on = _steps(day.ignition, np.array([a]))[0] == 1
        parts.append(np.arange(np.ceil(a) + 1, b - 1, terminal.every_s if on else HEARTBEAT_S))
    t = np.concatenate(parts)
    t = np.unique(t + rng.choice([-1.0, 0.0, 1.0], len(t), p=[0.05, 0.9, 0.05]))
    return t, _steps(day.ignition, t) == 1


def sent(
    origin: tuple[float, float],
    terminal: Terminal,
    t: Floats,
    seen: Sight,
    rng: np.random.Generator,
    *,
    load: Floats,
    on: Bools,
) -> Reports:
    """Return what a terminal makes of the truth at times (n,), with its errors; `load` as in COLUMNS, `on` the ignition."""
    n = len(t)
    error, sky = fix_error(t, rng, white_m=terminal.white_m, bias_m=terminal.bias_m)
    lat, lon = from_ground(origin, seen.xy_m + error)
    moving = seen.speed_mps > 0.3
    speed = np.where(moving, np.maximum(seen.speed_mps + rng.normal(0, 0.15, n), 0.0), 0.0)
    course = np.where(
        moving, seen.course_deg + rng.normal(0, 1, n) * np.minimum(60.0 / np.maximum(speed, 1), 30), seen.course_deg
    )
    satellites = np.clip(np.rint(13 + wandering(t, rng, scale=2.0, wander_s=900.0)[:, 0] - 5 * (sky - 1)), 6, 20)
    fix = np.where(seen.covered, 0.0, 1.0)
    tenth = 3.6 * 10
    columns = {
        "altitude_m": np.rint(12 + wandering(t, rng, scale=6.0, wander_s=900.0)[:, 0]),
        "status": on * 1.0 + 2.0 * fix + 256.0 * load + (1 << 18) + (1 << 19),
        "alarms": np.zeros(n),
        "mileage_m": np.floor((terminal.mileage_m + seen.gone_m * terminal.odometer) / 100) * 100,
        "recorder_mps": np.rint(np.where(moving, seen.speed_mps, 0) * terminal.recorder * tenth) / tenth,
        "satellites": np.where(seen.covered, 0.0, satellites),
        "signal": np.clip(np.rint(24 + wandering(t, rng, scale=4.0, wander_s=300.0)[:, 0]), 5, 31),
        "load": load,
        "ignition": on * 1.0,
        "fix": fix,
        "encrypted": np.zeros(n),
        "message": np.full(n, 0x0200 * 1.0),
    }
    nothing = np.full(n, np.nan)
    return Reports(
        movers=(terminal.phone,),
        peers=(terminal.peer,),
        statics=(Static(name=terminal.plate, device=f"SIM{terminal.phone[-7:]}"),),
        mover=np.zeros(n, dtype=np.int64),
        kind=np.full(n, int(Kind.POSITION)),
        t=t,
        t_received=t + rng.uniform(0.2, 3.0, n),
        lat=np.round(lat, 6),
        lon=np.round(lon, 6),
        speed_mps=np.rint(speed * tenth) / tenth,
        course_deg=np.rint(course) % 360.0,
        heading_deg=nothing,
        backfilled=np.zeros(n, dtype=bool),
        peer=np.zeros(n, dtype=np.int64),
        static=np.full(n, -1),
        raw=np.full(n, -1),
        columns=columns,
    )


def received(made: Reports, terminal: Terminal, covered: Bools, rng: np.random.Generator) -> Reports:
    """Return what reaches the platform: without what is lost, late after an outage, with heartbeats, from changing ports."""
    t, late = made.t, np.zeros(len(made), dtype=bool)
    received = made.t_received.copy()
    gone = rng.random(len(t)) < terminal.lost
    breaks = [float(t[0])]
    days = (t[-1] - t[0]) / 86400
    for begin in np.sort(rng.uniform(t[0], t[-1], rng.poisson(days))).tolist():
        end = begin + rng.uniform(60, 600)
        out = (t >= begin) & (t < end)
        late |= out
        received[out] = end + rng.uniform(1, 5)
        breaks.append(end)
    if terminal.tunnel == "lost":
        gone |= covered
    elif terminal.tunnel == "later":
        late |= covered
        bound = np.append(t[~covered], t[-1])
        after = bound[np.minimum(np.searchsorted(bound, t), len(bound) - 1)] + 2.0
        received = np.where(covered, np.maximum(received, after), received)
    fixed = np.where(covered & (terminal.tunnel == "later"), 1.0, made.columns["fix"])
    status = made.columns["status"] + 2.0 * (fixed - made.columns["fix"])
    satellites = np.where(covered & (fixed == 1), 8.0, made.columns["satellites"])
    columns = {**made.columns, "fix": fixed, "status": status, "satellites": satellites}
    columns["message"] = np.where(late, 0x0704 * 1.0, columns["message"])
    ports = rng.integers(20000, 60000, len(breaks))
    heard = replace(
        made,
        peers=tuple(f"{terminal.peer}:{p}" for p in ports),
        peer=np.searchsorted(np.array(breaks), received, side="right") - 1,
        t_received=received,
        backfilled=late,
        columns=columns,
    )
    return _with_link(heard.where(~gone), breaks, late & ~gone, rng)


def _with_link(made: Reports, breaks: list[float], late: Bools, rng: np.random.Generator) -> Reports:
    """Add the heartbeats of the connection, and who it is at every connection; in the order of reception."""
    at = np.arange(made.t[0] + 30, made.t[-1], LINK_S) + rng.uniform(0, 5)
    silent = np.zeros(len(at), dtype=bool)
    if late.any():
        waited = made.t_received - made.t > 30
        for end in breaks[1:]:
            begin = made.t[waited & (made.t_received > end) & (made.t_received < end + 6)]
            silent |= (at >= (begin.min() if len(begin) else end)) & (at < end)
    at = np.concatenate((np.array(breaks) + 0.1, at[~silent]))
    at = at[(at > made.t[0]) & (at < made.t[-1])] if len(at) else at
    n = len(at)
    nothing = np.full(n, np.nan)
    first = np.isin(at, np.array(breaks) + 0.1)
    link = replace(
        made,
        mover=np.zeros(n, dtype=np.int64),
        kind=np.where(first, int(Kind.STATIC), int(Kind.LINK)),
        t=nothing,
        t_received=at,
        lat=nothing,
        lon=nothing,
        speed_mps=nothing,
        course_deg=nothing,
        heading_deg=nothing,
        backfilled=np.zeros(n, dtype=bool),
        peer=np.maximum(np.searchsorted(np.array(breaks), at, side="right") - 1, 0),
        static=np.where(first, 0, -1),
        raw=np.full(n, -1),
        columns={"message": np.where(first, 0x0102 * 1.0, 2.0)},
    )
    both = Reports.joined((made, link))
    return both.where(np.argsort(both.t_received, kind="stable"))
