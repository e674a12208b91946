"""From a stream's own time stamps to UTC."""

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

BACK_S = 1.0
"""Stamps may go back this far (or by 16 pictures) and be what reordering of pictures does; further back is a jump."""
FILE_GAP_S = 3600.0
"""A longer gap in a file is taken for a jump of its stamps (a wrap is 13 hours or more), a shorter one for a pause."""
LIVE_GAP_S = 10.0
"""A live stream whose stamps and whose arrival part by more than this has jumped."""
WINDOW_S = 60.0
"""The least delay is looked for among the packets of so many seconds; longer, and the drift of clocks adds up."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a picture was taken, UTC epoch seconds, and when it reached us (None for what lay in a file)."""

    t: float
    received: float | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How a live camera's clock stands to ours.

    `late_s` is how much later than the least-delayed packet of the last minute the latest one came, `drift_ppm` how
    fast the camera's stamps lose on our clock (after two minutes), `camera_ahead_s` how far its wall clock is ahead of
    ours (by its RTSP sender reports, less the time on the way); None is not known.
    """

    late_s: float
    drift_ppm: float | None
    camera_ahead_s: float | None


@dataclass(slots=True)
class Steady:
    """Our UTC, never backwards: follows the machine's clock, and goes at 0.9 of its pace while that has been set back."""

    utc: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    _last: tuple[float, float] | None = None

    def now(self) -> float:
        """Return UTC epoch seconds."""
        t, m = self.utc(), self.steady()
        if self._last is not None:
            t = max(t, self._last[0] + 0.9 * (m - self._last[1]))
        self._last = t, m
        return t


@dataclass(slots=True)
class FileTimes:
    """Times of a file: `start` plus its stamps, repaired where they jump, wrap or are missing (counted)."""

    start: float
    zero_s: float | None
    period_s: float
    counts: Counter[str]
    _base: float | None = None
    _top: float | None = None

    def stamp(self, pts_s: float | None) -> Stamp:
        """Return the time of a stamp; a missing one follows the latest by one period."""
        if pts_s is None:
            self.counts["time_missing"] += 1
            self._top = self.start if self._top is None else self._top + self.period_s
            return Stamp(self._top)
        if self._base is None:
            self._base = self._begin(pts_s)
        t = pts_s + self._base
        if self._top is None:
            self._top = t
        elif not -max(BACK_S, 16 * self.period_s) <= t - self._top <= FILE_GAP_S:
            self.counts["time_jumps"] += 1
            t = self._top + self.period_s
            self._base = t - pts_s
        self._top = max(self._top, t)
        return Stamp(t)

    def _begin(self, pts_s: float) -> float:
        if self._top is not None:
            return self._top + self.period_s - pts_s
        return self.start - (pts_s if self.zero_s is None else self.zero_s)


@dataclass(slots=True)
class LiveTimes:
    """Times of a live stream: its stamps, anchored to our UTC by the least-delayed packets of the last minute.

    The least of (received - stamp) over a sliding window is the best guess at a clock's offset that one-way traffic
    allows (a minimum-delay filter, as NTP's clock filter, RFC 5905 section 10). While stamps and arrivals ascend, the
    times ascend too: a packet that lowers the offset gets the very time at which it was received.
    """

    now: Callable[[], float]
    counts: Counter[str]
    _least: deque[tuple[float, float]] = field(default_factory=deque)
    _first: tuple[float, float] | None = None
    _began: float = 0.0
    _top: float = -math.inf
    _late_s: float = 0.0

    def stamp(self, pts_s: float | None) -> Stamp:
        """Return the time of a stamp that has just been received; without one, the time of receipt."""
        received = self.now()
        if pts_s is None:
            self.counts["time_missing"] += 1
            return Stamp(received, received)
        offset = received - pts_s
        if self._least and (pts_s < self._top - BACK_S or abs(offset - self._least[0][1]) > LIVE_GAP_S):
            self.counts["time_jumps"] += 1
            self._least.clear()
            self._first, self._top = None, -math.inf
        self._top = max(self._top, pts_s)
        self._remember(received, offset)
        self._late_s = offset - self._least[0][1]
        return Stamp(pts_s + self._least[0][1], received)

    def timing(self, zero_utc: float | None = None) -> Timing | None:
        """Return how the camera's clock stands to ours; `zero_utc` is what the camera calls the UTC of its stamp 0."""
        if not self._least or self._first is None:
            return None
        received, offset = self._least[0]
        span_s = received - self._first[0]
        drift = 1e6 * (offset - self._first[1]) / span_s if span_s >= 2 * WINDOW_S else None
        return Timing(self._late_s, drift, None if zero_utc is None else zero_utc - offset)

    def _remember(self, received: float, offset: float) -> None:
        while self._least and self._least[-1][1] >= offset:
            self._least.pop()
        self._least.append((received, offset))
        while self._least[0][0] < received - WINDOW_S:
            self._least.popleft()
        if self._first is None:
            self._first, self._began = (received, offset), received
        elif offset < self._first[1] and received - self._began < WINDOW_S:
            self._first = received, offset


@dataclass(slots=True)
class Grid:
    """One picture for each 1 / fps seconds since `origin`: the first that falls into each slot."""

    fps: float
    origin: float = 0.0
    taken: int = -(2**62)

    def slot(self, t: float) -> int:
        """Return the slot of a time; a thousandth of a slot is forgiven, so that 5 from 25 fps takes every fifth."""
        return math.floor((t - self.origin) * self.fps + 1e-3)

    def free(self, t: float) -> bool:
        """Whether the slot of t, and every later one, has no picture yet."""
        return self.slot(t) > self.taken

    def take(self, t: float) -> bool:
        """Take the slot of t if it is free."""
        slot = self.slot(t)
        free = slot > self.taken
        self.taken = max(self.taken, slot)
        return free
