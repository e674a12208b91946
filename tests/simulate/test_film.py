"""A scene's folder: the same seed gives the same truth and pictures, and what is written fits together."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from _studio import needs_gl
from roadstead import config
from roadstead.dataset import truth
from roadstead.dataset.formats import plugins as formats
from roadstead.dataset.samples import objects
from roadstead.simulate import making
from roadstead.simulate.film import Filmed
from roadstead.simulate.making import Asked

SMALL = Asked(scene="junction", seed=11, seconds=1.2, fps=5.0, size=(320, 180), light="day", weather="clear")


def make(out: Path, asked: Asked = SMALL) -> Filmed:
    return making.make(asked, out, video=True, stills_s=0.5, quality="fast", noise=False, tell=lambda *_: None)


def pictures(path: Path) -> tuple[np.ndarray, list[float | None]]:
    with av.open(str(path)) as container:
        frames = [(f.to_ndarray(format="rgb24"), f.time) for f in container.decode(video=0)]
    return np.stack([f for f, _ in frames]), [t for _, t in frames]


@needs_gl
@pytest.mark.slow
def test_the_same_seed_gives_the_same_folder(tmp_path: Path) -> None:
    make(tmp_path / "one")
    make(tmp_path / "two")
    for name in ("truth.jsonl", "observations.jsonl", "watch.toml", "replay.toml", "mot/junction/gt/gt.txt"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    one, times = pictures(tmp_path / "one" / "junction.mp4")
    two, _ = pictures(tmp_path / "two" / "junction.mp4")
    assert times == pytest.approx(np.arange(6) / 5)
    assert np.array_equal(one, two)
    assert one.std() > 10, "there is something in the pictures"


@needs_gl
@pytest.mark.slow
def test_what_is_written_fits_together(tmp_path: Path) -> None:
    made = make(tmp_path)
    rows = list(truth.read(tmp_path / "truth.jsonl"))
    frames = [r for r in rows if isinstance(r, truth.FrameRow)]
    assert len(frames) == made.pictures == 6
    assert made.boxes == sum(len(f.seen) for f in frames)
    known = {r.id for r in rows if isinstance(r, truth.ObjectRow)}
    assert {s.id for f in frames for s in f.seen} <= known
    plan = config.load(tmp_path / "watch.toml")
    assert [c.name for c in plan.cameras] == ["junction"]
    samples = list(formats.get("coco")().read(tmp_path / "coco" / "junction"))
    assert [s.t for s in samples] == pytest.approx([frames[0].t, frames[3].t])
    for sample in samples:
        boxes = {s.id: s.box for f in frames if abs(f.t - (sample.t or 0)) < 1e-3 for s in f.seen}
        there = objects(sample)
        for name, box, mask in zip(there.ids, there.boxes, there.masks, strict=True):
            assert name is not None
            assert box == pytest.approx(boxes[name], abs=0.02)
            assert mask is None or 0 < _area(mask) <= 1.3 * np.prod(box[2:] - box[:2]) + 4
    logged = [json.loads(line) for line in (tmp_path / "observations.jsonl").read_text().splitlines()]
    assert len(logged) == 6


def _area(mask: object) -> float:
    from roadstead.dataset.masks import area_px

    return area_px(mask)  # type: ignore[arg-type]  # one of its kinds


@needs_gl
@pytest.mark.slow
def test_a_silent_camera_leaves_a_gap_in_the_video_and_none_in_the_truth(tmp_path: Path) -> None:
    silent = Asked(
        scene="junction",
        seed=11,
        seconds=1.2,
        fps=5.0,
        size=(320, 180),
        light="day",
        weather="clear",
        camera_faults=making.camera_faults_of("no_signal@0.4-0.8"),
    )
    make(tmp_path, silent)
    _, times = pictures(tmp_path / "junction.mp4")
    assert times == pytest.approx([0.0, 0.2, 0.8, 1.0])
    rows = list(truth.read(tmp_path / "truth.jsonl"))
    (fault,) = (r for r in rows if isinstance(r, truth.FaultRow))
    (scene,) = (r for r in rows if isinstance(r, truth.SceneRow))
    assert fault.kind == "no_signal"
    assert (fault.start - scene.begin, fault.end - scene.begin) == pytest.approx((0.4, 0.8))
    assert sum(isinstance(r, truth.FrameRow) for r in rows) == 6
