"""A passenger car."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.world.body import Body, Material, Part, box_corners
from roadstead.simulate.world.solids import box, cylinder, joined
from roadstead.simulate.world.stock import Stock, choose

_PAINTS = (
    (0.85, 0.86, 0.88),
    (0.1, 0.1, 0.12),
    (0.55, 0.57, 0.6),
    (0.6, 0.1, 0.1),
    (0.12, 0.2, 0.45),
    (0.9, 0.9, 0.85),
)


@body("car", zh="小型车")
@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A saloon."""

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a car of a colour of the stock."""
        paint = Material(choose(rng, _PAINTS, stock), shine=0.6, specular=0.6)
        glass, rubber = Material((0.08, 0.1, 0.12), shine=0.9, specular=0.9), Material((0.05, 0.05, 0.05))
        length, width, height = rng.uniform(4.3, 4.9), 1.82, rng.uniform(1.42, 1.55)
        x = length / 2
        wheels = joined(
            [cylinder((sx * 0.3 * length, sy * 0.78, 0.32), 0.32, 0.22) for sx in (-1, 1) for sy in (-1, 1)]
        )
        parts = (
            Part(box((-x, -width / 2, 0.25), (x, width / 2, 0.85), taper=(0.1, 0.1, 0.05, 0.05)), paint),
            Part(
                box((-0.38 * length, -0.85, 0.85), (0.22 * length, 0.85, height), taper=(0.7, 0.5, 0.15, 0.15)), glass
            ),
            Part(wheels, rubber),
            Part(box((-x - 0.02, 0.5, 0.6), (-x + 0.05, 0.85, 0.75)), Material((0.5, 0.02, 0.02)), lamp="brake"),
        )
        return Body(
            sort="car",
            label="car",
            length_m=float(length),
            width_m=width,
            height_m=float(height),
            parts=parts,
            solids=(box_corners(length, width, 0.85), box_corners(0.5 * length, 1.5, height - 0.85, above_m=0.85)),
        )
