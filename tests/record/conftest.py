"""A server that sends a video of numbered pictures in its own time."""

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from _numbered import make_video


class _Paced(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, chunks: list[tuple[float, bytes]], connections: int) -> None:
        self.chunks = chunks
        self.left = connections
        super().__init__(("127.0.0.1", 0), _Send)


class _Send(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Paced)
        self.request.recv(4096)
        if server.left <= 0:
            return
        server.left -= 1
        began = time.monotonic()
        with contextlib.suppress(OSError):
            self.request.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n")
            for due, chunk in server.chunks:
                time.sleep(max(0.0, began + due - time.monotonic()))
                self.request.sendall(chunk)


Serve = Callable[..., str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """`serve(seconds, pace, connections)` starts a server of a numbered MPEG-TS stream and returns its URL."""
    servers: list[_Paced] = []

    def start(seconds: int = 20, *, pace: float = 1.0, connections: int = 1000, gop: int = 10) -> str:
        fps = 25
        source = make_video(tmp_path / f"stream{len(servers)}.ts", n=seconds * fps, gop=gop, fps=fps)
        content = source.read_bytes()
        step = 188 * max(1, len(content) // 188 // (seconds * fps))
        chunks = [(at / len(content) * seconds / pace, content[at : at + step]) for at in range(0, len(content), step)]
        server = _Paced(chunks, connections)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/live.ts"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
