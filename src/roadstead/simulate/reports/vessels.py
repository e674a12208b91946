"""What transponders report of vessels, and what two receivers on shore hear of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from roadstead.geometry.geodesy import from_ground
from roadstead.positions import Ints, Kind, Reports, Static
from roadstead.simulate.reports.noise import fix_error, wandering
from roadstead.simulate.reports.ride import Sight, Timeline, joined
from roadstead.simulate.reports.voyages import MOORED, TRADES, Log, Trade
from roadstead.simulate.reports.waters import Waters
from roadstead.types import Floats

KNOT_MPS = 1852 / 3600
STATIC_S = 360.0
"""How often a transponder says who it is (ITU-R M.1371)."""
STATIONS = ("station-a", "station-b")
_COUNTRIES = ("413", "412", "414", "477", "563", "370", "636", "538")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship:
    """One vessel: who it is, its transponder, whether it has a gyro compass, how far the bow points beside the course."""

    mmsi: str
    class_b: bool
    gyro: bool
    static: Static
    drift_deg: float = 0.0
    white_m: float = 2.0
    bias_m: float = 4.0


def imo_number(serial: int) -> int:
    """Return the IMO number of six digits: the seventh is the last digit of their sum weighted by 7, 6, … 2 (IMO A.1117)."""
    digits = [int(d) for d in f"{serial:06d}"]
    return serial * 10 + sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=True)) % 10


def vessel(
    waters: Waters, number: int, seed: int, begin: float, end: float, deed: Callable[[Log], None] | None = None
) -> Reports:
    """Return all that is received of vessel `number` from `begin` (a local midnight) to `end`, in the order of reception.

    `deed` changes what it does, before anything is sent of it.
    """
    rng = np.random.default_rng((seed, 2, number))
    trade = TRADES[str(rng.choice(list(TRADES), p=[t.share for t in TRADES.values()]))]
    ship = _ship(trade, number, rng)
    log = Log(
        rng, begin - rng.uniform(0, 2) * (0 if trade.live.__name__ in ("ferry", "pleasure") else 43_200), np.zeros(2)
    )
    trade.live(waters, log, end + 3600)
    if deed is not None:
        deed(log)
    line = joined(log.parts)
    t = _times(log, line, ship, rng, begin, end)
    status = np.full(len(t), np.nan) if ship.class_b else _steps(log.status, t)
    made = sent(
        waters.origin,
        ship,
        t,
        line.at(t),
        rng,
        bow_deg=_steps(log.heading, t),
        status=status,
        heard=lambda xy: _heard(waters, xy, rng),
    )
    said, places = _statics(log, line, ship, rng, begin, end)
    return received(made, replace(said, peer=_heard(waters, places, rng)), rng)


def _ship(trade: Trade, number: int, rng: np.random.Generator) -> Ship:
    class_b = bool(rng.random() < trade.class_b)
    length = float(np.rint(rng.uniform(*trade.length_m)))
    mid = str(rng.choice(_COUNTRIES)) if trade.seagoing else "413"
    return Ship(
        mmsi=f"{mid}{number % 100_000:05d}0",
        class_b=class_b,
        gyro=not class_b or bool(rng.random() < 0.4),
        drift_deg=float(rng.uniform(1.0, 5.0)),
        static=Static(
            name=f"{'HAI' if trade.seagoing else 'JIANG'} {number:05d}",
            call_sign=f"B{number:05d}",
            imo=imo_number(900_000 + number % 100_000) if trade.seagoing else None,
            kind=trade.kind,
            length_m=length,
            beam_m=float(np.rint(length / 6.5)),
            destination=None if class_b else "SHANGHAI",
        ),
    )


def _times(log: Log, line: Timeline, ship: Ship, rng: np.random.Generator, begin: float, end: float) -> Floats:
    """Return the times of the reports, whole seconds, by the reporting intervals of ITU-R M.1371, class and speed."""
    at = np.arange(begin, end, 20.0)
    knots = line.speeds(at) / KNOT_MPS
    still = np.isin(_steps(log.status, at), (1.0, MOORED)) & (knots <= 3)
    if ship.class_b:
        every = np.where(knots < 2, 180.0, 30.0)
    else:
        every = np.where(still, 180.0, np.where(knots <= 14, 10.0, np.where(knots <= 23, 6.0, 2.0)))
    sent = np.concatenate(([0.0], np.cumsum(20.0 / every)))
    due = np.interp(np.arange(rng.random(), sent[-1], 1.0), sent, np.append(at, end))
    return np.unique(np.rint(due + rng.uniform(-1, 1, len(due))))


def _steps(changes: list[tuple[float, float]], t: Floats) -> Floats:
    when, value = np.array(changes).T
    return np.asarray(value[np.maximum(np.searchsorted(when, t, side="right") - 1, 0)])


def sent(
    origin: tuple[float, float],
    ship: Ship,
    t: Floats,
    seen: Sight,
    rng: np.random.Generator,
    *,
    bow_deg: Floats,
    status: Floats,
    heard: Callable[[Floats], Ints],
) -> Reports:
    """Return what a transponder makes of the truth at times (n,), with its errors.

    `bow_deg` is where the bow points, NaN: along the course, set by the current; `heard` tells of places (n, 2) which
    station hears from there.
    """
    n = len(t)
    error, sky = fix_error(t, rng, white_m=ship.white_m, bias_m=ship.bias_m)
    xy = seen.xy_m + error
    lat, lon = from_ground(origin, xy)
    speed = np.maximum(seen.speed_mps + rng.normal(0, 0.05, n), 0.0)
    fast = np.maximum(seen.speed_mps, 0.05)
    course = seen.course_deg + rng.normal(0, 1, n) * np.minimum(4.0 / fast, 180.0)
    drift = (
        ship.drift_deg
        * wandering(t, rng, scale=1.0, wander_s=1200.0)[:, 0]
        * np.minimum(2.0, 5.0 / np.maximum(fast, 1.0))
    )
    heading = np.where(np.isfinite(bow_deg), bow_deg + rng.normal(0, 0.5, n), seen.course_deg + drift)
    nothing = np.full(n, np.nan)
    return Reports(
        movers=(ship.mmsi,),
        peers=STATIONS,
        mover=np.zeros(n, dtype=np.int64),
        kind=np.full(n, int(Kind.POSITION)),
        t=t,
        t_received=t + rng.uniform(0.2, 3.0, n),
        lat=np.round(lat * 600_000) / 600_000,
        lon=np.round(lon * 600_000) / 600_000,
        speed_mps=np.rint(speed / KNOT_MPS * 10) / 10 * KNOT_MPS,
        course_deg=np.rint(course * 10) / 10 % 360.0,
        heading_deg=np.rint(heading) % 360.0 if ship.gyro else nothing,
        backfilled=np.zeros(n, dtype=bool),
        peer=heard(xy),
        static=np.full(n, -1),
        raw=np.full(n, -1),
        columns={
            "nav_status": status,
            "second": np.asarray(t % 60),
            "message": np.full(n, 18.0 if ship.class_b else 1.0),
            "accuracy": np.asarray((sky < 1.2) * 1.0),
            "class_b": np.full(n, float(ship.class_b)),
        },
    )


def _heard(waters: Waters, xy: Floats, rng: np.random.Generator) -> Ints:
    """Return which station heard each message (n,), the nearer one first; -1 where none did."""
    far = np.hypot(*(xy[:, None, :] - waters.receivers[None]).transpose(2, 0, 1))
    chance = 0.96 / (1 + np.exp((far - waters.range_m) / 1500.0))
    hears = rng.random(chance.shape) < chance
    near = np.argmin(far, axis=1)
    rows = np.arange(len(xy))
    return np.where(hears[rows, near], near, np.where(hears[rows, 1 - near], 1 - near, -1)).astype(np.int64)


def _statics(
    log: Log, line: Timeline, ship: Ship, rng: np.random.Generator, begin: float, end: float
) -> tuple[Reports, Floats]:
    """Return the messages of who it is, with their draughts, and where the vessel was then (m, 2)."""
    t = np.rint(np.arange(begin + rng.uniform(0, STATIC_S), end, STATIC_S))
    draughts = sorted({d for _, d in log.draught}) if not ship.class_b else []
    statics = tuple(replace(ship.static, draught_m=d) for d in draughts) or (ship.static,)
    index = np.zeros(len(t), dtype=np.int64)
    if draughts:
        index = np.searchsorted(np.array(draughts), _steps(log.draught, t)).astype(np.int64)
    return introduced(ship, statics, index, t, rng), line.places(t)


def introduced(ship: Ship, statics: tuple[Static, ...], index: Ints, t: Floats, rng: np.random.Generator) -> Reports:
    """Return the messages of who a vessel is at times (n,), each with one of some statics (n,), heard by nobody yet."""
    n = len(t)
    nothing = np.full(n, np.nan)
    return Reports(
        movers=(ship.mmsi,),
        peers=STATIONS,
        statics=statics,
        mover=np.zeros(n, dtype=np.int64),
        kind=np.full(n, int(Kind.STATIC)),
        t=nothing,
        t_received=t + rng.uniform(0.2, 3.0, n),
        lat=nothing,
        lon=nothing,
        speed_mps=nothing,
        course_deg=nothing,
        heading_deg=nothing,
        backfilled=np.zeros(n, dtype=bool),
        peer=np.full(n, -1),
        static=index,
        raw=np.full(n, -1),
        columns={"message": np.full(n, 24.0 if ship.class_b else 5.0), "class_b": np.full(n, float(ship.class_b))},
    )


def received(made: Reports, said: Reports, rng: np.random.Generator) -> Reports:
    """Return what is heard of places and of who it is, now and then by both stations, in the order of reception."""
    both = Reports.joined((made, said))
    both = both.where(both.peer >= 0)
    twice = both.where((rng.random(len(both)) < 0.02) & (both.kind == Kind.POSITION))
    other = replace(twice, peer=1 - twice.peer, t_received=twice.t_received + rng.uniform(0.0, 1.0, len(twice)))
    everything = Reports.joined((both, other)) if len(both) else both
    return everything.where(np.argsort(everything.t_received, kind="stable"))
