"""Every fault of the catalogue, on demand: injected into the clean reports of one mover, with a label that says where.

The severity is relative to the default threshold of the anomaly that has to find it: 1.2 is a fifth beyond it, 0.8 a fifth
short of it. A fault that is there or not (a place of 0, 0) has no threshold: its severity only makes it longer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from roadstead.positions import Reports
from roadstead.simulate.reports import _clock, _identity, _motion, _place, _silence
from roadstead.simulate.reports._own import Label

Injected = tuple[Reports, Label] | None
Inject = Callable[[Reports, np.random.Generator, float], Injected]

BOTH = ("truck", "vessel")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: what injects it, into which classes of movers; `wide` means into the reports of a whole fleet at once.

    `inject` returns None where the reports hold no occasion for it (nothing moves, say).
    """

    inject: Inject
    classes: tuple[str, ...] = BOTH
    wide: bool = False
    graded: bool = True
    """Whether it has a threshold, so that 0.8 times it must not be found."""


_TRUCK, _VESSEL = ("truck",), ("vessel",)

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "zero_island": Fault(_place.zero_island, graded=False),
        "jump": Fault(_place.jump),
        "teleport": Fault(_place.teleport),
        "drift": Fault(_place.drift),
        "parked_drift": Fault(_place.parked_drift, _TRUCK),
        "frozen_fix": Fault(_place.frozen_fix),
        "out_of_range": Fault(_place.out_of_range, graded=False),
        "swapped_coordinates": Fault(_place.swapped_coordinates, graded=False),
        "wrong_datum": Fault(_place.wrong_datum, _TRUCK, graded=False),
        "repeated_time": Fault(_clock.repeated_time, _TRUCK),
        "out_of_order": Fault(_clock.out_of_order, _TRUCK),
        "future_time": Fault(_clock.future_time, _TRUCK),
        "clock_skew": Fault(_clock.clock_skew, _TRUCK),
        "zone_error": Fault(_clock.zone_error, _TRUCK, graded=False),
        "impossible_speed": Fault(_motion.impossible_speed),
        "impossible_acceleration": Fault(_motion.impossible_acceleration),
        "impossible_turn": Fault(_motion.impossible_turn),
        "speed_mismatch": Fault(_motion.speed_mismatch),
        "recorder_mismatch": Fault(_motion.recorder_mismatch, _TRUCK),
        "mileage_jump": Fault(_motion.mileage_jump, _TRUCK),
        "power_cut": Fault(_silence.power_cut, _TRUCK, graded=False),
        "antenna_fault": Fault(_motion.antenna_fault, _TRUCK),
        "low_satellites": Fault(_motion.low_satellites, _TRUCK),
        "load_contradiction": Fault(_motion.load_contradiction, _TRUCK, graded=False),
        "cloned_terminal": Fault(_identity.cloned_terminal, _TRUCK, graded=False),
        "gap": Fault(_silence.gap, _TRUCK),
        "going_dark": Fault(_silence.going_dark, _VESSEL),
        "station_outage": Fault(_silence.station_outage, _VESSEL, wide=True),
        "shared_mmsi": Fault(_identity.shared_mmsi, _VESSEL, graded=False),
        "identity_swap": Fault(_identity.identity_swap, _VESSEL, graded=False),
        "invalid_mmsi": Fault(_identity.invalid_mmsi, _VESSEL, graded=False),
        "invalid_imo": Fault(_identity.invalid_imo, _VESSEL, graded=False),
        "circle_spoofing": Fault(_place.circle_spoofing, _VESSEL),
        "course_against_heading": Fault(_motion.course_against_heading, _VESSEL),
        "speed_against_type": Fault(_motion.speed_against_type, _VESSEL),
        "draught_change": Fault(_identity.draught_change, _VESSEL),
        "static_change": Fault(_identity.static_change, _VESSEL, graded=False),
        "aid_misuse": Fault(_identity.aid_misuse, _VESSEL, graded=False),
        "status_contradiction": Fault(_motion.status_contradiction, _VESSEL),
    }
)
"""By name, which is also that of the anomaly."""

OTHER_FORMS: Mapping[str, Fault] = MappingProxyType(
    {"drift, random": Fault(_place.jitter), "jump, each 30 s": Fault(_place.rare_jump, _TRUCK)}
)
"""Second forms of faults whose first was made with the anomaly in view. Nothing is promised of them; their rate is shown."""


def split(reports: Reports) -> list[Reports]:
    """Return the reports of each mover."""
    order = np.argsort(reports.mover, kind="stable")
    ends = np.searchsorted(reports.mover[order], np.arange(len(reports.movers) + 1))
    parts = []
    for k, name in enumerate(reports.movers):
        own = reports.where(order[ends[k] : ends[k + 1]])
        parts.append(_own_tables(own, name))
    return parts


def once(own: Reports) -> Reports:
    """Return one mover's reports without a second reception of any: a fault of the mover would be in both."""
    order = np.lexsort((own.t_received, own.t))
    again = (np.diff(own.t[order]) == 0) & (np.diff(own.kind[order]) == 0) & (np.diff(own.lat[order]) == 0)
    keep = np.ones(len(own), dtype=bool)
    keep[order[1:][again]] = False
    return own.where(keep)


def _own_tables(own: Reports, name: str) -> Reports:
    """Return one mover's reports with tables of its own."""
    used_p, peer = np.unique(own.peer, return_inverse=True)
    used_s, static = np.unique(own.static, return_inverse=True)
    return replace(
        own,
        movers=(name,),
        mover=np.zeros(len(own), dtype=np.int64),
        peers=tuple(own.peers[k] for k in used_p if k >= 0),
        peer=peer - int((used_p < 0).any()),
        statics=tuple(own.statics[k] for k in used_s if k >= 0),
        static=static - int((used_s < 0).any()),
    )


def inject(
    reports: Reports, fault: str, *, label: str, cases: int, seed: int = 0, severity: float = 1.2
) -> tuple[Reports, list[Label]]:
    """Inject one fault into as many movers of a clean fleet (all of class `label`) as offer an occasion, up to `cases`."""
    kind = FAULTS.get(fault) or OTHER_FORMS[fault]
    rng = np.random.default_rng(
        (seed, *fault.encode()) if fault in OTHER_FORMS else (seed, sorted(FAULTS).index(fault))
    )
    if label not in kind.classes:
        return reports, []
    if kind.wide:
        made = kind.inject(reports, rng, severity)
        return (reports, []) if made is None else (made[0], [made[1]])
    parts, labels = split(reports), list[Label]()
    for k in rng.permutation(len(parts)).tolist():
        if len(labels) == cases:
            break
        done = kind.inject(once(parts[k]), rng, severity)
        if done is not None:
            parts[k] = done[0]
            labels.append(done[1])
    return Reports.joined(parts), labels
