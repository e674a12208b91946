"""What lies on the road after a vehicle has passed: drawn scenes, and a model that knows vehicles and perhaps debris."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest

from roadstead import detect
from roadstead.detect.cascade import Cascade
from roadstead.detect.motion import Motion
from roadstead.detect.surface import Surface
from roadstead.geometry.boxes import iou
from roadstead.settings import build
from roadstead.types import Detections, Frame, Image

W, H, FPS = 352, 288, 5.0
Box = tuple[int, int, int, int]
CARGO: Box = (150, 200, 166, 213)
GROUND = np.random.default_rng(1).normal(110.0, 6.0, (H, W, 1)).astype(np.float32).repeat(3, axis=2)
GRAIN = np.random.default_rng(2).normal(0.0, 2.0, (H + 16, W + 16, 3)).astype(np.float32)


@dataclass
class Told:
    """Says what a script says: boxes and labels by time."""

    shared: ClassVar[bool] = False
    model: ClassVar[dict[str, str]] = {"bundle": "told"}
    script: dict[float, list[tuple[Box, str]]] = field(default_factory=dict)

    def detect(self, frame: Frame) -> Detections:
        rows = [(box, label) for box, label in self.script.get(round(frame.t, 3), []) if box[2] > 0 and box[0] < W]
        boxes = np.array([box for box, _ in rows], np.float64).reshape(-1, 4).clip(0, (W, H, W, H))
        return Detections(frame.camera, frame.t, frame.size, boxes, np.full(len(rows), 0.9), tuple(n for _, n in rows))


def truck(t: float, enters_s: float = 3.0) -> Box:
    x = int(-80 + 70 * (t - enters_s))
    return (x, 180, x + 80, 225)


def picture(t: float, blocks: Sequence[tuple[Box, tuple[int, int, int]]]) -> Image:
    y, x = np.random.default_rng(round(t * 1000)).integers(0, 16, 2)
    image = GROUND + GRAIN[y : y + H, x : x + W]
    for (x0, y0, x1, y1), colour in blocks:
        image[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = colour
    return image.clip(0, 255).astype(np.uint8)


def watched(
    things: Sequence[tuple[Box, float, float]],
    *,
    seconds: float = 16.0,
    drives: bool = True,
    sees: Sequence[tuple[Box, str, float, float]] = (),
    shadow: bool = False,
    **settings: Any,
) -> list[Detections]:
    """Let a truck drive by; `things` lie there from and to, and the model `sees` boxes with labels from and to."""
    told, pictures = Told(), []
    for k in range(round(seconds * FPS)):
        t = round(k / FPS, 3)
        lies = [(box, (225, 205, 160)) for box, since, until in things if since <= t < until]
        blocks = [*lies, *([(truck(t), (170, 50, 40))] if drives else [])]
        told.script[t] = [(truck(t), "truck")] if drives and t >= 3.0 else []
        told.script[t] += [(box, label) for box, label, since, until in sees if since <= t < until]
        image = picture(t, blocks)
        if shadow:
            x0, _, x1, y1 = truck(t)
            part = image[y1 : y1 + 20, max(x0, 0) : max(x1, 0)]
            image[y1 : y1 + 20, max(x0, 0) : max(x1, 0)] = (part * 0.6).astype(np.uint8)
        pictures.append(Frame("road", t, image))
    detector = Surface(of=told, **settings)
    return [detector.detect(frame) for frame in pictures]


def debris(seen: Detections) -> Detections:
    return seen.where([label == "debris" for label in seen.labels])


FELL_S = 7.0
"""When the truck is past the place: it is over it from 5.2 to 6.7 s."""
FALLEN = (CARGO, 6.0, 99.0)


def test_what_fell_off_is_debris_where_it_lies_until_the_end() -> None:
    seen = watched([FALLEN])
    after = [debris(s) for s in seen if s.t >= 8.6]
    assert all(len(s) == 1 and iou(s.boxes, np.array([CARGO], float))[0, 0] > 0.4 for s in after)
    assert not any(len(debris(s)) for s in seen if s.t < FELL_S)
    assert all(s.labels.count("truck") <= 1 for s in seen)


@pytest.mark.parametrize("sees", [0.0, 9.0])
def test_what_the_model_sees_too_is_one_box(sees: float) -> None:
    seen = watched([FALLEN], sees=[(CARGO, "debris", sees or 7.0, 99.0)])
    assert all(len(debris(s)) == 1 for s in seen if s.t >= 9.0)
    assert all(debris(s).scores.tolist() == [0.9] for s in seen if s.t >= 9.0), "the model's own"


@pytest.mark.parametrize("label", ["person", "car"])
def test_what_the_model_takes_for_something_else_is_no_debris(label: str) -> None:
    seen = watched([FALLEN], sees=[(CARGO, label, 6.0, 99.0)])
    assert not any(len(debris(s)) for s in seen)


def test_a_shadow_leaves_nothing_behind() -> None:
    assert not any(len(debris(s)) for s in watched([], shadow=True))


def test_what_appears_where_nobody_passed_is_not_reported() -> None:
    assert not any(len(debris(s)) for s in watched([((40, 40, 56, 53), 6.0, 99.0)]))
    assert not any(len(debris(s)) for s in watched([FALLEN], drives=False))


def test_what_is_gone_in_a_moment_or_large_is_not_reported() -> None:
    assert not any(len(debris(s)) for s in watched([(CARGO, 6.0, 7.4)]))
    assert not any(len(debris(s)) for s in watched([((100, 130, 160, 200), 6.0, 99.0)]))


def test_what_moves_on_is_not_reported() -> None:
    things = [((150 + 4 * k, 200, 166 + 4 * k, 213), 6.0 + k / FPS, 6.0 + (k + 1) / FPS) for k in range(45)]
    assert not any(len(debris(s)) for s in watched(things))


def test_what_a_vehicle_hides_for_a_while_is_there_when_it_has_left() -> None:
    parked: Box = (130, 170, 210, 226)
    seen = watched([FALLEN, (parked, 10.0, 12.0)], sees=[(parked, "car", 10.0, 12.0)], seconds=18.0)
    assert all(len(debris(s)) == 1 for s in seen if 8.6 <= s.t < 10.0)
    assert not any(len(debris(s)) for s in seen if 10.2 <= s.t < 12.0)
    assert all(len(debris(s)) == 1 for s in seen if s.t >= 13.6)


def test_a_clock_set_back_begins_anew() -> None:
    detector = Surface(of=Told())
    for t in (5.0, 5.2, 1.0, 1.2):
        assert not len(detector.detect(Frame("road", t, picture(t, []))))


def test_it_is_built_of_tables_and_accounts_for_what_is_behind_it() -> None:
    table = {"kind": "surface", "still_s": 2, "of": {"kind": "cascade", "of": {"kind": "motion"}}}
    made = build(detect.plugins, table, "detector")
    assert isinstance(made, Surface)
    assert isinstance(made.of, Cascade)
    assert isinstance(made.change, Motion)
    for t in (0.0, 0.2, 0.4):
        made.detect(Frame("road", t, picture(t, [])))
    assert made.account().counts["gate_pictures"] == 3
    assert len(made.account().notes) == 1
    other = build(detect.plugins, {**table, "change": {"kind": "motion", "hold_s": 7}}, "detector")
    assert isinstance(other, Surface)
    assert isinstance(other.change, Motion)
    assert other.change.hold_s == 7
