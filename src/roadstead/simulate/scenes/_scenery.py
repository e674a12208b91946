"""What stands beside a road: rows of trees, lamps, fences and buildings."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from roadstead.simulate.bodies import plugins as bodies
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import resampled
from roadstead.simulate.world.stock import Stock
from roadstead.simulate.world.world import Fixture
from roadstead.types import Floats

LAMP_M = 9.0
_ARM_M = 2.0


class Scenery:
    """Collects fixtures and street lamps of a place."""

    def __init__(self, rng: np.random.Generator, stock: Stock) -> None:
        self.rng, self.stock = rng, stock
        self.fixtures: list[Fixture] = []
        self.lamps: list[tuple[float, float, float]] = []

    def body(self, sort: str, **wishes: Any) -> Body:
        """Return a body of a sort."""
        return bodies.get(sort)(**wishes).make(self.rng, self.stock)

    def put(self, body: Body, at_m: npt.ArrayLike, yaw: float = 0.0, *, hides: bool = True) -> None:
        """Place a body."""
        x, y, z = (*np.asarray(at_m, float).tolist(), 0.0)[:3]
        self.fixtures.append(Fixture(body, (x, y, z), float(yaw), hides))

    def lamps_along(self, way_m: Floats, every_m: float, *, aside: float) -> None:
        """Place street lamps along a way (n, 2), their arms to its left (`aside` 1) or right (-1)."""
        post = self.body("lamp_post", height_m=LAMP_M, arm_m=_ARM_M)
        for place, yaw in _places(way_m, every_m, self.rng):
            self.put(post, place, yaw + aside * np.pi / 2, hides=False)
            head = place + _ARM_M * np.array((np.cos(yaw + aside * np.pi / 2), np.sin(yaw + aside * np.pi / 2)))
            self.lamps.append((float(head[0]), float(head[1]), LAMP_M - 0.2))

    def trees_along(
        self, way_m: Floats, every_m: float, *, form: str | None = None, height_m: tuple[float, float] = (4.5, 8.0)
    ) -> None:
        """Plant trees along a way (n, 2)."""
        kinds = [self.body("tree", form=form, height_m=float(self.rng.uniform(*height_m))) for _ in range(4)]
        for place, _ in _places(way_m, every_m, self.rng):
            self.put(
                kinds[int(self.rng.integers(len(kinds)))], place + self.rng.normal(0, 0.3, 2), self.rng.uniform(0, 6.28)
            )

    def fence_along(self, way_m: Floats, form: str, *, piece_m: float = 6.0, height_m: float | None = None) -> None:
        """Put up a fence along a way (n, 2) of pieces of one look."""
        piece = self.body("fence", form=form, length_m=piece_m, height_m=height_m)
        points = resampled(np.asarray(way_m, float), piece_m)
        for a, b in pairwise(points):
            self.put(piece, (a + b) / 2, float(np.arctan2(*(b - a)[::-1])))

    def buildings_along(
        self,
        way_m: Floats,
        forms: Sequence[str],
        *,
        deep_m: tuple[float, float] = (12.0, 18.0),
        gap_m: tuple[float, float] = (3.0, 12.0),
    ) -> None:
        """Build along a way (n, 2), fronts to its right."""
        fine = resampled(np.asarray(way_m, float), 1.0)
        s = 0.0
        while s < len(fine) - 16:
            long = float(self.rng.uniform(14.0, 34.0))
            form = str(self.rng.choice(list(forms)))
            house = self.body("building", form=form, length_m=long, width_m=float(self.rng.uniform(*deep_m)))
            row = min(int(s + house.length_m / 2), len(fine) - 2)
            yaw = float(np.arctan2(*(fine[row + 1] - fine[row])[::-1]))
            left = np.array((-np.sin(yaw), np.cos(yaw)))
            self.put(house, fine[row] + left * house.width_m / 2, yaw)
            s += house.length_m + float(self.rng.uniform(*gap_m))


def _places(way_m: Floats, every_m: float, rng: np.random.Generator) -> list[tuple[Floats, float]]:
    """Return places along a way (n, 2) and the headings there; the first lies up to `every_m` from its start."""
    fine = resampled(np.asarray(way_m, float), 0.5)
    rows = np.arange(rng.uniform(0.1, 0.9) * every_m, (len(fine) - 1) * 0.5, every_m) / 0.5
    found = []
    for row in rows.astype(int):
        a, b = fine[max(row - 1, 0)], fine[min(row + 1, len(fine) - 1)]
        found.append((fine[row], float(np.arctan2(*(b - a)[::-1]))))
    return found
