"""The benchmark of the pixels says rightly why something went wrong."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from _verdicts import found
from roadstead.dataset.truth import FrameRow, InnocentRow, Sight
from roadstead.evaluate.events import Act, Verdict
from roadstead.types import readonly

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from _pixel_errors import Record, Watched, drawn, side_px, why
from pixels import frequent, of_row, row_of

TRUE = (100.0, 100.0, 140.0, 130.0)
ACT = Act("gate", "no-parking", "truck-1", 2.0, 6.0, 6.0, "stood for 4 s")
MISSED = Verdict(what="missed", rule="no-parking", act=ACT)


def record(
    *boxes: tuple[tuple[float, float, float, float], str | None], visible: float = 1.0, suspected: bool = False
) -> Record:
    """Return ten seconds in which truck-1 stands; the watch sees boxes, one a second in turn."""
    times = np.arange(0.0, 10.0, 0.5).tolist()
    sight = Sight(id="truck-1", box=TRUE, whole=TRUE, visible=visible, xy_m=(0.0, 0.0), speed_mps=0.0, course_deg=0.0)
    frames = [FrameRow(camera="gate", t=t, seen=(sight,)) for t in times]
    watched = []
    for t in times:
        some = [boxes[int(t) % len(boxes)]] if boxes else []
        watched.append(Watched(t, readonly([b for b, _ in some], 4), tuple(name for _, name in some)))
    told = frozenset({("no-parking", "truck-1")}) if suspected else frozenset()
    return Record(watched, frames, {"gate-1": "truck-1"}, {"truck-1": "dump_truck"}, told)


WIDE = (60.0, 60.0, 300.0, 200.0)
FAR = (400.0, 100.0, 440.0, 130.0)


@pytest.mark.parametrize(
    ("of", "kind", "reason"),
    [
        (record(), "stopped", "no box that fits it"),
        (record((FAR, "gate-2")), "stopped", "no box that fits it"),
        (record((WIDE, "gate-2")), "stopped", "one box with others"),
        (record((TRUE, "gate-1"), (TRUE, "gate-2")), "stopped", "its track broke"),
        (record((TRUE, "gate-1")), "stopped", "tracked, not found to do it"),
        (record((TRUE, "gate-1"), visible=0.1), "stopped", "hardly shows"),
        (record((TRUE, "gate-1"), suspected=True), "stopped", "only suspected"),
        (record((TRUE, "gate-1")), "uncovered_load", "nothing describes attributes here"),
    ],
)
def test_why_something_was_missed(of: Record, kind: str, reason: str) -> None:
    assert why(MISSED, kind, of) == reason


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Verdict(what="false", rule="r", found=found(2, 6, "gate-1")), "a track of a dump_truck"),
        (Verdict(what="wrong_subject", rule="r", found=found(2, 6, "gate-9"), act=ACT), "a track of no object"),
        (Verdict(what="duplicate", rule="r", found=found(2, 6), act=ACT), "told again of the same object"),
        (
            Verdict(
                what="innocent",
                rule="r",
                found=found(2, 6),
                innocent=InnocentRow(view="gate", kind="stopped", subject="truck-1", start=2, end=6),
            ),
            "a track of a dump_truck that only looks so",
        ),
    ],
)
def test_why_something_was_found(verdict: Verdict, reason: str) -> None:
    assert why(verdict, "stopped", record((TRUE, "gate-1"))) == reason


def test_the_picture_has_the_boxes_and_the_caption_below() -> None:
    of = record((WIDE, "gate-2"))
    shown = drawn(np.full((240, 480, 3), 90, np.uint8), MISSED, of, "missed\nwhy")
    assert shown.shape[0] > 260
    assert shown.shape[1] == 480
    assert shown[100, 120].tolist() == [255, 60, 60]
    assert shown[60, 200].tolist() == [255, 190, 60]
    assert shown[240:].max() > 200
    assert side_px(MISSED, of) == pytest.approx(np.sqrt(40 * 30))


def test_a_kept_verdict_is_read_as_it_was() -> None:
    told = found(2, 6, measured={"seconds": 4.0})
    one = Verdict(what="matched", rule="stopped", found=told, act=ACT)
    again = of_row(json.loads(json.dumps(row_of(one, {}))))
    assert again.act == one.act
    assert again.found is not None
    assert (again.found.id, again.found.measured, again.what) == (told.id, told.measured, "matched")


def test_the_most_frequent_mistakes_come_first() -> None:
    def mistake(kind: str, reason: str, side: float) -> dict[str, object]:
        picture = f"{kind}-{side:.0f}.jpg"
        return {"what": "missed", "kind": kind, "why": reason, "caption": "a\nb", "picture": picture, "side_px": side}

    task = {"work": "work", "scene": "quay", "seed": 1}
    many = [mistake("stopped", "its track broke", 9), mistake("stopped", "its track broke", 30)]
    other = [mistake("stopped", "hardly shows", 80), mistake("u_turn", "hardly shows", 5)]
    rows = frequent([{"task": task, "mistakes": many}, {"task": task, "mistakes": other}])
    assert [(r["rank"], r["behaviour"], r["times"]) for r in rows] == [("1", "stopped", "3"), ("2", "u_turn", "1")]
    assert rows[0]["why"] == "its track broke (2); hardly shows (1)"
    assert rows[0]["source"] == "work/stopped-30.jpg"
    assert rows[0]["shown"] == "quay 1: a. b"
