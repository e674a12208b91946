"""The ways of a fleet: each mover's trusted places on the ground, cut at any instant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from roadstead.geometry.geodesy import to_ground
from roadstead.positions import Fleet, Ints, Path, Static
from roadstead.types import Floats, readonly


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Trusted rows by mover and event time: mover k's are `start[k]:start[k + 1]`."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    statics: tuple[Static | None, ...]
    start: Ints
    t: Floats
    xy_m: Floats
    lat: Floats
    lon: Floats
    columns: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.t)

    def path(self, mover: int, t: float = float("inf"), keep_s: float = float("inf")) -> Path:
        """Return what mover number `mover` had reported by `t`, of the last `keep_s`."""
        first, end = int(self.start[mover]), int(self.start[mover + 1])
        last = first + int(np.searchsorted(self.t[first:end], t, "right"))
        begin = first + int(np.searchsorted(self.t[first:last], t - keep_s)) if np.isfinite(keep_s) else first
        rows = slice(begin, last)
        return Path(
            id=self.names[mover],
            label=self.labels[mover],
            t=self.t[rows],
            xy_m=self.xy_m[rows],
            lat=self.lat[rows],
            lon=self.lon[rows],
            columns={name: values[rows] for name, values in self.columns.items()},
            static=self.statics[mover],
        )

    def instants(self, step_s: float) -> Iterator[tuple[float, list[int]]]:
        """Yield the multiples of `step_s` at which movers had reported since the one before, and which."""
        if not len(self.t):
            return
        mover = np.repeat(np.arange(len(self.names)), np.diff(self.start))
        tick = np.ceil(self.t / step_s).astype(np.int64)
        pairs = np.unique(np.column_stack((tick, mover)), axis=0)
        begins = np.concatenate(([0], np.flatnonzero(np.diff(pairs[:, 0])) + 1, [len(pairs)]))
        for a, b in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True):
            yield float(pairs[a, 0] * step_s), pairs[a:b, 1].tolist()

    def at(self, t: float, *, keep_s: float, fresh_s: float) -> "Cut":
        """Return the paths of those heard in the last `fresh_s`, as they were at `t`."""
        return Cut(self, t, keep_s, fresh_s)


class Cut(Sequence[Path]):
    """The paths of a fleet at an instant; made when they are asked for."""

    def __init__(self, on: Ways, t: float, keep_s: float, fresh_s: float) -> None:
        self._on = on
        self._t = t
        self._keep_s = keep_s
        self._fresh_s = fresh_s
        self._movers: list[int] | None = None
        self._made: dict[int, Path] = {}

    def of(self, mover: int) -> Path:
        """Return one mover's path, fresh or not."""
        if mover not in self._made:
            self._made[mover] = self._on.path(mover, self._t, self._keep_s)
        return self._made[mover]

    def _fresh(self) -> list[int]:
        if self._movers is None:
            on = self._on
            recent = (on.t <= self._t) & (on.t >= self._t - self._fresh_s)
            counts = np.add.reduceat(np.append(recent, False), on.start[:-1]) if len(on.t) else np.zeros(0)
            empty = on.start[:-1] == on.start[1:]
            self._movers = np.flatnonzero((counts > 0) & ~empty).tolist()
        return self._movers

    def __len__(self) -> int:
        return len(self._fresh())

    @overload
    def __getitem__(self, place: int) -> Path: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Path]: ...
    def __getitem__(self, place: int | slice) -> Path | Sequence[Path]:
        chosen = self._fresh()[place]
        return self.of(chosen) if isinstance(chosen, int) else [self.of(m) for m in chosen]


def ways(fleet: Fleet) -> Ways:
    """Return the trusted rows of a fleet on the ground of its scene (its first trusted place, where that has no origin)."""
    rows = np.flatnonzero(fleet.trusted)
    reports = fleet.reports
    lat, lon = reports.lat[rows], reports.lon[rows]
    origin = fleet.scene.origin or ((float(lat[0]), float(lon[0])) if len(rows) else (0.0, 0.0))
    own = ("speed_mps", "course_deg", "heading_deg")
    columns = {name: getattr(reports, name)[rows] for name in own}
    columns |= {name: values[rows] for name, values in reports.columns.items()}
    return Ways(
        names=reports.movers,
        labels=fleet.labels,
        statics=_latest_statics(fleet),
        start=np.searchsorted(reports.mover[rows], np.arange(len(reports.movers) + 1)).astype(np.int64),
        t=readonly(fleet.t[rows]),
        xy_m=readonly(to_ground(origin, lat, lon), 2),
        lat=readonly(lat),
        lon=readonly(lon),
        columns=columns,
    )


def _latest_statics(fleet: Fleet) -> tuple[Static | None, ...]:
    """Return the newest static data of each mover."""
    newest: list[Static | None] = [None] * len(fleet.reports.movers)
    for row in np.flatnonzero(fleet.reports.static >= 0).tolist():
        newest[int(fleet.reports.mover[row])] = fleet.reports.statics[int(fleet.reports.static[row])]
    return tuple(newest)
