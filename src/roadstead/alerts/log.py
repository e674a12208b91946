"""Alerts as lines of JSON: appended to a file, or written to the error stream.

After a crash between writing and noting it, a line with the same `key` stands there twice: readers keep the first.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadstead.alerts import transport
from roadstead.errors import DeliveryError


@transport("log", zh="日志")
@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One JSON line an alert, on disk before it counts as sent; without a `path` it goes to the error stream."""

    path: Path | None = None

    def send(self, key: str, payload: Mapping[str, Any]) -> None:
        """Write one line."""
        line = json.dumps({**payload, "key": key}, ensure_ascii=False, separators=(",", ":")) + "\n"
        try:
            if self.path is not None:
                _append(self.path, line.encode())
            else:
                sys.stderr.write(line)
                sys.stderr.flush()
        except OSError as error:
            raise DeliveryError(f"{self.path or 'the error stream'}: the alert cannot be written: {error}") from error


def _append(path: Path, line: bytes) -> None:
    """Append and flush to disk; what an earlier crash or a full disk left half-written stays on a line of its own."""
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        line = b"\n" + line if torn else line
        if os.write(descriptor, line) != len(line):
            raise DeliveryError(f"{path}: the alert was only written in part; free some space on the disk")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        _keep_name(path.parent)


def _keep_name(folder: Path) -> None:
    """Flush a folder to disk, so that a new file in it is still there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
