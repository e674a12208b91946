"""A chat server that answers as its script says and keeps what it was asked; a run folder with one event."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from roadstead.record import evidence
from roadstead.record.evidence import Provenance
from roadstead.types import Event, Frame, Scene, Text, Track, View


def completion(said: object) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]}).encode()


@dataclass
class Reply:
    """What the server does with one request; status 0 cuts the connection, `drip_s` sends a byte so often and never ends."""

    body: bytes = b""
    status: int = 200
    after_s: float = 0.0
    drip_s: float = 0.0


@dataclass
class Chat:
    """Gives `replies` in turn, the last one for ever."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)


def _handler(chat: Chat) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            chat.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            reply = chat.replies.pop(0) if len(chat.replies) > 1 else chat.replies[0]
            chat.stopping.wait(reply.after_s)
            self.close_connection = True
            if reply.status == 0:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            try:
                self.send_response(reply.status)
                if reply.drip_s:
                    self.end_headers()
                    while not chat.stopping.wait(reply.drip_s):
                        self.wfile.write(b" ")
                    return
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                return  # who asked gave up waiting

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Chat()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    server.daemon_threads = False
    made.url = f"http://127.0.0.1:{server.server_port}/secret/v1/"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    made.stopping.set()
    server.shutdown()
    server.server_close()


EVENT = Event(
    id="e1",
    camera="gate",
    rule="cover",
    kind="uncovered_load",
    subject="gate-1",
    start=100.0,
    end=102.0,
    outcome="violation",
    score=0.8,
    because=Text("The load is not covered.", "货物未覆盖。"),
    measured={},
)


@pytest.fixture
def event(tmp_path: Path) -> Event:
    """An event whose evidence lies in `tmp_path`: a grey picture of 320 x 240 with a red truck on it; the scene is twice as large."""
    image = np.full((240, 320, 3), 128, np.uint8)
    image[100:140, 80:160] = (200, 20, 20)
    truck = Track(
        "gate-1", "gate", "truck", 99.0, np.array([101.0, 102.0]),
        np.array([[100, 200, 260, 280], [160, 200, 320, 280]]), np.ones(2),
    )  # fmt: skip
    view = View(102.0, (truck,), Scene("gate", (640, 480)))
    provenance = Provenance(software="0", settings_sha256="00", source={}, detector={}, rules={})
    evidence.write(tmp_path, EVENT, view, Frame("gate", 102.0, image), provenance)
    return EVENT


def eventually(what: Any, seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.01)
    return bool(what())
