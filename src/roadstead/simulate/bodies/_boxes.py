"""Containers: coloured walls of them, and stacks that show a piece of such a wall."""

import numpy as np

from roadstead.simulate.bodies._surfaces import containers
from roadstead.simulate.world.body import Material, Mesh, Rgb
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock, of

_COLOURS: tuple[Rgb, ...] = (
    (0.55, 0.12, 0.10), (0.12, 0.28, 0.50), (0.10, 0.38, 0.28), (0.75, 0.76, 0.76), (0.72, 0.38, 0.10), (0.30, 0.32, 0.34),
    (0.45, 0.18, 0.14), (0.82, 0.66, 0.18), (0.20, 0.45, 0.60), (0.55, 0.30, 0.18), (0.35, 0.15, 0.30), (0.15, 0.50, 0.45),
)  # fmt: skip
_CELLS = 8


def wall_of(rng: np.random.Generator, stock: Stock) -> Material:
    """Return a wall of containers of the stock's colours."""
    mine = list(of(_COLOURS, stock))
    return containers(rng, mine)


def stack(
    low: tuple[float, float, float], size_m: tuple[float, float, float], tiers: int, rng: np.random.Generator
) -> Mesh:
    """Return one stack, a container long and wide and `tiers` high, with a random piece of a wall on each side."""
    plain = box(low, (low[0] + size_m[0], low[1] + size_m[1], low[2] + size_m[2]))
    column, base = int(rng.integers(_CELLS)), int(rng.integers(_CELLS - min(tiers, _CELLS - 1)))
    u0, u1, v0, v1 = column / _CELLS, (column + 1) / _CELLS, base / _CELLS, (base + tiers) / _CELLS
    side = np.array([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])
    end = np.array([(u0, v0), (u0 + 0.04, v0), (u0 + 0.04, v1), (u0, v1)])
    top = np.array([(u0, v1 - 0.1), (u1, v1 - 0.1), (u1, v1 - 0.02), (u0, v1 - 0.02)])
    return Mesh(plain.corners, plain.triangles, np.concatenate((end, end, side, side, top, top)))
