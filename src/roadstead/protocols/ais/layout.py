"""Where the fields of every message stand: the tables of ITU-R M.1371-5, annex 8, as data; decoding and encoding follow them.

A field is a name, its first bit and its width; `i` is signed, `t` text of six-bit characters, and the rest unsigned.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from roadstead.protocols.ais import messages as m


@dataclass(frozen=True, slots=True)
class Field:
    """One field: bits `start` to `start + width`."""

    name: str
    start: int
    width: int
    kind: str = "u"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One message type: its class, fields in their order, and which lengths in bits it may have.

    `make` builds the message of one value a field. A message shorter than `size` but not than `least` ends in zeros. `extension` is the field that goes on behind `size`.
    """

    message: Any
    fields: tuple[Field, ...]
    size: int
    least: int
    most: int
    extension: str = ""
    make: Callable[[Iterable[Any]], Any] = field(init=False)
    plan: tuple[tuple[int, int], ...] = field(init=False)
    signed: tuple[tuple[int, int], ...] = field(init=False)
    texts: tuple[tuple[int, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        numbered = tuple(enumerate(self.fields))
        plan = tuple((self.size - f.start - f.width, (1 << f.width) - 1) for f in self.fields)
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "make", partial(tuple.__new__, self.message))
        object.__setattr__(self, "signed", tuple((k, 1 << (f.width - 1)) for k, f in numbered if f.kind == "i"))
        object.__setattr__(self, "texts", tuple((k, f.width // 6) for k, f in numbered if f.kind == "t"))


def _fields(table: str) -> tuple[Field, ...]:
    found = []
    for row in ("type 0 6 | repeat 6 2 | mmsi 8 30 | " + table).split("|"):
        name, start, width, *kind = row.split()
        found.append(Field(name, int(start), int(width), *kind))
    return tuple(found)


_POSITION_A = Layout(
    message=m.PositionA,
    fields=_fields(
        "status 38 4 | turn 42 8 i | speed 50 10 | accuracy 60 1 | lon 61 28 i | lat 89 27 i | course 116 12 | "
        "heading 128 9 | second 137 6 | maneuver 143 2 | raim 148 1 | radio 149 19"
    ),
    size=168,
    least=149,
    most=168,
)
_BASE_STATION = Layout(
    message=m.BaseStation,
    fields=_fields(
        "year 38 14 | month 52 4 | day 56 5 | hour 61 5 | minute 66 6 | second 72 6 | accuracy 78 1 | lon 79 28 i | "
        "lat 107 27 i | epfd 134 4 | raim 148 1 | radio 149 19"
    ),
    size=168,
    least=149,
    most=168,
)
_STATIC_A = Layout(
    message=m.StaticA,
    fields=_fields(
        "ais_version 38 2 | imo 40 30 | callsign 70 42 t | shipname 112 120 t | shiptype 232 8 | to_bow 240 9 | "
        "to_stern 249 9 | to_port 258 6 | to_starboard 264 6 | epfd 270 4 | month 274 4 | day 278 5 | hour 283 5 | "
        "minute 288 6 | draught 294 8 | destination 302 120 t | dte 422 1"
    ),
    size=424,
    least=420,
    most=426,
)
_AIRCRAFT = Layout(
    message=m.Aircraft,
    fields=_fields(
        "alt 38 12 | speed 50 10 | accuracy 60 1 | lon 61 28 i | lat 89 27 i | course 116 12 | second 128 6 | "
        "regional 134 8 | dte 142 1 | assigned 146 1 | raim 147 1 | radio 148 20"
    ),
    size=168,
    least=149,
    most=168,
)
_POSITION_B = Layout(
    message=m.PositionB,
    fields=_fields(
        "reserved 38 8 | speed 46 10 | accuracy 56 1 | lon 57 28 i | lat 85 27 i | course 112 12 | heading 124 9 | "
        "second 133 6 | regional 139 2 | cs 141 1 | display 142 1 | dsc 143 1 | band 144 1 | msg22 145 1 | "
        "assigned 146 1 | raim 147 1 | radio 148 20"
    ),
    size=168,
    least=148,
    most=168,
)
_EXTENDED_B = Layout(
    message=m.ExtendedB,
    fields=_fields(
        "reserved 38 8 | speed 46 10 | accuracy 56 1 | lon 57 28 i | lat 85 27 i | course 112 12 | heading 124 9 | "
        "second 133 6 | regional 139 4 | shipname 143 120 t | shiptype 263 8 | to_bow 271 9 | to_stern 280 9 | "
        "to_port 289 6 | to_starboard 295 6 | epfd 301 4 | raim 305 1 | dte 306 1 | assigned 307 1"
    ),
    size=312,
    least=308,
    most=312,
)
_AID = Layout(
    message=m.Aid,
    fields=_fields(
        "aid_type 38 5 | name 43 120 t | accuracy 163 1 | lon 164 28 i | lat 192 27 i | to_bow 219 9 | to_stern 228 9 | "
        "to_port 237 6 | to_starboard 243 6 | epfd 249 4 | second 253 6 | off_position 259 1 | regional 260 8 | "
        "raim 268 1 | virtual_aid 269 1 | assigned 270 1"
    ),
    size=272,
    least=270,
    most=368,
    extension="name",
)
_NAME_B = Layout(message=m.NameB, fields=_fields("part 38 2 | shipname 40 120 t"), size=160, least=160, most=168)
_DETAILS_B = Layout(
    message=m.DetailsB,
    fields=_fields(
        "part 38 2 | shiptype 40 8 | vendorid 48 18 t | model 66 4 | serial 70 20 | callsign 90 42 t | to_bow 132 9 | "
        "to_stern 141 9 | to_port 150 6 | to_starboard 156 6 | epfd 162 4"
    ),
    size=168,
    least=162,
    most=168,
)
_LONG_RANGE = Layout(
    message=m.LongRange,
    fields=_fields(
        "accuracy 38 1 | raim 39 1 | status 40 4 | lon 44 18 i | lat 62 17 i | speed 79 6 | course 85 9 | gnss 94 1"
    ),
    size=96,
    least=95,
    most=168,
)

PART_START, PART_WIDTH = 38, 2
"""Where type 24 says which of its parts it is."""
STATIC_B = (_NAME_B, _DETAILS_B)
"""The parts of type 24, by number."""
LAYOUTS: dict[int, Layout] = {
    **dict.fromkeys((1, 2, 3), _POSITION_A),
    4: _BASE_STATION,
    5: _STATIC_A,
    9: _AIRCRAFT,
    18: _POSITION_B,
    19: _EXTENDED_B,
    21: _AID,
    27: _LONG_RANGE,
}
"""Every type that is read, but for 24."""
TYPES = range(1, 29)
"""Every type that there is."""
HEAD_BITS = 38
"""Type, repeat and MMSI, which every message begins with."""
