"""A recorder as a process of its own: a crash of the watch or of a detector loses no video, and it dies with its parent."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from roadstead.errors import RecordingError
from roadstead.record.recorder import Job, check, record

_RESTART_S = (1.0, 30.0)
_LAST_WORDS_S = 5.0


class Recorder:
    """A running recording. The job goes down the child's standard input, so no password shows in the list of processes."""

    def __init__(self, job: Job) -> None:
        check(job)
        self.job = job
        self.restarts = 0
        self._wait_s = _RESTART_S[0]
        self._process, self._started = self._start()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._process.pid

    def watch(self) -> bool:
        """Start the process again if it has died (after 1 s, then less and less often); return whether it is running."""
        if self._process.poll() is None:
            return True
        lived_s = time.monotonic() - self._started
        self._wait_s = _RESTART_S[0] if lived_s > _RESTART_S[1] else self._wait_s
        if lived_s < self._wait_s:
            return False
        self._wait_s = min(self._wait_s * 2, _RESTART_S[1])
        self.restarts += 1
        self._process, self._started = self._start()
        return True

    def status(self) -> dict[str, Any]:
        """Return what the recorder last said of itself (see `Status`), with the restarts; empty before its first word."""
        try:
            said: dict[str, Any] = json.loads((Path(self.job.folder) / "status.json").read_text())
        except FileNotFoundError:
            return {}
        said["counts"]["restarts"] = self.restarts
        return said

    def close(self, wait_s: float = 2 * _LAST_WORDS_S) -> None:
        """Let it finish the running segment and end; after `wait_s` it is killed, which loses no more than half a second."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> "tuple[subprocess.Popen[bytes], float]":
        folder = Path(self.job.folder)
        command = [sys.executable, "-m", "roadstead.record"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / "recorder.log").open("ab") as log:
                process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)  # noqa: S603  # our own module
        except OSError as error:
            raise RecordingError(
                f"{folder}: no video can be kept there: {error.strerror}; choose another folder"
            ) from error
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(asdict(self.job)).encode() + b"\n")
                process.stdin.flush()
        return process, time.monotonic()


def main() -> None:
    """Record the job that stands on the first line of the standard input until that is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    job = Job(**json.loads(sys.stdin.buffer.readline()))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=_until_orphaned, args=(stop,), daemon=True).start()
    record(job, stop)


def _until_orphaned(stop: threading.Event) -> None:
    """Stop when the parent closes the pipe or dies; a connection that hangs does not keep the process alive."""
    while os.read(0, 1024):
        continue
    stop.set()
    time.sleep(_LAST_WORDS_S)
    os._exit(1)
