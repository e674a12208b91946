"""Split messages put together: parts come in any order, twice, or never."""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice

from roadstead.protocols.jt808.header import Header

Key = tuple[str, int, int, int]
"""(phone, message, total, serial of the first part): a terminal may send two messages of one kind at once."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is still wanted of one message: `serial` is that of its first part, `indices` begin with 1."""

    header: Header
    serial: int
    indices: tuple[int, ...]
    since: float
    changed: float


@dataclass(slots=True)
class _Open:
    header: Header
    since: float
    changed: float
    parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(len(p) for p in self.parts.values())


class Assembly:
    """Puts the parts of split messages together; what it holds is bounded in number, bytes and age.

    Every part is counted in `counts` as parts, and once more as parts_joined, parts_repeated (the same came before),
    parts_odd (no such index, or another content than before) or parts_dropped (the message was given up: too old, or too
    much was held); the rest is held. `messages` and `messages_dropped` count whole messages.
    """

    def __init__(self, *, max_messages: int = 256, max_bytes: int = 16 << 20, max_age_s: float = 600.0) -> None:
        self.counts: Counter[str] = Counter()
        self._limits = (max_messages, max_bytes, max_age_s)
        self._open: dict[Key, _Open] = {}
        self._bytes = 0

    def add(self, header: Header, body: bytes, t: float) -> tuple[Header, bytes] | None:
        """Take a part at a time (s); return the whole message once it is complete, under the header of its first part."""
        total, index = header.total, header.index
        self.counts["parts"] += 1
        if total is None or index is None or not 1 <= index <= total:
            self.counts["parts_odd"] += 1
            return None
        self.expire(t)
        serial = header.serial - index + 1 & 0xFFFF
        key = (header.phone, header.message, total, serial)
        held = self._open.get(key)
        if held is None:
            first = replace(header, serial=serial, total=None, index=None)
            held = self._open[key] = _Open(first, t, t)
        if index in held.parts:
            self.counts["parts_repeated" if held.parts[index] == body else "parts_odd"] += 1
            return None
        held.parts[index] = body
        held.changed = t
        self._bytes += len(body)
        if len(held.parts) == total:
            return self._joined(key, total)
        self._shrink()
        return None

    def expire(self, t: float) -> None:
        """Give up what has been waiting too long at a time (s)."""
        old = []
        for key, held in self._open.items():
            if t - held.since <= self._limits[2]:
                break
            old.append(key)
        for key in old:
            self._drop(key)

    def missing(self, phone: str | None = None, most: int = 255) -> list[Missing]:
        """Return what is wanted, of one phone or of all; at most so many indices of each message."""
        wanted = []
        for (of, _, total, serial), held in self._open.items():
            if phone is None or phone == of:
                indices = tuple(islice((i for i in range(1, total + 1) if i not in held.parts), most))
                wanted.append(Missing(held.header, serial, indices, held.since, held.changed))
        return wanted

    def __len__(self) -> int:
        return len(self._open)

    @property
    def held_bytes(self) -> int:
        """The bytes of all parts that are held."""
        return self._bytes

    def _joined(self, key: Key, total: int) -> tuple[Header, bytes]:
        done = self._open.pop(key)
        self._bytes -= done.size
        self.counts["messages"] += 1
        self.counts["parts_joined"] += total
        return done.header, b"".join(done.parts[i] for i in range(1, total + 1))

    def _shrink(self) -> None:
        """Give up the oldest messages until what is held is within the limits."""
        while len(self._open) > self._limits[0] or self._bytes > self._limits[1]:
            self._drop(next(iter(self._open)))

    def _drop(self, key: Key) -> None:
        gone = self._open.pop(key)
        self._bytes -= gone.size
        self.counts["messages_dropped"] += 1
        self.counts["parts_dropped"] += len(gone.parts)
