"""Columns of positions to reports; the same numbers as position.py gives for single messages."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from roadstead.positions import Ints, Kind, Reports
from roadstead.protocols.ais import messages as m
from roadstead.protocols.ais import scales
from roadstead.protocols.ais.columns import Group
from roadstead.types import Floats


def _table(of: Callable[[int], float | None], raw: range) -> Floats:
    return np.array([of(value) for value in raw], dtype=np.float64)


_SPEED = _table(scales.speed, range(1024))
_COURSE = _table(scales.course, range(4096))
_HEADING = _table(scales.heading, range(512))
_TURN = np.roll(_table(scales.turn, range(-128, 128)), -128)
_KNOTS = _table(scales.aircraft_speed, range(1024))
_LONG_KNOTS = _table(scales.long_range_speed, range(64))
_LONG_COURSE = _table(scales.long_range_course, range(512))
_ALTITUDE = _table(scales.altitude, range(4096))

_SPEEDS: Mapping[object, Floats] = {
    m.PositionA: _SPEED,
    m.PositionB: _SPEED,
    m.Aircraft: _KNOTS,
    m.LongRange: _LONG_KNOTS,
}
_COURSES: Mapping[object, Floats] = {
    m.PositionA: _COURSE,
    m.PositionB: _COURSE,
    m.Aircraft: _COURSE,
    m.LongRange: _LONG_COURSE,
}
_COLUMNS = ("message", "nav_status", "turn_deg_min", "altitude_m", "accuracy", "second", "class_b")


def reports(groups: Sequence[Group], t: Floats, t_received: Floats, peers: Sequence[str], first: int) -> Reports:
    """Return the reports of groups; `t`, `t_received` (n,) and `peers` are those of all lines, numbered from `first` on."""
    line = np.concatenate([g.rows for g in groups])
    own = {name: np.full(len(line), np.nan) for name in ("lat", "lon", "speed_mps", "course_deg", "heading_deg")}
    more = {name: np.full(len(line), np.nan) for name in _COLUMNS}
    done = 0
    for group in groups:
        rows = slice(done, done + len(group.rows))
        done = rows.stop
        for name, values in _values(group).items():
            (own if name in own else more)[name][rows] = values
    order = np.argsort(line, kind="stable")
    line = line[order]
    mmsi = np.concatenate([g.fields["mmsi"] for g in groups])[order]
    movers, mover = np.unique(mmsi, return_inverse=True)
    table, peer = _peers(peers, line)
    return Reports(
        movers=tuple(f"{number:09d}" for number in movers.tolist()),
        peers=table,
        mover=mover.astype(np.int64),
        peer=peer,
        static=np.full(len(line), -1),
        kind=np.full(len(line), int(Kind.POSITION)),
        t=t[line],
        t_received=t_received[line],
        backfilled=np.zeros(len(line), dtype=bool),
        raw=line + first,
        columns={name: values[order] for name, values in more.items()},
        lat=own["lat"][order],
        lon=own["lon"][order],
        speed_mps=own["speed_mps"][order],
        course_deg=own["course_deg"][order],
        heading_deg=own["heading_deg"][order],
    )


def _values(group: Group) -> dict[str, Floats | Ints | float]:
    """Return what one group fills, by column."""
    kind, sent = group.layout.message, group.fields
    step = 1000 if kind is m.LongRange else 1
    values: dict[str, Floats | Ints | float] = {
        "lat": _degrees(step * sent["lat"], scales.LAT_NONE),
        "lon": _degrees(step * sent["lon"], scales.LON_NONE),
        "message": sent["type"],
        "accuracy": sent["accuracy"],
    }
    if kind in _SPEEDS:
        values["speed_mps"] = _SPEEDS[kind][sent["speed"]]
        values["course_deg"] = _COURSES[kind][sent["course"]]
    if kind in (m.PositionA, m.PositionB):
        values["heading_deg"] = _HEADING[sent["heading"]]
        values["class_b"] = float(kind is m.PositionB)
    if kind is m.PositionA:
        values["turn_deg_min"] = _TURN[sent["turn"]]
    if kind in (m.PositionA, m.LongRange):
        values["nav_status"] = sent["status"]
    if kind is m.Aircraft:
        values["altitude_m"] = _ALTITUDE[sent["alt"]]
    if kind is not m.LongRange:
        values["second"] = sent["second"]
    return values


def _degrees(raw: Ints, none: int) -> Floats:
    values = raw / scales.PER_DEGREE
    values[raw == none] = np.nan
    return values


def _peers(peers: Sequence[str], line: Ints) -> tuple[tuple[str, ...], Ints]:
    """Return the senders of some lines, without those that are not known, and the index of each line's."""
    names = set(peers)
    if len(names) == 1:
        return tuple(names - {""}), np.full(len(line), -1 if "" in names else 0)
    table = {name: k for k, name in enumerate(dict.fromkeys(p for p in peers if p))}
    codes = np.array([table.get(p, -1) for p in peers], dtype=np.int64)
    return tuple(table), codes[line]
