"""How things usually move here: a grid of mean velocities, learned from the tracks that were followed."""

import numpy as np

from roadstead.track.state import Array, Rows

_COLUMNS, _ROWS = 48, 27
_MEMORY = 30.0
"""So many sightings weigh as much as all older ones in a cell."""
_NEEDED = 1.0
_STEPS = np.linspace(0.0, 1.0, 4)
_NEAR = np.array([0.25, 0.25, 0.25, 0.25, 1.0, 0.25, 0.25, 0.25, 0.25])


def _neighbours() -> Rows:
    """Return the nine cells in and around each cell (cells, 9); those beyond the edge are the edge's."""
    row, column = np.divmod(np.arange(_ROWS * _COLUMNS), _COLUMNS)
    rows = (row[:, None] + np.repeat((-1, 0, 1), 3)).clip(0, _ROWS - 1)
    return np.asarray(rows * _COLUMNS + (column[:, None] + np.tile((-1, 0, 1), 3)).clip(0, _COLUMNS - 1), dtype=np.intp)


_NEIGHBOURS = _neighbours()


class Flow:
    """Sums of weight, velocity and squared velocity (px/s) for each cell of a picture of `size` px."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._per_px = np.array([_COLUMNS / max(size[0], 1), _ROWS / max(size[1], 1)])
        self._sums = np.zeros((_COLUMNS * _ROWS, 5))

    def learn(self, start: Array, end: Array, velocity: Array) -> None:
        """Note that movers went from start (n, 2) to end (n, 2) px at these velocities (n, 2).

        Of several that pass a cell at once only the last one counts.
        """
        points = start + (end - start) * _STEPS[:, None, None]
        cells = self._cells(points)
        sums = self._sums[cells]
        sums[..., 0] += 1
        sums[..., 1:3] += velocity
        sums[..., 3:5] += velocity * velocity
        sums *= np.minimum(1, _MEMORY / sums[..., :1])
        self._sums[cells] = sums

    def expect(self, points: Array, side: Array, unknown: Array) -> tuple[Array, Array]:
        """Return mean and variance (n, 2) of the velocity at points (n, 2); 0 and `unknown` (n,) where nothing was learned."""
        sums = _NEAR @ self._sums[_NEIGHBOURS[self._cells(points)]]
        weight = np.maximum(sums[:, :1], 1e-9)
        mean = sums[:, 1:3] / weight
        spread = np.maximum(sums[:, 3:5] / weight - mean * mean, 0)
        pace = np.abs(mean)
        floor = 0.15 * pace + 0.05 * pace.max(axis=1, keepdims=True) + 0.1 * side[:, None]
        known = sums[:, :1] > _NEEDED
        var = np.minimum((spread + floor * floor) * (1 + 2 / np.maximum(weight, 1)), unknown[:, None])
        return mean * known, np.where(known, var, unknown[:, None])

    def _cells(self, points: Array) -> Rows:
        grid = (points * self._per_px).astype(np.intp)
        column = np.minimum(np.maximum(grid[..., 0], 0), _COLUMNS - 1)
        return np.asarray(np.minimum(np.maximum(grid[..., 1], 0), _ROWS - 1) * _COLUMNS + column)
