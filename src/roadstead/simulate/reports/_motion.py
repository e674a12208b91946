"""Faults of motion and of gauges: speeds, courses, the driving recorder, the odometer, the load."""

import numpy as np

from roadstead.geometry.geodesy import moved
from roadstead.positions import MOTIONS, Kind, Reports
from roadstead.simulate.reports._own import edited, fixes, led, moving, setting, stretch
from roadstead.simulate.reports._place import Injected, class_of, label


def impossible_speed(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The mover goes, or only says that it goes, faster than its class can."""
    rows = stretch(own, rng, seconds=100, least=5, where=moving(own), gap_s=35)
    if rows is None:
        return None
    fast = severity * setting("impossible_speed", "factor", 1.0) * MOTIONS[class_of(own)].max_mps
    if rng.random() < 0.5:
        return edited(own, rows[:3], speed_mps=fast), label("impossible_speed", own, rows[:3])
    far = (own.t[rows] - own.t[rows[0]]) * fast
    lat, lon = moved(own.lat[rows[0]], own.lon[rows[0]], float(own.course_deg[rows[0]]), far)
    return led(own, rows, lat, lon), label("impossible_speed", own, rows)


def impossible_acceleration(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The reported speed leaps up from one report to the next."""
    rows = stretch(own, rng, least=3, where=moving(own, 2.0, 12.0), gap_s=16)
    if rows is None:
        return None
    vessel = class_of(own) == "vessel"
    limit = setting("impossible_acceleration", "vessel_mps2" if vessel else "gain_mps2", 2.0 if vessel else 3.0)
    dt = max(float(own.t[rows[1]] - own.t[rows[0]]), setting("impossible_acceleration", "over_s", 5.0))
    made = edited(own, rows[1:2], speed_mps=own.speed_mps[rows[0]] + severity * limit * dt)
    return made, label("impossible_acceleration", own, rows[:3])


def impossible_turn(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The course turns round faster than the tyres or the rudder allow at that speed."""
    rows = stretch(own, rng, least=3, where=moving(own), gap_s=16)
    if rows is None:
        return None
    vessel = class_of(own) == "vessel"
    limit = setting("impossible_turn", "vessel_mps2" if vessel else "truck_mps2", 3.0 if vessel else 5.0)
    dt = max(float(own.t[rows[1]] - own.t[rows[0]]), setting("impossible_turn", "over_s", 5.0))
    turn = 165.0
    made = edited(own, rows[:2], speed_mps=severity * limit * dt / np.deg2rad(turn))
    course = (own.course_deg[rows[0]] + np.array([0.0, turn])) % 360
    return edited(made, rows[:2], course_deg=course), label("impossible_turn", own, rows[:2])


def speed_mismatch(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The reported speed is not the one of the places."""
    vessel = class_of(own) == "vessel"
    over = setting("speed_mismatch", "vessel_over_s" if vessel else "truck_over_s", 120.0 if vessel else 60.0)
    limit = setting("speed_mismatch", "vessel_mps" if vessel else "truck_mps", 1.54 if vessel else 4.17)
    rows = stretch(own, rng, seconds=2.5 * over, least=9, where=moving(own), gap_s=35)
    if rows is None:
        return None
    share = setting("speed_mismatch", "share", 0.3)
    speed = own.speed_mps[rows]
    return edited(own, rows, speed_mps=speed + severity * np.maximum(limit, share * speed)), label(
        "speed_mismatch", own, rows
    )


def recorder_mismatch(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The driving recorder gives another speed than the satellites."""
    rows = stretch(own, rng, seconds=90, least=5, where=moving(own) & np.isfinite(own.column("recorder_mps")), gap_s=65)
    if rows is None:
        return None
    off = severity * setting("recorder_mismatch", "limit_mps", 10 / 3.6)
    return edited(own, rows, recorder_mps=own.speed_mps[rows] + off), label("recorder_mismatch", own, rows)


def mileage_jump(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The odometer leaps ahead, or goes back to less than it was."""
    rows = stretch(own, rng, least=6, where=np.isfinite(own.column("mileage_m")), gap_s=65)
    if rows is None:
        return None
    miles = own.columns["mileage_m"]
    gone = float(miles[rows[3]] - miles[rows[2]])
    back = -severity * setting("mileage_jump", "back_m", 1500.0) - gone
    off = back if rng.random() < 0.5 else severity * setting("mileage_jump", "leap_m", 2000.0)
    after = np.flatnonzero((own.kind == Kind.POSITION) & (own.t >= own.t[rows[3]]))
    return edited(own, after, mileage_m=miles[after] + off), label("mileage_jump", own, rows[2:4])


def load_contradiction(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The load changes on the way, long before the next stop, and stays so until then."""
    around = severity * setting("load_contradiction", "around_s", 120.0)
    fast = severity * setting("load_contradiction", "moving_mps", 10 / 3.6) + 1.0
    rows = stretch(
        own, rng, seconds=2 * around + 60, least=8, where=moving(own, fast) & np.isfinite(own.column("load")), gap_s=40
    )
    if rows is None:
        return None
    middle = float(own.t[rows[0]]) + around + 30
    changes = np.flatnonzero((own.kind == Kind.POSITION) & (own.t > middle) & (own.speed_mps < 0.1))
    until = float(own.t[changes].min()) if len(changes) else np.inf
    changed = np.flatnonzero((own.kind == Kind.POSITION) & (own.t >= middle) & (own.t < until))
    load = 3.0 - own.columns["load"][changed]
    status = own.columns["status"][changed] + 256.0 * (load - own.columns["load"][changed])
    return edited(own, changed, load=load, status=status), label("load_contradiction", own, rows)


def course_against_heading(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The heading is not where the vessel goes."""
    fast = severity * setting("course_against_heading", "min_mps", 2.6)
    seconds = severity * setting("course_against_heading", "min_s", 300.0) + 60
    rows = stretch(own, rng, seconds=seconds, least=8, where=moving(own, fast) & np.isfinite(own.heading_deg))
    if rows is None:
        return None
    off = severity * setting("course_against_heading", "limit_deg", 60.0) * float(rng.choice([-1, 1]))
    heading = np.rint(own.course_deg[rows] + off) % 360
    return edited(own, rows, heading_deg=heading), label("course_against_heading", own, rows)


_TOPS = {70: "cargo", 80: "tanker", 52: "tug", 30: "fishing"}


def speed_against_type(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The vessel goes faster than its type can, and its places show it."""
    kinds = [s.kind for s in own.statics if s.kind in _TOPS]
    rows = stretch(
        own, rng, seconds=severity * setting("speed_against_type", "min_s", 120.0) + 60, least=6, where=moving(own)
    )
    if rows is None or not kinds or kinds[0] is None:
        return None
    fast = severity * setting("speed_against_type", f"{_TOPS[kinds[0]]}_mps", 14.0)
    far = (own.t[rows] - own.t[rows[0]]) * fast
    lat, lon = moved(own.lat[rows[0]], own.lon[rows[0]], float(own.course_deg[rows[0]]), far)
    return led(own, rows, lat, lon), label("speed_against_type", own, rows)


def status_contradiction(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The vessel goes, and says that it lies moored."""
    fast = severity * setting("status_contradiction", "lying_mps", 1.55)
    seconds = severity * setting("status_contradiction", "lying_s", 300.0) + 30
    rows = stretch(own, rng, seconds=seconds, least=5, where=moving(own, fast) & (own.column("nav_status") == 0))
    return None if rows is None else (edited(own, rows, nav_status=5.0), label("status_contradiction", own, rows))


def low_satellites(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The fix is said to be valid, with too few satellites for one."""
    least = int(np.ceil(severity * setting("low_satellites", "least", 3)))
    seconds = severity * setting("low_satellites", "min_s", 0.0)
    rows = stretch(own, rng, seconds=seconds, least=least, where=np.isfinite(own.column("satellites")))
    if rows is None:
        return None
    few = setting("low_satellites", "satellites", setting("low_satellites", "fewest", 4))
    return edited(own, rows, satellites=np.floor(few / severity)), label("low_satellites", own, rows)


def antenna_fault(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The terminal says that its antenna is cut, and keeps the last place."""
    least = int(np.ceil(severity * setting("antenna_fault", "least", 3)))
    rows = stretch(own, rng, seconds=severity * setting("antenna_fault", "min_s", 0.0), least=least)
    if rows is None or "alarms" not in own.columns:
        return None
    made = edited(own, rows, alarms=float(1 << 5), fix=0.0, satellites=0.0, status=own.columns["status"][rows] - 2.0)
    return edited(made, rows, lat=own.lat[rows[0]], lon=own.lon[rows[0]]), label("antenna_fault", own, rows)


def first_fix(own: Reports, rng: np.random.Generator) -> Injected:
    """The very first fix lies 200 km off."""
    rows = fixes(own)[:1]
    lat, lon = moved(own.lat[rows], own.lon[rows], rng.uniform(0, 360), 200_000.0)
    return edited(own, rows, lat=lat, lon=lon), label("first_fix", own, rows, anomaly="jump")
