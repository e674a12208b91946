"""What one mover reports whose true way is given by somebody else: a truck or vessel of a rendered scene."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from roadstead.geometry.geodesy import turn_deg
from roadstead.positions import Ints, Kind, Reports, Static
from roadstead.protocols.jt808.messages import Register
from roadstead.simulate.reports import noise, trucks, vessels
from roadstead.simulate.reports._own import Label
from roadstead.simulate.reports.faults import FAULTS, Injected, once
from roadstead.simulate.reports.travel import Class, Travel
from roadstead.types import Floats

Window = tuple[float, float] | None

SEVERITY = 1.2
"""Faults are so many times as large as the threshold of the anomaly that has to find them."""
_TRIES = 200
"""So often a fault is drawn anew until it touches a window."""
_LYING_MPS = 0.25
_TURNING_DEG, _TURN_OVER_S = 5.0, 30
"""A ship changes course where its heading differs by so much from the mean of the last half minute (ITU-R M.1371-5, annex 2, 4.3)."""
_UNDER_WAY, _ANCHORED = 0.0, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports a mover, and how: a terminal (`id` is its phone number) or a transponder (its MMSI).

    `static` is what it says of itself: of a truck its plate as the name. `interval_s` None: every 10 s, or as ITU-R M.1371
    has it for the class of the transponder. `clock_offset_s` is how far its clock is ahead. `white_m` and `bias_m` are
    the errors of its places, see `noise`. A truck's link is `two_way` where the platform answers: it registers,
    authenticates, sends heartbeats, and what it could not send comes later; else places are forwarded and what is lost is
    lost (of a vessel it always is). `load` is that of a truck (0 empty, 3 full), `lying_status` what a class A transponder says while it lies still.
    """

    kind: Class
    id: str
    static: Static = field(default_factory=Static)
    interval_s: float | None = None
    clock_offset_s: float = 0.0
    white_m: float | None = None
    bias_m: float | None = None
    lost: float = 0.005
    two_way: bool = True
    load: float = 0.0
    class_b: bool = False
    lying_status: float = _UNDER_WAY


def reported(travel: Travel, reporter: Reporter, *, seed: int = 0) -> Reports:
    """Return all that is received of one mover up to the end of its travel, in the order of reception.

    They are as those of `trucks.truck` and `vessels.vessel`. The same travel, reporter and seed give the same reports.
    """
    rng = np.random.default_rng((seed, 7, *reporter.id.encode()))
    made = (_truck if reporter.kind == "truck" else _vessel)(travel, reporter, rng)
    return _by_its_clock(made.where(made.t_received <= travel.t[-1]), reporter.clock_offset_s)


def faulted(
    parts: Mapping[str, Reports], wanted: Iterable[str], *, seed: int = 0, window: Window = None
) -> tuple[Reports, list[Label]]:
    """Inject faults of the catalogue into clean reports by mover, one a mover; return all reports by reception, and labels.

    Each fault goes to a mover that has an occasion for it, with a `window` (two times) one that touches it; where nobody
    has, it has no label. Faults of the whole fleet (`Fault.wide`) come last.
    """
    rng = np.random.default_rng((seed, 8))
    own, labels, asked = dict(parts), list[Label](), list(wanted)
    free = [list(own)[k] for k in rng.permutation(len(own))]
    for name in (name for name in asked if not FAULTS[name].wide):
        for mover in tuple(free):
            made = _injected(own[mover], name, rng, window)
            if made is not None:
                own[mover], said = made
                labels.append(said)
                free.remove(mover)
                break
    everything = Reports.joined(own.values())
    for name in (name for name in asked if FAULTS[name].wide):
        done = _drawn(everything, name, rng, window)
        if done is not None:
            everything, said = done
            labels.append(said)
    return everything.where(np.argsort(everything.t_received, kind="stable")), labels


def _injected(own: Reports, name: str, rng: np.random.Generator, window: Window) -> Injected:
    """Return one mover's reports with a fault; None where it is not of the class, or has no occasion."""
    if ("vessel" if "class_b" in own.columns else "truck") not in FAULTS[name].classes:
        return None
    return _drawn(once(own), name, rng, window)


def _drawn(reports: Reports, name: str, rng: np.random.Generator, window: Window) -> Injected:
    """Return reports with a fault that is drawn anew until it touches the window."""
    for _ in range(1 if window is None else _TRIES):
        made = FAULTS[name].inject(reports, rng, SEVERITY)
        if made is None or window is None or (made[1].start <= window[1] and made[1].end >= window[0]):
            return made
    return None


def _by_its_clock(made: Reports, offset_s: float) -> Reports:
    """Return reports with the times of a clock that is so far ahead, whole seconds as devices give them."""
    t = np.rint(made.t + offset_s)
    columns = dict(made.columns)
    if "second" in columns:
        columns["second"] = np.where(np.isfinite(t), t % 60, np.nan)
    return replace(made, t=t, columns=columns)


def _ticks(travel: Travel, reporter: Reporter, t: Floats) -> Floats:
    """Return the instants at which a device whose clock is ahead reads whole seconds nearest to times (n,), within the travel."""
    at = np.unique(np.rint(t + reporter.clock_offset_s)) - reporter.clock_offset_s
    return np.asarray(at[(at >= travel.t[0]) & (at <= travel.t[-1])])


# Trucks.


def _truck(travel: Travel, reporter: Reporter, rng: np.random.Generator) -> Reports:
    every = 10.0 if reporter.interval_s is None else reporter.interval_s
    due = np.arange(travel.t[0] + rng.uniform(0, every), travel.t[-1], every)
    t = _ticks(travel, reporter, due + rng.choice([-1.0, 0.0, 1.0], len(due), p=[0.05, 0.9, 0.05]))
    terminal = trucks.Terminal(
        every_s=every,
        tunnel="lost",
        odometer=float(rng.normal(1.0, 0.01)),
        recorder=float(rng.normal(1.0, 0.01)),
        mileage_m=float(rng.uniform(1e6, 3e8)),
        plate=reporter.static.name or "",
        phone=reporter.id,
        peer="10.{}.{}.{}".format(*rng.integers(1, 255, 3)),
        lost=reporter.lost,
        white_m=noise.WHITE_M if reporter.white_m is None else reporter.white_m,
        bias_m=noise.BIAS_M if reporter.bias_m is None else reporter.bias_m,
    )
    if not len(t):
        return Reports.of(())
    seen = travel.at(t)
    made = trucks.sent(
        travel.origin, terminal, t, seen, rng, load=np.full(len(t), reporter.load), on=np.ones(len(t), dtype=bool)
    )
    made = replace(made, statics=(replace(reporter.static, device=made.statics[0].device),))
    if reporter.two_way:
        return _registering(trucks.received(made, terminal, seen.covered, rng))
    forwarded = replace(made, peers=(f"{terminal.peer}:{rng.integers(20000, 60000)}",))
    return forwarded.where(rng.random(len(t)) >= reporter.lost)


def _registering(made: Reports) -> Reports:
    """Return reports with a registration before the first authentication."""
    first = np.flatnonzero(made.kind == Kind.STATIC)[:1]
    told = made.where(first)
    told = replace(told, t_received=told.t_received - 0.05)
    told = replace(told, columns={**told.columns, "message": np.full(len(first), float(Register.number))})
    both = Reports.joined((made, told))
    return both.where(np.argsort(both.t_received, kind="stable"))


# Vessels.


def _vessel(travel: Travel, reporter: Reporter, rng: np.random.Generator) -> Reports:
    ship = vessels.Ship(
        mmsi=reporter.id,
        class_b=reporter.class_b,
        gyro=True,
        static=reporter.static,
        white_m=2.0 if reporter.white_m is None else reporter.white_m,
        bias_m=4.0 if reporter.bias_m is None else reporter.bias_m,
    )
    t = _ticks(travel, reporter, _due(travel, reporter, rng))
    seen = travel.at(t)
    status = np.full(len(t), np.nan) if ship.class_b else _status(seen.speed_mps, reporter)
    made = vessels.sent(
        travel.origin,
        ship,
        t,
        seen,
        rng,
        bow_deg=travel.bow(t),
        status=status,
        heard=lambda xy: _heard(len(xy), reporter.lost, rng),
    )
    when = np.arange(travel.t[0] + rng.uniform(0, vessels.STATIC_S), travel.t[-1], vessels.STATIC_S)
    said = vessels.introduced(ship, (reporter.static,), np.zeros(len(when), dtype=np.int64), when, rng)
    return vessels.received(made, replace(said, peer=_heard(len(when), reporter.lost, rng)), rng)


def _status(mps: Floats, reporter: Reporter) -> Floats:
    return np.asarray(np.where(mps < _LYING_MPS, reporter.lying_status, _UNDER_WAY))


def _heard(n: int, lost: float, rng: np.random.Generator) -> Ints:
    """Return which station hears each message (n,): mostly the nearer one; -1 where none does."""
    which = np.where(rng.random(n) < 0.9, 0, 1)
    return np.where(rng.random(n) < lost, -1, which).astype(np.int64)


def _due(travel: Travel, reporter: Reporter, rng: np.random.Generator) -> Floats:
    """Return when a transponder reports: by its interval, or those of ITU-R M.1371-5, annex 1, tables 1 and 2."""
    at = np.arange(travel.t[0], travel.t[-1], 1.0)
    every = _intervals(travel, reporter, at) if reporter.interval_s is None else np.full(len(at), reporter.interval_s)
    sent = np.concatenate(([0.0], np.cumsum(1.0 / every)))
    return np.asarray(np.interp(np.arange(rng.random(), sent[-1], 1.0), sent, np.append(at, travel.t[-1])))


def _intervals(travel: Travel, reporter: Reporter, at: Floats) -> Floats:
    """Return the reporting interval, s, at times a second apart (n,)."""
    mps = travel.at(at).speed_mps
    knots = mps / vessels.KNOT_MPS
    if reporter.class_b:
        return np.where(knots <= 2, 180.0, 30.0)
    lies = np.isin(_status(mps, reporter), (_ANCHORED, 5.0)) & (knots <= 3)
    turns = _turning(travel.bow(at)) & ~lies
    slow, fast = np.where(turns, 10 / 3, 10.0), np.where(turns, 2.0, 6.0)
    return np.where(lies, 180.0, np.where(knots <= 14, slow, np.where(knots <= 23, fast, 2.0)))


def _turning(bow_deg: Floats) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Tell at which seconds (n,) a ship changes its course."""
    straight = np.unwrap(bow_deg, period=360.0)
    sums = np.concatenate((np.full(_TURN_OVER_S, straight[0]), straight)).cumsum()
    mean = (sums[_TURN_OVER_S:] - np.concatenate(([0.0], sums))[: len(straight)]) / (_TURN_OVER_S + 1)
    return np.asarray(np.abs(turn_deg(mean, straight)) > _TURNING_DEG)
