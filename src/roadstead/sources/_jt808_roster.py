"""Which terminals of a gateway are connected by what, how fast they may send, and what they sent last."""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

L = TypeVar("L")

WINDOW = 16
"""A frame that is one of so many last frames of its terminal is a retransmission."""
ABSENT = 20_000
"""So many terminals without a connection are remembered, for their retransmissions after it broke off."""


@dataclass(slots=True)
class Bucket:
    """Lets `rate` messages a second pass and, after a rest, `burst` at once; times are those of one steady clock, s."""

    rate: float
    burst: float
    _level: float = 0.0
    _at: float = 0.0

    def take(self, messages: float, now: float) -> float:
        """Count messages that came; return how long to wait for the next, s.

        >>> bucket = Bucket(rate=10, burst=5)
        >>> bucket.take(5, 100.0), bucket.take(2, 100.0)
        (0.0, 0.2)
        """
        self._level = max(0.0, self._level - (now - self._at) * self.rate) + messages
        self._at = now
        return max(0.0, self._level - self.burst) / self.rate


@dataclass(slots=True)
class Known(Generic[L]):
    """One terminal: its links, the newest last, and its last frames."""

    bucket: Bucket
    links: list[L] = field(default_factory=list)
    _recent: "deque[int]" = field(default_factory=lambda: deque(maxlen=WINDOW))

    def repeated(self, frame: bytes) -> bool:
        """Tell whether this frame came before, and remember it."""
        key = hash(frame)
        if key in self._recent:
            return True
        self._recent.append(key)
        return False


class Roster(Generic[L]):
    """The terminals that authenticated, by identity; `links` are whatever stands for a connection."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._known: dict[str, Known[L]] = {}
        self._absent: dict[str, None] = {}

    def __len__(self) -> int:
        """Return how many terminals have a link."""
        return len(self._known) - len(self._absent)

    def enter(self, terminal: str, link: L) -> tuple[Known[L], bool]:
        """Note that a terminal speaks on a link; return it, and whether it speaks on another one too."""
        known = self._known.get(terminal)
        if known is None:
            known = self._known[terminal] = Known(Bucket(self._rate, self._burst))
        self._absent.pop(terminal, None)
        if link in known.links:
            known.links.remove(link)
        known.links.append(link)
        return known, len(known.links) > 1

    def leave(self, terminal: str, link: L) -> None:
        """Note that a link of a terminal is gone."""
        known = self._known.get(terminal)
        if known is None or link not in known.links:
            return
        known.links.remove(link)
        if not known.links:
            self._absent[terminal] = None
            if len(self._absent) > ABSENT:
                oldest = next(iter(self._absent))
                del self._absent[oldest], self._known[oldest]

    def downlink(self, terminal: str) -> L | None:
        """Return the link that messages to a terminal go by: the newest."""
        known = self._known.get(terminal)
        return known.links[-1] if known is not None and known.links else None
