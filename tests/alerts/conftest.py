"""A real HTTP sink that answers as its script says, and writes down what it saw."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Answer:
    """What the sink does with one request; status 0 cuts the connection."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    after_s: float = 0.0


@dataclass
class Sink:
    """A server that gives `answers` in turn, then 200."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [headers["idempotency-key"] for headers, _ in self.seen]


def _handler(sink: Sink) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.seen.append(({k.lower(): v for k, v in self.headers.items()}, body))
            answer = sink.answers.pop(0) if sink.answers else Answer()
            time.sleep(answer.after_s)
            if answer.status == 0:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            try:
                self.send_response_only(answer.status)  # without a Date of its own
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True  # the sender gave up waiting

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def make_sink() -> Iterator[Callable[[], Sink]]:
    servers = []

    def make() -> Sink:
        sink = Sink("")
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(sink))
        server.daemon_threads = False  # closing it waits for its threads
        sink.url = f"http://127.0.0.1:{server.server_port}/hook/TOKEN?key=QUERY"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
        return sink

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def sink(make_sink: Callable[[], Sink], monkeypatch: pytest.MonkeyPatch) -> Sink:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return make_sink()
