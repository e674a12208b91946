"""A passenger car: saloon, SUV, hatchback or van."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import _lamps, _plates, _wheels, body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import limb, loft, panel, prism, slab, upright
from roadstead.simulate.bodies._stuff import DARK, GLASS
from roadstead.simulate.world.body import Body, Material, Mesh, Rgb
from roadstead.simulate.world.stock import Stock

CarForm = Literal["saloon", "suv", "hatchback", "van"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Sizes in m; `glass` and `roof` say from where to where windows and roof reach, as shares of the length from the rear."""

    length_m: float
    width_m: float
    height_m: float
    belt_m: float
    hood_m: float
    clear_m: float
    wheel_m: float
    glass: tuple[float, float]
    roof: tuple[float, float]


_SHAPES: Mapping[CarForm, _Shape] = {
    "saloon": _Shape(
        length_m=4.7,
        width_m=1.82,
        height_m=1.46,
        belt_m=0.93,
        hood_m=0.76,
        clear_m=0.2,
        wheel_m=0.32,
        glass=(0.1, 0.76),
        roof=(0.25, 0.55),
    ),
    "suv": _Shape(
        length_m=4.6,
        width_m=1.87,
        height_m=1.7,
        belt_m=1.06,
        hood_m=0.95,
        clear_m=0.26,
        wheel_m=0.36,
        glass=(0.01, 0.77),
        roof=(0.07, 0.58),
    ),
    "hatchback": _Shape(
        length_m=4.1,
        width_m=1.76,
        height_m=1.5,
        belt_m=0.93,
        hood_m=0.8,
        clear_m=0.19,
        wheel_m=0.31,
        glass=(0.02, 0.79),
        roof=(0.12, 0.58),
    ),
    "van": _Shape(
        length_m=4.4,
        width_m=1.7,
        height_m=1.9,
        belt_m=1.08,
        hood_m=0.88,
        clear_m=0.22,
        wheel_m=0.31,
        glass=(0.01, 0.95),
        roof=(0.03, 0.8),
    ),
}
_FORMS: tuple[CarForm, ...] = ("saloon", "suv", "hatchback", "van")
_CUTS: Mapping[str, tuple[float, float, float]] = {
    "plain": (1.0, 0.0, 0.0),
    "sporty": (1.0, 0.03, -0.04),
    "long": (1.06, 0.0, 0.0),
    "upright": (0.97, -0.02, 0.04),
    "wedge": (1.02, 0.04, 0.0),
}
"""How the cars of a form differ: length (factor), how much further the screen leans (share), how much higher they are, m."""
_PAINTS: Mapping[str, Rgb] = {
    "white": (0.86, 0.87, 0.88),
    "black": (0.06, 0.06, 0.07),
    "grey": (0.38, 0.4, 0.42),
    "silver": (0.66, 0.68, 0.7),
    "red": (0.55, 0.06, 0.06),
    "blue": (0.08, 0.16, 0.38),
    "brown": (0.3, 0.2, 0.13),
    "champagne": (0.66, 0.6, 0.48),
    "green": (0.1, 0.25, 0.18),
    "orange": (0.75, 0.3, 0.06),
}


@body("car", zh="小型车")
@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A car of a form; one in four is electric and has a green plate."""

    form: CarForm | None = None
    plate: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a car of the stock."""
        kit = Kit(rng, stock)
        form = self.form or _FORMS[int(rng.choice(4, p=(0.42, 0.32, 0.16, 0.1)))]
        stretch, lean, rise = kit.pick("cut", _CUTS)
        shape = _SHAPES[form]
        length, height = shape.length_m * stretch * kit.between(0.98, 1.03), shape.height_m + rise
        paint = Material(kit.pick("paint", _PAINTS), shine=0.8, specular=0.6)
        kit.add(_hull(shape, length), paint, "lower", smooth=True)
        _greenhouse(kit, shape, length, height, lean, paint)
        rim = kit.pick("rim", {"alloy": "alloy", "bright": "bright", "steel": "steel"})
        y = shape.width_m / 2
        for share in (0.19, 0.81):
            x = share * length
            _wheels.put(kit, x, y + 0.005, shape.wheel_m, 0.2, "lower", rim=rim)  # type: ignore[arg-type]
            for out in (1, -1):
                kit.add(_arch((x, out * (y + 0.002), shape.wheel_m), shape.wheel_m * 1.17, out), DARK, "lower")
        _trim(kit, shape, length)
        electric = kit.chance(0.25)
        number = self.plate or _plates.number(rng, stock, electric=electric)
        colour: _plates.PlateForm = "green" if len(number.partition("·")[2]) == 6 else "blue"
        _plates.fix(kit, number, colour, (-0.035, 0.0, shape.belt_m - 0.28), "back", "lower")
        _plates.fix(kit, number, colour, (length + 0.035, 0.0, 0.42), "front", "lower")
        return kit.body("car", "car", width_m=shape.width_m)


def _hull(shape: _Shape, length_m: float) -> Mesh:
    """Return the body below the windows."""
    belt, hood, clear = shape.belt_m, shape.hood_m, shape.clear_m
    front = shape.glass[1]
    stations = [
        (0.0, 0.84, clear + 0.2, belt - 0.16),
        (0.025, 0.94, clear + 0.08, belt - 0.03),
        (0.12, 1.0, clear, belt),
        (0.5, 1.0, clear, belt),
        (front, 0.99, clear, belt - 0.01),
        ((front + 1) / 2, 0.97, clear, (belt + hood) / 2 + 0.03),
        (0.965, 0.92, clear + 0.03, hood - 0.02),
        (1.0, 0.76, clear + 0.16, hood - 0.18),
    ]
    rings = []
    for share, wide, low, top in stations:
        half, waist = wide * shape.width_m / 2, low + 0.62 * (top - low)
        right = [(0.93 * half, low), (half, low + 0.12), (half, waist), (0.96 * half, top - 0.05), (0.82 * half, top)]
        points = [*right, *((-y, z) for y, z in reversed(right))]
        rings.append(np.array([(share * length_m, y, z) for y, z in points]))
    return loft(rings)


def _greenhouse(kit: Kit, shape: _Shape, length_m: float, height_m: float, lean: float, paint: Material) -> None:
    """Put windows, pillars and roof on a car."""
    (g0, g1), (r0, r1) = shape.glass, (shape.roof[0], shape.roof[1] - lean)
    low, wide, narrow = shape.belt_m - 0.03, shape.width_m / 2 - 0.07, shape.width_m / 2 - 0.22
    x = [v * length_m for v in (g0, g1, r1, r0)]
    kit.add(
        prism(
            [(x[0], low), (x[1], low), (x[2], height_m - 0.05), (x[3], height_m - 0.05)], [wide, wide, narrow, narrow]
        ),
        GLASS,
        "upper",
    )
    top = [
        (x[3] - 0.03, height_m - 0.07),
        (x[2] + 0.03, height_m - 0.07),
        (x[2] - 0.1, height_m),
        (x[3] + 0.1, height_m),
    ]
    kit.add(prism(top, [narrow + 0.02, narrow + 0.02, narrow - 0.12, narrow - 0.12]), paint, "upper")
    middle = (x[0] + x[1]) / 2 - 0.02 * length_m
    for side in (-1, 1):
        pillars = [
            ((x[0], wide), (x[3], narrow)),
            ((x[1], wide), (x[2], narrow)),
            ((middle, wide + 0.005), ((x[2] + x[3]) / 2, narrow + 0.005)),
        ]
        for (x_low, y_low), (x_high, y_high) in pillars:
            start, end = (x_low, side * y_low, low), (x_high, side * y_high, height_m - 0.05)
            kit.add(limb(start, end, (0.05, 0.045), 4), paint, "upper")
        at = (x[1] - 0.25, side * (shape.width_m / 2 + 0.06), shape.belt_m + 0.05)
        kit.add(slab(at, (0.12, 0.2, 0.13)), paint, f"mirror{side}")


def _arch(middle: tuple[float, float, float], radius_m: float, out: int) -> Mesh:
    """Return the dark upper part of a wheel arch, seen from the left (out = 1) or the right (-1)."""
    angle = np.radians(np.linspace(-12, 192, 11))
    edge = np.column_stack(
        (middle[0] + radius_m * np.cos(angle), np.full(11, middle[1]), middle[2] + radius_m * np.sin(angle))
    )
    fan = np.array([(0, i, i + 1) for i in range(1, 10)], dtype=np.int32)
    return Mesh(edge, fan if out < 0 else fan[:, ::-1], np.zeros((11, 2)))


def _trim(kit: Kit, shape: _Shape, length_m: float) -> None:
    """Put lamps, grille, seams of the doors and bumpers on a car."""
    z, y = shape.hood_m - 0.12, shape.width_m / 2
    _lamps.front(kit, length_m - 0.05, 0.54 * y, z, (0.3, 0.12), "lower")
    _lamps.rear(kit, 0.01, 0.6 * y, shape.belt_m - 0.22, (0.42, 0.14), "lower")
    kit.add(slab((length_m - 0.01, 0, z - 0.04), (0.05, 0.7 * y, 0.13)), DARK, "lower")
    kit.add(slab((length_m - 0.015, 0, shape.clear_m + 0.14), (0.06, 1.3 * y, 0.1)), DARK, "lower")
    kit.add(slab((0.02, 0, shape.clear_m + 0.17), (0.06, 1.5 * y, 0.16)), DARK, "lower")
    for out, side in ((1, "left"), (-1, "right")):
        for share in (0.33, 0.5, 0.68):
            at = (share * length_m, out * (y + 0.003), shape.clear_m + 0.42)
            kit.add(panel(upright(at, 0.015, 0.42, side)), DARK, "lower")  # type: ignore[arg-type]
