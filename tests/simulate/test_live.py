"""A folder of recordings is seen by real RTSP clients, over TCP and UDP, at the pace of a camera."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from _media import index_of, write_video
from roadstead.errors import BadInput, SourceLost
from roadstead.simulate._rtp import Clip, payloads
from roadstead.simulate.live import serving
from roadstead.sources.rtsp import Rtsp
from roadstead.types import Image


@contextmanager
def shown(folder: Path, *, repeat: bool) -> Iterator[int]:
    """Serve a folder beside the test; yield the port."""
    loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    ports = list[int]()

    async def run() -> None:
        async with serving(folder, repeat=repeat) as port:
            ports.append(port)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert ready.wait(5)
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(5)
        loop.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short recordings at 25 pictures a second; large pictures are sent in fragments."""
    made = tmp_path_factory.mktemp("recordings")
    (made / "gate").mkdir()
    write_video(made / "gate" / "north.mp4", frames=20, gop=12, b_frames=2)
    write_video(made / "south.mp4", frames=25, gop=12)
    write_video(made / "large.mp4", frames=10, gop=5, size=(1280, 720))
    write_video(made / "mjpeg.mov", frames=5, codec="mjpeg")
    return made


def rgb(frame: VideoFrame) -> Image:
    """Return a picture."""
    return np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def pictures(url: str, transport: str) -> list[tuple[int, float]]:
    """Return the numbers of all pictures that a client sees until the end, and their times."""
    options = {"rtsp_transport": transport}
    with av.open(url, options=options, timeout=(5, 5)) as container:
        base = container.streams.video[0].time_base
        assert base is not None
        seen = [(index_of(rgb(f)), float((f.pts or 0) * base)) for f in container.decode(video=0)]
        assert container.start_time_realtime is not None
        assert container.start_time_realtime / 1e6 == pytest.approx(time.time(), abs=30)
    return seen


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("name", "frames"), [("gate/north.mp4", 20), ("large", 10)])
def test_every_picture_comes_once_at_its_time(folder: Path, transport: str, name: str, frames: int) -> None:
    with shown(folder, repeat=False) as port:
        began = time.monotonic()
        seen = pictures(f"rtsp://127.0.0.1:{port}/{name}", transport)
        took = time.monotonic() - began
    assert [number for number, _ in seen] == list(range(frames))
    assert np.diff([t for _, t in seen]) == pytest.approx(1 / 25, abs=1e-3)
    assert frames / 25 - 0.1 < took < frames / 25 + 3


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_camera_goes_on_for_ever(folder: Path, transport: str) -> None:
    with shown(folder, repeat=True) as port:
        url = f"rtsp://127.0.0.1:{port}/south.mp4"
        source = Rtsp(camera="south", url=url, fps=25.0, transport="tcp" if transport == "tcp" else "udp")
        frames = list(islice(source.read(), 40))
    first = len(frames) - 20
    numbers, times = [index_of(f.image) for f in frames[first:]], np.array([f.t for f in frames[first:]])
    assert (np.diff(numbers) % 25 == 1).all()
    assert np.diff(times) == pytest.approx(1 / 25, abs=0.02)
    assert abs(times[-1] - time.time()) < 5
    assert source.timing is not None


def test_a_recording_shown_once_ends_as_a_camera_that_is_lost(folder: Path) -> None:
    with shown(folder, repeat=False) as port:
        source = Rtsp(camera="south", url=f"rtsp://127.0.0.1:{port}/south", fps=25.0)
        with pytest.raises(SourceLost, match="the stream ended"):
            list(source.read())
    assert source.counts["decoded"] == 25


def test_who_comes_later_sees_what_is_shown_then(folder: Path) -> None:
    """Two clients at once, the second a second after the first: it begins with the key picture before (every 12th is one)."""
    with shown(folder, repeat=True) as port:
        url, began = f"rtsp://127.0.0.1:{port}/south", time.monotonic()
        with av.open(url, timeout=(5, 5)) as one:
            time.sleep(0.3)
            asked = time.monotonic() - began
            with av.open(url, timeout=(5, 5)) as two:
                here, there = ([index_of(rgb(f)) for f in islice(c.decode(video=0), 15)] for c in (one, two))
    assert here == list(range(15))
    assert there[0] in {int((asked + late) % 1.0 * 25) // 12 * 12 for late in (0.0, 0.15, 0.3)}
    assert there == [(there[0] + k) % 25 for k in range(15)]


@pytest.mark.parametrize("name", ["none.mp4", "../secret.mp4", "%2e%2e/secret.mp4", "gate", "mjpeg.mov", ""])
def test_what_is_not_there_is_refused(folder: Path, name: str) -> None:
    write_video(folder.parent / "secret.mp4", frames=5)
    with shown(folder, repeat=False) as port, pytest.raises(SourceLost):
        next(Rtsp(camera="x", url=f"rtsp://127.0.0.1:{port}/{name}").read())


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ("OPTIONS * RTSP/1.0\r\nCSeq: 1", 200),
        ("DESCRIBE rtsp://h/gate/north RTSP/1.0\r\nCSeq: 1", 200),
        ("DESCRIBE rtsp://h/none RTSP/1.0\r\nCSeq: 1", 404),
        ("DESCRIBE rtsp://h/mjpeg.mov RTSP/1.0\r\nCSeq: 1", 415),
        ("SETUP rtsp://h/gate/north/track0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;multicast", 461),
        ("SETUP rtsp://h/gate/north/track0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=4-5", 200),
        ("PLAY rtsp://h/gate/north RTSP/1.0\r\nCSeq: 1", 455),
        ("RECORD rtsp://h/gate/north RTSP/1.0\r\nCSeq: 1", 501),
        ("$\0\0\3abc\r\nGET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nab", 200),
    ],
)
def test_answers(folder: Path, request_: str, code: int) -> None:
    with shown(folder, repeat=False) as port, socket.create_connection(("127.0.0.1", port), timeout=3) as client:
        client.sendall(request_.encode() + (b"" if request_.endswith("ab") else b"\r\n\r\n"))
        answer = client.recv(4096).decode()
    assert answer.startswith(f"RTSP/1.0 {code} ")
    assert "CSeq: 1\r\n" in answer


@pytest.mark.parametrize(
    "noise",
    [
        b"\xff\xfe\x00\r\n\r\n",
        b"GET\r\n\r\n",
        b"A" * 200_000,
        b"SETUP x RTSP/1.0\r\nTransport: RTP/AVP;client_port=a\r\n\r\n",
    ],
)
def test_noise_ends_its_own_connection_alone(folder: Path, noise: bytes) -> None:
    with shown(folder, repeat=False) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as client, suppress(OSError):
            client.sendall(noise)
            client.shutdown(socket.SHUT_WR)
            while client.recv(4096):
                pass
        assert len(pictures(f"rtsp://127.0.0.1:{port}/large", "tcp")) == 10


def test_a_port_in_use_is_refused(folder: Path) -> None:
    async def twice(port: int) -> None:
        async with serving(folder, port=port):
            pass

    with shown(folder, repeat=False) as port, pytest.raises(BadInput, match="cannot be listened on"):
        asyncio.run(twice(port))


@given(nal=st.binary(min_size=2, max_size=5000), most=st.integers(3, 1500))
def test_fragments_are_put_together_again(nal: bytes, most: int) -> None:
    parts = payloads(nal, most)
    assert all(len(part) <= most for part in parts)
    if len(parts) == 1 and len(nal) <= most:
        assert parts == [nal]
        return
    assert {part[0] & 31 for part in parts} == {28}
    assert [part[1] >> 6 for part in parts] == [2, *[0] * (len(parts) - 2), 1]
    whole = bytes((parts[0][0] & 0xE0 | parts[0][1] & 0x1F,)) + b"".join(part[2:] for part in parts)
    assert whole == nal


def test_a_file_without_h264_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "letters.mp4").write_text("no video")
    for path in (folder / "mjpeg.mov", tmp_path / "letters.mp4"):
        with pytest.raises(BadInput, match=r"H\.264"):
            Clip.opened(path)
