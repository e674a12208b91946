"""The pictures show what they should: each assertion looks at pixels that are only there if the thing was drawn."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from roadstead.record import canvas
from roadstead.record.annotate import Annotator, short
from roadstead.record.facts import facts
from roadstead.record.overlay import Caption, overlay
from roadstead.record.scenery import named_in
from roadstead.types import (
    Detections,
    Event,
    Frame,
    Homography,
    Image,
    Legal,
    Line,
    Scene,
    Text,
    Track,
    View,
    Zone,
    readonly,
)

T0 = 1_767_323_045.0
SIZE = (640, 360)
MEASURED = {"speed_kmh": 52.31, "limit_kmh": 40.0, "standstill_s": None, "min_stop_s": 2.0}


def track(name: str, x: float, y: float, *, speed: float = 40.0, n: int = 10) -> Track:
    t = T0 + np.arange(n) / 5
    left = x - speed * (t[-1] - t)
    boxes = np.column_stack((left, np.full(n, y), left + 60, np.full(n, y + 40)))
    return Track(name, "gate", "truck", t[0], t, boxes, np.full(n, 0.9))


def event(outcome: str = "violation") -> Event:
    return Event(
        id="e1",
        camera="gate",
        rule="stop",
        kind="right_turn_without_stop",
        subject="a",
        start=T0,
        end=T0 + 2,
        outcome="violation" if outcome == "violation" else "insufficient",
        score=0.9,
        because=Text("It did not stop.", "未停车。"),
        measured=MEASURED,
        legal=Legal("Article 44", "2021"),
    )


SCENE = Scene(
    "gate",
    SIZE,
    zones={"yard": Zone("yard", readonly([(400, 60), (600, 60), (600, 160), (400, 160)]))},
    lines={"stop": Line("stop", (100, 330), (500, 330))},
)
VIEW = View(T0 + 1.8, (track("a", 200, 200), track("b", 450, 250)), SCENE)
GREY: Image = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
CAPTION = Caption(title=Text("Did not stop", "未停车"), facts=facts(MEASURED, {"min_stop_s"}), named={"yard", "stop"})


def near(image: Image, colour: canvas.Colour, tolerance: int = 40) -> npt.NDArray[np.bool_]:
    return np.asarray(np.abs(image.astype(int) - colour).max(axis=2) <= tolerance)


def around(image: Image, x: float, y: float, reach: int = 6) -> Image:
    """The pixels about a point given in px of the scene; the overlay is as wide as its picture part."""
    k = image.shape[1] / SIZE[0]
    cx, cy = round(x * k), round(y * k)
    return image[max(0, cy - reach) : cy + reach, max(0, cx - reach) : cx + reach]


@pytest.mark.parametrize("width", [640, 1280, 1920, 2560])
def test_the_subject_stands_out_at_every_size(width: int) -> None:
    image = canvas.resize(GREY, width)
    drawn = overlay(image, VIEW, event(), CAPTION)
    assert drawn.shape[1] == min(max(width, 1280), 1920)
    assert drawn.shape[0] > drawn.shape[1] * 9 / 16
    for x, y in ((200, 200), (260, 200), (260, 240), (200, 240)):
        assert near(around(drawn, x, y), canvas.RED).any(), "a corner of the subject's box"
    assert near(around(drawn, 230 - 30, 240), canvas.RED).any(), "its trail"
    assert not near(around(drawn, 450, 250), canvas.RED).any(), "another object is not red"
    assert near(around(drawn, 480, 250), canvas.QUIET).any(), "but drawn"
    inside, outside = around(drawn, 230, 215).mean(), around(drawn, 600, 340).mean()
    assert inside > outside + 15, "the rest is darker"


def test_the_colour_tells_the_outcome() -> None:
    assert near(overlay(GREY, VIEW, event(), CAPTION), canvas.RED).any()
    unsure = overlay(GREY, VIEW, event("insufficient"), CAPTION)
    assert not near(unsure, canvas.RED).any()
    assert near(around(unsure, 200, 200), canvas.AMBER).any()


def test_zones_and_lines_are_drawn_and_those_of_the_rule_strongly() -> None:
    named = overlay(GREY, VIEW, event(), CAPTION)
    quiet = overlay(GREY, VIEW, event(), replace(CAPTION, named=()))
    for x, y in ((500, 60), (600, 110), (300, 330)):
        assert near(around(named, x, y), canvas.BLUE).any()
        assert not near(around(quiet, x, y), canvas.BLUE).any()
        assert near(around(quiet, x, y), canvas.QUIET).any()
    middle = around(named, 500, 120).mean(axis=(0, 1))
    assert middle[2] > middle[0] + 15, "the zone is tinted"


def test_forward_is_where_the_arrow_points() -> None:
    drawn = overlay(GREY, View(T0, (), SCENE), event(), CAPTION)
    below, above = around(drawn, 300, 337), around(drawn, 300, 323)
    assert near(below, canvas.BLUE).sum() > near(above, canvas.BLUE).sum()


def test_shapes_on_the_ground_are_drawn_through_the_homography() -> None:
    ground = Homography(readonly(np.diag([0.1, 0.1, 1.0])), 0.0)
    zone = Zone("yard", readonly([(40, 6), (60, 6), (60, 16), (40, 16)]), "m")
    scene = Scene("gate", SIZE, zones={"yard": zone}, homography=ground)
    drawn = overlay(GREY, View(T0, (), scene), event(), CAPTION)
    assert near(around(drawn, 500, 60), canvas.BLUE).any()


def test_a_scene_drawn_on_another_picture_size_is_scaled() -> None:
    drawn = overlay(canvas.resize(GREY, 320), VIEW, event(), CAPTION)
    assert near(around(drawn, 200, 200), canvas.RED).any()


def test_without_a_picture_the_scene_is_still_drawn() -> None:
    drawn = overlay(None, VIEW, event(), CAPTION)
    assert near(around(drawn, 200, 200), canvas.RED).any()
    bare = View(T0, (track("a", 900, 700),), Scene("gate"))
    assert overlay(None, bare, event(), CAPTION).shape[1] == 1280


def test_a_subject_that_is_not_there_leaves_a_picture() -> None:
    drawn = overlay(GREY, View(T0, (), Scene("gate")), replace(event(), subject="gone"), CAPTION)
    assert drawn.shape[1] == 1280


def test_the_caption_holds_sentences_and_values() -> None:
    full = overlay(GREY, VIEW, event(), CAPTION)[720:]
    bare = overlay(GREY, VIEW, event(), replace(CAPTION, facts=()))[720:]
    right = slice(round(full.shape[1] * 0.6), None)
    assert near(full[:, right], canvas.PAPER).sum() > 200
    assert near(full[:, right], canvas.AMBER).sum() > 100
    assert near(bare[:, right], canvas.PAPER).sum() == 0
    assert near(full[:, : right.start], canvas.PAPER).sum() > 500


def test_chinese_is_written_not_replaced() -> None:
    def inked(what: str) -> npt.NDArray[np.bool_]:
        image: Image = np.zeros((60, 200, 3), np.uint8)
        canvas.text(image, what, (5, 5), 40, canvas.PAPER, halo=False)
        return np.asarray(image.max(axis=2) > 128)

    assert inked("车").any()
    assert (inked("车") != inked("船")).any()
    assert (inked("车") != inked("?")).any()


@pytest.mark.parametrize(
    "what",
    ["a sentence of several words that is long", "在停止线处最多停零点四秒要求两秒最低速度", "混合 mixed 文字 text"],
)
def test_wrapped_lines_fit_and_lose_nothing(what: str) -> None:
    lines = canvas.wrap(what, 20, 180)
    assert len(lines) > 1 or canvas.width_of(what, 20) <= 180
    assert all(canvas.width_of(line, 20) <= 180 for line in lines)
    assert "".join(lines).replace(" ", "") == what.replace(" ", "")


def test_the_picture_handed_in_is_not_touched() -> None:
    before = GREY.copy()
    overlay(GREY, VIEW, event(), CAPTION)
    assert (before == GREY).all()


def test_facts_have_units_and_limits() -> None:
    found = {
        f.name: f
        for f in facts({**MEASURED, "zone": "yard", "turn_deg": 84.26, "bad_s": float("nan")}, {"min_stop_s", "zone"})
    }
    assert (found["speed_kmh"].label, found["speed_kmh"].shown, found["speed_kmh"].limit) == (
        "speed",
        "52.31 km/h",
        False,
    )
    assert found["turn_deg"].shown == "84.26°"
    assert found["standstill_s"].shown == found["bad_s"].shown == "–"
    assert [f.name for f in found.values() if f.limit] == ["limit_kmh", "min_stop_s", "zone"]


def test_names_in_settings() -> None:
    assert named_in({"zone": "a", "lines": ("b", "c"), "n": 3, "deep": {"x": ["d"]}}) == {"a", "b", "c", "d"}


def frames(n: int = 20) -> list[tuple[Frame, Detections]]:
    made = []
    for i in range(n):
        boxes = readonly([(50 + 10 * i, 100, 110 + 10 * i, 150)], 4)
        found = Detections("gate", T0 + i / 5, SIZE, boxes, readonly([0.9]), ("truck",))
        made.append((Frame("gate", T0 + i / 5, GREY), found))
    return made


def test_an_annotated_video_plays_at_the_pace_of_the_pictures(tmp_path: Path) -> None:
    with Annotator(tmp_path / "a.mp4", SCENE) as annotator:
        for frame, found in frames():
            annotator.add(frame, found, ["gate/1"], counts={"truck": 1}, events=[])
        assert not (tmp_path / "a.mp4").exists()
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        pictures = list(container.decode(stream))
    assert [round(float(p.time or 0), 2) for p in pictures] == [round(i / 5, 2) for i in range(20)]
    last = pictures[-1].to_ndarray(format="rgb24").astype(np.uint8)
    k = last.shape[1] / SIZE[0]
    edge = last[round(125 * k) - 4 : round(125 * k) + 4, round(240 * k) - 8 : round(240 * k) + 8].astype(int)
    assert np.abs(edge - 120).max() > 60, "the box's left edge"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.mp4"]


def test_an_annotated_video_of_nothing_is_no_file(tmp_path: Path) -> None:
    with Annotator(tmp_path / "a.mp4", SCENE):
        pass
    assert not list(tmp_path.iterdir())


def test_after_an_error_no_half_video_is_left(tmp_path: Path) -> None:
    frame, found = frames(1)[0]
    annotator = Annotator(tmp_path / "a.mp4", SCENE)
    annotator.add(frame, found, ["gate/1"])
    with pytest.raises(ZeroDivisionError), annotator:
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_picture_that_changes_size_goes_on(tmp_path: Path) -> None:
    with Annotator(tmp_path / "a.mp4", SCENE) as annotator:
        for i, (frame, found) in enumerate(frames(4)):
            image = canvas.resize(GREY, 1000) if i > 1 else GREY
            annotator.add(Frame("gate", frame.t, image), found, [None])
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 4


@pytest.mark.parametrize(("name", "expected"), [("gate/20260102/17", "17"), ("17", "17"), ("gate/", "gate")])
def test_short_names(name: str, expected: str) -> None:
    assert short(name) == expected
