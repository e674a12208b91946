"""Streams and files behind a real web server."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from _media import free_port, index_of, numbered
from roadstead.errors import BadInput, SourceLost
from roadstead.sources.http import Http

Write = Callable[..., Path]


def jpeg(index: int) -> bytes:
    context = av.CodecContext.create("mjpeg", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt, context.framerate = 160, 96, "yuvj420p", Fraction(25)
    frame = av.VideoFrame.from_ndarray(numbered(index), format="rgb24")
    return b"".join(bytes(p) for p in [*context.encode(frame.reformat(format="yuvj420p")), *context.encode(None)])


@dataclass
class Web:
    """What the server shows: a file, and an MJPEG stream of so many pictures."""

    file: bytes = b""
    pictures: int = 10_000
    port: int = 0
    paths: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://user:secret@127.0.0.1:{self.port}/{path}"


@pytest.fixture
def web() -> Iterator[Web]:
    shown = Web()
    jpegs = [jpeg(i) for i in range(60)]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.paths.append(self.path)
            try:
                {"/mjpeg": self.mjpeg, "/garbage": self.mjpeg, "/file.mp4": self.file, "/hang": self.hang}.get(
                    self.path.partition("?")[0], self.none
                )()
            except OSError:  # the other side has gone away, as it may
                self.close_connection = True

        def none(self) -> None:
            self.send_error(403 if "locked" in self.path else 404)

        def file(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(len(shown.file)))
            self.end_headers()
            self.wfile.write(shown.file)

        def mjpeg(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=cut")
            self.end_headers()
            for index in range(shown.pictures):
                picture = jpegs[index % 60]
                if self.path.startswith("/garbage") and index > 30:
                    picture = picture[:4] + bytes(len(picture) - 4)
                head = f"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                self.wfile.write(head.encode() + picture + b"\r\n")
                time.sleep(0.04)

        def hang(self) -> None:
            time.sleep(3)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shown.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield shown
    server.shutdown()
    server.server_close()
    thread.join()


def test_mjpeg_is_read_at_the_analysis_rate_without_decoding_the_rest(web: Web) -> None:
    web.pictures = 60
    source = Http(camera="yard", url=web.url("mjpeg"), fps=5)
    before, frames = time.time(), []
    stream = source.read()
    with pytest.raises(SourceLost, match=r"broke off|ended"):  # noqa: PT012  # the last picture comes before the loss
        while True:
            frames.append(next(stream))
    assert 8 <= len(frames) <= 14
    assert all(before <= f.t <= time.time() and f.t_received is not None for f in frames)
    assert all(b.t - a.t > 0.1 for a, b in pairwise(frames[1:]))
    assert np.abs(frames[-1].image.astype(int) - numbered(index_of(frames[-1].image))).mean() < 12
    counts = source.counts
    assert counts["connections"] == 1
    assert counts["decoded"] < counts["packets"] / 2


@pytest.mark.slow
def test_a_stream_in_which_nothing_can_be_read_is_lost(web: Web) -> None:
    source = Http(camera="yard", url=web.url("garbage"))
    stream = source.read()
    with pytest.raises(SourceLost, match="nothing could be read for 5 s"):  # noqa: PT012  # some pictures come before
        while True:
            next(stream)
    assert source.counts["corrupt"] > 10


def test_a_file_on_a_web_server_is_read_like_a_file(web: Web, video: Write) -> None:
    web.file = video("a.mp4", frames=60, b_frames=2).read_bytes()
    source = Http(camera="yard", url=web.url("file.mp4?token=1"), live=False, start=500.0)
    frames = list(source.read())
    assert [index_of(f.image) for f in frames] == list(range(0, 60, 5))
    assert [f.t for f in frames] == pytest.approx([500 + i / 5 for i in range(12)], abs=2e-3)
    assert source.timing is None
    assert list(source.read()) == [], "read again after a break-off, nothing comes twice"


def test_a_file_is_not_taken_for_a_camera(web: Web, video: Write) -> None:
    web.file = video("a.mp4").read_bytes()
    with pytest.raises(BadInput, match="set live = false"):
        next(Http(camera="yard", url=web.url("file.mp4")).read())


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("gone", "knows no such address"),
        ("locked", "refuses the user name"),
        ("file.mp4", "no known video format"),
        ("hang", "does not answer in time"),
    ],
)
def test_what_fails_is_lost_and_names_no_password(web: Web, path: str, says: str) -> None:
    web.file = b"<html>no video</html>" * 100
    source = Http(camera="yard", url=web.url(path + "?password=secret"), open_s=2.0)
    with pytest.raises(SourceLost, match=says) as loss:
        next(source.read())
    assert "camera yard (http://***@127.0.0.1" in str(loss.value)
    assert "secret" not in str(loss.value) + repr(source)
    assert loss.value.__cause__ is None
    assert loss.value.__context__ is None or loss.value.__suppress_context__


def test_nobody_listening_is_lost_at_once() -> None:
    with pytest.raises(SourceLost, match="refused"):
        next(Http(camera="yard", url=f"http://127.0.0.1:{free_port()}/a").read())


@pytest.mark.parametrize("url", ["rtsp://admin:secret@10.0.0.1/", "file:///etc/passwd", "admin:secret@10.0.0.1"])
def test_another_scheme_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="must begin with http") as refusal:
        next(Http(camera="yard", url=url).read())
    assert "secret" not in str(refusal.value)
