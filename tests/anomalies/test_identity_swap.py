"""Identity swap."""

from dataclasses import replace

import pytest

from _fleets import T0
from _vessels import KN, OTHER, SHIP, found, lie, sail, says, silent_without
from roadstead.anomalies.identity_swap import IdentitySwap
from roadstead.positions import Position, Static


def _handover(*, gap_s: float = 600.0, north_m: float = 0.0, kn: float = 10.0, heir: str = OTHER) -> list[Position]:
    """Return an hour of one ship, and an hour of it under another number after a silence."""
    whole = sail(seconds=7200 + gap_s, kn=kn), sail(heir, seconds=7200 + gap_s, kn=kn, north_m=north_m, seed=1)
    first = [p for p in whole[0] if (p.t or 0) <= T0 + 3600]
    return first + [p for p in whole[1] if (p.t or 0) >= T0 + 3600 + gap_s]


@pytest.mark.parametrize("gap_s", [60.0, 600.0, 1440.0])
def test_a_way_that_goes_on_under_another_number_is_found_from_the_silence_on(gap_s: float) -> None:
    (e,) = found(IdentitySwap(), _handover(gap_s=gap_s))
    assert (e.subject, e.measured["other"], e.measured["by"]) == (OTHER, SHIP, "way")
    assert (e.since, e.t) == (T0 + 3600, T0 + 3600 + gap_s)
    assert e.measured["gap_s"] == gap_s


def test_too_long_a_silence_is_not_found() -> None:
    assert not found(IdentitySwap(), _handover(gap_s=2160.0))


@pytest.mark.parametrize(("share", "events"), [(0.8, 1), (1.2, 0)])
def test_the_place_must_be_that_of_the_way(share: float, events: int) -> None:
    limit_m = 500.0 + 0.1 * 60 * 10 * KN
    hits = found(IdentitySwap(), _handover(gap_s=60.0, north_m=share * limit_m))
    assert len(hits) == events
    assert all(e.measured["off_m"] == pytest.approx(share * limit_m, abs=60) for e in hits)


def test_ships_that_lie_are_not_judged() -> None:
    later = [replace(p, t=(p.t or 0) + 4200, t_received=None) for p in lie(OTHER)]
    assert not found(IdentitySwap(), lie(), later)


def test_a_ship_that_goes_the_other_way_or_faster_is_another() -> None:
    turned = [replace(p, course_deg=270.0) if p.mover == OTHER else p for p in _handover()]
    faster = [replace(p, speed_mps=16 * KN) if p.mover == OTHER else p for p in _handover()]
    assert not found(IdentitySwap(), turned)
    assert not found(IdentitySwap(), faster)


def test_a_ship_that_was_heard_before_or_is_heard_again_is_no_heir() -> None:
    seen_before = [replace(p, mover=OTHER) for p in sail(seconds=600, north_m=20_000)]
    heard_again = [replace(p, t=(p.t or 0) + 7000, t_received=None) for p in sail(seconds=600, north_m=3000)]
    assert not [e for e in found(IdentitySwap(), _handover(), seen_before) if str(e.measured["by"]).startswith("way")]
    assert not found(IdentitySwap(), _handover(), heard_again)


@pytest.mark.parametrize(
    ("static", "by", "value"),
    [
        (Static(imo=9074729), "imo", "9074729"),
        (Static(call_sign="BXYZ7"), "call_sign", "BXYZ7"),
    ],
)
def test_what_one_ship_gave_and_another_gives_is_found_at_the_later_one(static: Static, by: str, value: str) -> None:
    ways = sail(), sail(OTHER, north_m=9000), says(static, at=(0, 360)), says(static, at=(720, 1080), name=OTHER)
    (e,) = found(IdentitySwap(), *ways)
    assert (e.subject, e.measured["other"], e.measured["by"], e.measured["value"]) == (OTHER, SHIP, by, value)
    assert (e.since, e.t, e.measured["at_once"]) == (T0 + 720, T0 + 1080, 0)


@pytest.mark.parametrize(
    "static", [Static(imo=9074728), Static(imo=0), Static(call_sign="0000"), Static(call_sign="NONE"), Static(name="A")]
)
def test_what_many_ships_give_is_not_found(static: Static) -> None:
    ways = sail(), sail(OTHER, north_m=9000), says(static, at=(0,)), says(static, at=(720,), name=OTHER)
    assert not found(IdentitySwap(), *ways)


def test_the_craft_of_a_ship_has_its_call_sign() -> None:
    craft, static = "984130001", Static(call_sign="BXYZ7")
    assert not found(IdentitySwap(), sail(), says(static, at=(0,)), says(static, at=(720,), name=craft))


def test_without_places_or_speeds_no_way_goes_on() -> None:
    for field in ("speed_mps", "course_deg"):
        assert silent_without(IdentitySwap(), _handover(), field)
    assert silent_without(IdentitySwap(), _handover(), "lat", "lon")


def test_trucks_are_left_out() -> None:
    assert not found(IdentitySwap(), _handover(), label="truck")


def test_a_way_and_what_moved_with_it_are_one_finding() -> None:
    static = Static(imo=9074729, call_sign="BXYZ7")
    (e,) = found(IdentitySwap(), _handover(), says(static, at=(0, 3240)), says(static, at=(4300, 6000), name=OTHER))
    assert (e.subject, e.measured["by"]) == (OTHER, "way, imo, call_sign")
    assert (e.since, e.t) == (T0 + 3600, T0 + 6000)
