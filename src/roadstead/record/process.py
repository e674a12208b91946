"""A recorder as a process of its own: a crash of the watch or of a detector loses no video, and it dies with its parent."""

import json
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from roadstead.child import LAST_WORDS_S, Child, until_orphaned
from roadstead.record.recorder import check, record
from roadstead.record.ring import Ring


class Recorder:
    """Keeps a process that fills a ring running until it is closed; one that dies is started again, and counted.

    Raises BadInput for what is no stream, RecordingError where the ring's folder cannot be made.
    """

    def __init__(self, url: str, ring: Ring, *, options: Mapping[str, str] | None = None) -> None:
        check(url)
        self.ring = ring
        order = {
            "url": url,
            "folder": str(ring.folder),
            "segment_s": ring.segment_s,
            "keep_s": ring.keep_s,
            "keep_bytes": ring.keep_bytes,
            "options": dict(options or {}),
        }
        self._child = Child("roadstead.record", json.dumps(order), ring.folder / "recorder.log")

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._child.pid

    @property
    def restarts(self) -> int:
        """How often it had to be started again."""
        return self._child.restarts

    def status(self) -> dict[str, Any]:
        """Return what the recorder last said of itself (see `Status`), with the restarts; empty before its first word."""
        try:
            said: dict[str, Any] = json.loads((self.ring.folder / "status.json").read_text())
        except FileNotFoundError:
            return {}
        said["counts"]["restarts"] = self.restarts
        return said

    def close(self, wait_s: float = 2 * LAST_WORDS_S) -> None:
        """Let it finish the running segment and end; after `wait_s` it is killed, which loses no more than half a second."""
        self._child.close(wait_s)


def main() -> None:
    """Record what the first line of the standard input says until that is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    order = json.loads(sys.stdin.buffer.readline())
    ring = Ring(Path(order["folder"]), order["segment_s"], order["keep_s"], order["keep_bytes"])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=until_orphaned, args=(stop,), daemon=True).start()
    record(order["url"], ring, stop, options=order["options"])
