"""What is counted of terminals, and the formulae that make key figures of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from roadstead.types import Text

QUALITY_RULES = frozenset(
    [
        "circle_spoofing",
        "clock_skew",
        "course_against_heading",
        "drift",
        "frozen_fix",
        "future_time",
        "impossible_acceleration",
        "impossible_speed",
        "impossible_turn",
        "jump",
        "low_satellites",
        "mileage_jump",
        "out_of_order",
        "out_of_range",
        "parked_drift",
        "recorder_mismatch",
        "repeated_time",
        "speed_mismatch",
        "swapped_coordinates",
        "wrong_datum",
        "zero_island",
        "zone_error",
    ]
)
"""Findings that make the reports they span unfit. Silences and faults of identity or of static data do not."""
DRIFT_RULES = frozenset(("drift", "parked_drift"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was counted of one terminal, or of all terminals of a group.

    `registered` and `online` count terminals (`online`: registered ones with a position in the period), `drifters` those
    with a drifted position. `slots` are the slots of the period, of each terminal, `slots_online` those with a position.
    `positions` leaves out retransmissions; `sound` of these have a usable place, `fit` are trusted too and spanned by no
    finding of reporting, `drifted` are sound but not trusted, or spanned by a finding of drift. `whole_m` is the length of the
    unbroken track, `length_m` that with the gaps.
    """

    terminals: int = 0
    registered: int = 0
    online: int = 0
    seen: int = 0
    drifters: int = 0
    slots: int = 0
    slots_online: int = 0
    positions: int = 0
    sound: int = 0
    fit: int = 0
    drifted: int = 0
    whole_m: float = 0.0
    length_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """A numerator over a denominator."""

    of: float
    all: float

    @property
    def value(self) -> float | None:
        """The share; None where there is nothing to have a share of.

        >>> Share(1, 4).value, Share(0, 0).value
        (0.25, None)
        """
        return self.of / self.all if self.all > 0 else None


Formula = Callable[[Tally], Share]


def online_terminals(tally: Tally) -> Share:
    """Return registered terminals with a position in the period over registered terminals."""
    return Share(tally.online, tally.registered)


def online_slots(tally: Tally) -> Share:
    """Return slots (hours, days) with a position over slots of the period."""
    return Share(tally.slots_online, tally.slots)


def fit_positions(tally: Tally) -> Share:
    """Return positions fit for use over positions."""
    return Share(tally.fit, tally.positions)


def whole_track(tally: Tally) -> Share:
    """Return metres of unbroken track over metres of track with the gaps."""
    return Share(tally.whole_m, tally.length_m)


def drifted_positions(tally: Tally) -> Share:
    """Return drifted positions over positions with a usable place."""
    return Share(tally.drifted, tally.sound)


def drifting_terminals(tally: Tally) -> Share:
    """Return terminals with a drifted position over terminals with any."""
    return Share(tally.drifters, tally.seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One key figure: its name, how it is worked out for one terminal and for a group, and which way is better."""

    name: Text
    terminal: Formula
    group: Formula
    better: Literal["high", "low"] = "high"


KPIS: Mapping[str, Kpi] = MappingProxyType(
    {
        "online": Kpi(name=Text("online", "上线率"), terminal=online_slots, group=online_terminals),
        "quality": Kpi(name=Text("quality", "数据合格率"), terminal=fit_positions, group=fit_positions),
        "completeness": Kpi(name=Text("completeness", "轨迹完整率"), terminal=whole_track, group=whole_track),
        "drift": Kpi(name=Text("drift", "漂移率"), terminal=drifted_positions, group=drifted_positions, better="low"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the figures are held to.

    The period [since, until] (None: from the first to the last position), in slots of `slot_s` counted from its
    beginning. A track is unbroken between fixes no more than `gap_s` and `gap_m` apart. Only findings of these rules and
    with the outcome "violation" count.
    """

    since: float | None = None
    until: float | None = None
    slot_s: float = 3600.0
    gap_s: float = 300.0
    gap_m: float = 2000.0
    quality_rules: Collection[str] = QUALITY_RULES
    drift_rules: Collection[str] = DRIFT_RULES
    kpis: Mapping[str, Kpi] = field(default_factory=lambda: KPIS)
