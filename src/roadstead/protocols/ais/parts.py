"""Puts messages of several sentences together, whatever order the parts come in; pure bookkeeping, bounded."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from roadstead.protocols.nmea import Sentence

MAX_LINES = 500
MAX_AGE_S = 10.0
MAX_WAITING = 256
"""A part waits for so many lines, so many seconds, and among so many others; the sequence numbers 0 to 9 come again soon."""


class Part(NamedTuple):
    """A sentence that is one part, and where it came from: its record, the time that its line gives, and who sent it."""

    sentence: Sentence
    record: int
    t: float | None
    peer: str


class Incomplete(NamedTuple):
    """Parts that were given up, because the others did not come: their records, and how many there should have been."""

    address: bytes
    channel: bytes
    sequence: bytes
    total: int
    records: tuple[int, ...]


@dataclass(slots=True)
class _Waiting:
    parts: dict[int, Part]
    since_line: int
    since_t: float | None


@dataclass(slots=True)
class Assembler:
    """Collects parts by sender, address, channel, sequence number, total, and group or station.

    `given_up` holds what was given up since it was last emptied; its
    parts are counted as "incomplete", those that came twice as "repeated".
    """

    counts: Counter[str] = field(default_factory=Counter)
    given_up: list[Incomplete] = field(default_factory=list)
    _waiting: dict[Hashable, _Waiting] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How many parts wait for others."""
        return sum(len(w.parts) for w in self._waiting.values())

    def add(self, part: Part, line: int, t: float | None) -> tuple[Part, ...] | None:
        """Return all parts of the message that this one completes, by number; None while some are missing.

        `line` counts the lines that have come in all, `t` is when this one was received or, where that
        is not known, what its line says; UTC epoch seconds.
        """
        self._forget(line, t)
        sentence = part.sentence
        key = (part.peer, sentence.address, sentence.channel, sentence.sequence, sentence.total, sentence.origin)
        held = self._waiting.get(key)
        if held is not None and _aged(held, line, t):
            self._give_up(key)
            held = None
        same = None if held is None else held.parts.get(sentence.number)
        if held is not None and same is not None:
            if (same.sentence.payload, same.sentence.fill) == (sentence.payload, sentence.fill):
                self.counts["repeated"] += 1
                return None
            self._give_up(key)
            held = None
        if held is None:
            held = self._waiting[key] = _Waiting({}, line, t)
        held.parts[sentence.number] = part
        if len(held.parts) < sentence.total:
            if len(self._waiting) > MAX_WAITING:
                self._give_up(next(iter(self._waiting)))
            return None
        del self._waiting[key]
        return tuple(held.parts[n] for n in sorted(held.parts))

    def _forget(self, line: int, t: float | None) -> None:
        """Give up what is too old; the oldest stand first."""
        while self._waiting:
            key, held = next(iter(self._waiting.items()))
            if not _aged(held, line, t):
                return
            self._give_up(key)

    def _give_up(self, key: Hashable) -> None:
        parts = [p for _, p in sorted(self._waiting.pop(key).parts.items())]
        self.counts["incomplete"] += len(parts)
        one = parts[0].sentence
        records = tuple(p.record for p in parts)
        self.given_up.append(Incomplete(one.address, one.channel, one.sequence, one.total, records))


def _aged(held: _Waiting, line: int, t: float | None) -> bool:
    late = t is not None and held.since_t is not None and abs(t - held.since_t) > MAX_AGE_S
    return late or line - held.since_line > MAX_LINES
