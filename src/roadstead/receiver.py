"""A live feed received in a process of its own: it takes in, keeps and answers, and waits for nothing else.

The process fills the raw log of the feed; whoever judges reads it from there. So judging costs no sender a slow answer,
and a crash of it no message. It dies with its parent.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roadstead.errors import BadInput, RecordingError, RoadsteadError, SourceLost
from roadstead.feeds import source
from roadstead.rawlog import RawLog

_WAITS_S = (0.5, 3.0)
_SAY_S = 1.0
_LAST_WORDS_S = 5.0
_RESTART_S = 1.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a receiver last said of itself: totals, and since when and why its feed is lost (None: it is not)."""

    counts: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[float, str] | None = None
    refused: str | None = None
    bound: tuple[int | None, ...] = ()


class Receiver:
    """Keeps a process that receives a feed running until it is closed; one that dies is started again, and counted.

    What to receive goes down the child's standard input, so no password shows in the list of processes.
    """

    def __init__(self, feed: str, table: Mapping[str, Any], base: Path, folder: Path) -> None:
        self.restarts = 0
        self.said = Said()
        self._folder = folder
        order = {"feed": feed, "table": dict(table), "base": str(base), "folder": str(folder)}
        self._order = json.dumps(order, default=str)
        self._closing = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, name=f"receiver {feed}", daemon=True)
        self._keeper.start()

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._process.pid

    def close(self, wait_s: float = 2 * _LAST_WORDS_S) -> None:
        """Let it keep what has come in and end; after `wait_s` it is killed, which loses nothing that was answered."""
        self._closing.set()
        self._hang_up()
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._keeper.join()

    def _keep(self) -> None:
        """Listen to the process, and start it again whenever it has died."""
        while True:
            self._listen()
            code = self._process.wait()
            self._hang_up()
            if code == 2 or self._closing.wait(_RESTART_S):
                return
            self._process = self._start()
            self.restarts += 1
            if self._closing.is_set():
                self._hang_up()

    def _listen(self) -> None:
        if self._process.stdout is None:
            return
        for line in self._process.stdout:
            with contextlib.suppress(json.JSONDecodeError):  # a last line that was cut off by a kill
                said = json.loads(line)
                lost = said.get("lost")
                self.said = Said(
                    said.get("counts", {}),
                    tuple(lost) if lost else None,
                    said.get("refused"),
                    tuple(said.get("bound", ())),
                )

    def _hang_up(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "roadstead.receiver"]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / "receiver.log").open("ab") as log:
                process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)  # noqa: S603  # our own module
        except OSError as error:
            raise RecordingError(
                f"{self._folder}: no reports can be kept there: {error.strerror}; choose another folder"
            ) from error
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(self._order.encode() + b"\n")
                process.stdin.flush()
        return process


class _Voice:
    """Says on standard output, once a second, how it stands."""

    def __init__(self) -> None:
        self.lost: tuple[float, str] | None = None
        self.counts: dict[str, int] = {}
        self.bound: tuple[int | None, ...] = ()
        self._next = 0.0

    def say(self, *, now: bool = False, refused: str | None = None) -> None:
        if not now and time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _SAY_S
        said = {"counts": self.counts, "lost": self.lost, "refused": refused, "bound": self.bound}
        with contextlib.suppress(BrokenPipeError):  # the parent is gone; the watcher of the pipe ends the process
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()


def main() -> int:
    """Receive what the first line of the standard input says until that is closed; 2 where it cannot be used."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    order = json.loads(sys.stdin.buffer.readline())
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=_until_orphaned, args=(stop,), daemon=True).start()
    voice = _Voice()
    try:
        _receive(order, voice, stop)
    except BadInput as error:
        voice.say(now=True, refused=str(error))
        return 2
    voice.say(now=True)
    return 0


def _receive(order: Mapping[str, Any], voice: _Voice, stop: threading.Event) -> None:
    """Read the feed for ever; what is lost is tried again."""
    feed = source(order["feed"], order["table"], Path(order["base"]), order["feed"])
    pause_s = _WAITS_S[0]
    while not stop.is_set():
        try:
            with RawLog.open(Path(order["folder"])) as log:
                for _, records in feed.read(log.append):
                    voice.counts = {**feed.counts, **log.counts}
                    voice.bound = getattr(feed, "bound", ())
                    if records:
                        voice.lost, pause_s = None, _WAITS_S[0]
                    voice.say(now=not voice.counts)
                    if stop.is_set():
                        return
        except (SourceLost, RecordingError) as error:
            voice.lost = voice.lost or (time.time(), str(error))
            voice.say(now=True)
        if stop.wait(pause_s * (0.5 + 0.5 * random.random())):
            return
        pause_s = min(2 * pause_s, _WAITS_S[1])


def _until_orphaned(stop: threading.Event) -> None:
    """Stop when the parent closes the pipe or dies; a connection that hangs does not keep the process alive."""
    while os.read(0, 1024):
        continue
    stop.set()
    time.sleep(_LAST_WORDS_S)
    os._exit(1)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RoadsteadError as error:
        sys.stderr.write(f"roadstead: {error}\n")
        sys.exit(1)
