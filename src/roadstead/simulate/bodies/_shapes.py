"""Shapes beyond the box: prisms, turned and lofted ones, lumps; and how a picture is laid around a shape."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from roadstead.simulate.world.body import Mesh
from roadstead.simulate.world.solids import box, cylinder, joined
from roadstead.types import Floats

Point = tuple[float, float, float]
Side = Literal["front", "back", "left", "right", "up", "down"]
_SIDES: tuple[Side, ...] = ("front", "left", "up", "back", "right", "down")


def wrapped(mesh: Mesh, low: Point | None = None, high: Point | None = None) -> Mesh:
    """Return a mesh that carries a picture upright on each of its sides, as somebody before that side sees it.

    The picture spans the box from `low` to `high` (the mesh's own if None), so that its lower edge is at the bottom.
    """
    low_m = mesh.corners.min(axis=0) if low is None else np.asarray(low)
    high_m = mesh.corners.max(axis=0) if high is None else np.asarray(high)
    corners = mesh.corners[mesh.triangles]
    share = (corners - low_m) / np.maximum(high_m - low_m, 1e-9)
    side = _side_of(mesh)[:, None]
    x, y, z = share[..., 0], share[..., 1], share[..., 2]
    u = np.choose(side, (y, 1 - x, x, 1 - y, x, x))
    v = np.choose(side, (z, z, y, z, z, y))
    uv = np.stack((u, v), axis=-1).clip(0, 1)
    return Mesh(corners.reshape(-1, 3), np.arange(corners.size // 3, dtype=np.int32).reshape(-1, 3), uv.reshape(-1, 2))


def facing(mesh: Mesh, *sides: Side) -> Mesh:
    """Return those triangles of a mesh that face one of some sides."""
    wanted = np.isin(_side_of(mesh), [_SIDES.index(side) for side in sides])
    used, places = np.unique(mesh.triangles[wanted], return_inverse=True)
    uv = None if mesh.uv is None else mesh.uv[used]
    return Mesh(mesh.corners[used], places.reshape(-1, 3).astype(np.int32), uv)


def _side_of(mesh: Mesh) -> npt.NDArray[np.intp]:
    """Return the index in `_SIDES` that each triangle faces, (m,)."""
    a, b, c = (mesh.corners[mesh.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    axis = np.abs(normal).argmax(axis=1)
    return np.asarray(axis + 3 * (np.take_along_axis(normal, axis[:, None], axis=1)[:, 0] < 0), dtype=np.intp)


def prism(outline: Sequence[tuple[float, float]], half_widths_m: Sequence[float] | float) -> Mesh:
    """Return a convex side view (x, z), counterclockwise seen from the right, as wide at each corner as told to either side."""
    xz = np.asarray(outline, dtype=np.float64)
    half = np.broadcast_to(np.asarray(half_widths_m, dtype=np.float64), len(xz))
    right = np.column_stack((xz[:, 0], -half, xz[:, 1]))
    left = np.column_stack((xz[:, 0], half, xz[:, 1]))
    n = len(xz)
    fan = np.array([(0, i, i + 1) for i in range(1, n - 1)], dtype=np.int32)
    walls = [_quad(np.array([right[i], left[i], left[(i + 1) % n], right[(i + 1) % n]])) for i in range(n)]
    nothing = np.zeros((n, 2))
    return joined([Mesh(right, fan, nothing), Mesh(left, fan[:, ::-1], nothing), *walls])


def _quad(corners: Floats) -> Mesh:
    return Mesh(corners, np.array([(0, 1, 2), (0, 2, 3)], dtype=np.int32), np.zeros((4, 2)))


def panel(corners: Sequence[Point]) -> Mesh:
    """Return a flat field from its top left corner clockwise, as somebody reads it, with the whole picture on it."""
    a, b, c, d = np.asarray(corners, dtype=np.float64)
    uv = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float64)
    return Mesh(np.array([d, c, b, a]), np.array([(0, 1, 2), (0, 2, 3)], dtype=np.int32), uv)


def upright(middle: Point, width_m: float, height_m: float, side: Side) -> tuple[Point, Point, Point, Point]:
    """Return the corners of an upright field that is read from a side: from its top left corner clockwise."""
    x, y, z = middle
    right = {"front": (0, 1), "back": (0, -1), "left": (-1, 0), "right": (1, 0)}[side]
    w, h = width_m / 2, height_m / 2
    dx, dy = right[0] * w, right[1] * w
    return (x - dx, y - dy, z + h), (x + dx, y + dy, z + h), (x + dx, y + dy, z - h), (x - dx, y - dy, z - h)


def loft(rings: Sequence[Floats], *, closed: bool = True) -> Mesh:
    """Return the skin through rings (k, 3), each counterclockwise seen from the last one's end; `closed` shuts the ends."""
    k, n = len(rings[0]), len(rings)
    corners = np.concatenate([np.asarray(r, dtype=np.float64) for r in rings])
    at = np.arange(n * k).reshape(n, k)
    a, b = at[:-1], np.roll(at, -1, axis=1)[:-1]
    c, d = np.roll(at, -1, axis=1)[1:], at[1:]
    triangles = [np.stack((a, b, c), -1).reshape(-1, 3), np.stack((a, c, d), -1).reshape(-1, 3)]
    if closed:
        fan = np.array([(0, i, i + 1) for i in range(1, k - 1)])
        triangles += [fan[:, ::-1], fan + (n - 1) * k]
    around = np.arange(k) / k
    uv = np.column_stack((np.tile(around, n), np.repeat(np.linspace(0, 1, n), k)))
    return Mesh(corners, np.concatenate(triangles).astype(np.int32), uv)


def ring(middle: Point, radii_m: tuple[float, float], axis: int, sides: int = 8) -> Floats:
    """Return an ellipse (sides, 3) about an axis (0 x, 1 y, 2 z); its radii go with the next two axes, in turn."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    made = np.zeros((sides, 3))
    made[:, (axis + 1) % 3] = radii_m[0] * np.cos(angle)
    made[:, (axis + 2) % 3] = radii_m[1] * np.sin(angle)
    return np.asarray(made + np.asarray(middle))


def turned_on_axis(profile: Sequence[tuple[float, float]], middle: Point, axis: int, sides: int = 12) -> Mesh:
    """Return a solid of revolution: (place along the axis, radius) m from its lower end to its upper one."""
    rings = []
    for along, radius in profile:
        at = [0.0, 0.0, 0.0]
        at[axis] = along
        rings.append(ring((at[0], at[1], at[2]), (radius, radius), axis, sides) + np.asarray(middle))
    return loft(rings)


def limb(start: Point, end: Point, radii_m: tuple[float, float], sides: int = 6) -> Mesh:
    """Return a tapered stick from one place to another, with its radii at the start and at the end."""
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
    aside = np.cross(along, (1.0, 0.0, 0.0) if abs(along[0]) < 0.9 else (0.0, 1.0, 0.0))
    aside /= np.linalg.norm(aside)
    other = np.cross(along, aside)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)[:, None]
    circle = np.cos(angle) * aside + np.sin(angle) * other
    return loft([a + radii_m[0] * circle, b + radii_m[1] * circle])


def lump(
    middle: Point, radii_m: Point, rng: np.random.Generator | None = None, rough: float = 0.0, sides: int = 8
) -> Mesh:
    """Return an ellipsoid, dented at random by up to a share of its radii."""
    half = sides // 2 + 1
    rise = np.linspace(-np.pi / 2, np.pi / 2, half + 1)
    rings = []
    for tilt in rise:
        reach = np.full(sides, max(float(np.cos(tilt)), 0.02))
        height = float(np.sin(tilt))
        if rng is not None:
            reach = reach * (1 + rough * rng.uniform(-1, 1, sides))
        flat = ring((0, 0, 0), (1, 1), 2, sides)[:, :2] * reach[:, None]
        rings.append(np.column_stack((flat, np.full(sides, height))) * radii_m + middle)
    return loft(rings)


def slab(middle: Point, size_m: Point) -> Mesh:
    """Return a box about its middle."""
    (x, y, z), (a, b, c) = middle, size_m
    return box((x - a / 2, y - b / 2, z - c / 2), (x + a / 2, y + b / 2, z + c / 2))


def bar(start: Point, end: Point, thick_m: float) -> Mesh:
    """Return a straight beam of square section between two points."""
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
    other = np.array([0.0, 0.0, 1.0]) if abs(along[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    side = np.cross(other, along)
    side /= np.linalg.norm(side)
    up = np.cross(along, side)
    frame = np.stack((along, side, up), axis=1)
    length, half = float(np.linalg.norm(b - a)), thick_m / 2
    plain = box((0.0, -half, -half), (length, half, half))
    return Mesh(plain.corners @ frame.T + a, plain.triangles, plain.uv)


def pole(x: float, y: float, low_m: float, high_m: float, radius_m: float, sides: int = 8) -> Mesh:
    """Return an upright round pole."""
    return cylinder((x, y, (low_m + high_m) / 2), radius_m, high_m - low_m, axis=2, sides=sides)
