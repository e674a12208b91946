"""Spilling: a small new thing that stays where a vehicle passed, told from all that only looks like it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from _golden import SPOILS, T0, Spoil, Way, acts, scene, track, views, zone
from roadstead.behaviours.spilling import Spilling
from roadstead.types import Evidence, Scene, Track

RULE = Spilling()
ROAD = zone("road", (0, 400), (1900, 400), (1900, 700), (0, 700))
DROP_S = 5.0
DROP = (700.0, 560.0)
SEEDS = range(4)


def passing(
    name: str = "cam/truck", *, start_s: float = 0.0, y: float = 590.0, label: str = "truck", to: float = 1900.0
) -> Way:
    """Return a way to the right at 140 px/s; from start_s = 0 it is over the drop at 5 s."""
    return [(start_s, 0.0, y), (start_s + to / 140, to, y)]


def truck(spoil: Spoil, way: Way | None = None, name: str = "cam/truck", label: str = "truck") -> Track:
    return track(way or passing(), spoil, name=name, label=label, size=(160.0, 110.0))


def thing(
    spoil: Spoil,
    way: Way | None = None,
    *,
    after_s: float = 1.0,
    size: tuple[float, float] = (26.0, 20.0),
    name: str = "cam/thing",
    label: str = "object",
) -> Track:
    """Return a thing that lies at the drop from `after_s` after the fall on, for 20 s."""
    lies = [(DROP_S + after_s, *DROP), (DROP_S + after_s + 20, *DROP)]
    return track(way or lies, spoil, name=name, label=label, size=size)


def judged(
    tracks: Sequence[Track], where: Scene | None = None, rule: Spilling = RULE, keep_s: float = 3.0
) -> list[Evidence]:
    """Ask of the small things only, as a rule with classes does; tracks go to `departed` when their time is over."""
    found: list[Evidence] = []
    for view in views(tracks, where or scene(), keep_s=keep_s):
        live = {t.id for t in view.tracks}
        gone = [t for t in tracks if t.id not in live and t.t[-1] < view.t]
        seen = replace(view, departed=gone)
        asked = (rule.check(mover, seen) for mover in seen.tracks if mover.label in {"object", "debris"})
        found += [e for e in asked if e is not None]
    return found


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
class TestVariants:
    def each(self, spoil: Spoil) -> list[Spoil]:
        return [replace(spoil, seed=seed) for seed in SEEDS]

    @pytest.mark.parametrize("label", ["object", "debris"])
    def test_what_falls_and_stays_is_one_violation_of_the_truck(self, label: str, spoil: Spoil) -> None:
        for s in self.each(spoil):
            found = judged([truck(s), thing(s, label=label)])
            assert {(e.subject, e.outcome) for e in found} == {("cam/truck", "violation")}
            assert len(acts(found)) == 1
            assert {e.measured["object"] for e in found} == {"cam/thing"}

    def test_what_rolls_first_counts_too(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            way = [(6.0, 700.0, 560.0), (6.6, 740.0, 566.0), (26.0, 740.0, 566.0)]
            assert {e.subject for e in judged([truck(s), thing(s, way)])} == {"cam/truck"}

    @pytest.mark.parametrize(
        "way",
        [
            [(6.0, 700.0, 560.0), (26.0, 1300.0, 600.0)],
            [(6.0, 700.0, 560.0), (7.0, 700.0, 560.0), (9.5, 780.0, 590.0), (26.0, 780.0, 590.0)],
            [(5.6, 640.0, 590.0), (14.0, 1816.0, 590.0)],
            [(4.0, 700.0, 480.0), (7.0, 700.0, 560.0), (8.0, 760.0, 560.0), (26.0, 760.0, 560.0)],
        ],
        ids=["paper blown on", "paper blown on later", "the truck's shadow", "somebody who walks up and stands"],
    )
    def test_what_moves_is_none(self, way: Way, spoil: Spoil) -> None:
        for s in self.each(spoil):
            assert judged([truck(s), thing(s, way)]) == []

    def test_what_comes_fast_from_further_off_is_none(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            dashes = [(5.2, 420.0, 460.0), (5.9, 700.0, 560.0), (26.0, 700.0, 560.0)]
            assert judged([truck(s), thing(s, dashes)]) == []

    def test_a_patch_of_headlight_is_none(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            assert judged([truck(s), thing(s, [(6.0, *DROP), (7.2, *DROP)])]) == []

    def test_flicker_of_a_detector_is_none(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            blinks = replace(s, gaps=((6.6, 8.8), (9.4, 12.0), (12.6, 20.0)))
            assert judged([truck(s), thing(blinks)]) == []

    def test_a_car_that_stops_and_parks_is_none(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            way = [(4.0, 300.0, 590.0), (8.0, 700.0, 590.0), (30.0, 700.0, 590.0)]
            assert judged([truck(s), thing(s, way, size=(90.0, 60.0))]) == []
            hidden_first = [(6.0, 700.0, 590.0), (30.0, 700.0, 590.0)]
            assert judged([truck(s), thing(s, hidden_first, size=(90.0, 60.0))]) == []

    def test_somebody_who_gets_out_of_a_standing_truck_is_none(self, spoil: Spoil) -> None:
        stands = [(0.0, 0.0, 590.0), (5.0, 700.0, 590.0), (30.0, 700.0, 590.0)]
        for s in self.each(spoil):
            stands_beside = thing(s, [(12.0, 760.0, 600.0), (30.0, 760.0, 600.0)], size=(20.0, 48.0))
            assert judged([truck(s, stands), stands_beside]) == []

    def test_a_thing_that_lay_there_before_and_got_a_new_id_is_none(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            before = thing(s, [(0.0, *DROP), (4.2, *DROP)], name="cam/before")
            assert judged([truck(s), before, thing(s, after_s=1.0)]) == []

    def test_a_thing_seen_long_after_the_truck_is_none(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            assert judged([truck(s), thing(s, after_s=6.0)]) == []

    def test_a_truck_on_another_lane_is_not_blamed(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            assert judged([truck(s, passing(y=380.0)), thing(s)]) == []

    def test_it_is_the_last_of_two_if_the_place_was_seen_between(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            first = truck(s, passing(start_s=-6.0), "cam/a")
            second = truck(replace(s, seed=s.seed + 100), passing(), "cam/b")
            found = judged([first, second, thing(s)])
            assert {(e.subject, e.outcome) for e in found} == {("cam/b", "violation")}

    def test_two_close_behind_each_other_cannot_be_told_apart(self, spoil: Spoil) -> None:
        for s in self.each(spoil):
            first = truck(s, passing(start_s=-1.4), "cam/a")
            second = truck(replace(s, seed=s.seed + 100), passing(), "cam/b")
            found = judged([first, second, thing(s)])
            assert {(e.subject, e.outcome) for e in found} == {("cam/thing", "insufficient")}
            assert "cam/a, cam/b" in found[0].because.en


class TestWho:
    def test_a_truck_that_has_left_the_picture_is_still_named(self) -> None:
        s = SPOILS["jitter 5 fps"]
        short = truck(s, passing(to=900.0))
        rule = Spilling(min_stay_s=10.0)
        assert {e.subject for e in judged([short, thing(s)], rule=rule, keep_s=1.5)} == {"cam/truck"}

    def test_nobody_passed(self) -> None:
        assert judged([thing(SPOILS["jitter 5 fps"])]) == []

    def test_only_vehicles_of_the_named_classes_are_suspects(self) -> None:
        s = SPOILS["jitter 5 fps"]
        assert judged([truck(s, label="bus"), thing(s)], rule=Spilling(vehicle_classes=("truck",))) == []
        assert judged([truck(s), thing(s)], rule=Spilling(vehicle_classes=("truck",)))

    def test_where_only_the_motion_detector_watches_everything_is_an_object(self) -> None:
        s = SPOILS["jitter 5 fps"]
        assert {e.subject for e in judged([truck(s, label="object"), thing(s)])} == {"cam/truck"}


class TestWhere:
    def test_beside_the_road_is_none(self) -> None:
        s = SPOILS["jitter 5 fps"]
        verge = zone("road", (0, 600), (1900, 600), (1900, 800), (0, 800))
        assert judged([truck(s), thing(s)], scene(verge), Spilling(zone="road")) == []
        assert judged([truck(s), thing(s)], scene(ROAD), Spilling(zone="road"))


def test_it_says_what_it_measured() -> None:
    s = SPOILS["clean 5 fps"]
    found = judged([truck(s), thing(s)])[0]
    assert found.t == T0 + 6
    assert found.measured["delay_s"] == pytest.approx(0.25, abs=0.15)
    assert found.measured["at_x_px"] == pytest.approx(700)
    assert found.measured["size_of_vehicle"] == pytest.approx(np.sqrt(26 * 20 / (160 * 110)), abs=0.01)
    assert "遗留物" in found.because.zh
    late = judged([truck(s), thing(s, after_s=2.5)])[0]
    assert late.score < found.score
