"""A recorded log comes back as it was, and a cut or broken one says so."""

from pathlib import Path

import numpy as np
import pytest

from roadstead.errors import BadInput
from roadstead.observations import signal_line, to_line
from roadstead.sources.replay import Replay
from roadstead.types import Detections, Signal


def seen(camera: str, t: float) -> Detections:
    return Detections(camera, t, (640, 360), np.array([[1, 2, 3, 4.5]]), np.array([0.5]), ("truck",))


LOG = [
    to_line(seen("a", 0.2)),
    to_line(seen("b", 0.2)),
    signal_line(Signal("a", 0.3, ok=False, reason="gone")),
    to_line(seen("a", 0.6), ["a-1"]),
]


def write(folder: Path, text: str) -> Path:
    path = folder / "log.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("end", ["\n", ""])
def test_one_cameras_lines_are_replayed(tmp_path: Path, end: str) -> None:
    source = Replay(camera="a", path=write(tmp_path, "\n".join(LOG) + end))
    items = list(source.read())
    assert [type(i) for i in items] == [Detections, Signal, Detections]
    assert [i.t for i in items] == [0.2, 0.3, 0.6]
    assert source.counts == {"frames": 2, "signals": 1, "other_cameras": 1}
    assert not source.live


def test_a_last_line_cut_short_is_skipped_and_counted(tmp_path: Path) -> None:
    whole = "\n".join(LOG)
    for cut in range(1, len(LOG[-1])):
        source = Replay(camera="a", path=write(tmp_path, whole[:-cut]))
        assert len(list(source.read())) == 2
        assert source.counts["truncated"] == 1


def test_a_character_cut_in_half_is_a_cut_line_too(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes((LOG[0] + "\n" + signal_line(Signal("a", 1.0, ok=False, reason="断"))).encode()[:-3])
    source = Replay(camera="a", path=path)
    assert len(list(source.read())) == 1
    assert source.counts["truncated"] == 1


@pytest.mark.parametrize("broken", ["{", '{"camera": "a"}', ""])
def test_a_broken_line_is_named(tmp_path: Path, broken: str) -> None:
    path = write(tmp_path, "\n".join([LOG[0], broken, LOG[1]]) + "\n")
    with pytest.raises(BadInput, match=f"{path}: line 2: "):
        list(Replay(camera="a", path=path).read())


def test_a_missing_log_and_a_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such log"):
        list(Replay(camera="a", path=tmp_path / "gone.jsonl").read())
    (tmp_path / "p.jsonl").write_bytes(b"\x89PNG\xff\xfe\n{}\n")
    with pytest.raises(BadInput, match=r"p\.jsonl"):
        list(Replay(camera="a", path=tmp_path / "p.jsonl").read())


def test_frame_numbers_become_times(tmp_path: Path) -> None:
    lines = ['{"frame": 10, "boxes": [], "scores": [], "labels": []}', '{"frame": 12, "covered": false, "boxes": []}']
    path = write(tmp_path, "\n".join(lines))
    source = Replay(camera="a", path=path, recorded_fps=25, start=100.0, size=(640, 360))
    assert [(i.camera, i.t, len(i)) for i in source.read() if isinstance(i, Detections)] == [("a", 100.4, 0)]
    assert source.counts == {"frames": 1, "uncovered": 1}
    with pytest.raises(BadInput, match="t is missing"):
        list(Replay(camera="a", path=path).read())


@pytest.mark.data
def test_the_detections_of_the_development_data_replay(data: Path) -> None:
    path = data / "video" / "opendatacam.detections.jsonl"
    source = Replay(camera="a", path=path, recorded_fps=25, size=(640, 360))
    items = [i for i in source.read() if isinstance(i, Detections)]
    assert (len(items), sum(map(len, items))) == (437, 10245)
    assert items[0].t == 15 / 25
