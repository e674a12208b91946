"""Deeds: what rules on positions forbid, done by movers whose truth is known; and the rules that must find them.

A deed is put into what a mover does before anything is reported of it, so places, speeds, courses, odometer and load
agree. Its severity is relative to a threshold of its rule: a duration, a speed, a distance, a turn. Where a rule's
default is shorter than two reports are apart (a zone entered for 1 s), the rule here asks for five minutes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np

from roadstead.behaviours import Behaviour, Rule
from roadstead.behaviours.anchoring import Anchoring
from roadstead.behaviours.drifting import Drifting
from roadstead.behaviours.dumping import Dumping
from roadstead.behaviours.loitering import Loitering
from roadstead.behaviours.night_operation import NightOperation
from roadstead.behaviours.no_go_vessel_area import NoGoVesselArea
from roadstead.behaviours.off_route import OffRoute
from roadstead.behaviours.rendezvous import Rendezvous
from roadstead.behaviours.speeding import Speeding
from roadstead.behaviours.stopped import Stopped
from roadstead.behaviours.sudden_manoeuvre import SuddenManoeuvre
from roadstead.behaviours.zone_entry import ZoneEntry
from roadstead.behaviours.zone_exit import ZoneExit
from roadstead.positions import Reports
from roadstead.simulate.reports import _truck_deeds, _vessel_deeds
from roadstead.simulate.reports._own import Label
from roadstead.simulate.reports.fleet import BEGIN
from roadstead.simulate.reports.roads import Roads, town
from roadstead.simulate.reports.trucks import Day, truck
from roadstead.simulate.reports.vessels import vessel
from roadstead.simulate.reports.voyages import Log
from roadstead.simulate.reports.waters import Waters, harbour
from roadstead.types import Scene, Schedule

Done = tuple[float, float] | None

LONG_S = 300.0
"""For how long a zone must be entered or left: longer than two reports of a truck or a class B transponder are apart."""
LIMIT_KMH = 90.0
DAY_S = 86_400.0
_NIGHT_WAYS = 4.0
"""How much further than its limit somebody goes who is at work in the night; graded is how fast."""
_NIGHT = Schedule("Asia/Shanghai", frozenset(range(7)), 22 * 60, 5 * 60)
_SLOW_WATERS = ("port", "approach", "fishing grounds", "trawling grounds")


@cache
def scene(label: str) -> Scene:
    """Return the ground that the rules are about: of trucks the town with its roads as one permitted way, else the harbour."""
    return replace(town(0).scene, ways={"roads": town(0).network}) if label == "truck" else harbour(0).scene


@cache
def rules(label: str) -> Mapping[str, Rule]:
    """Return the rules for "truck" or "vessel", by name."""
    sites = tuple(p.name for p in town(0).places)
    disposal = tuple(p.name for p in town(0).places if p.use == "disposal")
    behaviours: Mapping[str, Mapping[str, Behaviour]] = {
        "truck": {
            "zone_entry": ZoneEntry(zone="closed block", min_inside_s=LONG_S),
            "zone_exit": ZoneExit(zone="fence", min_outside_s=LONG_S),
            "night_operation": NightOperation(),
            "dumping": Dumping(permitted=disposal),
            "off_route": OffRoute(beside=sites, min_s=LONG_S),
            "stopped": Stopped(zone="busy street", seconds=2 * LONG_S),
            "speeding": Speeding(limit_kmh=LIMIT_KMH),
        },
        "vessel": {
            "anchoring": Anchoring(zone="pipeline", min_s=1800.0),
            "loitering": Loitering(zone="pipeline", seconds=3600.0),
            "no_go_vessel_area": NoGoVesselArea(zone="reserve", dwell_s=LONG_S),
            "rendezvous": Rendezvous(outside=_SLOW_WATERS, min_s=1800.0, max_silence_s=400.0),
            "sudden_manoeuvre": SuddenManoeuvre(outside=_SLOW_WATERS),
            "drifting": Drifting(outside=_SLOW_WATERS),
        },
    }
    nights = {"night_operation": (_NIGHT,)}
    return MappingProxyType(
        {
            name: Rule(name=name, kind=name, behaviour=b, schedules=nights.get(name, ()))
            for name, b in behaviours[label].items()
        }
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """A deed: the rule that must find it, the class of who does it, and what does it: of world, mover, chance and severity."""

    rule: str
    label: str
    do: Callable[..., Done]
    class_b: bool | None = None
    """Only vessels with such a transponder (class B reports every 180 s when slow, and then every lost message counts)."""


def _times(do: Callable[..., Done], threshold: float) -> Callable[..., Done]:
    """Return the deed whose measure is so many times a threshold."""
    return lambda world, mover, rng, severity: do(world, mover, rng, severity * threshold)


def _night(roads: Roads, day: Day, rng: np.random.Generator, severity: float) -> Done:
    limits = NightOperation()
    return _truck_deeds.night_operation(roads, day, rng, severity * limits.min_kmh, _NIGHT_WAYS * limits.distance_m)


def _off(roads: Roads, day: Day, rng: np.random.Generator, severity: float) -> Done:
    limits = OffRoute()
    return _truck_deeds.off_route(roads, day, rng, severity * LONG_S, severity * (limits.corridor_m + limits.noise_m))


def _drift(waters: Waters, log: Log, rng: np.random.Generator, severity: float) -> Done:
    limits = Drifting()
    return _vessel_deeds.drifting(waters, log, rng, severity * limits.min_s, severity * limits.across_deg)


DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "zone_entry": Deed("zone_entry", "truck", _times(_truck_deeds.zone_entry, LONG_S)),
        "zone_exit": Deed("zone_exit", "truck", _times(_truck_deeds.zone_exit, LONG_S)),
        "night_operation": Deed("night_operation", "truck", _night),
        "dumping": Deed("dumping", "truck", _times(_truck_deeds.dumping, Dumping().min_stop_s)),
        "off_route": Deed("off_route", "truck", _off),
        "stopped": Deed("stopped", "truck", _times(_truck_deeds.stopped, 2 * LONG_S)),
        "speeding": Deed("speeding", "truck", _times(_truck_deeds.speeding, LIMIT_KMH)),
        "anchoring": Deed("anchoring", "vessel", _times(_vessel_deeds.anchoring, 1800.0)),
        "loitering": Deed("loitering", "vessel", _times(_vessel_deeds.loitering, 3600.0)),
        "no_go_vessel_area": Deed("no_go_vessel_area", "vessel", _times(_vessel_deeds.no_go_vessel_area, LONG_S)),
        "rendezvous": Deed("rendezvous", "vessel", _times(_vessel_deeds.waiting, 1800.0)),
        "sudden_turn": Deed(
            "sudden_manoeuvre", "vessel", _times(_vessel_deeds.sudden_turn, SuddenManoeuvre().turn_deg)
        ),
        "sudden_speed": Deed(
            "sudden_manoeuvre", "vessel", _times(_vessel_deeds.sudden_speed, SuddenManoeuvre().change_kn)
        ),
        "drifting": Deed("drifting", "vessel", _drift, class_b=False),
        "drifting_class_b": Deed("drifting", "vessel", _drift, class_b=True),
    }
)
"""By name. A change of course and one of speed are two deeds of one rule."""


def done(name: str, number: int, *, severity: float = 1.2, seed: int = 0) -> tuple[Reports, Label] | None:
    """Return a day of mover `number` who does it, with its label; None where that day has no occasion for it.

    Of a rendezvous there are the reports of both, under the label of the first.
    """
    deed = DEEDS[name]
    rng = np.random.default_rng((seed, 5, number))
    when: list[Done] = []
    if deed.label == "truck":
        roads = town(0)
        reports = truck(
            roads, number, seed, BEGIN, BEGIN + DAY_S, lambda day: when.append(deed.do(roads, day, rng, severity))
        )
    else:
        waters, places = harbour(0), list[tuple[float, float]]()

        def does(log: Log) -> None:
            when.append(deed.do(waters, log, rng, severity))
            if when[0] is not None:
                x, y = next(p for p in log.parts if p.t[0] <= sum(when[0]) / 2 <= p.t[-1]).xy_m[-1]
                places.append((float(x), float(y)))

        reports = vessel(waters, number, seed, BEGIN, BEGIN + DAY_S, does)
    found = when[0]
    if found is None or found[0] < BEGIN + 3600 or found[1] > BEGIN + DAY_S - 1800:
        return None
    if deed.class_b is not None and (reports.column("class_b") == 1).any() != deed.class_b:
        return None
    label = Label(name, deed.rule, reports.movers[0], *found)
    return (reports, label) if name != "rendezvous" else _met(reports, label, number, severity, places[0], seed)


def _met(
    reports: Reports, label: Label, number: int, severity: float, place: tuple[float, float], seed: int
) -> tuple[Reports, Label]:
    """Add the second of two who meet: it comes when the first lies, half a minute later, and leaves half a minute earlier."""
    seconds = label.end - label.start - 60.0
    apart = Rendezvous().distance_m / max(severity, 1.0)
    waters = harbour(0)
    other = vessel(
        waters,
        number + 50_000,
        seed,
        BEGIN,
        BEGIN + DAY_S,
        lambda log: _vessel_deeds.joining(log, np.array(place), label.start + 30, seconds, apart) and None,
    )
    first = min(reports.movers[0], other.movers[0])
    return Reports.joined((reports, other)), replace(label, mover=first)
