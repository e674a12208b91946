"""The recorder survives what happens to cameras, disks and processes, and leaves readable segments only."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from _media import Camera
from _numbered import make_video, shown
from roadstead.errors import BadInput, RecordingError
from roadstead.record.clip import cut_ring
from roadstead.record.process import Recorder
from roadstead.record.recorder import Anchor, Status, Writer, record
from roadstead.record.ring import Ring

Serve = Callable[..., str]


def until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    give_up = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.02)


def counts(ring: Ring) -> dict[str, int]:
    try:
        found: dict[str, int] = json.loads((ring.folder / "status.json").read_text())["counts"]
    except FileNotFoundError:
        return {}
    return found


def numbers(ring: Ring) -> list[list[int]]:
    return [[n for _, n in shown(s.path)] for s in ring.segments() if s.end is not None]


def run_until(url: str, ring: Ring, done: Callable[[], bool]) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=record, args=(url, ring, stop))
    thread.start()
    try:
        until(done)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_segments_follow_each_other_without_a_hole(tmp_path: Path, serve: Serve) -> None:
    ring = Ring(tmp_path / "ring", segment_s=1.0)
    run_until(serve(8, pace=4.0), ring, lambda: len(ring.segments()) >= 5)
    found = numbers(ring)
    flat = [n for segment in found for n in segment]
    assert flat == list(range(flat[0], flat[0] + len(flat)))
    assert all(len(segment) % 10 == 0 for segment in found[:-1])
    assert all(len(segment) >= 25 for segment in found[:-1])


def test_times_are_those_of_arrival(tmp_path: Path, serve: Serve) -> None:
    ring = Ring(tmp_path / "ring", segment_s=1.0)
    began = time.time()
    run_until(serve(10), ring, lambda: len(ring.segments()) >= 3)
    segments = ring.segments()
    assert began - 0.3 < segments[0].start < began + 3.0
    assert segments[-1].end is not None
    assert segments[-1].end <= time.time() + 0.1


def test_the_running_segment_can_be_cut(tmp_path: Path, serve: Serve) -> None:
    ring = Ring(tmp_path / "ring", segment_s=60.0)
    cuts = []

    def cut_now() -> bool:
        now = time.time()
        if counts(ring).get("packets", 0) < 75:
            return False
        cuts.append(cut_ring(ring, now - 2.0, now, tmp_path / "clip.mp4"))
        return True

    run_until(serve(10), ring, cut_now)
    assert len(shown(cuts[0].path)) >= 30
    assert cuts[0].end >= cuts[0].asked[1] - 1.2


def test_it_connects_again_for_ever(tmp_path: Path, serve: Serve) -> None:
    ring = Ring(tmp_path / "ring", segment_s=1.0)
    run_until(serve(1, pace=8.0), ring, lambda: counts(ring).get("reconnects", 0) >= 3)
    assert len(numbers(ring)) >= 3
    assert all(segment == list(range(len(segment))) for segment in numbers(ring))


def test_a_camera_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "ring")
    run_until("http://someone:secret@127.0.0.1:9/x", ring, lambda: counts(ring).get("reconnects", 0) >= 2)
    said = (ring.folder / "status.json").read_text()
    assert json.loads(said)["reason"]
    assert "secret" not in said


def test_the_limit_by_bytes_holds_while_it_records(tmp_path: Path, serve: Serve) -> None:
    ring = Ring(tmp_path / "ring", segment_s=1.0, keep_bytes=20_000)
    run_until(serve(16, pace=8.0), ring, lambda: counts(ring).get("evicted", 0) >= 4)
    finished = [s for s in ring.segments() if s.end is not None]
    assert sum(s.path.stat().st_size for s in finished) <= 20_000 + 10_000


def test_a_folder_that_vanishes_is_counted_and_made_again(tmp_path: Path, serve: Serve) -> None:
    ring = Ring(tmp_path / "ring", segment_s=1.0)
    seen = {"moved": False}

    def moved_and_back() -> bool:
        if not seen["moved"] and len(ring.segments()) >= 2:
            ring.folder.rename(tmp_path / "gone")
            seen["moved"] = True
        return seen["moved"] and counts(ring).get("write_errors", 0) >= 1 and len(ring.segments()) >= 3

    run_until(serve(16, pace=4.0), ring, moved_and_back)
    assert all(segment for segment in numbers(ring))


def test_a_full_disk_is_counted_and_recording_goes_on(tmp_path: Path, serve: Serve) -> None:
    """A limit on the size of files stands in for a full disk: both make `write` fail in the middle of a segment."""
    program = """
        import json, resource, signal, sys, threading
        from pathlib import Path
        from roadstead.record.recorder import record
        from roadstead.record.ring import Ring
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
        stop = threading.Event()
        threading.Timer(4.0, stop.set).start()
        record(sys.argv[1], Ring(Path(sys.argv[2]), segment_s=2.0), stop)
    """
    ring = Ring(tmp_path / "ring", segment_s=2.0)
    url = serve(20, pace=4.0)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), url, str(ring.folder)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert counts(ring)["write_errors"] >= 2
    assert counts(ring)["packets"] >= 200
    assert all(segment for segment in numbers(ring))


@pytest.mark.slow
def test_kill_9_leaves_only_readable_segments(tmp_path: Path, serve: Serve) -> None:
    url = serve(30, pace=4.0)
    for k in range(8):
        ring = Ring(tmp_path / f"ring{k}", segment_s=1.0)
        with Recorder(url, ring) as recorder:
            until(lambda ring=ring: counts(ring).get("packets", 0) > 0)  # type: ignore[misc]  # bound on purpose
            time.sleep(0.11 * k)
            os.kill(recorder.pid, signal.SIGKILL)
            time.sleep(0.1)
            before = numbers(ring)
            assert all(segment for segment in before)
            until(lambda: recorder.restarts >= 1)
            until(lambda ring=ring: counts(ring).get("packets", 0) > 0)  # type: ignore[misc]  # bound on purpose
        kept = counts(ring)
        assert not list(ring.folder.glob("*.part"))
        assert kept.get("recovered", 0) + kept.get("discarded", 0) <= 1
        after = numbers(ring)
        assert all(segment == list(range(segment[0], segment[0] + len(segment))) for segment in after)
        assert len(after) >= len(before)


def test_it_dies_with_its_parent(tmp_path: Path, serve: Serve) -> None:
    program = """
        import sys, time
        from pathlib import Path
        from roadstead.record.process import Recorder
        from roadstead.record.ring import Ring
        print(Recorder(sys.argv[1], Ring(Path(sys.argv[2]))).pid, flush=True)
        time.sleep(60)
    """
    ring = Ring(tmp_path / "ring")
    command = [sys.executable, "-c", textwrap.dedent(program), serve(60), str(ring.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        until(lambda: counts(ring).get("packets", 0) > 0)
        parent.kill()
    until(lambda: not alive(child))
    assert not list(ring.folder.glob("*.part"))
    assert all(segment for segment in numbers(ring))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_no_password_in_the_list_of_processes(tmp_path: Path) -> None:
    with Recorder("http://someone:secret@127.0.0.1:9/x", Ring(tmp_path / "ring")) as recorder:
        assert b"secret" not in Path(f"/proc/{recorder.pid}/cmdline").read_bytes()


def test_a_file_is_no_stream(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no stream"):
        Recorder("video.mp4", Ring(tmp_path))
    with pytest.raises(BadInput, match="is no stream"):
        record("video.mp4", Ring(tmp_path), threading.Event())


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordingError, match="choose another folder"):
        Recorder("http://127.0.0.1:9/x", Ring(tmp_path / "file" / "ring"))


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        ([(0.0, 100.0), (1.0, 101.0)], 101.0),
        ([(0.0, 100.5), (1.0, 101.0), (2.0, 102.3)], 102.0),
        ([(0.0, 103.0), (1.0, 103.0), (2.0, 103.0)], 103.0),
    ],
)
def test_a_stream_is_anchored_by_its_least_delay(arrivals: list[tuple[float, float]], expected: float) -> None:
    anchor = Anchor()
    assert all(anchor.learn(stamp_s, received) for stamp_s, received in arrivals)
    assert anchor.t(arrivals[-1][0]) == pytest.approx(expected)


def test_a_clock_that_drifts_is_followed_and_a_jump_begins_anew() -> None:
    anchor = Anchor()
    for second in range(300):
        assert anchor.learn(second * 0.9999, 1000.0 + second)
    assert anchor.t(299 * 0.9999) == pytest.approx(1299.0, abs=0.0062)
    assert not anchor.learn(5.0, 1300.0)
    assert anchor.t(5.0) == 1300.0


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["h264", "jpeg"])
def test_a_real_camera_that_breaks_off_is_recorded_before_and_after(
    tmp_path: Path, cameras: Callable[[], Camera], codec: str
) -> None:
    camera = cameras()
    camera.start(codec=codec)
    ring = Ring(tmp_path / "ring", segment_s=1.0)
    with Recorder(camera.url, ring) as recorder:
        until(lambda: recorder.status().get("counts", {}).get("segments", 0) >= 3)
        camera.kill()
        until(lambda: recorder.status().get("state") == "reconnecting")
        lost = time.time()
        time.sleep(1.0)  # less than half a second without pictures is no gap, and a quick camera is back by then
        camera.start(codec=codec)
        until(lambda: recorder.status().get("counts", {}).get("segments", 0) >= 7, 40)
    clip = cut_ring(ring, lost - 2.0, lost + 6.0, tmp_path / "clip.mp4")
    assert clip.how == ("copied" if codec == "h264" else "reencoded")
    assert clip.start <= lost - 1.5
    assert any(a < lost + 0.5 and b > lost for a, b in clip.gaps)
    with av.open(str(clip.path)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 75


def test_a_connection_whose_first_picture_has_no_time_keeps_it(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.ts", n=60, gop=30)
    ring = Ring(tmp_path / "ring", segment_s=10.0)
    arrival = iter(range(1000))
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        writer = Writer(ring, Status(ring.folder), stream, lambda: 1000.0 + next(arrival) / 25)
        for i, packet in enumerate(p for p in container.demux(stream) if p.size):
            if i == 0:
                packet.pts = packet.dts = None
            writer.take(packet, timed=True)
        writer.close()
    assert numbers(ring) == [list(range(60))]
