"""A process of our own that is kept running, and that dies with its parent.

What it is to do goes down its standard input, so no password shows in the list of processes; when that is closed (or the
parent dies) it ends.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from roadstead.errors import RecordingError

LAST_WORDS_S = 5.0
"""So long a child may take to end in good order."""
REFUSED = 2
"""The exit code of a child that cannot do what it was told: it is not started again."""


class Child:
    """Keeps `python -m module` running until it is closed; one that dies is started again, and counted.

    `order` is the first line of its standard input. Its standard error, and its standard output where nobody is to
    `listen` to it line by line, go to `log`. It is started again after the first of `waits_s`, then less and less often
    while it keeps dying, up to the last. Raises RecordingError where the log's folder cannot be made.
    """

    def __init__(
        self,
        module: str,
        order: str,
        log: Path,
        *,
        listen: Callable[[bytes], None] | None = None,
        waits_s: tuple[float, float] = (1.0, 30.0),
    ) -> None:
        self.restarts = 0
        self._module = module
        self._order = order
        self._log = log
        self._listen = listen
        self._waits_s = waits_s
        self._closing = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, name=module, daemon=True)
        self._keeper.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def close(self, wait_s: float = 2 * LAST_WORDS_S) -> None:
        """Let it end in good order; after `wait_s` it is killed."""
        self._closing.set()
        self._hang_up()
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._keeper.join()

    def _keep(self) -> None:
        """Listen to the process, and start it again whenever it has died."""
        wait_s = self._waits_s[0]
        while True:
            began = time.monotonic()
            if self._process.stdout is not None and self._listen is not None:
                with self._process.stdout as lines:
                    for line in lines:
                        self._listen(line)
            refused = self._process.wait() == REFUSED and self._listen is not None
            self._hang_up()
            if time.monotonic() - began > self._waits_s[1]:
                wait_s = self._waits_s[0]
            if refused or self._closing.wait(wait_s):
                return
            wait_s = min(wait_s * 2, self._waits_s[1])
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
        command = [sys.executable, "-m", self._module]
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("wb") as log:
                out = log if self._listen is None else subprocess.PIPE
                process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=log)  # noqa: S603  # our own module
        except OSError as error:
            raise RecordingError(
                f"{self._log.parent}: nothing can be kept there: {error.strerror}; choose another folder"
            ) from error
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(self._order.encode() + b"\n")
                process.stdin.flush()
        return process


def until_orphaned(stop: threading.Event) -> None:
    """In the child: stop when the parent closes the pipe or dies; what hangs does not keep the process alive."""
    while os.read(0, 1024):
        continue
    stop.set()
    time.sleep(LAST_WORDS_S)
    os._exit(1)
