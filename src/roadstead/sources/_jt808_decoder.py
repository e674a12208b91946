"""Records of a JT/T 808 gateway to reports."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from roadstead.positions import Kind, Position, Raw, Reports
from roadstead.protocols.jt808 import columns, messages
from roadstead.protocols.jt808 import header as headers
from roadstead.protocols.jt808.assembly import Assembly
from roadstead.protocols.jt808.framing import BadFrame, unwrap
from roadstead.protocols.jt808.position import reports
from roadstead.sources._jt808_links import CLOSE, OPEN
from roadstead.sources._jt808_session import REFUSED

MANY = 64
"""From so many plain places on they are read by columns; the reports are the same."""

_PLACE = b"\x7e\x02\x00"
_SPLIT, _SPLIT_OR_ENCRYPTED = 0x20, 0x3C
"""Bits of the fourth byte of a frame, the upper one of the attributes; an escaped one (7D) has them too."""


class Jt808Decoder:
    """Places (0x0200, 0x0704, 0x0801) become positions, a registration says who somebody is, all else that its link lives.

    A link report carries the number of its message in the column `message`; 0 is that the connection was closed. A
    split message is reported with the part that completes it. `counts`: those of `columns.decode`, where read_part is a
    part that completed nothing, and read_open, read_close, bad_refused (its terminal had not authenticated) and
    bad_unframed; what became of the parts is said by assembly_messages and assembly_messages_dropped.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._assembly = Assembly()

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals by name."""
        done = self._assembly.counts
        return {**self._counts, **{f"assembly_{k}": done[k] for k in ("messages", "messages_dropped") if done[k]}}

    def decode(self, records: Sequence[Raw], first: int) -> Reports:
        """Return the reports in some records, in their order."""
        plain = [k for k, r in enumerate(records) if _plain(r.data)]
        if len(plain) < MANY:
            return Reports.of(p for k, r in enumerate(records) for p in self._one(r, first + k))
        chosen = [records[k] for k in plain]
        many = columns.decode(
            [r.data for r in chosen],
            t_received=np.array([np.nan if r.t_received is None else r.t_received for r in chosen]),
            peers=[r.peer for r in chosen],
            counts=self._counts,
        )
        many = replace(many, raw=np.array(plain, dtype=np.int64)[many.raw] + first)
        skip = set(plain)
        others = (p for k, r in enumerate(records) if k not in skip for p in self._one(r, first + k))
        joined = Reports.joined((many, Reports.of(others)))
        return joined.where(np.argsort(joined.raw, kind="stable"))

    def _one(self, record: Raw, number: int) -> list[Position]:
        data = record.data
        if data.startswith(b"#"):
            return self._note(record, number)
        if len(data) > 3 and data[3] & _SPLIT:
            return self._part(record, number)
        return columns.read(data, t_received=record.t_received, peer=record.peer, raw=number, counts=self._counts)

    def _part(self, record: Raw, number: int) -> list[Position]:
        """Read a frame that may be a part of a split message."""
        try:
            header, body = headers.parse(unwrap(record.data))
            if header.total is not None and header.total > 1:
                whole = self._assembly.add(header, body, record.t_received or 0.0)
                if whole is None:
                    self._counts["read_part"] += 1
                    return []
                header, body = whole
            said = messages.decode(header, body)
        except BadFrame as bad:
            self._counts[f"bad_{bad.reason}"] += 1
            return []
        self._counts[f"read_{columns.kind(header, said)}"] += 1
        return reports(header, said, t_received=record.t_received, peer=record.peer, raw=number)

    def _note(self, record: Raw, number: int) -> list[Position]:
        """Read a record that is no frame."""
        if record.data == OPEN:
            self._counts["read_open"] += 1
            return []
        if record.data.startswith(CLOSE):
            self._counts["read_close"] += 1
            return [_closed(name, record, number) for name in record.data.decode("ascii", "replace").split()[2:]]
        self._counts["bad_refused" if record.data.startswith(REFUSED) else "bad_unframed"] += 1
        return []


def _plain(data: bytes) -> bool:
    return data.startswith(_PLACE) and len(data) > 3 and not data[3] & _SPLIT_OR_ENCRYPTED


def _closed(mover: str, record: Raw, number: int) -> Position:
    return Position(
        mover=mover,
        t=None,
        t_received=record.t_received,
        kind=Kind.LINK,
        peer=record.peer,
        raw=number,
        extra={"message": 0.0},
    )
