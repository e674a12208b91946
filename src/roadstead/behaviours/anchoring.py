"""Anchoring where it is forbidden: a vessel stays within its swinging circle inside such a zone (禁锚区锚泊)."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import in_zone, sureness
from roadstead.geometry.zones import Bools
from roadstead.types import Evidence, Floats, Mover, Ref, Text, View

_ROUNDS = 200
"""Steps towards the centre of the smallest circle: it is then known to within 1 % of its radius."""

_MOSTLY = 0.5
"""It lay in the zone where more than this share of its sights does."""


@dataclass(frozen=True, slots=True)
class _Circle:
    x: float
    y: float
    radius: float


@behaviour("anchoring", zh="禁锚区锚泊")
@dataclass(frozen=True, slots=True, kw_only=True)
class Anchoring:
    """Violation while a vessel has stayed for `min_s` in a circle of `radius_m`, mostly in `zone` and not at a berth.

    It may swing about its anchor within the circle. `berths` are zones where lying moored is allowed.
    """

    needs_ground: ClassVar[bool] = True

    zone: Annotated[str, Ref("zone")]
    berths: tuple[Annotated[str, Ref("zone")], ...] = ()
    radius_m: Annotated[float, Gt(0)] = 100.0
    min_s: Annotated[float, Gt(0)] = 600.0
    max_silence_s: Annotated[float, Gt(0)] = 400.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the stay that lasts, from its beginning to the last sight."""
        ground = mover.points("m")
        if ground is None or len(mover.t) < 3 or view.t - mover.t[-1] > self.max_silence_s:
            return None
        if mover.t[-1] - mover.t[0] < self.min_s:
            return None
        forbidden = self._forbidden(mover, view)
        if not forbidden.any():
            return None  # most are elsewhere, and what follows costs most
        first = self._first_row(mover.t, _smoothed(ground))
        lain_s = float(mover.t[-1] - mover.t[first])
        if lain_s < self.min_s or forbidden[first:].mean() <= _MOSTLY:
            return None
        circle = _circle(_smoothed(ground)[first:])
        return self._evidence(mover, circle, float(mover.t[first]), lain_s)

    def _first_row(self, t: Floats, xy: Floats) -> int:
        """Return the earliest row from which on all lie in one circle and no silence is too long."""
        silent = np.flatnonzero((np.diff(t) > self.max_silence_s) | ~np.isfinite(xy[1:]).all(axis=1))
        low, high = int(silent[-1]) + 1 if len(silent) else 0, len(t) - 1
        while low < high:
            middle = (low + high) // 2
            if _fits(xy[middle:], self.radius_m):
                high = middle
            else:
                low = middle + 1
        return low

    def _forbidden(self, mover: Mover, view: View) -> Bools:
        """Tell which sights (n,) lie in the zone and not in a berth."""
        inside = in_zone(self.zone, mover, view)
        if inside is None:
            return np.zeros(len(mover.t), dtype=bool)
        moored = np.zeros(len(mover.t), dtype=bool)
        for name in self.berths:
            berth = in_zone(name, mover, view)
            if berth is not None:
                moored |= berth
        return inside & ~moored

    def _evidence(self, mover: Mover, circle: _Circle, since: float, lain_s: float) -> Evidence:
        because = Text(
            f"{mover.label} {mover.id} has lain within {circle.radius:.0f} m of one place in {self.zone} for "
            f"{lain_s / 60:.0f} min (limits {self.radius_m:g} m, {self.min_s / 60:g} min)",
            f"{mover.id} 在禁锚区「{self.zone}」内半径 {circle.radius:.0f} m 范围停留 {lain_s / 60:.0f} 分钟"
            f"(限值 {self.radius_m:g} m、{self.min_s / 60:g} 分钟)",
        )
        measured = {
            "lain_s": round(lain_s, 3),
            "min_s": self.min_s,
            "swing_radius_m": round(circle.radius, 2),
            "radius_m": self.radius_m,
            "at_x_m": round(circle.x, 2),
            "at_y_m": round(circle.y, 2),
        }
        return Evidence(
            mover.id, float(mover.t[-1]), "violation", sureness(lain_s, self.min_s), because, measured, since
        )


def _smoothed(xy: Floats) -> Floats:
    """Return each place as the middle (median) of itself and its neighbours: a single wild position is left out."""
    middle = np.median(np.stack((xy[:-2], xy[1:-1], xy[2:])), axis=0)
    return np.concatenate((xy[:1], middle, xy[-1:]))


def _fits(xy: Floats, radius: float) -> bool:
    """Whether places (n, 2) lie in one circle; most are told by the upright rectangle around them."""
    span = np.ptp(xy, axis=0)
    if span.max() > 2 * radius:
        return False
    return bool(np.hypot(*span) <= 2 * radius) or _circle(xy).radius <= radius


def _circle(xy: Floats) -> _Circle:
    """Return nearly the smallest circle around places (n, 2): step towards the farthest, ever less (Bădoiu, Clarkson 2003)."""
    centre = (xy.min(axis=0) + xy.max(axis=0)) / 2
    for step in range(_ROUNDS):
        off = xy - centre
        farthest = off[np.argmax((off * off).sum(axis=1))]
        centre = centre + farthest / (step + 2)
    return _Circle(float(centre[0]), float(centre[1]), float(np.hypot(*(xy - centre).T).max()))
