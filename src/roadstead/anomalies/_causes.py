"""Why a mover was silent: switched off, network, a hole of coverage, the receiver, or tampering."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.anomalies._alarms import ANTENNA_OPEN, ANTENNA_SHORT, MODULE, POWER_LOST, UNDERVOLTAGE, any_of, words
from roadstead.anomalies._outages import OutageTerms, explained, outages, unheard_s
from roadstead.anomalies._silence import Silences, silences, switched_off
from roadstead.geometry.geodesy import moved, to_ground
from roadstead.geometry.zones import inside
from roadstead.positions import Bools, Fleet, Ints, Kind
from roadstead.types import Floats, Text

Cause = Literal["device_off", "network", "antenna", "power_cut", "tampering", "unexplained"]
_COLUMNS = 1 << 20
_MANY = 2000
"""So many reports are looked at to see who else was heard."""
_NEIGHBOURS = 3
"""So many others heard in the same place show that there was somebody to hear them."""
_STANDING_MPS = 0.5 * 1852 / 3600
_DRIVING_MPS = 5 / 3.6
_MOORED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceTerms:
    """What counts as silent for one class, and what explains it.

    A silence is longer than `factor` expected intervals and `least_s`; one that's still open counts if the mover had been known for
    `least_s`. A mover that comes back within `moved_m` hasn't
    moved. A cell of `hole_deg` is a hole where at least `hole_share` of all passes begin or end with a silence, of
    `hole_movers` or more. Others are neighbours if they're heard meanwhile in the same cell of `near_deg`; without three of them,
    what nothing explains must be `alone_factor` times as long.
    """

    label: str
    factor: float
    least_s: float
    moved_m: float
    holes: tuple[str, ...]
    hole_deg: float
    near_deg: float
    hole_share: float = 0.3
    hole_movers: int = 3
    ahead_s: tuple[float, ...] = ()
    alone_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Silent:
    """One silence that isn't accounted for: its rows, the figures, its cause and why that, and who else was heard."""

    before: int
    after: int
    seconds: float
    limit_s: float
    expected_s: float
    moved_m: float
    moved: bool
    cause: Cause
    why: Text
    neighbours: int


def unaccounted(fleet: Fleet, terms: SilenceTerms) -> Iterator[Silent]:
    """Yield the silences of one class that neither an outage, a hole of coverage nor switching off where it stands explains."""
    everyone = silences(fleet)
    if not len(everyone):
        return
    down = outages(fleet, everyone, OutageTerms())
    struck = explained(down, len(everyone))
    listened_s = everyone.seconds - unheard_s(fleet, everyone, down)
    limit_s = np.maximum(terms.factor * everyone.expected_s, terms.least_s)
    chosen = fleet.of_label((terms.label,))[everyone.before] & (listened_s > limit_s)
    known_s = everyone.begin - fleet.t[fleet.start[fleet.mover[everyone.before]]]
    chosen &= (everyone.after >= 0) | (known_s >= terms.least_s)
    silent, limit_s, struck = everyone.where(chosen), limit_s[chosen], struck[chosen]
    open_to_doubt = ~struck & ~_at_rest(fleet, silent, terms)
    silent, limit_s = silent.where(open_to_doubt), limit_s[open_to_doubt]
    if not len(silent):
        return
    cause = _signs(fleet, silent, terms)
    hidden = _in_zones(fleet, silent, terms.holes) | _in_holes(fleet, silent, terms)
    left = np.flatnonzero((cause != "") | ~hidden)
    silent, limit_s, cause = silent.where(left), limit_s[left], cause[left]
    others = _neighbours(fleet, silent, terms)
    on = fleet.of_label(("vessel",))[silent.before] | np.isfinite(fleet.column("ignition")[silent.before])
    told = (cause != "") | (others >= _NEIGHBOURS) | (silent.seconds > terms.alone_factor * limit_s)
    for k in np.flatnonzero(told).tolist():
        yield _silent(
            silent, k, str(cause[k]), int(others[k]), on=bool(on[k]), limit_s=float(limit_s[k]), moved_m=terms.moved_m
        )


def _at_rest(fleet: Fleet, silent: Silences, terms: SilenceTerms) -> Bools:
    """Tell which silences (n,) are those of movers that were switched off where they stood, and came back there if at all.

    A truck with its ignition off on either side, or, where it says nothing of that, that stood; a vessel moored, or, where
    it says no status, that stood. A move of as far as it goes in two intervals isn't one: the first report comes late. Without speeds, these are those by
    its places: who is silent for five intervals and comes no further stood for most of them.
    """
    rows = silent.before
    speed = fleet.reports.speed_mps[rows]
    if terms.label == "vessel":
        said = fleet.column("nav_status")[rows]
        off = (said == _MOORED) | (~np.isfinite(said) | (said == 15)) & (speed < _STANDING_MPS)
    else:
        said = fleet.column("ignition")[rows]
        then_off = (silent.after >= 0) & (fleet.column("ignition")[silent.after] == 0)
        off = (said == 0) | then_off | ~np.isfinite(said) & ~(speed > _DRIVING_MPS)
    then = np.where(silent.after >= 0, fleet.reports.speed_mps[silent.after], np.nan)
    reported = 2 * np.nan_to_num(then) * np.minimum(silent.expected_s, 60.0)
    neither = ~np.isfinite(speed) & ~np.isfinite(then)
    room = terms.moved_m + np.where(neither, _around_m(fleet, silent), reported)
    return np.asarray(off & ~(silent.moved_m > room))


def _around_m(fleet: Fleet, silent: Silences) -> Floats:
    """Return how far movers (n,) that report no speed go in an interval before and one after a silence, by their places."""
    mps = np.append(np.nan_to_num(fleet.mps), 0.0)
    following = np.where(silent.after >= 0, silent.after + 1, len(fleet))
    same = fleet.mover[np.minimum(following, len(fleet) - 1)] == fleet.mover[silent.before]
    return np.asarray(silent.expected_s * (mps[silent.before] + np.where(same, mps[following], 0.0)))


def _signs(fleet: Fleet, silent: Silences, terms: SilenceTerms) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
    """Return the cause (n,) that the reports themselves tell; "" where they tell none."""
    word = words(fleet, silent.before)
    off = switched_off(fleet, silent.before)
    away = silent.moved_m > terms.moved_m
    link = np.concatenate(([0], np.cumsum(fleet.reports.kind == Kind.LINK)))
    until = np.where(silent.after >= 0, silent.after, fleet.start[fleet.mover[silent.before] + 1])
    alive = link[until] - link[silent.before + 1] > 0
    late = fleet.reports.backfilled[silent.before] | (silent.after >= 0) & fleet.reports.backfilled[silent.after]
    power = any_of(word, POWER_LOST, UNDERVOLTAGE)
    return np.select(
        [any_of(word, MODULE, ANTENNA_OPEN, ANTENNA_SHORT), power & away, power | off, late | alive],
        ["antenna", "power_cut", "device_off", "network"],
        "",
    )


def _in_zones(fleet: Fleet, silent: Silences, names: tuple[str, ...]) -> Bools:
    """Tell which silences (n,) begin or end in a zone of the scene that is known to have no coverage."""
    hit = np.zeros(len(silent), dtype=bool)
    if not names or fleet.scene.origin is None:
        return hit
    lat, lon = _ends(fleet, silent)
    for places in (to_ground(fleet.scene.origin, silent.lat, silent.lon), to_ground(fleet.scene.origin, lat, lon)):
        for name in names:
            if name in fleet.scene.zones:
                hit |= inside(fleet.scene.zones[name], places)
    return hit


def _ends(fleet: Fleet, silent: Silences) -> tuple[Floats, Floats]:
    """Return the places (n,) reported right after; NaN where it's still silent."""
    back = silent.after >= 0
    return (
        np.where(back, fleet.reports.lat[silent.after], np.nan),
        np.where(back, fleet.reports.lon[silent.after], np.nan),
    )


def _in_holes(fleet: Fleet, silent: Silences, terms: SilenceTerms) -> Bools:
    """Tell which silences (n,) begin or end where a good share of all passes do, those of several movers.

    By two grids, half a cell apart: what lies on an edge of the one is in the middle of a cell of the other.
    """
    rows = np.flatnonzero(fleet.trusted & fleet.of_label((terms.label,)))
    if not len(rows):
        return np.zeros(len(silent), dtype=bool)
    whole, half = (_in_holes_of_grid(fleet, silent, terms, rows, shift) for shift in (0.0, 0.5))
    return whole | half


def _in_holes_of_grid(fleet: Fleet, silent: Silences, terms: SilenceTerms, rows: Ints, shift: float) -> Bools:
    """Tell the same by one grid. Movers first heard in a cell came out of silence there."""
    grid = _Grid(terms.hole_deg, shift)
    cells = grid.codes(fleet.reports.lat[rows], fleet.reports.lon[rows])
    mover = fleet.mover[rows]
    first = np.concatenate(([True], np.diff(mover) != 0))
    entered = first | np.concatenate(([True], np.diff(cells) != 0))
    heard_first = first & (fleet.t[rows] > np.nanmin(fleet.t) + terms.least_s)
    begins = grid.codes(silent.lat, silent.lon)
    ends = grid.codes(*_ends(fleet, silent))
    who = fleet.mover[silent.before]
    events = np.concatenate((begins, ends, cells[heard_first]))
    of = np.concatenate((who, who, mover[heard_first]))
    known = np.unique(np.concatenate((begins, ends)))
    known = known[known >= 0]
    if not len(known):
        return np.zeros(len(silent), dtype=bool)
    silences_there = _count(known, events)
    passes = _count(known, cells[entered])
    pairs = np.unique(np.column_stack((events, of)), axis=0)
    movers_there = _count(known, pairs[:, 0])
    holes = known[(movers_there >= terms.hole_movers) & (silences_there >= terms.hole_share * passes)]
    hit = np.isin(begins, holes) | np.isin(ends, holes)
    course, speed = fleet.reports.course_deg[silent.before], fleet.reports.speed_mps[silent.before]
    for ahead_s in terms.ahead_s:
        hit |= np.isin(grid.codes(*moved(silent.lat, silent.lon, course, speed * ahead_s)), holes)
    return np.asarray(hit)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells of so many degrees, their edges moved by a share of a cell."""

    cell_deg: float
    shift: float = 0.0

    def codes(self, lat: Floats, lon: Floats) -> Ints:
        """Return a number for the cell of each place (n,); -1 where it isn't known."""
        known = np.isfinite(lat) & np.isfinite(lon)
        row, column = (np.floor(np.where(known, v, 0) / self.cell_deg + self.shift) for v in (lat, lon))
        code = (row + _COLUMNS / 2) * _COLUMNS + column + _COLUMNS / 2
        return np.where(known, code, -1).astype(np.int64)


def _count(known: Ints, values: Ints) -> Ints:
    """Return how often each of the known values (ascending) occurs."""
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.asarray(np.bincount(at[known[at] == values], minlength=len(known)))


def _neighbours(fleet: Fleet, silent: Silences, terms: SilenceTerms) -> Ints:
    """Return how many other movers were heard in the same cell during each silence (n,), by its first 2,000 reports."""
    rows = np.flatnonzero(fleet.trusted)
    grid = _Grid(terms.near_deg)
    mine = grid.codes(silent.lat, silent.lon)
    cells = grid.codes(fleet.reports.lat[rows], fleet.reports.lon[rows])
    wanted = np.isin(cells, mine)
    rows, cells = rows[wanted], cells[wanted]
    order = np.lexsort((rows, fleet.t[rows], cells))
    rows, cells = rows[order], cells[order]
    t, mover = fleet.t[rows], fleet.mover[rows]
    found = np.zeros(len(silent), dtype=np.int64)
    for k in range(len(silent)):
        begin, end = (int(v) for v in np.searchsorted(cells, [mine[k], mine[k] + 1]))
        first = begin + int(np.searchsorted(t[begin:end], silent.begin[k] + silent.expected_s[k]))
        last = begin + int(np.searchsorted(t[begin:end], silent.end[k]))
        heard = np.unique(mover[first : min(last, first + _MANY)])
        found[k] = int((heard != fleet.mover[silent.before[k]]).sum())
    return found


_WHY: Mapping[Cause, Text] = {
    "antenna": Text("its antenna or module raised an alarm before", "此前天线或定位模块报警"),
    "power_cut": Text("its main supply was lost and it moved meanwhile", "此前主电源断开且期间车辆移动"),
    "device_off": Text("it was switched off", "设备已关闭"),
    "network": Text("its link was alive or reports were made up later: the network", "链路存活或有补报:网络原因"),
}
_PERHAPS_OFF = Text(
    "nothing explains it, but it doesn't report whether it was switched on", "无其他原因,但未上报点火(ACC)状态"
)
_ALONE = Text("nothing explains it, but hardly anybody else was heard there", "无其他原因,但同区域几乎无其他目标可比对")


def _silent(silent: Silences, k: int, sign: str, others: int, *, on: bool, limit_s: float, moved_m: float) -> Silent:
    """Return one silence with its cause: without a sign of its own it is tampering if others were heard there meanwhile."""
    told = next((name for name in _WHY if name == sign), None)
    cause, why = told or "unexplained", _WHY.get(told or "unexplained", _ALONE if on else _PERHAPS_OFF)
    if told is None and on and others >= _NEIGHBOURS:
        cause = "tampering"
        why = Text(
            f"nothing explains it, and {others} others were heard there meanwhile",
            f"无其他原因,且同区域另有 {others} 个目标正常上报",
        )
    return Silent(
        before=int(silent.before[k]),
        after=int(silent.after[k]),
        seconds=float(silent.seconds[k]),
        limit_s=limit_s,
        expected_s=float(silent.expected_s[k]),
        moved_m=float(silent.moved_m[k]),
        moved=bool(silent.moved_m[k] > moved_m),
        cause=cause,
        why=why,
        neighbours=others,
    )
