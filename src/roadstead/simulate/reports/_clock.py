"""Faults of time: what a wrong clock or a bad queue does to the times of reports. Labels are by the time of reception."""

import numpy as np

from roadstead.positions import Ints, Reports
from roadstead.simulate.reports._own import Label, displaced, edited, setting, stretch
from roadstead.simulate.reports._place import Injected, class_of


def _label(fault: str, own: Reports, rows: Ints) -> Label:
    t = own.t_received[rows]
    return Label(fault, fault, own.movers[0], float(t.min()), float(t.max()))


def repeated_time(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """A report carries the time of the one before and another place."""
    rows = stretch(own, rng, least=2)
    if rows is None:
        return None
    made = edited(own, rows[1:2], t=own.t[rows[0]], lat=own.lat[rows[0]], lon=own.lon[rows[0]])
    made = displaced(made, rows[1:2], rng.uniform(0, 360), severity * setting("repeated_time", "apart_m", 100.0))
    at = float(own.t[rows[0]])
    return made, Label("repeated_time", "repeated_time", own.movers[0], at, at)


def out_of_order(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """A report comes after later ones."""
    rows = stretch(own, rng, seconds=400, least=4)
    if rows is None:
        return None
    after = own.t[rows[1:]] - own.t[rows[0]]
    back = after[after >= severity * setting("out_of_order", "back_s", 60.0)]
    if not len(back):
        return None
    made = edited(own, rows[:1], t_received=own.t[rows[0]] + back[0] + 3.5)
    at = float(own.t[rows[0]])
    return made, Label("out_of_order", "out_of_order", own.movers[0], at, at)


def future_time(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """A report carries a time that has not come yet."""
    rows = stretch(own, rng, least=2)
    if rows is None:
        return None
    ahead = severity * setting("future_time", "ahead_s", 600.0)
    return edited(own, rows[:1], t=own.t[rows[:1]] + ahead), _label("future_time", own, rows[:1])


def clock_skew(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The clock is slow or fast for a while."""
    rows = stretch(own, rng, seconds=900, least=15, gap_s=200)
    if rows is None:
        return None
    off = severity * setting("clock_skew", "off_s", 60.0) * float(rng.choice([-1, 1]))
    return edited(own, rows, t=own.t[rows] + off + np.sign(off) * 3.0), _label("clock_skew", own, rows)


def zone_error(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The clock gives UTC where China's time is meant."""
    rows = stretch(own, rng, seconds=severity * 300, least=8, gap_s=200)
    if rows is None or class_of(own) != "truck":
        return None
    return edited(own, rows, t=own.t[rows] - 8 * 3600), _label("zone_error", own, rows)
