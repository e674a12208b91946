"""Tracks are who they overlap with most often."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from _verdicts import SCENE
from roadstead.dataset.truth import FrameRow, Row, Sight
from roadstead.errors import BadInput
from roadstead.evaluate.identities import Identity, Seen, identities, of_log
from roadstead.observations import signal_line, to_line
from roadstead.types import Detections, Signal

Box = tuple[float, float, float, float]


def frame(t: float, **boxes: Box) -> FrameRow:
    seen = [
        Sight(id=name, box=box, whole=box, visible=1.0, xy_m=(0, 0), speed_mps=0.0, course_deg=0.0)
        for name, box in boxes.items()
    ]
    return FrameRow(camera="gate", t=t, seen=tuple(seen))


def seen(t: float, boxes: Sequence[Box], ids: Sequence[str | None], size: tuple[int, int] = (640, 360)) -> Seen:
    n = len(boxes)
    return Detections("gate", t, size, np.array(boxes, dtype=float), np.ones(n), ("truck",) * n), ids


A, B = (100.0, 100.0, 200.0, 200.0), (300.0, 100.0, 400.0, 200.0)
TRUTH: list[Row] = [SCENE, *(frame(k / 10, a=A, b=B) for k in range(10)), frame(5.0)]


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ([], {}),
        ([seen(0.1, [A, B], ["1", "2"])], {"gate": {"1": "a", "2": "b"}}),
        ([seen(0.149, [A], ["1"])], {"gate": {"1": "a"}}),
        ([seen(1.2, [A], ["1"])], {}),
        ([seen(5.0, [A], ["1"])], {"gate": {}}),
        ([seen(0.1, [A], [None])], {}),
        ([seen(0.1, [(500, 0, 600, 90)], ["1"])], {"gate": {}}),
        ([seen(0.1, [(160, 100, 260, 200)], ["1"])], {"gate": {}}),
        ([seen(0.1, [(50, 50, 100, 100)], ["1"], (320, 180))], {"gate": {"1": "a"}}),
        ([seen(0.0, [A], ["1"]), seen(0.1, [B], ["1"]), seen(0.2, [B], ["1"])], {"gate": {"1": "b"}}),
        ([seen(0.0, [A, B], [None, "1"])], {"gate": {"1": "b"}}),
    ],
)
def test_who_is_who(pictures: list[Seen], expected: dict[str, dict[str, str]]) -> None:
    found = identities(pictures, TRUTH)
    assert {camera: {k: who.during(0, 9) for k, who in tracks.items()} for camera, tracks in found.items()} == expected


def test_a_track_that_is_passed_on_is_who_it_is_at_the_time() -> None:
    pictures = [seen(k / 10, [A if k < 4 else B], ["1"]) for k in range(10)]
    who = identities(pictures, TRUTH)["gate"]["1"]
    assert [who.during(0.0, 0.0), who.during(0.9, 0.9), who.during(0.0, 0.9)] == ["a", "b", "b"]
    assert Identity((0.0, 5.0, 6.0), ("a", "b", "b")).during(0.0, 1.0) == "a"
    assert Identity((0.0, 5.0, 6.0), ("a", "b", "b")).during(2.0, 3.0) == "b", "not seen then: who it mostly is"


def test_a_camera_without_truth_is_left_out() -> None:
    assert identities([seen(0.1, [A], ["1"])], [SCENE]) == {}


def test_a_log_and_its_torn_end(tmp_path: Path) -> None:
    detections, ids = seen(0.1, [A, B], ["1", None])
    log = tmp_path / "observations.jsonl"
    log.write_text(f'{to_line(detections, ids)}\n{signal_line(Signal("gate", 0.2, False))}\n{{"camera": "ga')
    ((read, names),) = of_log(log)
    assert (read.boxes.tolist(), list(names)) == (detections.boxes.tolist(), ["1", None])


@pytest.mark.parametrize(
    ("line", "says"),
    [("{}", "line 1: camera is missing"), ("nothing", "line 1: is not a line"), (None, "ids must be 1")],
)
def test_a_bad_log_is_refused(line: str | None, says: str, tmp_path: Path) -> None:
    log = tmp_path / "observations.jsonl"
    row = json.loads(to_line(*seen(0.1, [A], ["1"]))) | {"ids": []}
    log.write_text((json.dumps(row) if line is None else line) + "\n")
    with pytest.raises(BadInput, match=says):
        list(of_log(log))


def test_no_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read as an observation log"):
        list(of_log(tmp_path / "none.jsonl"))
