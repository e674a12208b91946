"""How things usually move here: a grid of mean velocities, learned from the tracks that were followed."""

import numpy as np

from roadstead.track.state import Array

_COLUMNS, _ROWS = 48, 27
_MEMORY = 30.0
"""So many sightings weigh as much as all older ones in a cell."""
_NEEDED = 1.0
_STEPS = np.linspace(0.0, 1.0, 4)
_AROUND = np.array([(dx, dy) for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
_NEAR = np.array([1.0 if dx == dy == 0 else 0.25 for dx, dy in _AROUND])


class Flow:
    """Sums of weight, velocity and squared velocity (px/s) for each cell of a picture of `size` px."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._per_px = np.array([_COLUMNS / max(size[0], 1), _ROWS / max(size[1], 1)])
        self._sums = np.zeros((_COLUMNS * _ROWS, 5))

    def learn(self, start: Array, end: Array, velocity: Array) -> None:
        """Note that movers went from start (n, 2) to end (n, 2) px at these velocities (n, 2)."""
        points = start[:, None] + (end - start)[:, None] * _STEPS[None, :, None]
        cells = self._cells(points.reshape(-1, 2))
        v = np.repeat(velocity, len(_STEPS), axis=0)
        np.add.at(self._sums, cells, np.column_stack((np.ones(len(v)), v, v**2)))
        self._sums[cells] *= np.minimum(1, _MEMORY / self._sums[cells, :1])

    def expect(self, points: Array, side: Array, unknown: Array) -> tuple[Array, Array]:
        """Return mean and variance (n, 2) of the velocity at points (n, 2); 0 and `unknown` (n,) where nothing was learned."""
        grid = (points * self._per_px).astype(np.intp)
        around = (grid[:, None] + _AROUND[None]).clip((0, 0), (_COLUMNS - 1, _ROWS - 1))
        sums = (self._sums[around[..., 1] * _COLUMNS + around[..., 0]] * _NEAR[None, :, None]).sum(axis=1)
        weight = sums[:, :1]
        mean = sums[:, 1:3] / np.maximum(weight, 1e-9)
        spread = np.maximum(sums[:, 3:5] / np.maximum(weight, 1e-9) - mean**2, 0)
        floor = (0.15 * np.hypot(mean[:, 0], mean[:, 1]) + 0.1 * side)[:, None] ** 2
        known = weight > _NEEDED
        var = np.where(
            known, np.minimum((spread + floor) * (1 + 2 / np.maximum(weight, 1)), unknown[:, None]), unknown[:, None]
        )
        return np.where(known, mean, 0.0), var

    def _cells(self, points: Array) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
        grid = (points * self._per_px).astype(np.intp).clip((0, 0), (_COLUMNS - 1, _ROWS - 1))
        return np.asarray(grid[:, 1] * _COLUMNS + grid[:, 0], dtype=np.intp)
