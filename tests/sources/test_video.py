"""A video file: which pictures, at which times, and what is said of a broken one."""

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from _media import index_of, numbered
from roadstead.errors import BadInput
from roadstead.sources.video import Video
from roadstead.types import Frame

Write = Callable[..., Path]


def read(path: Path, **settings: float) -> tuple[list[Frame], dict[str, int]]:
    source = Video(camera="gate", path=path, **settings)  # type: ignore[arg-type]  # pydantic checks settings, not this
    return list(source.read()), source.counts


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.mp4", {"codec": "libx264"}),
        ("b.mp4", {"codec": "libx264", "b_frames": 3}),
        ("long_gop.mkv", {"codec": "libx264", "b_frames": 3, "gop": 100}),
        ("m.avi", {"codec": "mpeg4"}),
        ("mb.avi", {"codec": "mpeg4", "b_frames": 2}),
        ("h.mp4", {"codec": "libx265", "b_frames": 2}),
        ("t.ts", {"codec": "libx264", "b_frames": 2}),
        ("j.avi", {"codec": "mjpeg"}),
        ("j.mov", {"codec": "mjpeg"}),
    ],
)
def test_pictures_and_times_are_those_of_the_grid(video: Write, name: str, how: dict[str, object]) -> None:
    frames, counts = read(video(name, frames=60, **how), start=1000.0)
    assert [index_of(f.image) for f in frames] == list(range(0, 60, 5))
    assert [f.t for f in frames] == pytest.approx([1000 + i / 5 for i in range(12)], abs=2e-3)
    assert counts["packets"] == 60
    assert counts["frames"] == 12
    assert not counts.keys() & {"corrupt", "out_of_order", "time_jumps", "truncated"}


def test_a_frame_is_as_promised(video: Write) -> None:
    frame = next(Video(camera="gate", path=video("a.mp4"), start=5.0).read())
    assert (frame.camera, frame.t, frame.size, frame.t_received) == ("gate", 5.0, (160, 96), None)
    assert frame.image.dtype == np.uint8
    assert frame.image.shape == (96, 160, 3)
    assert frame.image.flags.c_contiguous
    assert not frame.image.flags.writeable


def test_colours_are_red_green_blue(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "red.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        red = np.zeros((64, 64, 3), np.uint8)
        red[..., 0] = 250
        container.mux(stream.encode(av.VideoFrame.from_ndarray(red, format="rgb24")))
        container.mux(stream.encode(None))
    frames, _ = read(tmp_path / "red.mp4")
    r, g, b = frames[0].image.reshape(-1, 3).mean(0)
    assert r > 220
    assert max(g, b) < 30


@pytest.mark.parametrize(
    ("name", "how", "fps", "most"),
    [
        ("j.avi", {"codec": "mjpeg"}, 5, 12),
        ("b.mp4", {"b_frames": 3, "gop": 250}, 5, 40),
        ("k.mp4", {"gop": 5}, 2, 5),
        ("all.mp4", {"b_frames": 3}, 25, 60),
    ],
)
def test_no_more_is_decoded_than_the_codec_needs(
    video: Write, name: str, how: dict[str, object], fps: float, most: int
) -> None:
    path = video(name, frames=60, **how)
    sparing, counts = read(path, fps=fps)
    assert counts["decoded"] <= most
    everything, _ = read(path, fps=1000)
    by_time = {f.t: f.image for f in everything}
    assert len(everything) == 60
    assert all(np.array_equal(f.image, by_time[f.t]) for f in sparing)


def test_the_same_file_gives_the_same_pictures_twice_from_one_source(video: Write) -> None:
    source = Video(camera="a", path=video("a.mp4", b_frames=2))
    first, second = list(source.read()), list(source.read())
    assert [f.t for f in first] == [f.t for f in second]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))


def test_threads_change_nothing(video: Write) -> None:
    path = video("a.mp4", b_frames=3, frames=60)
    one, _ = read(path)
    four, _ = read(path, threads=4)
    assert [(f.t, index_of(f.image)) for f in one] == [(f.t, index_of(f.image)) for f in four]


def test_jumping_stamps_are_mended_and_counted(video: Write) -> None:
    pts = [*range(10), *range(1_000_000_000, 1_000_000_010), *range(2_000_000_000, 2_000_000_010)]
    frames, counts = read(video("jump.mkv", frames=30, pts=pts, codec="mjpeg"), fps=25)
    assert [f.t for f in frames] == pytest.approx([i / 25 for i in range(30)], abs=2e-3)
    assert counts["time_jumps"] == 2


def test_the_picture_may_change_its_size_half_way(tmp_path: Path, video: Write) -> None:
    small, large = video("small.ts", frames=50), video("large.ts", frames=50, size=(320, 192))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    frames, counts = read(both)
    assert [index_of(f.image) for f in frames] == [*range(0, 50, 5)] * 2
    assert [f.size for f in frames] == [(160, 96)] * 10 + [(320, 192)] * 10
    assert [f.t for f in frames] == pytest.approx([i / 5 for i in range(20)], abs=2e-3)
    assert counts["time_jumps"] == 1


def test_pictures_that_are_turned_are_turned_upright(video: Write) -> None:
    frames, _ = read(video("turned.mp4", rotation=90))
    upright = np.rot90(numbered(0), 1)
    assert frames[0].image.shape == (160, 96, 3)
    assert np.abs(frames[0].image.astype(int) - upright).mean() < 12


def test_paced_plays_as_a_camera_would(video: Write) -> None:
    source = Video(camera="a", path=video("a.mp4", frames=20), paced=True, fps=25)
    began = time.monotonic()
    frames = list(source.read())
    assert not source.live
    assert time.monotonic() - began >= 19 / 25
    assert all(f.t_received is not None for f in frames)
    assert all(a < b for a, b in pairwise(f.t_received or 0 for f in frames))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.mp4", None, "there is no such file"),
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"this is no video at all\n" * 400, "cannot be read as a video"),
        ("text.txt", b"nor is this\n" * 400, "holds no video"),
        ("noise.avi", bytes(range(256)) * 64, "cannot be read as a video"),
    ],
)
def test_what_is_no_video_is_refused_in_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=says) as refusal:
        read(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_a_folder_and_a_picture_are_no_video(tmp_path: Path, video: Write) -> None:
    with pytest.raises(BadInput, match="is no file"):
        read(tmp_path)
    with av.open(str(tmp_path / "p.png"), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(1), format="rgb24")))
    with pytest.raises(BadInput, match="single picture"):
        read(tmp_path / "p.png")


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "s.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(BadInput, match="holds no video"):
        read(tmp_path / "s.wav")


def test_a_file_name_is_never_an_address(tmp_path: Path, video: Write) -> None:
    odd = tmp_path / "http:%d?a@b #1.mp4"
    video("a.mp4").rename(odd)
    assert len(read(odd)[0]) == 10
    listing = tmp_path / "list.m3u8"
    listing.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(BadInput):
        read(listing)


@pytest.mark.parametrize(("name", "codec"), [("t.avi", "mpeg4"), ("t.ts", "libx264"), ("t.mkv", "libx264")])
def test_a_file_cut_short_yields_what_it_has(video: Write, name: str, codec: str) -> None:
    path = video(name, codec=codec, frames=100, size=(640, 384))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, counts = read(path)
    assert 5 <= len(frames) < 20
    assert [index_of(f.image) for f in frames] == list(range(0, 5 * len(frames), 5))
    if name == "t.avi":
        assert counts["truncated"] == 1
        assert 30 < counts["packets_missing"] < 70


def test_a_file_whose_index_is_lost_says_so(video: Write) -> None:
    path = video("a.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match="cannot be read as a video"):
        read(path)


@pytest.mark.parametrize(("name", "how"), [("c.mp4", {}), ("c.avi", {"codec": "mjpeg"})])
def test_a_corrupt_picture_is_skipped_and_counted(video: Write, name: str, how: dict[str, object]) -> None:
    path = video(name, frames=60, gop=10, **how)
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [(p.pos or 0, p.size) for p in container.demux(video=0) if p.size]
    for position, size in packets[20:22]:
        content[position + 5 : position + size] = bytes(size - 5)
    path.write_bytes(content)
    frames, counts = read(path, fps=25)
    seen = [index_of(f.image) for f in frames]
    assert counts["corrupt"] >= 1
    assert set(range(20)) | set(range(30, 60)) <= set(seen)
    assert 20 not in seen
    assert [round(f.t * 25) for f in frames if index_of(f.image) < 20 or index_of(f.image) >= 30] == [
        i for i in seen if i < 20 or i >= 30
    ]


CLIPS = {
    "autostrade_foreste.mp4": (375, 75),
    "autostrade_milanoest.mp4": (375, 75),
    "autostrade_salitona.mp4": (375, 75),
    "autostrade_tunnelligure.mp4": (375, 75),
    "bgslibrary_demo.avi": (51, 17),
    "bgslibrary_video02.avi": (748, 150),
    "cvtrafficcam_traffic.mp4": (734, 364),
    "opencv4nodejs_traffic.mp4": (480, 100),
    "opendatacam.mp4": (499, 100),
    "vehicle_counting_input.mp4": (905, 189),
}


@pytest.mark.data
@pytest.mark.parametrize("name", CLIPS)
def test_every_clip_of_the_development_data_reads_whole(data: Path, name: str) -> None:
    path = data / "video" / name
    for fps, expected in zip((1000.0, 5.0), CLIPS[name], strict=True):
        source = Video(camera="a", path=path, fps=fps)
        times = [f.t for f in source.read()]
        assert len(times) == expected
        assert all(b > a for a, b in pairwise(times))
        assert not source.counts.keys() & {"corrupt", "out_of_order", "time_jumps", "truncated"}
