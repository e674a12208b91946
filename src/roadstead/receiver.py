"""A live feed received in a process of its own: it takes in, keeps and answers, and waits for nothing else.

The process fills the raw log of the feed; whoever judges reads it from there. So judging costs no sender a slow answer,
and a crash of it no message. It dies with its parent.
"""

import contextlib
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roadstead.child import REFUSED, Child, until_orphaned
from roadstead.errors import BadInput, RecordingError, RoadsteadError, SourceLost
from roadstead.feeds import source
from roadstead.rawlog import RawLog

_WAITS_S = (0.5, 3.0)
_SAY_S = 1.0
_STEADY_S = 5.0
"""A feed that can be read for so long is there, even if nobody sends."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a receiver last said of itself: totals (over its restarts), and since when and why its feed is lost (None: it is not)."""

    counts: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[float, str] | None = None
    refused: str | None = None
    bound: tuple[int | None, ...] = ()


class Receiver:
    """Keeps a process that receives a feed running until it is closed; one that dies is started again, and counted."""

    def __init__(self, feed: str, table: Mapping[str, Any], base: Path, folder: Path) -> None:
        self.said = Said()
        self._earlier: Counter[str] = Counter()
        self._heard: Counter[str] = Counter()
        self._run = 0
        order = {"feed": feed, "table": dict(table), "base": str(base), "folder": str(folder)}
        log = folder / "receiver.log"
        self._child = Child(
            "roadstead.receiver", json.dumps(order, default=str), log, listen=self._hear, waits_s=(0.5, 5.0)
        )

    def __enter__(self) -> "Receiver":
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

    def close(self) -> None:
        """Let it keep what has come in and end; killing it instead would lose nothing that was answered."""
        self._child.close()

    def _hear(self, line: bytes) -> None:
        with contextlib.suppress(json.JSONDecodeError):  # a last line that was cut off by a kill
            said = json.loads(line)
            if said["pid"] != self._run:
                self._run = said["pid"]
                self._earlier += self._heard
            self._heard = Counter(said["counts"])
            lost = said["lost"]
            self.said = Said(
                self._earlier + self._heard, tuple(lost) if lost else None, said["refused"], tuple(said["bound"])
            )


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
        said = {"pid": os.getpid(), "counts": self.counts, "lost": self.lost, "refused": refused, "bound": self.bound}
        with contextlib.suppress(BrokenPipeError):  # the parent is gone; the watcher of the pipe ends the process
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()


def main() -> int:
    """Receive what the first line of the standard input says until that is closed; 2 where it cannot be used."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    order = json.loads(sys.stdin.buffer.readline())
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=until_orphaned, args=(stop,), daemon=True).start()
    voice = _Voice()
    try:
        _receive(order, voice, stop)
    except BadInput as error:
        voice.say(now=True, refused=str(error))
        return REFUSED
    voice.say(now=True)
    return 0


def _receive(order: Mapping[str, Any], voice: _Voice, stop: threading.Event) -> None:
    """Read the feed for ever; what is lost is tried again."""
    feed = source(order["feed"], order["table"], Path(order["base"]), order["feed"])
    pause_s = _WAITS_S[0]
    while not stop.is_set():
        began = time.monotonic()
        try:
            with RawLog.open(Path(order["folder"])) as log:
                for _, records in feed.read(log.append):
                    voice.counts = {**feed.counts, **log.counts}
                    voice.bound = getattr(feed, "bound", ())
                    if records or time.monotonic() - began > _STEADY_S:
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


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RoadsteadError as error:
        sys.stderr.write(f"roadstead: {error}\n")
        sys.exit(1)
