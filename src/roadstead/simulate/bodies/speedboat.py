"""A speedboat with an outboard engine and people in it."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._hull import Hull, decking
from roadstead.simulate.bodies._ship import Paint, Ship, font_of
from roadstead.simulate.bodies._ship_names import boat_name
from roadstead.simulate.bodies._surfaces import DARK, GLASS
from roadstead.simulate.bodies._yard import Yard, pole
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock, choose

_PAINTS = (
    ("white", Paint(hull=(0.90, 0.91, 0.92), ink=(0.08, 0.15, 0.45), deck=(0.80, 0.80, 0.78))),
    ("blue", Paint(hull=(0.10, 0.30, 0.60), deck=(0.85, 0.85, 0.83))),
    ("red", Paint(hull=(0.68, 0.10, 0.10), deck=(0.85, 0.85, 0.83))),
    ("grey", Paint(hull=(0.42, 0.45, 0.48), deck=(0.35, 0.36, 0.38))),
    ("black", Paint(hull=(0.08, 0.08, 0.09), deck=(0.30, 0.30, 0.32))),
    ("green", Paint(hull=(0.12, 0.42, 0.32), deck=(0.80, 0.80, 0.78))),
    ("yellow", Paint(hull=(0.90, 0.74, 0.12), ink=(0.05, 0.05, 0.05), deck=(0.85, 0.85, 0.83))),
    ("orange", Paint(hull=(0.90, 0.40, 0.10), deck=(0.35, 0.36, 0.38))),
)
_VESTS: tuple[Rgb, ...] = ((0.95, 0.40, 0.08), (0.90, 0.80, 0.10), (0.75, 0.12, 0.12), (0.15, 0.25, 0.55))


@body("speedboat", zh="快艇")
@dataclass(frozen=True, slots=True, kw_only=True)
class Speedboat:
    """5-8 m long, with one to three people."""

    name: str | None = None
    people: int | None = None
    length_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a speedboat of a paint, font and name of the stock."""
        length = self.length_m or float(rng.uniform(5.2, 8.0))
        paint_name, paint = choose(rng, _PAINTS, stock)
        name = self.name or boat_name(rng, stock)
        hull = Hull(
            length_m=length, beam_m=length * 0.34, freeboard_m=0.6, bow_m=0.42, stern_m=0.0, rake_m=1.1, counter_m=0.1,
            entrance=0.5, run=0.2, transom=0.9, flare=0.6, bluff=2.2, bulwark_m=0.35,
        )  # fmt: skip
        ship = Ship(Yard(tags=[f"paint:{paint_name}"]), hull, paint, font_of(rng, stock))
        ship.build(rng, wear=0.0, belt_m=0.08)
        z, x = ship.deck_at(0.0), -length / 2
        rim = hull.rim(hull.stations) + 0.01
        ship.yard.add("", decking(hull, rim, first=0.62), Material(paint.deck))
        ship.yard.add(
            "screen",
            box(
                (0.04 * length, -0.33 * hull.beam_m, z + 0.3),
                (0.16 * length, 0.33 * hull.beam_m, z + 0.95),
                taper=(0.45, 0.1, 0.2, 0.2),
            ),
            Material(GLASS, shine=0.9, specular=0.9),
        )
        ship.yard.add(
            "engine", box((x - 0.45, -0.22, 0.45), (x + 0.15, 0.22, 1.15), taper=(0.05, 0.12, 0.05, 0.05)), DARK
        )
        ship.yard.add("engine", box((x - 0.3, -0.1, -0.3), (x - 0.1, 0.1, 0.5)), DARK)
        seats = [(-0.02, 0.0), (-0.2, 0.5), (-0.2, -0.5)][: self.people or int(rng.integers(1, 4))]
        for share, y in seats:
            self._person(ship, share * length, y, z, choose(rng, _VESTS, stock))
        ship.sign(name, "name", 0.02 * length, 0.1, 0.3)
        return ship.launch("speedboat", "small_boat", "empty")

    def _person(self, ship: Ship, x: float, y: float, z: float, vest: Rgb) -> None:
        cloth, skin = Material((0.15, 0.17, 0.22)), Material((0.75, 0.56, 0.45))
        group = f"person:{x:.1f}:{y:.1f}"
        ship.yard.add(group, box((x - 0.15, y - 0.2, z), (x + 0.4, y + 0.2, z + 0.5)), cloth)
        ship.yard.add(group, box((x - 0.18, y - 0.25, z + 0.5), (x + 0.12, y + 0.25, z + 1.1)), Material(vest))
        ship.yard.add(group, pole(x, y, z + 1.12, z + 1.38, 0.11), skin, smooth=True)
        ship.yard.add(group, pole(x, y, z + 1.32, z + 1.42, 0.115), cloth)
