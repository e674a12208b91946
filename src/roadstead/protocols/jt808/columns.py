"""Many frames at once: columns of numpy for plain 0x0200, value by value the same as the scalar path for all others.

All frames lie in one array of bytes. Escapes are taken out everywhere at once; then every frame is a window into the
array, checked by XOR and by length in both layouts, and its extras are walked for all frames in lock-step.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from roadstead.positions import Ints, Kind, Position, Reports
from roadstead.protocols.jt808 import framing, header, messages
from roadstead.protocols.jt808._clock import epoch_s
from roadstead.protocols.jt808._stream import Stream, cut, exclusive_or, stack, unescaped
from roadstead.protocols.jt808.framing import BadFrame
from roadstead.protocols.jt808.header import LONGEST_BODY, SPLIT, Header
from roadstead.protocols.jt808.location import (
    BASE,
    ENCRYPTED,
    FIX,
    IGNITION,
    LOAD_SHIFT,
    MILEAGE,
    RECORDER,
    SATELLITES,
    SIGNAL,
    SOUTH,
    WEST,
    Location,
)
from roadstead.protocols.jt808.messages import Batch, Message
from roadstead.protocols.jt808.position import reports
from roadstead.types import Floats

Records = npt.NDArray[np.void]
Fields = dict[str, npt.NDArray[Any]]
"""Values by name, (n,) each."""

_HEAD = [("message", ">u2"), ("attributes", ">u2")]
_BODY = [("serial", ">u2"), ("alarms", ">u4"), ("status", ">u4"), ("lat", ">u4"), ("lon", ">u4")]
_BODY += [("altitude", ">i2"), ("speed", ">u2"), ("course", ">u2")]
_TIME = ("time", "u1", 6)
_OLD = np.dtype([*_HEAD, ("phone_hi", ">u2"), ("phone_lo", ">u4"), *_BODY, _TIME])
_NEW = np.dtype([*_HEAD, ("version", "u1"), ("phone_hi", ">u2"), ("phone_lo", ">u8"), *_BODY, _TIME])
_EXTRAS = {
    MILEAGE: (4, "mileage_m"),
    RECORDER: (2, "recorder_mps"),
    SIGNAL: (1, "signal"),
    SATELLITES: (1, "satellites"),
}


def decode(
    frames: bytes | Sequence[bytes],
    *,
    first: int = 0,
    t_received: npt.ArrayLike | None = None,
    peers: str | Sequence[str] = "",
    counts: Counter[str] | None = None,
) -> Reports:
    """Return the reports in n frames, in their order; frame k is the record `first + k` of the raw log.

    `frames` are one after the other in one piece (cut as by Framer), or a sequence, each with or without flags.
    `t_received` is (n,), NaN where not known, or None; `peers` one for all or n. `counts` is added to: every frame as
    exactly one of read_location, read_batch, read_register, read_link, read_part, read_encrypted, read_other or
    bad_ and the reason; besides cut_extras and cut_batches.
    """
    told: Counter[str] = Counter() if counts is None else counts
    stream = cut(frames, told) if isinstance(frames, bytes) else stack(frames)
    n = len(stream.start)
    received = np.full(n, np.nan) if t_received is None else np.asarray(t_received, dtype=np.float64)
    table = dict.fromkeys([peers] if isinstance(peers, str) else peers)
    table.pop("", None)
    codes = {peer: k for k, peer in enumerate(table)} | {"": -1}
    peer = np.full(n, codes[peers]) if isinstance(peers, str) else np.array([codes[p] for p in peers], dtype=np.int64)
    plain, easy = _plain(unescaped(stream), told)
    plain = replace(plain, t_received=received[easy], peers=tuple(table), peer=peer[easy], raw=first + easy)
    if len(easy) == n:
        return plain
    hard = np.ones(n, dtype=bool)
    hard[easy] = False
    rows: list[Position] = []
    for k in np.flatnonzero(hard).tolist():
        who = peers if isinstance(peers, str) else peers[k]
        t = None if np.isnan(received[k]) else float(received[k])
        frame = b"\x7e%b\x7e" % stream.content(k) if isinstance(frames, bytes) else frames[k]
        rows += read(frame, t_received=t, peer=who, raw=first + k, counts=told)
    joined = Reports.joined((plain, Reports.of(rows)))
    return joined.where(np.argsort(joined.raw, kind="stable"))


def read(frame: bytes, *, t_received: float | None, peer: str, raw: int, counts: Counter[str]) -> list[Position]:
    """Return the reports in one frame, the scalar path; what cannot be read is counted."""
    try:
        head, body = header.parse(framing.unwrap(frame))
        message = messages.decode(head, body)
    except BadFrame as bad:
        counts[f"bad_{bad.reason}"] += 1
        return []
    counts[f"read_{kind(head, message)}"] += 1
    if isinstance(message, Location) and message.remainder:
        counts["cut_extras"] += 1
    if isinstance(message, Batch) and (message.remainder or message.missing_bytes or message.count is not None):
        counts["cut_batches"] += 1
    return reports(head, message, t_received=t_received, peer=peer, raw=raw)


def kind(head: Header, message: Message) -> str:
    """Return what a message is counted as."""
    if head.encryption:
        return "encrypted"
    if head.total is not None and head.total > 1:
        return "part"
    return _KINDS.get(type(message), "other")


_KINDS: dict[type, str] = {
    Location: "location",
    Batch: "batch",
    messages.Register: "register",
    messages.Authenticate: "link",
    messages.Heartbeat: "link",
    messages.Logout: "link",
}


def _plain(stream: Stream, counts: Counter[str]) -> tuple[Reports, Ints]:
    """Return the reports of the frames that are plain 0x0200, and which frames these are."""
    old, new = _layouts(stream)
    parts = [
        (rows, _records(stream, rows, dtype), size)
        for rows, dtype, size in ((old, _OLD, 12), (new, _NEW, 17))
        if len(rows)
    ]
    if not parts:
        return Reports.of(()), np.zeros(0, dtype=np.int64)
    rows = np.concatenate([rows for rows, _, _ in parts])
    columns = [_fields(records) for _, records, _ in parts]
    fields = {name: np.concatenate([c[name] for c in columns]) for name in columns[0]}
    at = np.concatenate([stream.start[rows] + size + BASE for rows, _, size in parts])
    if len(parts) > 1:
        order = np.argsort(rows, kind="stable")
        rows, at, fields = rows[order], at[order], {name: values[order] for name, values in fields.items()}
    extras, cut_off = _extras(stream.data, at, stream.end[rows] - 1)
    counts["read_location"] += len(rows)
    if cut_off:
        counts["cut_extras"] += cut_off
    return _reports(fields, extras), rows


def _layouts(stream: Stream) -> tuple[Ints, Ints]:
    """Return which frames are plain and sound 0x0200 in the layout of 2013, and which in that of 2019."""
    data, start = stream.data, stream.start
    size = stream.end - start - 1
    good = np.flatnonzero(stream.sound & (size >= 12 + BASE))
    at = start[good]
    attributes = data[at + 2].astype(np.int64) << 8 | data[at + 3]
    plain = (data[at] == 0x02) & (data[at + 1] == 0x00) & (attributes & (0x1C00 | SPLIT) == 0)
    head = size[good] - (attributes & LONGEST_BODY)
    whole = plain & (exclusive_or(stream)[good] == 0) & (attributes & LONGEST_BODY >= BASE)
    return good[whole & (head == 12)], good[whole & (head == 17)]


def _records(stream: Stream, rows: Ints, dtype: np.dtype[np.void]) -> Records:
    """Return the fixed fields of some frames (n,), read where each of them starts."""
    windows: Records = np.ndarray(
        (len(stream.data) - dtype.itemsize,), dtype=dtype, buffer=stream.data.data, strides=(1,)
    )
    return np.asarray(windows[stream.start[rows]])


def _fields(records: Records) -> Fields:
    """Return the columns of the fixed fields, the phone as two numbers."""
    lo, hi = records["phone_lo"].astype(np.uint64), records["phone_hi"].astype(np.uint64)
    if records.dtype == _OLD:
        lo, hi = hi << np.uint64(32) | lo, np.zeros_like(hi)
    names = ("alarms", "status", "lat", "lon", "altitude", "speed", "course")
    return {"lo": lo, "hi": hi, "t": epoch_s(records["time"])} | {n: records[n].astype(np.int64) for n in names}


def _reports(fields: Fields, extras: dict[str, Floats]) -> Reports:
    status = np.asarray(fields["status"], dtype=np.int64)
    n = len(status)
    movers, mover = _movers(fields["hi"], fields["lo"])
    columns = {
        "status": status,
        "alarms": fields["alarms"],
        "load": status >> LOAD_SHIFT & 3,
        "ignition": status & IGNITION,
        "fix": (status & FIX) >> 1,
        "encrypted": (status & ENCRYPTED) >> 5,
        "altitude_m": fields["altitude"],
        "message": np.full(n, Location.number),
    }
    nothing = np.full(n, np.nan)
    return Reports(
        movers=movers,
        mover=mover,
        kind=np.full(n, Kind.POSITION, dtype=np.int64),
        t=np.asarray(fields["t"]),
        t_received=nothing,
        lat=_degrees(fields["lat"], status & SOUTH),
        lon=_degrees(fields["lon"], status & WEST),
        speed_mps=np.asarray(fields["speed"] / 10 / 3.6),
        course_deg=fields["course"].astype(np.float64),
        heading_deg=nothing,
        backfilled=np.zeros(n, dtype=bool),
        peer=np.full(n, -1),
        static=np.full(n, -1),
        raw=np.arange(n),
        columns={name: values.astype(np.float64) for name, values in columns.items()} | extras,
    )


def _degrees(millionths: Ints, negative: Ints) -> Floats:
    return np.asarray(np.where(negative != 0, -millionths, millionths) / 1e6)


def _movers(hi: npt.NDArray[np.uint64], lo: npt.NDArray[np.uint64]) -> tuple[tuple[str, ...], Ints]:
    """Return the distinct phones in the order of their appearance, without leading zeros, and each row's index."""
    _, first, code = np.unique(lo, return_index=True, return_inverse=True)
    if hi.any():
        pair = code * np.int64(1 << 16) + hi.astype(np.int64)
        _, first, code = np.unique(pair, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    seen = first[order]
    names = tuple(f"{h << 64 | low:x}" for h, low in zip(hi[seen].tolist(), lo[seen].tolist(), strict=True))
    return names, rank[code]


def _extras(data: npt.NDArray[np.uint8], at: Ints, end: Ints) -> tuple[dict[str, Floats], int]:
    """Walk the extras of all rows in lock-step; return the columns, and of how many rows the last extra is cut off."""
    found = {name: np.full(len(at), np.nan) for _, name in _EXTRAS.values()}
    words = np.ndarray((len(data) - 1,), dtype=">u2", buffer=data.data, strides=(1,))
    rows, cut_off = np.arange(len(at)), 0
    while len(rows):
        head = words[at].astype(np.uint16)
        after = at + 2 + (head & 0xFF)
        fits = after <= end
        if not fits.all():
            cut_off += int((~fits & (at < end)).sum())
            rows, at, end, after, head = rows[fits], at[fits], end[fits], after[fits], head[fits]
        for id_, (width, name) in _EXTRAS.items():
            chosen = np.flatnonzero(head == (id_ << 8 | width))
            if len(chosen):
                _set(found[name], rows[chosen], _scaled(id_, _numbers(data, at[chosen] + 2, width)))
        at = after
    return {name: values for name, values in found.items() if not np.isnan(values).all()}, cut_off


def _set(column: Floats, rows: Ints, values: Floats) -> None:
    """Write values where there are none yet: of an extra that comes twice, the first counts."""
    unset = np.isnan(column[rows])
    column[rows[unset]] = values[unset]


def _numbers(data: npt.NDArray[np.uint8], at: Ints, width: int) -> Ints:
    numbers = data[at].astype(np.int64)
    for k in range(1, width):
        numbers = numbers << 8 | data[at + k]
    return numbers


def _scaled(number: int, values: Ints) -> Floats:
    """Return the values in the unit of their column, by the same steps as `position`."""
    if number == MILEAGE:
        return np.asarray(values * 100.0)
    return np.asarray(values / 10 / 3.6) if number == RECORDER else values.astype(np.float64)
