"""The sample that ships: made from its orders, small, in step with its settings, and found as docs/sample.md says."""

import importlib.util
import os
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pytest

from roadstead import scoring
from roadstead.config import load
from roadstead.dataset import truth
from roadstead.dataset.truth import EventRow, FaultRow, FrameRow, ObjectRow, ReportFaultRow, Row, SceneRow
from roadstead.evaluate.events import SLACK_S, Judged
from roadstead.observations import from_line
from roadstead.types import Detections, Signal

ROOT = Path(__file__).parents[2]
SAMPLES, CONFIGS = ROOT / "samples", ROOT / "configs"
CAMERAS = ("junction", "quay", "site_gate")
FILES = (*(f"{c}.mp4" for c in CAMERAS), "observations.jsonl", "truth.jsonl", "trucks.jt808.txt", "vessels.nmea")
NEEDS_A_MODEL = {"uncovered_load", "dirty_body"}
MISSED_BY_MOTION = Counter({"spilling-site_gate": 1, "basin-speed": 1, "dock-entrance": 1})
"""What the pictures show and the motion detector cannot, beside what needs a model: docs/sample.md says why."""


@cache
def make_sample() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "examples/make_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def shipped() -> tuple[Row, ...]:
    return tuple(truth.read(SAMPLES / "truth.jsonl"))


@cache
def worlds() -> Any:
    return make_sample().worlds()


def of(kind: type[Row]) -> list[Any]:
    return [row for row in shipped() if isinstance(row, kind)]


def test_it_is_small_and_short() -> None:
    assert sum((SAMPLES / name).stat().st_size for name in FILES) <= 6_000_000
    assert {row.camera for row in of(SceneRow)} == set(CAMERAS)
    assert sum(row.seconds for row in of(SceneRow)) < 120


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_videos_are_what_the_truth_says_and_lack_what_the_fault_took(camera: str) -> None:
    scene = next(row for row in of(SceneRow) if row.camera == camera)
    with av.open(str(SAMPLES / f"{camera}.mp4")) as file:
        stream = file.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert (stream.codec_context.width, stream.codec_context.height) == scene.size
        times = np.array([scene.begin + float(frame.time) for frame in file.decode(stream)])
    due = scene.begin + np.arange(round(scene.seconds * scene.fps)) / scene.fps
    for fault in (row for row in of(FaultRow) if row.camera == camera):
        due = due[(due < fault.start) | (due >= fault.end)]
    assert times == pytest.approx(due, abs=1e-3)


def test_there_is_something_to_find_everywhere() -> None:
    events = of(EventRow)
    assert {row.view for row in events} == set(CAMERAS)
    assert len({row.kind for row in events}) >= 8
    assert [row.kind for row in of(FaultRow)] == ["no_signal"]
    assert 3 <= len(of(ReportFaultRow)) <= 5
    assert {row.feed for row in of(ReportFaultRow)} == {"trucks", "vessels"}


def test_everything_is_of_assets_for_training_and_everybody_found_is_an_object() -> None:
    assert {row.assets for row in of(SceneRow)} == {"train"}
    objects = {(row.camera, row.id) for row in of(ObjectRow)}
    assert {(row.view, row.subject) for row in of(EventRow)} <= objects


def test_the_log_reads() -> None:
    lines = (SAMPLES / "observations.jsonl").read_text(encoding="utf-8").splitlines()
    seen = [from_line(line) for line in lines]
    assert {one.camera for one in seen if isinstance(one, Detections)} == set(CAMERAS)
    assert [one.ok for one in seen if isinstance(one, Signal)] == [False, True]


@pytest.mark.parametrize(("name", "kinds"), [("sample", set()), ("sample-replay", NEEDS_A_MODEL)])
def test_the_settings_load_and_ask_for_what_can_be_judged(name: str, kinds: set[str]) -> None:
    plan = load(CONFIGS / f"{name}.toml")
    rules = {rule.kind for camera in plan.cameras for rule in camera.rules}
    assert rules & NEEDS_A_MODEL == kinds
    if kinds:
        assert {row.kind for row in of(EventRow)} <= rules
    assert {camera.name for camera in plan.cameras} == set(CAMERAS)
    assert {feed.name for feed in plan.feeds} == {"trucks", "vessels"}


@pytest.mark.slow
def test_the_settings_are_those_of_the_worlds() -> None:
    for name, text in make_sample().settings(worlds()).items():
        assert tomllib.loads((CONFIGS / name).read_text(encoding="utf-8")) == tomllib.loads(text), name


@pytest.mark.slow
def test_the_orders_give_the_shipped_truth_again(tmp_path: Path) -> None:
    make_sample().make(worlds(), tmp_path, video=False)
    again = list(truth.read(tmp_path / "truth.jsonl"))
    assert [plain(row) for row in again if not isinstance(row, FrameRow)] == [
        plain(row) for row in shipped() if not isinstance(row, FrameRow)
    ]
    for one, other in zip([r for r in again if isinstance(r, FrameRow)], of(FrameRow), strict=True):
        assert (one.camera, [s.id for s in one.seen]) == (other.camera, [s.id for s in other.seen])
        assert np.array([s.box for s in one.seen]) == pytest.approx(np.array([s.box for s in other.seen]), abs=0.05)
    for name in ("trucks.jt808.txt", "vessels.nmea"):
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()


def plain(row: Row) -> dict[str, Any]:
    """Return a row's values, times to a millisecond."""
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return {name: round(v, 3) if isinstance(v, float) else v for name, v in values.items()}


def judged(settings: str, out: Path) -> Judged:
    subprocess.run(
        [sys.executable, "-m", "roadstead", "watch", str(CONFIGS / settings), "--out", str(out), "--fast"],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=110,
    )
    return scoring.score(str(out), SAMPLES, slack_s=SLACK_S)


def what(found: Judged, *kinds: str) -> Counter[str]:
    return Counter(v.rule for v in found.verdicts if v.what in kinds)


FALSE = ("false", "wrong_subject", "innocent", "duplicate")


@pytest.mark.slow
def test_the_watch_without_a_model_finds_what_moves_and_nothing_else(tmp_path: Path) -> None:
    found = judged("sample.toml", tmp_path / "run")
    blind = Counter(row.rule for row in of(EventRow) if row.kind in NEEDS_A_MODEL)
    assert not what(found, *FALSE)
    assert what(found, "missed") == blind + MISSED_BY_MOTION
    assert len(what(found, "matched")) >= 6


@pytest.mark.slow
def test_the_replay_finds_everything_and_nothing_else(tmp_path: Path) -> None:
    found = judged("sample-replay.toml", tmp_path / "run")
    faults = Counter(row.kind for row in (*of(FaultRow), *of(ReportFaultRow)))
    assert not what(found, *FALSE)
    assert what(found, "missed") + what(found, "matched") == Counter(row.rule for row in of(EventRow)) + faults
    assert not what(found, "missed")
