"""Lines one by one to messages, with what has to be kept between lines: parts that wait, and times that a line gives the next."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from roadstead.positions import Raw
from roadstead.protocols import nmea
from roadstead.protocols.ais.armour import unarmour
from roadstead.protocols.ais.decode import decode
from roadstead.protocols.ais.messages import DetailsB, Message, NameB, StaticA, Unread
from roadstead.protocols.ais.parts import Assembler, Incomplete, Part
from roadstead.protocols.ais.position import Receipt

TOLD = 1000
"""How many incomplete messages are kept to be told."""
CLOCKS = 256
"""How many senders' times wait for a line of theirs."""
_COUNTED = {Unread: "read_unread", **dict.fromkeys((StaticA, NameB, DetailsB), "read_static")}


@dataclass(slots=True, eq=False)
class Stream:
    """Reads lines in the order they came. `lines` counts them, `incomplete` are the latest messages that lack a part.

    `clocks` are the times of Gatehouse lines, by sender, until the sender's next line takes them.
    """

    lines: int = 0
    incomplete: deque[Incomplete] = field(default_factory=lambda: deque(maxlen=TOLD))
    clocks: dict[str, float | None] = field(default_factory=dict)
    totals: Counter[str] = field(default_factory=Counter)
    _parts: Assembler = field(default_factory=Assembler)

    @property
    def counts(self) -> dict[str, int]:
        """Totals of lines, see AisDecoder."""
        return dict(
            self.totals
            + Counter(
                read_repeated=self._parts.counts["repeated"],
                bad_incomplete=self._parts.counts["incomplete"],
                read_waiting=self._parts.waiting,
            )
        )

    def read(self, record: Raw, number: int) -> tuple[Message, Receipt] | None:
        """Read a line, whose record has this number; return the message that it is or completes."""
        self.lines += 1
        clock = self.clocks.pop(record.peer, None) if self.clocks else None
        read = nmea.read_line(record.data)
        if not isinstance(read, nmea.Sentence):
            self._count_other(read, record.peer)
            return None
        if read.broken_tag:
            self.totals["broken_tag"] += 1
        t = clock if read.t is None else read.t
        if read.total > 1:
            return self._part(Part(read, number, t, record.peer), record)
        unpacked = unarmour(read.payload, read.fill)
        message = nmea.Bad.PAYLOAD if unpacked is None else decode(*unpacked) if read.payload else nmea.Bad.EMPTY
        return self._counted(message, 1, record, t, number)

    def _part(self, part: Part, record: Raw) -> tuple[Message, Receipt] | None:
        parts = self._parts.add(part, self.lines, part.t if record.t_received is None else record.t_received)
        if self._parts.given_up:
            self.incomplete.extend(self._parts.given_up)
            self._parts.given_up.clear()
        if parts is None:
            return None
        t = next((p.t for p in parts if p.t is not None), None)
        return self._counted(_joined(parts), len(parts), record, t, part.record)

    def _counted(
        self, message: Message | nmea.Bad, lines: int, record: Raw, t: float | None, number: int
    ) -> tuple[Message, Receipt] | None:
        if isinstance(message, nmea.Bad):
            self.totals[f"bad_{message}"] += lines
            return None
        name = _COUNTED.get(type(message), "read_position")
        self.totals[name] += 1
        if lines > 1:
            self.totals["read_part"] += lines - 1
        received = record.t_received
        return message, Receipt(received if t is None else t, received, record.peer, number)

    def _count_other(self, read: nmea.Clock | nmea.Other | nmea.Bad, peer: str) -> None:
        if isinstance(read, nmea.Clock):
            self.totals["read_clock"] += 1
            self.clocks[peer] = read.t
            if len(self.clocks) > CLOCKS:
                del self.clocks[next(iter(self.clocks))]
        elif isinstance(read, nmea.Other):
            self.totals[f"read_{read}"] += 1
        else:
            self.totals[f"bad_{read}"] += 1


def _joined(parts: Sequence[Part]) -> Message | nmea.Bad:
    value, bits = 0, 0
    for part in parts:
        unpacked = unarmour(part.sentence.payload, part.sentence.fill)
        if unpacked is None:
            return nmea.Bad.PAYLOAD
        value, bits = value << unpacked[1] | unpacked[0], bits + unpacked[1]
    return decode(value, bits) if any(p.sentence.payload for p in parts) else nmea.Bad.EMPTY
