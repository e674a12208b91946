"""Uncovered load: only a ripe vote speaks, and only where it counts."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from _golden import SPOILS, T0, Spoil, acts, events, scene, track, watch, zone
from roadstead.behaviours.uncovered_load import UncoveredLoad
from roadstead.types import Evidence, Track, View, Vote

ROAD = [(0.0, 100.0, 500.0), (20.0, 1300.0, 500.0)]
GATE = zone("gate", (400, 300), (900, 300), (900, 700), (400, 700))
EMPTY = scene()
GATED = scene(GATE)


def told(
    vote: Vote | None, rule: UncoveredLoad | None = None, *, gated: bool = False, spoil: Spoil = SPOILS["jitter 5 fps"]
) -> list[Evidence]:
    whole = track(ROAD, spoil, attributes={} if vote is None else {"cover": vote})
    return watch(rule or UncoveredLoad(zone="gate" if gated else None), [whole], GATED if gated else EMPTY)


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
class TestVotes:
    def test_a_ripe_bad_vote_is_one_violation(self, spoil: Spoil) -> None:
        found = told(Vote("uncovered", 0.9, 5), gated=True, spoil=spoil)
        assert {e.outcome for e in found} == {"violation"}
        assert len(acts(found)) == 1
        assert {e.score for e in found} == {0.9}

    @pytest.mark.parametrize("label", ["sealed", "open_empty", "enclosed"])
    def test_other_labels_are_none(self, label: str, spoil: Spoil) -> None:
        assert told(Vote(label, 0.9, 5), gated=True, spoil=spoil) == []

    @pytest.mark.parametrize(
        "vote", [None, Vote(None, 0.0, 8), Vote("uncovered", 0.9, 2), Vote("uncovered", 0.5, 9), Vote("sealed", 0.5, 9)]
    )
    def test_a_passage_without_a_ripe_vote_is_insufficient_at_its_end(self, vote: Vote | None, spoil: Spoil) -> None:
        found = told(vote, gated=True, spoil=spoil)
        assert {e.outcome for e in found} == {"insufficient"}
        left = T0 + 20 * (900 - 100) / 1200
        assert min(e.t for e in found) > left


class TestWhere:
    def test_it_speaks_during_the_passage_and_shortly_after(self) -> None:
        found = told(Vote("uncovered", 0.9, 5), gated=True)
        came, left = T0 + 20 * 300 / 1200, T0 + 20 * 800 / 1200
        assert came <= found[0].t <= came + 1
        assert left < found[-1].t <= left + 4
        assert found[0].since == pytest.approx(came, abs=0.5)

    def test_who_passes_elsewhere_gives_nothing(self) -> None:
        aside = track([(0, 100, 900), (20, 1300, 900)], attributes={"cover": Vote("uncovered", 0.9, 5)})
        assert watch(UncoveredLoad(zone="gate"), [aside], GATED) == []

    def test_without_a_zone_its_whole_life_counts(self) -> None:
        found = told(Vote("uncovered", 0.9, 5))
        assert {e.since for e in found} == {T0}
        assert len(acts(found)) == 1

    def test_jitter_on_the_edge_does_not_begin_a_second_passage(self) -> None:
        along = track(
            [(0, 400, 500), (20, 400, 501)], SPOILS["bad 5 fps"], attributes={"cover": Vote("uncovered", 0.9, 5)}
        )
        assert len(acts(watch(UncoveredLoad(zone="gate"), [along], GATED))) == 1


class TestWhen:
    def test_it_waits_for_views_and_gives_up_after_its_patience(self) -> None:
        rule = UncoveredLoad(patience_s=10)
        found = told(Vote("uncovered", 0.9, 2), rule)
        assert found[0].outcome == "insufficient"
        assert found[0].t - T0 == pytest.approx(10, abs=1)

    def test_a_vote_that_ripens_turns_a_doubt_into_one_violation(self) -> None:
        whole = track(ROAD, SPOILS["jitter 5 fps"])

        class Ripens:
            """The rule, asked of a truck whose vote ripens after 12 s."""

            def check(self, mover: Track, view: View) -> Evidence | None:
                vote = Vote("uncovered", 0.9, 5) if view.t > T0 + 12 else Vote(None, 0.0, 1)
                return UncoveredLoad(patience_s=5).check(replace(mover, attributes={"cover": vote}), view)

        found: Sequence[Evidence] = watch(Ripens(), [whole], EMPTY)  # type: ignore[arg-type]  # asked of tracks only
        assert found[0].outcome == "insufficient"
        assert {e.outcome for e in found if e.t > T0 + 12} == {"violation"}
        assert acts(found) == {("cam/1", T0)}

    def test_a_track_that_is_lost_has_ended_its_passage(self) -> None:
        short = track([(0, 100, 500), (3, 280, 500)], attributes={"cover": Vote(None, 0.0, 1)})
        found = watch(UncoveredLoad(), [short], EMPTY)
        assert {e.outcome for e in found} == {"insufficient"}
        assert found[0].t > T0 + 3

    def test_one_event_a_truck(self) -> None:
        tracks = [
            track(ROAD, SPOILS["jitter 5 fps"], name=f"cam/{i}", attributes={"cover": Vote("uncovered", 0.9, 5)})
            for i in (1, 2)
        ]
        assert sorted(e.subject for e in events(UncoveredLoad(zone="gate"), tracks, GATED)) == ["cam/1", "cam/2"]


def test_a_partly_covered_load_can_be_named_too() -> None:
    assert told(Vote("partial", 0.9, 5)) == []
    assert told(Vote("partial", 0.9, 5), UncoveredLoad(labels=("uncovered", "partial")))


def test_it_says_what_it_measured() -> None:
    found = told(Vote("uncovered", 0.87, 5), gated=True)[0]
    assert found.because.en == (
        "The load cover of truck cam/1 is uncovered: 5 views agree with 0.87 (needed: 3 views and 0.60)."
    )
    assert "车厢顶盖" in found.because.zh
    assert found.measured["cover"] == "uncovered"
    assert (found.measured["views"], found.measured["min_views"]) == (5, 3)
