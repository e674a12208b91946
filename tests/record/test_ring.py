"""A ring keeps to its limits, never gives up what is locked, and holds whole segments only."""

from pathlib import Path

import av
import pytest

from _numbered import make_video, shown
from roadstead.record.ring import Ring, Segment, stamp, whole_fragments

T0 = 1_767_323_045.0


def fill(folder: Path, n: int, *, length_s: float = 4.0, size: int = 1000) -> Ring:
    folder.mkdir(exist_ok=True)
    for i in range(n):
        (folder / f"{stamp(T0 + i * length_s)}-{round(length_s * 1000)}.mp4").write_bytes(bytes(size))
    return Ring(folder, keep_s=3600, keep_bytes=10**9)


def starts(ring: Ring) -> list[float]:
    return [s.start - T0 for s in ring.segments()]


@pytest.mark.parametrize(
    ("keep_s", "keep_bytes", "left"),
    [(3600, 10**9, 10), (21, 10**9, 6), (3600, 3500, 3), (20, 3500, 3), (7, 10**9, 2), (3600, 0, 0)],
)
def test_limits_by_time_and_bytes(tmp_path: Path, keep_s: float, keep_bytes: int, left: int) -> None:
    fill(tmp_path / "r", 10)
    ring = Ring(tmp_path / "r", keep_s=keep_s, keep_bytes=keep_bytes)
    assert ring.evict(T0 + 40 - 0.5) == 10 - left
    assert starts(ring) == [i * 4.0 for i in range(10 - left, 10)]


def test_what_is_locked_stays_however_full_the_ring_is(tmp_path: Path) -> None:
    fill(tmp_path / "r", 10)
    ring = Ring(tmp_path / "r", keep_s=3600, keep_bytes=2000)
    ring.lock("event-1", T0 + 5, T0 + 11)
    ring.evict(T0 + 40)
    assert starts(ring) == [4.0, 8.0]
    ring.unlock("event-1")
    ring.evict(T0 + 40 + 5000)
    assert starts(ring) == []


def test_a_lock_whose_owner_died_ends_an_hour_after_its_time(tmp_path: Path) -> None:
    fill(tmp_path / "r", 3)
    ring = Ring(tmp_path / "r", keep_s=1, keep_bytes=0)
    ring.lock("event-1", T0, T0 + 12)
    assert ring.evict(T0 + 12 + 3599) == 0
    assert ring.evict(T0 + 12 + 3601) == 3


def test_a_full_disk_gives_up_the_oldest_that_is_not_locked(tmp_path: Path) -> None:
    ring = fill(tmp_path / "r", 3)
    ring.lock("event-1", T0, T0 + 3)
    assert ring.evict_oldest(T0) == 1
    assert starts(ring) == [0.0, 8.0]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(5, 6, [4]), (4, 8, [4]), (3, 9, [0, 4, 8]), (-5, 1, [0]), (100, 110, []), (39, 50, [36])],
)
def test_segments_of_a_time(tmp_path: Path, start: float, end: float, expected: list[float]) -> None:
    ring = fill(tmp_path / "r", 10)
    assert [s.start - T0 for s in ring.during(T0 + start, T0 + end)] == expected


def test_overlapping_segments_of_one_connection_are_put_behind_each_other(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    for start_s in (0.0, 3.2, 7.2):
        (folder / f"{stamp(T0 + start_s)}-4000.mp4").write_bytes(b"x")
    found = Ring(folder).segments()
    assert [round(s.start - T0, 3) for s in found] == [-0.8, 3.2, 7.2]
    assert [s.end for s in found[:2]] == [s.start for s in found[1:]]


def test_other_files_are_no_segments(tmp_path: Path) -> None:
    ring = fill(tmp_path / "r", 1)
    for name in ("status.json", "recorder.log", "holiday.mp4", "20260102T030405678Z.mp4", "20260102T030405678Z-1.part"):
        (tmp_path / "r" / name).write_bytes(b"x")
    assert len(ring.segments()) == 1
    assert Ring(tmp_path / "none").segments() == ()


def fragmented(folder: Path) -> bytes:
    source = make_video(folder / "a.mp4", n=100, gop=10)
    with (
        av.open(str(source)) as container,
        av.open(str(folder / "f.mp4"), "w", options={"movflags": "+frag_keyframe+empty_moov"}) as target,
    ):
        out = target.add_stream_from_template(container.streams.video[0])
        for packet in container.demux(video=0):
            if packet.size:
                packet.stream = out
                target.mux(packet)
    return (folder / "f.mp4").read_bytes()


def test_a_segment_cut_off_anywhere_is_recovered_or_removed(tmp_path: Path) -> None:
    content = fragmented(tmp_path)
    before = -1
    for cut_at in range(0, len(content), len(content) // 60):
        ring = Ring(tmp_path / f"r{cut_at}")
        ring.folder.mkdir()
        part = ring.folder / f"{stamp(T0)}.part"
        part.write_bytes(content[:cut_at])
        whole = whole_fragments(content[:cut_at])
        assert ring.recover(part) == (whole > 0)
        assert not part.exists()
        numbers = [n for s in ring.segments() for _, n in shown(s.path)]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) % 10 == 0
        assert len(numbers) >= before
        if numbers:
            (segment,) = ring.segments()
            assert segment.end == pytest.approx(T0 + len(numbers) / 25, abs=0.002)
        before = len(numbers)
    assert before >= 90


def test_two_segments_of_the_same_millisecond_keep_both(tmp_path: Path) -> None:
    ring = Ring(tmp_path)
    for content in (b"one", b"two"):
        part = tmp_path / "x.part"
        part.write_bytes(content)
        ring.finish(part, T0, 1.0)
    assert [s.path.read_bytes() for s in ring.segments()] == [b"one", b"two"]
    assert all(isinstance(s, Segment) for s in ring.segments())
