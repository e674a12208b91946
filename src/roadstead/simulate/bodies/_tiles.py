"""Pictures that repeat on a surface, and lit windows behind some of their tiles."""

import numpy as np

from roadstead.simulate.world.body import Mesh
from roadstead.simulate.world.solids import joined, quad


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
