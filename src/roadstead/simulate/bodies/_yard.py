"""Where a body is put together: pieces by group, each group covered by one convex solid, and what is painted on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from roadstead.simulate.world.body import Body, Lamp, Lettering, Material, Mesh, Part
from roadstead.simulate.world.solids import box, cylinder, joined, quad
from roadstead.types import Floats, readonly

SOLID_BELOW_M = 0.05
"""How far solids go on below the ground or the water."""


@dataclass(slots=True, eq=False)
class Yard:
    """Takes pieces and gives a body; pieces of one material become one part."""

    covers: dict[str, list[Floats]] = field(default_factory=dict)
    pieces: dict[tuple[int, bool, Lamp | None], list[Mesh]] = field(default_factory=dict)
    materials: dict[int, Material] = field(default_factory=dict)
    letterings: list[Lettering] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def add(
        self, group: str, mesh: Mesh, material: Material, *, smooth: bool = False, lamp: Lamp | None = None
    ) -> None:
        """Add a piece; the solid of `group` will cover it ("" leaves that to another)."""
        self.materials[id(material)] = material
        self.pieces.setdefault((id(material), smooth, lamp), []).append(mesh)
        if group:
            self.covers.setdefault(group, []).append(mesh.corners)

    def bar(
        self,
        group: str,
        start: tuple[float, float, float],
        end: tuple[float, float, float],
        thick_m: float,
        material: Material,
    ) -> None:
        """Add a straight beam of square section between two points."""
        self.add(group, beam(start, end, thick_m), material)

    def letter(self, kind: str, text: str, mesh: Mesh, corners: Floats, material: Material) -> None:
        """Add something written; it lies on a piece that is covered already, or nearly."""
        self.add("", mesh, material)
        height, width = (material.picture.shape[:2]) if material.picture is not None else (0, 0)
        self.letterings.append(Lettering(kind, text, readonly(corners, 3), (width, height)))

    def board(self, kind: str, text: str, corners: Floats, material: Material) -> None:
        """Add something written on a flat field whose corners (4, 3) go from the top left one clockwise."""
        self.letter(kind, text, quad(np.asarray(corners)[[3, 2, 1, 0]]), corners, material)

    def launch(
        self,
        sort: str,
        label: str,
        *,
        size_m: tuple[float, float],
        solids: tuple[Floats, ...] = (),
        attributes: Mapping[str, str] | None = None,
        tags: tuple[str, ...] = (),
    ) -> Body:
        """Return the body, of a length and width, with what its solids cover besides the groups."""
        parts = tuple(
            Part(joined(meshes), self.materials[key], lamp=lamp, smooth=smooth)
            for (key, smooth, lamp), meshes in self.pieces.items()
        )
        groups = tuple(_outer(np.concatenate(points)) for points in self.covers.values())
        top = max(float(s[:, 2].max()) for s in (*groups, *solids))
        return Body(
            sort=sort,
            label=label,
            length_m=float(size_m[0]),
            width_m=float(size_m[1]),
            height_m=top,
            parts=parts,
            solids=(*solids, *groups),
            attributes=dict(attributes or {}),
            letterings=tuple(self.letterings),
            tags=(*self.tags, *tags),
        )


def _outer(points: Floats) -> Floats:
    """Return the corners of the convex hull of points (n, 3), lifted to just below the ground or water where they lie deeper."""
    points = np.column_stack((points[:, :2], np.maximum(points[:, 2], -SOLID_BELOW_M)))
    try:
        return readonly(points[ConvexHull(points).vertices])
    except QhullError:
        return readonly(points)


def beam(start: tuple[float, float, float], end: tuple[float, float, float], thick_m: float) -> Mesh:
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


def repeated(mesh: Mesh, times: tuple[float, float]) -> Mesh:
    """Return a mesh whose texture lies on it so many times, across and up."""
    return mesh if mesh.uv is None else Mesh(mesh.corners, mesh.triangles, mesh.uv * times)


def panes(mesh: Mesh, within: tuple[float, float, float, float], every: int) -> Mesh | None:
    """Return flat pieces just before every so many tiles of a tiled mesh, as windows with a light behind them; None where there are none.

    `within` says where in the tile (left, lower, right, upper, 0-1).
    """
    left, low, right, up = within
    made, count = [], 0
    for face, uv in zip(
        mesh.corners.reshape(-1, 4, 3),
        (mesh.uv if mesh.uv is not None else mesh.corners[:, :2]).reshape(-1, 4, 2),
        strict=True,
    ):
        wide, tall = uv[2]
        across, upwards = face[1] - face[0], face[3] - face[0]
        if wide < 1 or tall < 1:
            continue
        off = np.cross(across, upwards)
        base = face[0] + 0.03 * off / np.linalg.norm(off)
        for k in range(int(wide) * int(tall)):
            count += 1
            if (count * 2_654_435_761 >> 7) % every:
                continue
            i, j = k % int(wide), k // int(wide)
            ring = ((i + left, j + low), (i + right, j + low), (i + right, j + up), (i + left, j + up))
            made.append(quad(np.array([base + u / wide * across + v / tall * upwards for u, v in ring])))
    return joined(made) if made else None


def tiled(mesh: Mesh, tile_m: tuple[float, float]) -> Mesh:
    """Return a mesh of four-cornered faces (a box) whose texture repeats every so many metres across and up, a whole number of times.

    Faces that lie flat show the texture's lower left corner only.
    """
    corners = mesh.corners.reshape(-1, 4, 3)
    wide = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
    tall = np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)
    flat = np.ptp(corners[:, :, 2], axis=1) < 1e-6
    u = np.where(flat, 0.01, np.maximum(1, np.round(wide / tile_m[0])))
    v = np.where(flat, 0.01, np.maximum(1, np.round(tall / tile_m[1])))
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float64)
    places = unit[None] * np.stack((u, v), axis=1)[:, None, :]
    return Mesh(mesh.corners, mesh.triangles, places.reshape(-1, 2))
