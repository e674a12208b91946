"""The words of position reports: what came, one report, many reports as columns, and a fleet in the order of event time.

Times are UTC epoch seconds, places are degrees of WGS-84 (north and east positive), speeds m/s, courses degrees from
north, clockwise. A single value that is not known is None; in a column it is NaN (-1 in a column of indices). Rows are
never deleted: what cannot be used says why (`Defect`, `Fleet.segment`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from types import MappingProxyType
from typing import Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats, Scene, Space, Vote, readonly

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
T = TypeVar("T")


class Kind(IntEnum):
    """What a report says: a place, what somebody is (name, size, plate), or only that its link is alive."""

    POSITION = 0
    STATIC = 1
    LINK = 2


class Defect(IntEnum):
    """Why a report's place cannot be used; only the first of these that fits is kept."""

    NONE = 0
    NO_POSITION = 1
    """No place was given, or the value that the protocol defines for "not available"."""
    NO_FIX = 2
    """The receiver says itself that it has no fix."""
    SWAPPED = 3
    """Latitude and longitude stand in each other's place."""
    OUT_OF_RANGE = 4
    """Beyond 90 or 180 degrees, and not by the protocol's "not available"."""
    ZERO = 5
    """0, 0 or one of them exactly 0: a default, not a place."""
    REPEATED = 6
    """The same report came before (same mover, device time and place): a retransmission."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One message as it came: when it was received (None: not known), from whom, and its bytes."""

    t_received: float | None
    peer: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Static:
    """What a mover says of itself. `name` is a vessel's name or a truck's plate; `kind` the AIS ship type (0-99)."""

    name: str | None = None
    call_sign: str | None = None
    imo: int | None = None
    kind: int | None = None
    length_m: float | None = None
    beam_m: float | None = None
    draught_m: float | None = None
    destination: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One report of one mover.

    `t` is the device's clock (None: it gave none that can be read), `t_received` ours. `raw` is the number of its record
    in the raw log. `extra` holds the fields that only some devices send, by the names in COLUMNS.
    """

    mover: str
    t: float | None
    t_received: float | None = None
    kind: Kind = Kind.POSITION
    lat: float | None = None
    lon: float | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    heading_deg: float | None = None
    backfilled: bool = False
    peer: str = ""
    static: Static | None = None
    raw: int = -1
    extra: Mapping[str, float] = field(default_factory=dict)


COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "altitude_m": "height above the ellipsoid or the sea, as the device means it",
        "status": "the status word of JT/T 808 (u32)",
        "alarms": "the alarm word of JT/T 808 (u32)",
        "mileage_m": "the odometer",
        "recorder_mps": "the speed of the driving recorder, measured at the wheels",
        "satellites": "satellites used",
        "signal": "strength of the mobile network, 0-31",
        "load": "0 empty, 1 half, 3 full (JT/T 808 status bits 8 and 9)",
        "ignition": "1 on, 0 off",
        "fix": "1 the device says that its fix is valid, 0 that it is not",
        "encrypted": "1 the device says that a secrecy plug-in (GCJ-02) has shifted its coordinates, 0 that none has",
        "nav_status": "navigational status of AIS, 0-15",
        "turn_deg_min": "rate of turn, to starboard positive",
        "second": "second of the minute of the fix; 60 not known, 61 manual, 62 dead reckoning, 63 inoperative",
        "message": "number of the message: of JT/T 808 or AIS",
        "accuracy": "1 better than 10 m, 0 worse",
        "class_b": "1 a class B transponder, 0 class A",
    }
)
"""The columns that only some devices fill, and what they hold."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reports:
    """Many reports as columns, each (n,), in any order. `mover`, `peer` and `static` are indices into the tables."""

    movers: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    statics: tuple[Static, ...] = ()
    mover: Ints
    kind: Ints
    t: Floats
    t_received: Floats
    lat: Floats
    lon: Floats
    speed_mps: Floats
    course_deg: Floats
    heading_deg: Floats
    backfilled: Bools
    peer: Ints
    static: Ints
    raw: Ints
    columns: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.mover)
        for name in ROWS:
            if len(getattr(self, name)) != n:
                raise ValueError(f"{n} movers and {len(getattr(self, name))} values of {name} do not fit together")
        for name, values in self.columns.items():
            if len(values) != n:
                raise ValueError(f"{n} movers and {len(values)} values of {name} do not fit together")

    def __len__(self) -> int:
        return len(self.mover)

    def column(self, name: str) -> Floats:
        """Return an optional column (n,); NaN everywhere where no device sent it."""
        found = self.columns.get(name)
        return readonly(np.full(len(self), np.nan)) if found is None else found

    def where(self, rows: npt.ArrayLike) -> Self:
        """Return the rows that a boolean mask (n,) or indices choose; the tables stay whole."""
        chosen = np.asarray(rows)
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        taken = {name: getattr(self, name)[chosen] for name in ROWS}
        return replace(self, **taken, columns={k: v[chosen] for k, v in self.columns.items()})

    def numbered(self, first: int) -> Self:
        """Return the same with `first` added to the numbers of the raw records."""
        return replace(self, raw=np.where(self.raw >= 0, self.raw + first, self.raw))

    @classmethod
    def of(cls, positions: Iterable[Position]) -> "Reports":
        """Make columns of single reports.

        >>> Reports.of([Position(mover="a", t=1.0, lat=31.0, lon=121.0)]).lat
        array([31.])
        """
        rows = list(positions)
        movers, mover = _codes([p.mover for p in rows])
        peers, peer = _codes([p.peer or None for p in rows])
        statics, static = _codes([p.static for p in rows])
        names = sorted({name for p in rows for name in p.extra})
        return Reports(
            movers=movers,
            peers=peers,
            statics=statics,
            mover=mover,
            peer=peer,
            static=static,
            kind=np.array([p.kind for p in rows], dtype=np.int64),
            backfilled=np.array([p.backfilled for p in rows], dtype=bool),
            raw=np.array([p.raw for p in rows], dtype=np.int64),
            columns={name: _floats([p.extra.get(name) for p in rows]) for name in names},
            t=_floats([p.t for p in rows]),
            t_received=_floats([p.t_received for p in rows]),
            lat=_floats([p.lat for p in rows]),
            lon=_floats([p.lon for p in rows]),
            speed_mps=_floats([p.speed_mps for p in rows]),
            course_deg=_floats([p.course_deg for p in rows]),
            heading_deg=_floats([p.heading_deg for p in rows]),
        )

    @classmethod
    def joined(cls, parts: Iterable["Reports"]) -> "Reports":
        """Join columns of several batches, in their order; tables are merged."""
        given = [p for p in parts if len(p)]
        if not given:
            return Reports.of(())
        if len(given) == 1:
            return given[0]
        movers, mover = _merged([p.movers for p in given], [p.mover for p in given])
        peers, peer = _merged([p.peers for p in given], [p.peer for p in given])
        statics, static = _merged([p.statics for p in given], [p.static for p in given])
        plain = [n for n in ROWS if n not in ("mover", "peer", "static")]
        names = sorted({name for p in given for name in p.columns})
        return Reports(
            movers=movers,
            peers=peers,
            statics=statics,
            mover=mover,
            peer=peer,
            static=static,
            columns={name: np.concatenate([p.column(name) for p in given]) for name in names},
            **{name: np.concatenate([getattr(p, name) for p in given]) for name in plain},
        )


ROWS = tuple(f.name for f in fields(Reports) if f.name not in ("movers", "peers", "statics", "columns"))
"""The names of the columns that every batch has."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fleet:
    """Reports of many movers by mover and event time, with what follows from it; what anomalies are asked of.

    Rows `start[k]:start[k + 1]` are the reports of `reports.movers[k]`, whose class is `labels[k]`. `t` is the event time:
    the device's clock, or when we received it where the device gave none. Every row has a `defect`; of those without
    one, `segment` is the hypothesis (0, 1, … within the mover) that the row belongs to, and `trusted` tells whether
    this is the one believed, or one after the other; what is not trusted is a stray fix or a rival. -1 where a row has
    no usable place. `previous` is the row before in the same segment (-1: none), and `dt_s`, `step_m`, `bearing_deg`
    lead from there to here (NaN: none). `now` is the time up to which reports are known, `scene` what is known of the ground beforehand, and
    `motions` what each class can do.
    """

    reports: Reports
    labels: tuple[str, ...]
    start: Ints
    t: Floats
    defect: Ints
    segment: Ints
    trusted: Bools
    previous: Ints
    dt_s: Floats
    step_m: Floats
    bearing_deg: Floats
    segments: tuple["Segment", ...]
    now: float
    scene: Scene = field(default_factory=lambda: Scene(""))
    motions: Mapping[str, "Motion"] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.reports)

    @property
    def mover(self) -> Ints:
        """(n,) which mover each row is of: ascending."""
        return self.reports.mover

    def column(self, name: str) -> Floats:
        """Return an optional column (n,), see COLUMNS."""
        return self.reports.column(name)

    def of_label(self, labels: Iterable[str]) -> Bools:
        """Tell which rows (n,) are of movers of these classes; none named: all."""
        wanted = frozenset(labels)
        if not wanted:
            return np.ones(len(self), dtype=bool)
        return np.asarray(np.array([label in wanted for label in self.labels], dtype=bool)[self.mover])

    @property
    def mps(self) -> Floats:
        """(n,) the speed from the previous row of the segment; NaN where there is none or no time passed."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(self.dt_s > 0, self.step_m / self.dt_s, np.nan))


@dataclass(frozen=True, slots=True)
class Segment:
    """One hypothesis of one mover: `mover` index, `number`, first and last row, how many rows, whether it is trusted.

    `confirmed`: at least three places over at least half a minute.
    """

    mover: int
    number: int
    first: int
    last: int
    rows: int
    confirmed: bool
    trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What a class of mover can do: its top speed, and the error of its positions (a standard deviation)."""

    max_mps: float
    sigma_m: float


MOTIONS: Mapping[str, Motion] = MappingProxyType(
    {"truck": Motion(max_mps=160 / 3.6, sigma_m=7.5), "vessel": Motion(max_mps=50 * 1852 / 3600, sigma_m=10.0)}
)
"""What is taken where a watch says nothing else: 160 km/h and 15 m (two standard deviations, JT/T 794); 50 kn and 20 m."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Path:
    """The trusted places of one mover, as behaviours see them (a Mover): t (n,), xy_m (n, 2) from the scene's origin.

    `columns` holds speed_mps, course_deg, heading_deg and what of COLUMNS there is, each (n,).
    """

    id: str
    label: str
    t: Floats
    xy_m: Floats
    lat: Floats
    lon: Floats
    columns: Mapping[str, Floats] = field(default_factory=dict)
    static: Static | None = None

    @property
    def attributes(self) -> Mapping[str, Vote]:
        """What is known of it besides its way: the load, where the terminal reports it."""
        return _votes(self.column("load"))

    def column(self, name: str) -> Floats:
        """Return a column (n,); NaN where the mover does not report it."""
        found = self.columns.get(name)
        return np.full(len(self.t), np.nan) if found is None else found

    def points(self, space: Space) -> Floats | None:
        """Return the places on the ground (n, 2); None on a picture."""
        return self.xy_m if space == "m" else None


class Decoder(Protocol):
    """Turns messages into reports. It keeps what must be kept between messages (parts of a long one, say).

    Nothing raises: what cannot be read is counted. `counts` add up: every message is counted under exactly one name that
    begins with "read_" or "bad_".
    """

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals by name."""

    def decode(self, records: Sequence[Raw], first: int) -> Reports:
        """Return the reports in some messages, whose records in the raw log are numbered from `first` on."""


_LOADS = {0: "empty", 1: "half", 3: "loaded"}


def _votes(load: Floats) -> Mapping[str, Vote]:
    known = load[np.isfinite(load)]
    if not len(known):
        return {}
    return {"load": Vote(_LOADS.get(int(known[-1])), 1.0, int((known == known[-1]).sum()))}


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _codes(values: Sequence[T | None]) -> tuple[tuple[T, ...], Ints]:
    """Return the distinct values in order of appearance, and each one's index; None is -1."""
    table: dict[T, int] = {}
    codes = [-1 if v is None else table.setdefault(v, len(table)) for v in values]
    return tuple(table), np.array(codes, dtype=np.int64)


def _merged(tables: Sequence[Sequence[T]], codes: Sequence[Ints]) -> tuple[tuple[T, ...], Ints]:
    table: dict[T, int] = {}
    moved = []
    for own, rows in zip(tables, codes, strict=True):
        new = np.array([table.setdefault(value, len(table)) for value in own] + [-1], dtype=np.int64)
        moved.append(new[rows])
    return tuple(table), np.concatenate(moved)
