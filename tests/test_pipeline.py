"""The whole way behind the pictures: detections in, steps out, judged on the clock of the pictures."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from roadstead.behaviours import Rule, plugins
from roadstead.episodes import Episodes, Terms
from roadstead.pipeline import BUILT_IN, Stages, Step, on_scene, watch
from roadstead.track.tracker import Tracker
from roadstead.types import Detections, Frame, Scene, Signal, Track, Vote, Zone


class Never:
    """A detector for a pipeline that is fed with detections."""

    shared: ClassVar[bool] = True
    model: ClassVar[dict[str, str]] = {}

    def detect(self, frame: Frame) -> Detections:
        raise AssertionError("no picture comes here")


def seen(
    t: float, x: float, *, size: tuple[int, int] = (640, 360), votes: tuple[dict[str, Vote], ...] = ()
) -> Detections:
    return Detections("cam", t, size, np.array([[x, 100, x + 60, 140]]), np.ones(1), ("truck",), votes)


def stages(rules: list[Rule], size: tuple[int, int] | None = (640, 360)) -> Stages:
    scene = Scene("cam", size, {"bay": Zone("bay", np.array([(0, 0), (640, 0), (640, 360), (0, 360)]))})
    terms = [Terms(r.name, r.kind, r.gap_s, r.legal) for r in rules]
    return Stages(
        scene=scene,
        detector=Never(),
        tracker=Tracker("cam"),
        rules=rules,
        episodes=Episodes("cam", [*terms, *BUILT_IN]),
    )


def no_parking(seconds: float = 5.0) -> Rule:
    stopped = plugins.get("stopped")
    return Rule(name="no-parking", kind="stopped", behaviour=stopped(zone="bay", seconds=seconds), gap_s=2.0)  # type: ignore[call-arg]  # its own settings


def stop_and_go() -> list[Detections]:
    xs = [*np.linspace(0, 300, 20), *np.full(60, 300.0), *np.linspace(300, 600, 20)]
    return [seen(1000 + k * 0.2, x) for k, x in enumerate(xs)]


def changes(steps: list[Step]) -> list[tuple[str, str]]:
    return [(c.phase, c.event.rule) for s in steps for c in s.changes if c.phase != "extended"]


def test_a_stop_becomes_one_event() -> None:
    steps = list(watch(stop_and_go(), stages([no_parking()])))
    assert changes(steps) == [("opened", "no-parking"), ("closed", "no-parking")]
    event = next(c.event for s in steps for c in s.changes if c.phase == "closed")
    assert event.start == pytest.approx(1004, abs=1.0)
    assert event.end == pytest.approx(1016, abs=1.5)


def test_the_same_observations_give_the_same_steps() -> None:
    one, two = (list(watch(stop_and_go(), stages([no_parking()]))) for _ in range(2))
    assert [s.changes for s in one] == [s.changes for s in two]
    assert [s.ids for s in one] == [s.ids for s in two]


def test_it_judges_twice_a_second_of_picture_time() -> None:
    steps = list(watch([seen(1000 + k * 0.04, 100) for k in range(250)], stages([])))
    assert sum(s.view is not None for s in steps) == 20


def test_the_end_closes_what_is_open() -> None:
    steps = list(watch(stop_and_go()[:70], stages([no_parking()])))
    assert changes(steps)[-1] == ("closed", "no-parking")
    assert len(steps[-1].ended) == 1


def test_a_lost_signal_is_an_event_that_closes_on_return() -> None:
    items: list[Detections | Signal] = [
        seen(1, 0),
        Signal("cam", 5, ok=False, reason="timed out"),
        Signal("cam", 65, ok=True),
        seen(66, 0),
    ]
    steps = list(watch(items, stages([])))
    assert changes(steps) == [("opened", "no_signal"), ("closed", "no_signal")]
    assert next(c.event.end for s in steps for c in s.changes if c.phase == "closed") == 65


def test_another_picture_size_is_scaled_and_another_shape_suspends_the_rules() -> None:
    scaled, reasons = on_scene(seen(1, 200, size=(1280, 720)), stages([]).scene)
    assert not reasons
    np.testing.assert_allclose(scaled.boxes, [[100, 50, 130, 70]])
    steps = list(watch([seen(1000 + k * 0.2, 300, size=(352, 288)) for k in range(100)], stages([no_parking()])))
    assert changes(steps) == [("opened", "stale_calibration"), ("closed", "stale_calibration")]


def test_recorded_votes_reach_the_rules() -> None:
    uncovered = plugins.get("uncovered_load")
    rule = Rule(name="cover", kind="uncovered_load", behaviour=uncovered(min_views=3), classes=frozenset({"truck"}))  # type: ignore[call-arg]  # its own settings
    vote = ({"cover": Vote("uncovered", 0.95, 6)},)
    steps = list(watch([seen(1000 + k * 0.2, k * 5.0, votes=vote) for k in range(60)], stages([rule])))
    assert changes(steps)[0] == ("opened", "cover")
    other = Rule(name="cover", kind="uncovered_load", behaviour=uncovered(min_views=3), classes=frozenset({"bus"}))  # type: ignore[call-arg]  # its own settings
    assert not changes(list(watch([seen(1000 + k * 0.2, k * 5.0, votes=vote) for k in range(60)], stages([other]))))


class Looks:
    """A describer that keeps what it is shown, and votes."""

    def __init__(self) -> None:
        self.shown: list[tuple[float, list[float]]] = []

    def describe(self, frame: Frame, tracks: Sequence[Track]) -> Sequence[Track]:
        self.shown += [(frame.t, track.boxes[-1].tolist()) for track in tracks if track.t[-1] == frame.t]
        assert all(len(track.t) == len(track.boxes) == len(track.scores) for track in tracks)
        votes = {"cover": Vote("covered", 0.9, len(self.shown))}
        return [replace(track, attributes={**track.attributes, **votes}) for track in tracks]


class Finds:
    """A detector that finds one truck, which moves to the right and is hidden every third second."""

    shared: ClassVar[bool] = True
    model: ClassVar[dict[str, str]] = {}

    def detect(self, frame: Frame) -> Detections:
        count = 0 if int(frame.t) % 3 == 2 else 1
        boxes = np.array([self.box(frame.t)])[:count]
        return Detections("cam", frame.t, frame.size, boxes, np.ones(count), ("truck",) * count)

    @staticmethod
    def box(t: float) -> list[float]:
        return [(t - 1000) * 100, 200, (t - 1000) * 100 + 120, 280]


def test_describers_are_shown_the_box_of_this_picture_on_its_own_size() -> None:
    looks = Looks()
    made = replace(
        stages([]), detector=Finds(), describers=(looks,)
    )  # the scene has 640 x 360, the pictures 1280 x 720
    pictures = [Frame("cam", 1000 + k * 0.07, np.zeros((720, 1280, 3), np.uint8)) for k in range(100)]
    steps = list(watch(pictures, made))
    assert len(looks.shown) >= 6
    assert all(int(t) % 3 != 2 for t, _ in looks.shown)
    assert np.allclose([box for _, box in looks.shown], [Finds.box(t) for t, _ in looks.shown])
    tracks = [track for step in steps if step.view is not None for track in step.view.tracks]
    assert all(track.boxes[-1][3] == pytest.approx(140, abs=0.5) for track in tracks)
    assert max(track.attributes["cover"].views for track in tracks) == len(looks.shown)
