"""A camera's view: a pinhole with square pixels, somewhere in the world."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely

from roadstead.types import Floats, readonly

NEAR_M = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where a camera hangs (x, y, z m), what it looks at, how wide it sees from top to bottom, and its picture's size, px.

    `pan_deg`, `tilt_deg` and `roll_deg` turn it away from what it was aimed at (to the right, upwards, clockwise).
    """

    at_m: tuple[float, float, float]
    aim_m: tuple[float, float, float]
    fov_deg: float
    size: tuple[int, int] = (960, 540)
    pan_deg: float = 0.0
    tilt_deg: float = 0.0
    roll_deg: float = 0.0

    @property
    def focal_px(self) -> float:
        """Focal length, px."""
        return self.size[1] / 2 / float(np.tan(np.radians(self.fov_deg) / 2))

    @property
    def axes(self) -> Floats:
        """Rows (3, 3): to the right of the picture, up, and backwards (out of the scene), as unit vectors of the world."""
        return _axes(self)

    def turned(self, pan_deg: float, tilt_deg: float, roll_deg: float) -> "View":
        """Return the same camera turned further."""
        return replace(
            self,
            pan_deg=self.pan_deg + pan_deg,
            tilt_deg=self.tilt_deg + tilt_deg,
            roll_deg=self.roll_deg + roll_deg,
        )

    def scaled(self, size: tuple[int, int]) -> "View":
        """Return the same camera with another picture size."""
        return replace(self, size=size)

    def project(self, points: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return where points (n, 3) m are seen (n, 2) px, and how far ahead they lie (n,) m; NaN for what is behind."""
        xyz = (np.asarray(points, dtype=np.float64).reshape(-1, 3) - self.at_m) @ self.axes.T
        depth = -xyz[:, 2]
        safe = np.where(depth > NEAR_M, depth, np.nan)
        w, h = self.size
        px = np.column_stack((w / 2 + self.focal_px * xyz[:, 0] / safe, h / 2 - self.focal_px * xyz[:, 1] / safe))
        return px, depth

    def ground(self, points_px: npt.ArrayLike) -> Floats:
        """Return where on the ground (z = 0) picture points (n, 2) px lie (n, 2) m; NaN at and above the horizon."""
        px = np.asarray(points_px, dtype=np.float64).reshape(-1, 2)
        w, h = self.size
        rays = np.column_stack(
            ((px[:, 0] - w / 2) / self.focal_px, (h / 2 - px[:, 1]) / self.focal_px, -np.ones(len(px)))
        )
        world = rays @ self.axes
        down = np.where(world[:, 2] < -1e-6, -world[:, 2], np.nan)
        return np.asarray(np.asarray(self.at_m[:2]) + world[:, :2] * (self.at_m[2] / down)[:, None])

    def drawn(self, polygon_m: npt.ArrayLike) -> list[list[float]]:
        """Return a ground shape (n, 2) m as it is drawn on the picture, cut at its edges, to a tenth of a px."""
        shape = _densely(np.asarray(polygon_m, dtype=np.float64).reshape(-1, 2))
        px, _ = self.project(np.column_stack((shape, np.zeros(len(shape)))))
        seen = px[np.isfinite(px).all(axis=1)]
        w, h = self.size
        cut = clipped(seen, (0.5, 0.5, w - 0.5, h - 0.5))
        return tidied([[round(float(x), 1), round(float(y), 1)] for x, y in _plain(cut)])

    def calibration(self, points_m: npt.ArrayLike) -> dict[str, list[list[float]]]:
        """Return pairs of picture and ground for those of some ground points (n, 2) m that the picture shows."""
        ground = np.asarray(points_m, dtype=np.float64).reshape(-1, 2)
        px, _ = self.project(np.column_stack((ground, np.zeros(len(ground)))))
        w, h = self.size
        inside = np.isfinite(px).all(axis=1) & (px > 0).all(axis=1) & (px[:, 0] < w) & (px[:, 1] < h)
        return {
            "image_px": [[round(float(v), 1) for v in p] for p in px[inside]],
            "ground_m": [[round(float(v), 2) for v in p] for p in ground[inside]],
        }


@lru_cache(maxsize=64)
def _axes(view: View) -> Floats:
    ahead = np.subtract(view.aim_m, view.at_m).astype(np.float64)
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    up = np.cross(right, ahead)
    base = np.stack((right, up, -ahead))
    p, t, r = np.radians((view.pan_deg, view.tilt_deg, view.roll_deg))
    pan = np.array([[np.cos(p), 0, -np.sin(p)], [0, 1, 0], [np.sin(p), 0, np.cos(p)]])
    tilt = np.array([[1, 0, 0], [0, np.cos(t), np.sin(t)], [0, -np.sin(t), np.cos(t)]])
    roll = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return readonly(roll @ tilt @ pan.T @ base)


def _densely(shape: Floats) -> Floats:
    """Return a closed outline with points at most a metre or so apart, so that what lies behind the camera drops out alone."""
    made = []
    for a, b in zip(shape, np.roll(shape, -1, axis=0), strict=True):
        n = max(1, min(200, int(np.hypot(*(b - a)))))
        made.append(a + (b - a) * np.linspace(0, 1, n, endpoint=False)[:, None])
    return np.concatenate(made)


def clipped(polygon: Floats, frame: tuple[float, float, float, float]) -> Floats:
    """Return what of a polygon (n, 2) lies in a frame (left, top, right, bottom); Sutherland and Hodgman 1974."""
    x0, y0, x1, y1 = frame
    for axis, level, keep_above in ((0, x0, True), (0, x1, False), (1, y0, True), (1, y1, False)):
        made = []
        for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            a_in, b_in = (
                ((a[axis] >= level) == keep_above or a[axis] == level),
                ((b[axis] >= level) == keep_above or b[axis] == level),
            )
            if a_in:
                made.append(a)
            if a_in != b_in:
                made.append(a + (b - a) * (level - a[axis]) / (b[axis] - a[axis]))
        polygon = np.array(made).reshape(-1, 2)
    return polygon


def tidied(corners: list[list[float]]) -> list[list[float]]:
    """Return a rounded outline without corners that fell together; of one whose edges now cross, that of its largest part."""
    corners = [corner for k, corner in enumerate(corners) if corner != corners[k - 1]]
    if len(corners) < 3 or shapely.Polygon(corners).is_valid:
        return corners
    whole = (
        shapely.make_valid(shapely.Polygon(corners)).buffer(-0.3, join_style="mitre").buffer(0.2, join_style="mitre")
    )
    largest = max(shapely.get_parts(whole).tolist(), key=shapely.area)
    outline = shapely.get_coordinates(shapely.get_exterior_ring(largest.simplify(0.2)))[:-1]
    return [[round(float(x), 1), round(float(y), 1)] for x, y in outline]


def _plain(polygon: Floats) -> Floats:
    """Leave out the points that lie on the straight line between their neighbours."""
    kept = list(polygon)
    k = 0
    while len(kept) > 3 and k < len(kept):
        a, b, c = kept[k - 1], kept[k], kept[(k + 1) % len(kept)]
        leg = c - a
        off = abs(leg[0] * (b - a)[1] - leg[1] * (b - a)[0]) / max(float(np.hypot(*leg)), 1e-9)
        if off < 0.3:
            del kept[k]
        else:
            k += 1
    return np.array(kept).reshape(-1, 2)
