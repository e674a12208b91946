"""Clips hold the asked time to within one group of pictures, and say what they do not hold."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _media import write_video
from _numbered import make_video, shown
from roadstead.errors import BadInput, RecordingError
from roadstead.record.clip import cut, cut_ring, gaps
from roadstead.record.files import sha256
from roadstead.record.footage import Video
from roadstead.record.ring import Ring, Segment, stamp

T0 = 1_767_323_045.0
FPS = 25


def split(source: Path, folder: Path, every: int) -> Ring:
    """Lay a video down as finished segments of `every` pictures, as a recorder would."""
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        tick = stream.time_base or Fraction(1, 90_000)
        packets = [p for p in container.demux(stream) if p.size]
        keys = [i for i, p in enumerate(packets) if p.is_keyframe and (p.pts or 0) * tick * FPS % every < 0.5]
        ring = Ring(folder)
        for first, behind in zip(keys, [*keys[1:], len(packets)], strict=True):
            part = folder / "writing.part"
            begin = float((packets[first].pts or 0) * tick)
            zero = packets[first].dts or 0
            with av.open(str(part), "w", format="mp4", options={"movflags": "+frag_keyframe+empty_moov"}) as target:
                out = target.add_stream_from_template(stream)
                for packet in packets[first:behind]:
                    packet.pts, packet.dts = (packet.pts or 0) - zero, (packet.dts or 0) - zero
                    packet.stream = out
                    target.mux_one(packet)
            ring.finish(part, T0 + begin, (behind - first) / FPS)
    return ring


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("gop", [1, 12, 25, 50])
def test_a_clip_over_segment_borders_holds_the_asked_time(tmp_path: Path, gop: int, b_frames: int) -> None:
    (tmp_path / "ring").mkdir()
    source = make_video(tmp_path / "a.mp4", n=300, gop=gop, b_frames=b_frames)
    ring = split(source, tmp_path / "ring", every=50 if 50 % gop == 0 else 60)
    assert len(ring.segments()) >= 5
    start, trigger, end = T0 + 3.5, T0 + 5.02, T0 + 9.3
    clip = cut_ring(ring, start, end, tmp_path / "clip.mp4")
    pictures = shown(clip.path)
    assert clip.how == "copied"
    assert clip.gaps == ()
    assert start - gop / FPS < clip.start <= start + 0.002
    assert clip.end >= end - 1e-3
    assert pictures[0][0] == pytest.approx(0, abs=1e-6)
    for seconds, n in pictures:
        assert clip.start + seconds == pytest.approx(T0 + n / FPS, abs=0.003)
    numbers = [n for _, n in pictures]
    assert {n for n in range(300) if start <= T0 + n / FPS < end} <= set(numbers)
    assert round((trigger - T0) * FPS) in numbers
    assert clip.sha256 == sha256(clip.path)


@settings(max_examples=25, deadline=None)
@given(start=st.floats(0, 9), length=st.floats(0.2, 6))
def test_any_part_of_a_file(tmp_path_factory: pytest.TempPathFactory, start: float, length: float) -> None:
    folder = tmp_path_factory.mktemp("clip")
    source = make_video(folder / "a.mp4", n=250, gop=20, b_frames=2)
    clip = cut([Video(source, T0)], T0 + start, T0 + start + length, folder / "clip.mp4")
    pictures = shown(clip.path)
    wanted = {n for n in range(250) if start <= n / FPS < start + length}
    assert wanted <= {n for _, n in pictures}
    assert start - 20 / FPS < clip.start - T0 <= start + 1 / FPS
    assert all(abs(clip.start - T0 + s - n / FPS) < 0.002 for s, n in pictures)
    covered = sum(b - a for a, b in clip.gaps)
    assert covered == pytest.approx(max(0.0, start + length - 10.0), abs=0.11)


@pytest.mark.parametrize(
    ("name", "codec", "b_frames", "how"),
    [
        ("a.mp4", "libx264", 2, "copied"),
        ("a.mkv", "libx264", 2, "copied"),
        ("a.ts", "libx264", 2, "copied"),
        ("a.flv", "libx264", 0, "copied"),
        ("a.avi", "libx264", 0, "copied"),
        ("a.avi", "libx264", 2, "reencoded"),
        ("a.h264", "libx264", 2, "reencoded"),
        ("a.avi", "mjpeg", 0, "reencoded"),
        ("a.avi", "mpeg4", 0, "reencoded"),
        ("a.avi", "rawvideo", 0, "reencoded"),
        ("a.mkv", "libvpx", 0, "reencoded"),
    ],
)
def test_every_container_and_codec_gives_a_playable_clip(
    tmp_path: Path, name: str, codec: str, b_frames: int, how: str
) -> None:
    source = make_video(tmp_path / name, n=100, gop=10, codec=codec, b_frames=b_frames)
    clip = cut([Video(source, T0)], T0 + 1.0, T0 + 2.5, tmp_path / "clip.mp4")
    pictures = shown(clip.path)
    assert clip.how == how
    assert set(range(26, 61)) <= {n for _, n in pictures}
    assert all(abs(clip.start + s - T0 - n / FPS) <= 1.01 / FPS for s, n in pictures)
    with av.open(str(clip.path)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
    content = clip.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
def test_a_picture_that_lies_on_its_side_stays_so(tmp_path: Path, codec: str) -> None:
    source = write_video(tmp_path / "a.mp4", rotation=90, codec=codec)
    clip = cut([Video(source, T0)], T0, T0 + 1, tmp_path / "clip.mp4")
    with av.open(str(clip.path)) as container:
        assert next(container.decode(video=0)).rotation == 90


def test_a_hole_in_the_recording_is_declared(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", n=250, gop=10, hidden=frozenset(range(100, 150)))
    clip = cut([Video(source, T0)], T0 + 2, T0 + 8, tmp_path / "clip.mp4")
    assert list(clip.gaps) == [pytest.approx((T0 + 4.0, T0 + 6.0), abs=0.001)]
    assert clip.start == pytest.approx(T0 + 2, abs=0.41)


def test_time_before_and_after_the_recording_is_declared(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", n=50, gop=10)
    clip = cut([Video(source, T0)], T0 - 5, T0 + 5, tmp_path / "clip.mp4")
    assert list(clip.gaps) == [pytest.approx((T0 - 5, T0)), pytest.approx((T0 + 2, T0 + 5), abs=0.001)]
    assert clip.start == pytest.approx(T0)
    assert clip.end == pytest.approx(T0 + 2, abs=0.001)


def test_a_missing_segment_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "ring").mkdir()
    ring = split(make_video(tmp_path / "a.mp4", n=250, gop=25), tmp_path / "ring", every=50)
    ring.segments()[2].path.unlink()
    clip = cut_ring(ring, T0 + 3, T0 + 7, tmp_path / "clip.mp4")
    assert list(clip.gaps) == [pytest.approx((T0 + 4, T0 + 6), abs=0.01)]


def test_a_damaged_segment_is_left_out_and_counted(tmp_path: Path) -> None:
    (tmp_path / "ring").mkdir()
    ring = split(make_video(tmp_path / "a.mp4", n=250, gop=25), tmp_path / "ring", every=50)
    ring.segments()[2].path.write_bytes(b"\0" * 4000)
    clip = cut_ring(ring, T0 + 3, T0 + 7, tmp_path / "clip.mp4")
    assert clip.corrupt == 1
    assert list(clip.gaps) == [pytest.approx((T0 + 4, T0 + 6), abs=0.01)]


def test_a_camera_whose_picture_changed_size_is_coded_anew(tmp_path: Path) -> None:
    first = make_video(tmp_path / "a.mp4", n=50, gop=25)
    second = make_video(tmp_path / "b.mp4", n=50, gop=25, size=(384, 128))
    clip = cut([Segment(first, T0, T0 + 2), Segment(second, T0 + 2, T0 + 4)], T0 + 1, T0 + 3, tmp_path / "clip.mp4")
    assert clip.how == "reencoded"
    assert [n for _, n in shown(clip.path)][:25] == list(range(25, 50))
    assert clip.gaps == ()


def test_a_truncated_file_gives_what_is_there(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.ts", n=250, gop=10)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    clip = cut([Video(source, T0)], T0 + 1, T0 + 9, tmp_path / "clip.mp4")
    assert 3.5 < clip.end - T0 < 6.5
    assert clip.gaps[-1][1] == T0 + 9
    assert len(shown(clip.path)) > 50


def test_damaged_bytes_do_not_stop_a_clip(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.ts", n=250, gop=10)
    content = bytearray(source.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 3000] = bytes(3000)
    source.write_bytes(bytes(content))
    clip = cut([Video(source, T0)], T0, T0 + 10, tmp_path / "clip.mp4")
    numbers = [n for _, n in shown(clip.path)]
    assert numbers[0] == 0
    assert 240 in numbers


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"no video at all" * 100, "is no video that can be read"), (b"", "is no video that can be read")],
)
def test_what_is_no_video_is_refused_in_one_sentence(tmp_path: Path, content: bytes, error: str) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(BadInput, match=error):
        cut([Video(tmp_path / "a.mp4", T0)], T0, T0 + 1, tmp_path / "clip.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_a_video_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such video"):
        cut([Video(tmp_path / "a.mp4")], 0, 1, tmp_path / "clip.mp4")


def test_a_cut_off_mp4_is_refused(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", n=100)
    source.write_bytes(source.read_bytes()[:2000])
    with pytest.raises(BadInput, match=r"a\.mp4"):
        cut([Video(source, T0)], T0, T0 + 1, tmp_path / "clip.mp4")


def test_time_that_was_not_recorded(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", n=50)
    with pytest.raises(RecordingError, match="there is no picture between 2026-01-02T03:05:05"):
        cut([Video(source, T0)], T0 + 60, T0 + 70, tmp_path / "clip.mp4")
    with pytest.raises(RecordingError, match="never recorded"):
        cut_ring(Ring(tmp_path / "nothing"), T0, T0 + 1, tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", n=50)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordingError, match=r"file/clip\.mp4"):
        cut([Video(source, T0)], T0, T0 + 1, tmp_path / "file" / "clip.mp4")


def test_the_same_cut_twice_is_the_same_file(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", n=100, gop=10, b_frames=2)
    first = cut([Video(source, T0)], T0 + 1, T0 + 3, tmp_path / "1.mp4")
    second = cut([Video(source, T0)], T0 + 1, T0 + 3, tmp_path / "2.mp4")
    assert first.sha256 == second.sha256


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        ([0.0, 0.2, 0.4, 0.6, 0.8], ()),
        ([0.0, 0.2, 0.9], ((0.4, 0.9),)),
        ([0.3, 0.5, 0.7], ()),
        ([0.6, 0.8], ((0.0, 0.6),)),
        ([0.0, 0.2], ((0.4, 1.0),)),
    ],
)
def test_gaps(t: list[float], expected: tuple[tuple[float, float], ...]) -> None:
    found = gaps([(x, 0.2) for x in t], 0.0, 1.0)
    assert list(found) == [pytest.approx(e) for e in expected]


@pytest.mark.data
def test_real_clips(data: Path, tmp_path: Path) -> None:
    videos = sorted(p for p in (data / "video").iterdir() if p.suffix in {".mp4", ".avi"})
    assert videos
    for video in videos:
        clip = cut([Video(video, T0)], T0 + 2.0, T0 + 3.0, tmp_path / f"{video.stem}.mp4")
        with av.open(str(clip.path)) as container:
            pictures = [float((f.pts or 0) * (f.time_base or 0)) for f in container.decode(video=0)]
        assert pictures, video.name
        uncovered = sum(b - a for a, b in clip.gaps)
        assert pictures[-1] + clip.start >= T0 + 3.0 - uncovered - 0.5, video.name


def test_a_segment_name_is_its_time() -> None:
    assert stamp(T0 + 0.0004) == "20260102T030405000Z"
