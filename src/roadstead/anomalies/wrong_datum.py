"""Wrong datum: coordinates in GCJ-02 or BD-09 where WGS-84 is due, as the device says or as the roads show (坐标系错误)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._roads import Plane, beside, cells, driven_m, off_m, others, visited, ways_m, within
from roadstead.anomalies._runs import evidence, runs
from roadstead.geometry.datums import Datum, convert
from roadstead.positions import Bools, Fleet, Ints, Kind
from roadstead.types import Evidence, Floats, Text

_DATUMS: tuple[Datum, ...] = ("wgs84", "gcj02", "bd09")
_TITLES = {"gcj02": "GCJ-02", "bd09": "BD-09"}
_WAY_CELL_M, _FLEET_CELL_M, _ROAD_CELL_M = 25.0, 50.0, 25.0
_MARGIN_M = 1500.0
"""BD-09 displaces by less."""
_SUSPECT = 0.6
"""Only where less than this share of the places lies on roads, the three datums are compared."""
_KNOWN = 0.5
"""A fleet of which less than this share of the places is shared with others shows no roads."""
_CLEARER = 0.3
"""More by this share of the places must lie on roads once shifted back, before distances are measured."""
_FITS, _UNDECIDED = 0, -1
_BETWEEN = 5
"""So many blocks between two in the same wrong datum may be undecided, or on roads by chance."""


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    """Places some way apart, in blocks of one mover: the rows (n,), the block (n,) of each, and the blocks' numbers (k,).

    Numbers go on by one from a block to the next of the same mover, suspect or not.
    """

    whole_fleet: ClassVar[bool] = True

    rows: Ints
    block: Ints
    number: Ints

    @property
    def count(self) -> int:
        return len(self.number)


@anomaly("wrong_datum", zh="坐标系错误")
@dataclass(frozen=True, slots=True, kw_only=True)
class WrongDatum:
    """Found where a device says that its coordinates are shifted (`encrypted`), and where a truck keeps to roads only once they are shifted back.

    The roads are the scene's ways; without these, what at least `movers` other trucks drive (only if most places of the
    fleet are such). A truck's places, at least 25 m apart, are judged `points` and more at a time, as WGS-84, as GCJ-02 and as BD-09: the
    mean distance to the road must be at most `fit_m` for one of the shifted ones, and at least `unfit_m` for both
    others. Anything less clear is no finding: a straight road along the displacement fits twice, open ground never.
    Distances count up to `most_m`. The offsets are 100-700 m (GCJ-02) and up to 1.3 km (BD-09).
    """

    points: Annotated[int, Ge(10)] = 20
    movers: Annotated[int, Ge(2)] = 3
    fit_m: Annotated[float, Gt(0)] = 20.0
    unfit_m: Annotated[float, Gt(0)] = 35.0
    most_m: Annotated[float, Gt(0)] = 60.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield what is declared, then what is detected."""
        encrypted = fleet.column("encrypted")
        rows = np.flatnonzero((fleet.reports.kind == Kind.POSITION) & np.isfinite(encrypted))
        for run in runs(fleet, rows, encrypted[rows] == 1):
            because = Text(
                f"the device says of {len(run)} reports that their coordinates are shifted (GCJ-02)",
                f"终端声明 {len(run)} 条上报的坐标经过加密偏移（GCJ-02）",
            )
            yield evidence(fleet, run, because, {"datum": "gcj02", "cause": "declared"})
        usable = np.flatnonzero((fleet.segment >= 0) & fleet.of_label(("truck",)) & ~(encrypted == 1))
        if len(usable) >= self.points:
            yield from self._detected(fleet, usable)

    def _detected(self, fleet: Fleet, usable: Ints) -> Iterator[Evidence]:
        """Yield the trucks whose places fit roads in another datum."""
        plane = Plane.of(fleet.reports.lat[usable])
        way_m = ways_m(fleet.scene, plane)
        blocks = self._suspects(fleet, usable, plane, way_m)
        if blocks is None:
            return
        if way_m is None:
            seen = np.zeros(len(fleet), dtype=bool)
            seen[usable] = True
            for first, last in _spans(blocks):
                seen[first : last + 1] = False
            way_m = driven_m(fleet, np.flatnonzero(seen), plane, side_m=_ROAD_CELL_M, movers=self.movers)
        fits_m = self._fits(fleet, blocks, plane, way_m)
        verdicts = self._verdicts(fits_m)
        spans = _spans(blocks)
        for members in _joined(fleet, spans, blocks.number, verdicts):
            yield self._found(fleet, usable, [spans[k] for k in members], fits_m[members].mean(axis=0))

    def _suspects(self, fleet: Fleet, usable: Ints, plane: Plane, way_m: Floats | None) -> _Blocks | None:
        """Return the blocks too many of whose places lie on no road; None if there are none, or no roads to tell by."""
        xy_m = plane.xy(fleet.reports.lat[usable], fleet.reports.lon[usable])
        if way_m is not None:
            low, high = way_m.min(axis=0) - _MARGIN_M, way_m.max(axis=0) + _MARGIN_M
            about = ((xy_m >= low) & (xy_m <= high)).all(axis=1)
            usable, xy_m = usable[about], xy_m[about]
        side_m = _FLEET_CELL_M if way_m is None else _WAY_CELL_M
        cell, mover = cells(xy_m, side_m), fleet.mover[usable]
        apart = np.flatnonzero(np.concatenate(([True], (np.diff(cell) != 0) | (np.diff(mover) != 0)))[: len(cell)])
        if len(apart) < self.points:
            return None
        cell, mover = cell[apart], mover[apart]
        if way_m is None:
            on_road = others(cell, mover) >= self.movers - 1
            if on_road.mean() < _KNOWN:
                return None
        else:
            on_road = within(beside(way_m, side_m), cell)
        blocks = self._blocks(mover, usable[apart])
        enough = np.bincount(blocks.block, minlength=blocks.count) >= self.points
        blocks = _chosen(blocks, (_means(blocks, on_road) < _SUSPECT) & enough)
        if not blocks.count:
            return None
        known = visited(cell, mover, self.movers) if way_m is None else beside(way_m, side_m)
        share = [_means(blocks, within(known, cells(xy, side_m))) for xy in _undone(fleet, blocks, plane)]
        blocks = _chosen(blocks, np.maximum(share[1], share[2]) > share[0] + _CLEARER)
        return blocks if blocks.count else None

    def _blocks(self, mover: Ints, rows: Ints) -> _Blocks:
        """Cut each mover's rows into blocks of `points`; what is left over belongs to its last block."""
        first = np.flatnonzero(np.concatenate(([True], np.diff(mover) != 0)))
        many = np.diff(np.append(first, len(rows)))
        of = np.repeat(np.arange(len(first)), many)
        whole = np.maximum(many // self.points, 1)
        within = np.minimum((np.arange(len(rows)) - first[of]) // self.points, whole[of] - 1)
        return _Blocks(rows, (np.cumsum(whole) - whole)[of] + within, np.arange(int(whole.sum())))

    def _fits(self, fleet: Fleet, blocks: _Blocks, plane: Plane, way_m: Floats) -> Floats:
        """Return the mean distance of each block (k, 3) to the road in each datum, m."""
        fits = [_means(blocks, off_m(way_m, xy_m, self.most_m)) for xy_m in _undone(fleet, blocks, plane)]
        return np.column_stack(fits)

    def _verdicts(self, fits_m: Floats) -> Ints:
        """Return the datum (k,) that each block is in (a place in _DATUMS), or -1."""
        best = fits_m.argmin(axis=1)
        ordered = np.sort(fits_m, axis=1)
        sure = (ordered[:, 0] <= self.fit_m) & (ordered[:, 1] >= self.unfit_m)
        return np.asarray(np.where(sure, best, _UNDECIDED))

    def _found(self, fleet: Fleet, usable: Ints, spans: list[tuple[int, int]], fits_m: Floats) -> Evidence:
        best = int(fits_m.argmin())
        datum = _DATUMS[best]
        rows = usable[(usable >= spans[0][0]) & (usable <= spans[-1][1])]
        rest = float(np.delete(fits_m, best).min())
        because = Text(
            f"{len(rows)} reports lie {fits_m[0]:.0f} m off the roads as WGS-84 and {fits_m[best]:.0f} m as "
            f"{_TITLES[datum]} (limit {self.fit_m:.0f} m; capped at {self.most_m:.0f} m)",
            f"{len(rows)} 条上报按 WGS-84 平均偏离道路 {fits_m[0]:.0f} 米，按 {_TITLES[datum]} 仅偏离 "
            f"{fits_m[best]:.0f} 米（限值 {self.fit_m:.0f} 米，最大计 {self.most_m:.0f} 米）",
        )
        measured = {
            "datum": datum,
            "cause": "detected",
            **{f"off_road_{name}_m": float(fits_m[k]) for k, name in enumerate(_DATUMS)},
            "fit_limit_m": self.fit_m,
            "unfit_limit_m": self.unfit_m,
        }
        return evidence(fleet, rows, because, measured, score=min(1.0, 1.0 - 0.5 * float(fits_m[best]) / rest))


def _undone(fleet: Fleet, blocks: _Blocks, plane: Plane) -> Iterator[Floats]:
    """Yield where the places (n, 2) lie if they were given in each datum."""
    lat, lon = fleet.reports.lat[blocks.rows], fleet.reports.lon[blocks.rows]
    for datum in _DATUMS:
        yield plane.xy(*convert(lat, lon, datum, "wgs84"))


def _chosen(blocks: _Blocks, which: Bools) -> _Blocks:
    """Return some of the blocks (k,)."""
    rows = which[blocks.block]
    renumbered = np.cumsum(which) - 1
    return _Blocks(blocks.rows[rows], renumbered[blocks.block[rows]], blocks.number[which])


def _means(blocks: _Blocks, values: Floats | Bools) -> Floats:
    """Return the mean (k,) of a value (n,) over each block."""
    many = np.maximum(np.bincount(blocks.block, minlength=blocks.count), 1)
    return np.asarray(np.bincount(blocks.block, weights=values, minlength=blocks.count) / many)


def _spans(blocks: _Blocks) -> list[tuple[int, int]]:
    """Return the first and last row of each block."""
    first = np.flatnonzero(np.concatenate(([True], np.diff(blocks.block) != 0)))
    last = np.append(first[1:], len(blocks.rows)) - 1
    return list(zip(blocks.rows[first].tolist(), blocks.rows[last].tolist(), strict=True))


def _joined(fleet: Fleet, spans: list[tuple[int, int]], number: Ints, verdicts: Ints) -> Iterator[Ints]:
    """Yield the blocks of each run in one wrong datum, of one mover, with at most so many undecided ones between two."""
    wrong = np.flatnonzero(verdicts != _UNDECIDED)
    if not len(wrong):
        return
    mover = np.array([int(fleet.mover[spans[k][0]]) for k in wrong.tolist()])
    parted = (np.diff(verdicts[wrong]) != 0) | (np.diff(mover) != 0) | (np.diff(number[wrong]) > _BETWEEN + 1)
    for members in np.split(wrong, np.flatnonzero(parted) + 1):
        if verdicts[members[0]] != _FITS:
            yield members
