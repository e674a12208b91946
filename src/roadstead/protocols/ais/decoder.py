"""Lines to reports: many at once as columns, and what is left one by one."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from roadstead.positions import Bools, Position, Raw, Reports
from roadstead.protocols import nmea
from roadstead.protocols.ais import batch
from roadstead.protocols.ais.columns import read_columns
from roadstead.protocols.ais.parts import Incomplete
from roadstead.protocols.ais.position import positions
from roadstead.protocols.ais.stream import Stream
from roadstead.types import Floats

AT_ONCE = 64
"""From so many lines on, columns are faster than lines one by one."""


@dataclass(slots=True, eq=False)
class AisDecoder:
    """Decodes AIS lines in the order they came; how they are cut into batches makes no difference to the reports.

    The time `t` of a report is that which its line gives (tag block, end of line, Gatehouse line before it; of several
    parts the first that has one), else when it was received. The record of a message is that of its line that came last.
    """

    _stream: Stream = field(default_factory=Stream)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of lines.

        read_position, read_static, read_unread (a type that is known and not read), read_part (all but the last to come
        of a message), read_repeated (a part that came twice), read_waiting (parts whose others may come yet),
        read_clock, read_sentence (no AIS), read_comment; bad_ with every reason of nmea.Bad. Besides, of lines that are
        counted there already: broken_tag, whose tag block had a wrong checksum and was not believed.
        """
        return self._stream.counts

    @property
    def incomplete(self) -> deque[Incomplete]:
        """The latest messages that lack a part and were given up."""
        return self._stream.incomplete

    def decode(self, records: Sequence[Raw], first: int) -> Reports:
        """Return the reports in some lines, in the order of the lines."""
        if len(records) < AT_ONCE:
            return Reports.of([p for k, record in enumerate(records) for p in self._line(record, first + k)])
        lines = [record.data for record in records]
        received: Floats = np.array([record.t_received for record in records], dtype=np.float64)
        tags = _tags(lines)
        groups = read_columns(lines, {k: tag.length for k, tag in tags.items()})
        at_once = np.zeros(len(lines), dtype=bool)
        for group in groups:
            at_once[group.rows] = True
        t = self._tag_times(tags, at_once)
        singly = self._singly(records, first, at_once, t)
        if not groups:
            return singly
        self._stream.totals["read_position"] += int(at_once.sum())
        t = np.where(np.isnan(t), received, t)
        found = batch.reports(groups, t, received, [record.peer for record in records], first)
        if not len(singly):
            return found
        joined = Reports.joined([found, singly])
        return joined.where(np.argsort(joined.raw, kind="stable"))

    def _tag_times(self, tags: Mapping[int, nmea.Tag], at_once: Bools) -> Floats:
        """Return the times (n,) that tag blocks give lines that were decoded at once; NaN where none."""
        t = np.full(len(at_once), np.nan)
        for k, tag in tags.items():
            if at_once[k]:
                t[k] = np.nan if tag.t is None else tag.t
                if tag.broken:
                    self._stream.totals["broken_tag"] += 1
        return t

    def _singly(self, records: Sequence[Raw], first: int, at_once: Bools, t: Floats) -> Reports:
        """Read the lines that were not decoded at once, and give those that were the times of Gatehouse lines (into `t`)."""
        before = self._stream.lines
        found: list[Position] = []
        for peer in list(self._stream.clocks):
            self._hand_on(peer, records, 0, at_once, t)
        for k in np.flatnonzero(~at_once).tolist():
            self._stream.lines = before + k
            found.extend(self._line(records[k], first + k))
            if records[k].peer in self._stream.clocks:
                self._hand_on(records[k].peer, records, k + 1, at_once, t)
        self._stream.lines = before + len(records)
        return Reports.of(found)

    def _hand_on(self, peer: str, records: Sequence[Raw], start: int, at_once: Bools, t: Floats) -> None:
        """Give the sender's next line its time, if it was decoded at once; the line's own time counts before it."""
        following = next((k for k in range(start, len(records)) if records[k].peer == peer), None)
        if following is not None and at_once[following]:
            given = self._stream.clocks.pop(peer)
            if given is not None and np.isnan(t[following]):
                t[following] = given

    def _line(self, record: Raw, number: int) -> tuple[Position, ...]:
        heard = self._stream.read(record, number)
        return () if heard is None else positions(*heard)


def _tags(lines: Sequence[bytes]) -> dict[int, nmea.Tag]:
    """Return the tag blocks that stand at the beginning of lines, by the index of the line."""
    if b"\\" not in b"".join(lines):
        return {}
    return {k: tag for k, line in enumerate(lines) if line[:1] == b"\\" and (tag := nmea.read_tag(line))}
