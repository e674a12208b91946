"""A second look by a vision-language model of transformers on this machine, in a process of its own.

Watching never imports torch: the model is loaded and asked by `python -m roadstead.train.looking`, which is started with the
first question, runs at low priority, and ends with its parent.
"""

import base64
import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Annotated

from annotated_types import Ge, Gt, Le

from roadstead.errors import LookFailed
from roadstead.looks import look

_WORKER = "roadstead.train.looking"
_LAST_WORDS_S = 5.0
_Line = tuple[int, bytes | None]
"""Which process said it, and a line of it; None when it has ended."""


@dataclass(slots=True)
class _Process:
    """The running process, and what the newest one said."""

    running: "subprocess.Popen[bytes] | None" = None
    number: int = 0
    lines: "queue.Queue[_Line]" = field(default_factory=queue.Queue)


@look("transformers", zh="本机 transformers 模型")
@dataclass(frozen=True, slots=True, kw_only=True)
class Transformers:
    """Asks the model in the folder `path` (as `save_pretrained` writes it), with at most `max_tokens` words of answer.

    An answer that takes longer than `timeout_s` (the first one: `load_s` more) is given up, and the process with it; the next
    question starts another. `threads` are of the processor, which it shares with the watch.
    """

    path: Path
    device: str = "cpu"
    threads: Annotated[int, Ge(1)] = 1
    max_tokens: Annotated[int, Ge(1), Le(4096)] = 400
    timeout_s: Annotated[float, Gt(0)] = 300.0
    load_s: Annotated[float, Gt(0)] = 600.0
    _process: _Process = field(init=False, repr=False, compare=False, default_factory=_Process)

    @property
    def model(self) -> Mapping[str, str]:
        """The folder's name, and that it is here."""
        return {"name": self.path.name, "at": "this machine"}

    def answer(self, prompt: str, pictures: Sequence[bytes]) -> str:
        """Ask; a process that is not there, or not any more, is started."""
        process = self._process
        fresh = process.running is None or process.running.poll() is not None
        if fresh:
            self._start()
        asked = {"prompt": prompt, "pictures": [base64.b64encode(picture).decode() for picture in pictures]}
        self._say(asked)
        said = self._hear(self.timeout_s + (self.load_s if fresh else 0.0))
        if "error" in said:
            raise LookFailed(f"{self.path}: {said['error']}")
        return said.get("text", "")

    def close(self) -> None:
        """Let the process end; one that does not is killed."""
        running, self._process.running = self._process.running, None
        if running is None:
            return
        if running.stdin is not None:
            with contextlib.suppress(OSError):
                running.stdin.close()
        try:
            running.wait(_LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()

    def _start(self) -> None:
        self.close()
        process = self._process
        pipe = subprocess.PIPE
        try:
            running = subprocess.Popen([sys.executable, "-m", _WORKER], stdin=pipe, stdout=pipe)  # noqa: S603  # our own module
        except OSError as error:
            raise LookFailed(f"{self.path}: no process can be started: {error.strerror}") from error
        process.running, process.number = running, process.number + 1
        if running.stdout is not None:
            reader = (process.number, running.stdout, process.lines)
            threading.Thread(target=_read, args=reader, name="look", daemon=True).start()
        self._say(
            {"path": str(self.path), "device": self.device, "threads": self.threads, "max_tokens": self.max_tokens}
        )

    def _say(self, what: Mapping[str, object]) -> None:
        running = self._process.running
        if running is None or running.stdin is None:
            raise LookFailed(f"{self.path}: the process of the model is gone")
        try:
            running.stdin.write(json.dumps(what).encode() + b"\n")
            running.stdin.flush()
        except OSError:
            return  # it has ended; why stands in its last line, which is read next

    def _hear(self, seconds: float) -> dict[str, str]:
        """Return the answer of the newest process; what an older one still said is passed over."""
        until = time.monotonic() + seconds
        while True:
            try:
                number, line = self._process.lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                if self._process.running is not None:
                    self._process.running.kill()
                self.close()
                raise LookFailed(f"{self.path}: no answer within {seconds:g} s") from None
            if number != self._process.number:
                continue
            if line is None:
                self.close()
                raise LookFailed(f"{self.path}: the process of the model ended without an answer")
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict):
                    return {str(name): str(value) for name, value in said.items()}


def _read(number: int, stream: IO[bytes], lines: "queue.Queue[_Line]") -> None:
    with stream:
        for line in stream:
            lines.put((number, line))
    lines.put((number, None))
