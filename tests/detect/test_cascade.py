"""The gate before a detector: drawn scenes, and a detector that says where the bright blocks are and counts its looks."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead import config, detect, runner, screen
from roadstead.clerk import provenance
from roadstead.detect import Accountable
from roadstead.detect._misses import BLOCK_S, Misses
from roadstead.detect.cascade import Cascade
from roadstead.detect.motion import Motion
from roadstead.errors import BadSettings
from roadstead.types import Detections, Frame, Image

W, H = 320, 240
Box = tuple[int, int, int, int]


@dataclass
class Bright:
    """Sees bright blocks of 8 px and more; smaller ones only where the picture that it is shown is smaller than `fine`."""

    shared: ClassVar[bool] = True
    model: ClassVar[dict[str, str]] = {"bundle": "bright"}
    fine: int = 0
    looks: list[tuple[int, int]] = field(default_factory=list)

    def detect(self, frame: Frame) -> Detections:
        self.looks.append(frame.size)
        _, _, stats, _ = cv2.connectedComponentsWithStats((frame.image.min(axis=2) > 180).astype(np.uint8))
        least = 8 if frame.size[0] >= self.fine else 3
        x, y, w, h = stats[1:][(stats[1:, 2:4] >= least).all(axis=1), :4].T
        boxes = np.column_stack((x, y, x + w, y + h)).astype(np.float64)
        return Detections(frame.camera, frame.t, frame.size, boxes, np.full(len(boxes), 0.9), ("car",) * len(boxes))


NOISE = np.random.default_rng(0).normal(0, 1, (H + 32, W + 32, 3)).astype(np.float32)


def picture(*blocks: Box, noise: float = 1.0, seed: int = 0) -> Image:
    y, x = np.random.default_rng(seed).integers(0, 32, 2)
    image = np.float32(90.0) + np.float32(noise) * NOISE[y : y + H, x : x + W]
    for x0, y0, x1, y1 in blocks:
        image[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 220.0
    return image.clip(0, 255).astype(np.uint8)


def frame(t: float, *blocks: Box, noise: float = 1.0) -> Frame:
    return Frame("cam", t, picture(*blocks, noise=noise, seed=round(t * 1000)))


def gate(of: Bright, **settings: Any) -> Cascade:
    return Cascade(of=of, **{"mode": "gate", "refresh_s": 5.0, **settings})


STANDING: Box = (100, 100, 140, 130)


def test_while_nothing_changes_the_model_rests_and_what_stands_is_still_said() -> None:
    of = Bright()
    detector = gate(of)
    seen = [detector.detect(frame(k / 5, STANDING)) for k in range(25)]
    assert len(of.looks) == 2, "one look, and one that confirms it"
    assert [s.t for s in seen] == [k / 5 for k in range(25)]
    assert all(s.boxes.tolist() == [list(STANDING)] and s.labels == ("car",) for s in seen)


def test_the_model_looks_again_every_refresh_s() -> None:
    of = Bright()
    detector = gate(of, refresh_s=2.0)
    for k in range(51):
        detector.detect(frame(k / 5, STANDING))
    assert len(of.looks) == 2 + 4, "at 2.2, 4.2, 6.2 and 8.2 s"


def driving(t: float, speed: float = 40.0) -> Box:
    x = int(-30 + speed * t)
    return (x, 160, x + 30, 185)


@pytest.mark.parametrize("fps", [2.0, 5.0, 25.0])
@pytest.mark.parametrize("speed", [3.0, 40.0, 150.0])
def test_what_moves_is_seen_as_without_the_gate(fps: float, speed: float) -> None:
    detector, plain = gate(Bright()), Bright()
    for k in range(int(6 * fps)):
        shown = frame(k / fps, STANDING, driving(k / fps, speed))
        told, true = detector.detect(shown), plain.detect(shown)
        assert len(told) == len(true)
        assert np.abs(np.sort(told.boxes, axis=0) - np.sort(true.boxes, axis=0)).max() <= 4, "it may lag by a step"


def test_what_left_is_gone_at_once() -> None:
    detector = gate(Bright())
    for k in range(10):
        detector.detect(frame(k / 5, STANDING))
    assert not len(detector.detect(frame(2.0)))


def test_what_comes_and_goes_is_confirmed_by_another_look() -> None:
    of = Bright()
    detector = gate(of)
    for k in range(5):
        detector.detect(frame(k / 5))
    looks = len(of.looks)
    for k in range(5, 10):
        detector.detect(frame(k / 5, STANDING))
    assert len(of.looks) == looks + 2


def test_shadow_returns_what_the_model_sees_and_counts_what_the_gate_would_have_missed() -> None:
    of = Bright()
    detector = Cascade(of=of, contrast=200.0, refresh_s=100.0)
    for k in range(10):
        detector.detect(frame(k / 5))
    seen = [detector.detect(frame(k / 5, STANDING)) for k in range(10, 30)]
    assert all(len(s) == 1 for s in seen)
    assert len(of.looks) == 30
    told = detector.account()
    assert told.counts["gate_missed_boxes"] == told.counts["gate_checked_boxes"] == 20
    assert told.counts["gate_skipped"] == 28
    assert "would have spared the model 93% of 30 pictures and missed 20 of 20 boxes" in told.notes[0].en


def test_relying_on_it_tells_what_was_new_when_the_model_looked_again() -> None:
    detector = gate(Bright(), contrast=200.0, refresh_s=2.0)
    for k in range(20):
        detector.detect(frame(k / 5, *((STANDING,) if k > 4 else ())))
    counts = detector.account().counts
    assert (counts["gate_missed_boxes"], counts["gate_checked_boxes"]) == (1, 1)


def test_restless_water_does_not_wake_the_model_for_ever_but_a_boat_does() -> None:
    def waves(t: float, *boats: Box) -> Frame:
        image = picture(*boats, seed=round(t * 1000)).astype(np.float32)
        rows = np.float32(8.0) * np.sin(np.arange(H, dtype=np.float32) / 3 + np.float32(2.3 * t))[:, None, None]
        return Frame("cam", t, (image + rows).clip(0, 255).astype(np.uint8))

    of = Bright()
    detector = gate(of, refresh_s=10.0)
    for k in range(600):
        detector.detect(waves(k / 5))
    looks = len(of.looks)
    for k in range(600, 900):
        detector.detect(waves(k / 5))
    assert len(of.looks) - looks < 30
    assert len(detector.detect(waves(180.0, (50, 50, 62, 60)))) == 1


def test_a_part_shows_what_is_small_and_it_stays_while_it_stands() -> None:
    small: Box = (200, 60, 205, 64)
    of = Bright(fine=300)
    detector = gate(of, part=0.5, refresh_s=2.0)
    for k in range(10):
        detector.detect(frame(k / 5, STANDING))
    for k in range(10, 60):
        seen = detector.detect(frame(k / 5, STANDING, small))
        assert sorted(seen.boxes.tolist()) == sorted([list(STANDING), list(small)]), k / 5
    assert (160, 120) in of.looks
    for k in range(60, 70):
        seen = detector.detect(frame(k / 5, STANDING))
    assert seen.boxes.tolist() == [list(STANDING)]


def test_what_does_not_fit_in_a_part_is_looked_at_whole() -> None:
    of = Bright()
    detector = gate(of, part=0.5)
    for k in range(20):
        detector.detect(frame(k / 5, (10 + 2 * k, 10, 30 + 2 * k, 30), (250, 200 - k, 290, 230 - k)))
    assert set(of.looks) == {(W, H)}


def test_parts_are_not_for_a_detector_that_keeps_state() -> None:
    with pytest.raises(BadSettings, match="part"):
        Cascade(of=Motion(), part=0.5)


def test_another_size_and_a_clock_set_back_begin_anew() -> None:
    of = Bright()
    detector = gate(of)
    for k in range(5):
        detector.detect(frame(k / 5, STANDING))
    looks = len(of.looks)
    half = np.ascontiguousarray(frame(1.0, STANDING).image[::2, ::2])
    assert detector.detect(Frame("cam", 1.0, half)).size == (W // 2, H // 2)
    detector.detect(frame(0.2, STANDING))
    assert len(of.looks) == looks + 2


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 250), st.integers(0, 180), st.integers(16, 60), st.integers(16, 50), st.integers(0, 15)
        ),
        max_size=4,
    ),
    st.sampled_from([0.0, 0.5]),
)
def test_whatever_appears_is_seen_in_the_picture_where_it_appears(
    things: list[tuple[int, int, int, int, int]], part: float
) -> None:
    detector, plain = gate(Bright(), part=part, refresh_s=100.0), Bright()
    for k in range(16):
        blocks = [(x, y, x + w, y + h) for x, y, w, h, since in things if k >= since]
        shown = frame(k / 5, *blocks)
        told, true = detector.detect(shown), plain.detect(shown)
        assert sorted(told.boxes.tolist()) == sorted(true.boxes.tolist())


def test_blocks_of_time_make_the_interval_wide() -> None:
    together, spread = Misses(), Misses()
    for k in range(100):
        together.add(k * BLOCK_S, 10, 10 if k % 20 == 0 else 0)
        spread.add(k * BLOCK_S, 10, 1 if k % 2 == 0 else 0)
    one, other = together.share(), spread.share()
    assert one.value == other.value == 0.05
    assert one.low < 0.025 < 0.09 < one.high
    assert other.high < 0.07


def test_nothing_missed_is_not_no_doubt() -> None:
    misses = Misses()
    for k in range(1000):
        misses.add(k / 10, 3, 0)
    assert misses.share().low == 0.0
    assert 0.25 < misses.share().high < 0.35, "ten blocks, as ten boxes"
    assert Misses().share().value is None


SETTINGS: dict[str, Any] = {
    "cameras": {"a": {"source": {"kind": "images", "path": "x"}}, "b": {"source": {"kind": "images", "path": "y"}}},
    "detector": {"kind": "cascade", "refresh_s": 3, "of": {"kind": "motion", "hold_s": 30}},
}


def test_a_table_within_the_table_makes_the_detector_behind_the_gate(tmp_path: Path) -> None:
    plan = config.plan(SETTINGS, tmp_path / "watch.toml")
    detector = config.make_detector(plan, plan.cameras[0])
    assert isinstance(detector, Cascade)
    assert isinstance(detector, Accountable)
    assert isinstance(detector.of, Motion)
    assert detector.of.hold_s == 30
    kept = provenance(plan, plan.cameras[0], detector).detector
    assert kept["of"]["hold_s"] == 30
    json.dumps(kept)


def test_what_is_wrong_within_is_named(tmp_path: Path) -> None:
    table = {**SETTINGS, "detector": {"kind": "cascade", "of": {"kind": "motion", "hold": 30}}}
    plan = config.plan(table, tmp_path / "watch.toml")
    with pytest.raises(BadSettings, match=r"detector\.of\.hold: unknown setting; did you mean hold_s"):
        config.make_detector(plan, plan.cameras[0])


def test_cameras_have_gates_of_their_own_before_one_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(detect.plugins._loaded, "bundle", Bright)
    plan = config.plan({**SETTINGS, "detector": {"kind": "cascade", "of": {"kind": "bundle"}}}, tmp_path / "watch.toml")
    shared: dict[str, detect.Detector] = {}
    one, other = (config.make_detector(plan, camera, shared) for camera in plan.cameras)
    assert isinstance(one, Cascade)
    assert isinstance(other, Cascade)
    assert one is not other
    assert one.of is other.of
    assert list(shared.values()) == [one.of]


def test_the_summary_of_a_watch_says_what_the_gate_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(12):
        cv2.imwrite(str(folder / f"{k:02}.png"), picture(STANDING, seed=k))
    table = {
        "cameras": {"a": {"source": {"kind": "images", "path": str(folder)}}},
        "detector": {"kind": "cascade", "mode": "gate", "of": {"kind": "motion"}},
    }
    with screen.watching(quiet=True) as show:
        run = runner.run(config.plan(table, None), tmp_path / "run", fast=True, annotate=False, show=show)
    assert run.cameras[0].counts["gate_pictures"] == 12
    screen.summary(run, tmp_path / "run", as_json=False)
    said = capsys.readouterr().out
    assert "12 gate pictures" in said
    assert "a: The gate spared the model" in said
    assert "级联门控" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
