"""Meshes of simple solids, with normals outwards and room for a texture."""

from collections.abc import Sequence

import numpy as np

from roadstead.simulate.world.body import Mesh
from roadstead.types import Floats


def box(
    low: tuple[float, float, float],
    high: tuple[float, float, float],
    *,
    taper: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
) -> Mesh:
    """Return a box between two corners; `taper` draws the top in at front, back, left, right, m. Each side has the whole texture."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    front, back, left, right = taper
    bottom = [(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)]
    top = [
        (x0 + back, y0 + right, z1),
        (x1 - front, y0 + right, z1),
        (x1 - front, y1 - left, z1),
        (x0 + back, y1 - left, z1),
    ]
    corner = np.array([*bottom, *top])
    sides = [(1, 2, 6, 5), (3, 0, 4, 7), (2, 3, 7, 6), (0, 1, 5, 4), (4, 5, 6, 7), (3, 2, 1, 0)]
    return joined([quad(corner[list(side)]) for side in sides])


def quad(corners: Floats) -> Mesh:
    """Return a flat four-sided face (4, 3), counterclockwise seen from outside from the texture's lower left corner on."""
    return Mesh(
        corners, np.array([(0, 1, 2), (0, 2, 3)], dtype=np.int32), np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    )


def extruded(outline: Floats, axis: int, low: float, high: float) -> Mesh:
    """Return a convex outline (n, 2) drawn out along an axis (0 x, 1 y, 2 z); the outline's axes are the other two, in order.

    Side faces carry the texture once around, the ends carry it over the outline's box.
    """
    ring = np.asarray(outline, dtype=np.float64)
    area = float((ring[:, 0] * np.roll(ring[:, 1], -1) - np.roll(ring[:, 0], -1) * ring[:, 1]).sum())
    keep_order = (area > 0) == (axis != 1)
    ring = ring if keep_order else ring[::-1]
    n = len(ring)
    ends = [np.insert(ring, axis, level, axis=1) for level in (low, high)]
    span = np.ptp(ring, axis=0)
    flat = (ring - ring.min(axis=0)) / np.where(span > 0, span, 1)
    fan = np.array([(0, i, i + 1) for i in range(1, n - 1)], dtype=np.int32)
    caps = [Mesh(ends[1], fan, flat), Mesh(ends[0], fan[:, ::-1], flat)]
    legs = np.hypot(*(np.roll(ring, -1, axis=0) - ring).T)
    along = np.concatenate(([0.0], np.cumsum(legs))) / max(legs.sum(), 1e-9)
    walls = []
    for i in range(n):
        j = (i + 1) % n
        face = np.array([ends[0][i], ends[0][j], ends[1][j], ends[1][i]])
        u0, u1 = along[i], along[i + 1]
        walls.append(
            Mesh(face, np.array([(0, 1, 2), (0, 2, 3)], dtype=np.int32), np.array([(u0, 0), (u1, 0), (u1, 1), (u0, 1)]))
        )
    return joined([*walls, *caps])


def cylinder(
    middle: tuple[float, float, float], radius_m: float, length_m: float, *, axis: int = 1, sides: int = 20
) -> Mesh:
    """Return a cylinder about its middle along an axis (0 x, 1 y, 2 z)."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = radius_m * np.column_stack((np.cos(angle), np.sin(angle)))
    return moved(extruded(ring, axis, -length_m / 2, length_m / 2), middle)


def heap(low: tuple[float, float], high: tuple[float, float], base_m: float, heights: Floats) -> Mesh:
    """Return a surface over a rectangle (x, y): heights (rows along x, columns along y) m above `base_m`."""
    rows, columns = heights.shape
    x, y = np.linspace(low[0], high[0], rows), np.linspace(low[1], high[1], columns)
    gx, gy = np.meshgrid(x, y, indexing="ij")
    corners = np.column_stack((gx.ravel(), gy.ravel(), base_m + heights.ravel()))
    u, v = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    at = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
    triangles = np.concatenate((np.stack((a, b, c), -1).reshape(-1, 3), np.stack((a, c, d), -1).reshape(-1, 3)))
    return Mesh(corners, triangles.astype(np.int32), np.column_stack((u.ravel(), v.ravel())))


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Return several meshes as one; where one has no texture, none has."""
    first = np.concatenate(([0], np.cumsum([len(m.corners) for m in meshes])))
    triangles = np.concatenate([m.triangles + k for m, k in zip(meshes, first[:-1].tolist(), strict=True)])
    places = [m.uv for m in meshes if m.uv is not None]
    uv = np.concatenate(places) if len(places) == len(meshes) else None
    return Mesh(np.concatenate([m.corners for m in meshes]), triangles.astype(np.int32), uv)


def moved(mesh: Mesh, by: tuple[float, float, float]) -> Mesh:
    """Return a mesh at another place."""
    return Mesh(mesh.corners + np.asarray(by), mesh.triangles, mesh.uv)


def turned(mesh: Mesh, matrix: Floats) -> Mesh:
    """Return a mesh turned by a rotation matrix (3, 3)."""
    return Mesh(mesh.corners @ np.asarray(matrix).T, mesh.triangles, mesh.uv)
