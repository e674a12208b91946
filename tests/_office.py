"""A sink that writes down every alert it takes, in the order of arrival."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Office:
    """What came, as (key, alert), and where to send it."""

    url: str = ""
    alerts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def settings(self) -> str:
        """Return the alert table that sends everything here."""
        return f'[[alerts]]\nname = "office"\nkind = "webhook"\nurl = "{self.url}"\n'


@contextmanager
def office() -> Iterator[Office]:
    """Keep an office open on a free port of this machine."""
    book, lock = Office(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            alert = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                book.alerts.append((self.headers["Idempotency-Key"], alert))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    book.url = f"http://127.0.0.1:{server.server_port}/alerts"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield book
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
