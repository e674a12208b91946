"""A folder of pictures: order, times, and what cannot be read."""

from pathlib import Path

import cv2
import pytest

from _media import index_of, numbered
from roadstead.errors import BadInput
from roadstead.sources.images import Images


def fill(folder: Path, names: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    for index, name in enumerate(names):
        ok, coded = cv2.imencode(Path(name).suffix, numbered(index)[:, :, ::-1].copy())
        assert ok
        (folder / name).write_bytes(coded.tobytes())
    return folder


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tif", ".PNG"])
def test_pictures_come_in_the_order_of_their_numbers(tmp_path: Path, suffix: str) -> None:
    folder = fill(tmp_path / "p", [f"cam{i}{suffix}" for i in range(12)])
    (folder / "notes.txt").write_text("not a picture")
    source = Images(camera="a", path=folder, start=100.0, recorded_fps=2)
    frames = list(source.read())
    assert [index_of(f.image) for f in frames] == list(range(12))
    assert [f.t for f in frames] == [100 + i / 2 for i in range(12)]
    assert not frames[0].image.flags.writeable
    assert source.counts == {"frames": 12}


@pytest.mark.parametrize(
    ("names", "timezone", "files", "times"),
    [
        ("epoch", "UTC", ["1700000000.25.png", "1700000001.png"], [1700000000.25, 1700000001.0]),
        ("%Y%m%d_%H%M%S", "UTC", ["20231114_221320.png"], [1700000000.0]),
        ("gate-%Y%m%d_%H%M%S", "Asia/Shanghai", ["gate-20231115_061320.png"], [1700000000.0]),
    ],
)
def test_times_come_from_names(tmp_path: Path, names: str, timezone: str, files: list[str], times: list[float]) -> None:
    source = Images(camera="a", path=fill(tmp_path / "p", files), names=names, timezone=timezone)
    assert [f.t for f in source.read()] == times


def test_a_corrupt_picture_is_skipped_and_keeps_its_time(tmp_path: Path) -> None:
    folder = fill(tmp_path / "p", ["0.png", "1.png", "2.png", "3.png"])
    (folder / "1.png").write_bytes((folder / "1.png").read_bytes()[:60])
    (folder / "2.png").write_bytes(b"")
    source = Images(camera="a", path=folder, recorded_fps=1)
    assert [f.t for f in source.read()] == [0.0, 3.0]
    assert source.counts == {"frames": 2, "corrupt": 2}


def test_names_that_give_the_same_time_are_counted(tmp_path: Path) -> None:
    source = Images(camera="a", path=fill(tmp_path / "p", ["5.jpg", "5.png", "6.png"]), names="epoch")
    assert [f.t for f in source.read()] == [5.0, 6.0]
    assert source.counts == {"frames": 2, "out_of_order": 1}


@pytest.mark.parametrize(
    ("files", "settings", "says"),
    [
        (None, {}, "there is no such folder"),
        ([], {}, "holds no picture"),
        (["a.png"], {"names": "epoch"}, "does not give a time"),
        (["20240101.png"], {"names": "%Y%m%d", "timezone": "Asia/Nowhere"}, "timezone: 'Asia/Nowhere' is not known"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, files: list[str] | None, settings: dict[str, str], says: str
) -> None:
    folder = tmp_path / "p" if files is None else fill(tmp_path / "p", files)
    with pytest.raises(BadInput, match=says):
        list(Images(camera="a", path=folder, **settings).read())  # type: ignore[arg-type]  # names and timezone only
