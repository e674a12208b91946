"""The sample that ships: what the generator draws, and what lies in samples/."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pytest

from roadstead.config import load
from roadstead.geometry.homography import to_ground
from roadstead.observations import from_line
from roadstead.types import Detections, Homography

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"


@pytest.fixture(scope="module")
def make_sample() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        import make_sample

        yield make_sample
    finally:
        sys.path.remove(str(ROOT / "examples"))


@pytest.fixture(scope="module")
def stage(make_sample: ModuleType) -> Any:
    return make_sample.Stage(make_sample.script.CAMERA, make_sample.script.cast())


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    found = json.loads((SAMPLES / "junction.truth.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def ground() -> Homography:
    found = load(ROOT / "configs/sample.toml").cameras[0].scene.homography
    assert found is not None
    return found


def iou(a: Any, b: Any) -> float:
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    return shared / float(np.prod(np.subtract(a[2:], a[:2])) + np.prod(np.subtract(b[2:], b[:2])) - shared)


@pytest.mark.parametrize("t", [4.6, 13.0, 36.0, 53.0, 72.0])
def test_a_true_box_holds_every_pixel_of_its_vehicle_and_no_more(stage: Any, t: float) -> None:
    picture, seen, owner = stage.at(t)
    assert picture.shape == (540, 960, 3)
    assert picture.dtype == np.uint8
    assert len(seen) >= 2
    hidden_somewhere = 0
    for s in seen:
        number = [a.name for a in stage.actors].index(s.name) + 1
        rows, columns = np.nonzero(owner == number)
        drawn = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert len(rows) == s.visible_px
        assert all(np.less_equal(np.floor(s.box[:2]) - 1, drawn[:2]))
        assert all(np.greater_equal(np.ceil(s.box[2:]) + 1, drawn[2:]))
        hidden_somewhere += not np.allclose(s.box, drawn, atol=2.5)
    assert hidden_somewhere <= 1


def test_the_same_instant_looks_the_same_whatever_was_drawn_before(stage: Any) -> None:
    first = stage.at(30.0)[0].copy()
    stage.at(55.0)
    assert np.array_equal(first, stage.at(30.0)[0])


def test_the_first_second_is_empty_road(stage: Any) -> None:
    for t in (0.0, 0.5, 1.0):
        assert sum(s.visible_px for s in stage.at(t)[1]) < 0.003 * 960 * 540


def test_nobody_drives_through_anybody(make_sample: ModuleType) -> None:
    from shapely.geometry import MultiPoint

    actors = make_sample.script.cast()
    for t in np.arange(0.0, make_sample.script.SECONDS, 0.2):
        placed = [(a, p) for a in actors if a.body.label != "debris" and (p := a.pose(float(t))) is not None]
        hulls = [(a.name, MultiPoint(p.place(a.body.extent)[:, :2]).convex_hull) for a, p in placed]
        for i, (name, hull) in enumerate(hulls):
            near = [other for other, shape in hulls[i + 1 :] if hull.distance(shape) < 0.3]
            assert not near, f"{name} meets {near} at {t:.1f} s"


@pytest.mark.parametrize(
    ("name", "start_s", "end_s", "kmh"),
    [("car-speeding", 19.6, 21.6, 75.0), ("car-west", 7.0, 10.0, 41.4), ("van-wrong-way", 25.0, 30.0, 28.8)],
)
def test_speeds_come_out_right_on_the_ground(
    make_sample: ModuleType, ground: Homography, name: str, start_s: float, end_s: float, kmh: float
) -> None:
    actor = next(a for a in make_sample.script.cast() if a.name == name)
    poses = [actor.pose(t) for t in (start_s, end_s)]
    px = make_sample.feet(make_sample.script.CAMERA, [(p.x, p.y) for p in poses])
    metres = to_ground(ground, px)
    assert np.hypot(*(metres[1] - metres[0])) / (end_s - start_s) * 3.6 == pytest.approx(kmh, rel=0.01)


def test_trucks_at_the_line(make_sample: ModuleType) -> None:
    actors = {a.name: a for a in make_sample.script.cast()}
    front = make_sample.script.STOP_Y_M + 4.55

    def speeds(name: str) -> list[float]:
        times = np.arange(0.0, 60.0, 0.1)
        poses = [(actors[name].pose(float(t)), actors[name].pose(float(t) + 0.1)) for t in times]
        return [abs(b.y - a.y) / 0.1 for a, b in poses if a and b and front < a.y < front + 4]

    assert 3.0 < min(speeds("truck-rolling")) < 4.0
    assert sum(0.1 for v in speeds("truck-stopping") if v < 0.02) >= 3.5


def test_the_shipped_files_are_small_and_as_long_as_the_truth_says(truth: dict[str, Any]) -> None:
    assert sum(p.stat().st_size for p in SAMPLES.iterdir()) <= 3_000_000
    with av.open(str(SAMPLES / "junction.mp4")) as file:
        stream = file.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert [stream.codec_context.width, stream.codec_context.height] == truth["size"]
        assert stream.average_rate == truth["fps"]
        pictures = sum(1 for _ in file.decode(stream))
    assert pictures == truth["fps"] * truth["seconds"]


def test_the_log_reads_and_its_boxes_are_the_drawn_ones(stage: Any, truth: dict[str, Any]) -> None:
    lines = (SAMPLES / "junction.observations.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == truth["seconds"] * 5
    assert all(isinstance(from_line(line), Detections) for line in lines)
    for line in lines[23::120]:
        row = json.loads(line)
        drawn = {s.name: s.box for s in stage.at(row["t"] - truth["start"])[1]}
        assert row["ids"]
        for name, box in zip(row["ids"], row["boxes"], strict=True):
            assert iou(np.array(box), np.array(drawn[name])) > 0.8


def test_the_settings_draw_the_scene_of_the_truth(truth: dict[str, Any]) -> None:
    plan = load(ROOT / "configs/sample.toml")
    scene, calibration = plan.cameras[0].scene, plan.watch.cameras["junction"].calibration
    assert calibration is not None
    assert {k: z.polygon.tolist() for k, z in scene.zones.items()} == truth["scene"]["zones"]
    assert {k: [list(x.start), list(x.end)] for k, x in scene.lines.items()} == truth["scene"]["lines"]
    assert [list(p) for p in calibration.image_px] == truth["scene"]["calibration"]["image_px"]
    assert [list(p) for p in calibration.ground_m] == truth["scene"]["calibration"]["ground_m"]
    assert {r.name for r in plan.cameras[0].rules} == {e["rule"] for e in truth["expected"]}


def test_the_generator_runs_as_its_first_lines_say(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples/make_sample.py"), "--out", str(tmp_path), "--seconds", "0.4"]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=100)
    with av.open(str(tmp_path / "junction.mp4")) as file:
        assert sum(1 for _ in file.decode(video=0)) == 10
    assert len((tmp_path / "junction.observations.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert json.loads((tmp_path / "junction.truth.json").read_text(encoding="utf-8"))["size"] == [960, 540]


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "key"), [("sample", "expected"), ("sample-replay", "expected_of_log")])
def test_the_watch_finds_what_is_there_and_nothing_else(
    tmp_path: Path, truth: dict[str, Any], settings: str, key: str
) -> None:
    command = [sys.executable, "-m", "roadstead", "watch", str(ROOT / f"configs/{settings}.toml")]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "run"), "--fast", "--json"],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=110,
    )
    events = [e["event"] for e in json.loads(done.stdout)["events"]]
    assert {e["outcome"] for e in events} == {"violation"}
    assert sorted(e["rule"] for e in events) == sorted(e["rule"] for e in truth[key])
    for expected in truth[key]:
        event = next(e for e in events if e["rule"] == expected["rule"])
        assert event["start"] - truth["start"] < expected["end_s"] + 1.0
        assert event["end"] - truth["start"] > expected["start_s"] - 1.0
