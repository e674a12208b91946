"""A recorder as a process of its own: a crash of the watch or of a detector loses no video, and it dies with its parent."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from roadstead.errors import RecordingError
from roadstead.record.recorder import check, record
from roadstead.record.ring import Ring

_RESTART_S = (1.0, 30.0)
_LAST_WORDS_S = 5.0


class Recorder:
    """Keeps a process that fills a ring running until it is closed; one that dies is started again, and counted.

    What to record goes down the child's standard input, so no password shows in the list of processes. Raises BadInput
    for what is no stream, RecordingError where the ring's folder cannot be made.
    """

    def __init__(self, url: str, ring: Ring, *, options: Mapping[str, str] | None = None) -> None:
        check(url)
        self.ring = ring
        self.restarts = 0
        self._order = json.dumps(
            {
                "url": url,
                "folder": str(ring.folder),
                "segment_s": ring.segment_s,
                "keep_s": ring.keep_s,
                "keep_bytes": ring.keep_bytes,
                "options": dict(options or {}),
            }
        )
        self._closing = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, name="recorder", daemon=True)
        self._keeper.start()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._process.pid

    def status(self) -> dict[str, Any]:
        """Return what the recorder last said of itself (see `Status`), with the restarts; empty before its first word."""
        try:
            said: dict[str, Any] = json.loads((self.ring.folder / "status.json").read_text())
        except FileNotFoundError:
            return {}
        said["counts"]["restarts"] = self.restarts
        return said

    def close(self, wait_s: float = 2 * _LAST_WORDS_S) -> None:
        """Let it finish the running segment and end; after `wait_s` it is killed, which loses no more than half a second."""
        self._closing.set()
        self._hang_up()
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._keeper.join()

    def _keep(self) -> None:
        """Start the process again whenever it has died: after 1 s, then less and less often while it keeps dying."""
        wait_s = _RESTART_S[0]
        while True:
            began = time.monotonic()
            self._process.wait()
            self._hang_up()
            if time.monotonic() - began > _RESTART_S[1]:
                wait_s = _RESTART_S[0]
            if self._closing.wait(wait_s):
                return
            wait_s = min(wait_s * 2, _RESTART_S[1])
            with contextlib.suppress(RecordingError):  # the folder is away for now; tried again after the next wait
                self._process = self._start()
                self.restarts += 1
                if self._closing.is_set():
                    self._hang_up()

    def _hang_up(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        folder = self.ring.folder
        command = [sys.executable, "-m", "roadstead.record"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / "recorder.log").open("wb") as log:
                process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)  # noqa: S603  # our own module
        except OSError as error:
            raise RecordingError(
                f"{folder}: no video can be kept there: {error.strerror}; choose another folder"
            ) from error
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(self._order.encode() + b"\n")
                process.stdin.flush()
        return process


def main() -> None:
    """Record what the first line of the standard input says until that is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    order = json.loads(sys.stdin.buffer.readline())
    ring = Ring(Path(order["folder"]), order["segment_s"], order["keep_s"], order["keep_bytes"])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=_until_orphaned, args=(stop,), daemon=True).start()
    record(order["url"], ring, stop, options=order["options"])


def _until_orphaned(stop: threading.Event) -> None:
    """Stop when the parent closes the pipe or dies; a connection that hangs does not keep the process alive."""
    while os.read(0, 1024):
        continue
    stop.set()
    time.sleep(_LAST_WORDS_S)
    os._exit(1)
