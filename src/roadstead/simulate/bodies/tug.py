"""A harbour tug: high bow, low after-deck, tyres all around, wheelhouse with windows to all sides, two funnels."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._hull import Hull, skin
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._ship import Paint, Ship, font_of
from roadstead.simulate.bodies._ship_names import tug_name
from roadstead.simulate.bodies._surfaces import DARK, RUBBER, TYRE
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.solids import box, cylinder
from roadstead.simulate.world.stock import Stock, choose

_PAINTS = (
    ("black-white", Paint(hull=(0.07, 0.07, 0.08), deck=(0.22, 0.35, 0.28))),
    ("red-cream", Paint(hull=(0.55, 0.10, 0.08), house=(0.92, 0.86, 0.68), deck=(0.35, 0.15, 0.12))),
    ("blue-white", Paint(hull=(0.10, 0.22, 0.46), deck=(0.22, 0.35, 0.28))),
    ("black-orange", Paint(hull=(0.07, 0.07, 0.08), house=(0.90, 0.50, 0.15))),
    ("green-white", Paint(hull=(0.08, 0.32, 0.24))),
    ("navy-yellow", Paint(hull=(0.08, 0.12, 0.26), house=(0.92, 0.76, 0.30))),
    ("black-sky", Paint(hull=(0.09, 0.09, 0.10), house=(0.62, 0.76, 0.84))),
    ("red-white", Paint(hull=(0.62, 0.12, 0.10))),
)


@body("tug", zh="拖轮")
@dataclass(frozen=True, slots=True, kw_only=True)
class Tug:
    """25-32 m long."""

    name: str | None = None
    port: str | None = None
    length_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a tug of a paint, font and name of the stock."""
        length = self.length_m or float(rng.uniform(25, 32))
        paint_name, paint = choose(rng, _PAINTS, stock)
        name, port = tug_name(rng, stock)
        name = self.name or name
        hull = Hull(
            length_m=length, beam_m=length * 0.33, freeboard_m=1.9, bow_m=2.2, stern_m=0.1, rake_m=1.6, counter_m=0.8,
            entrance=0.4, run=0.22, transom=0.72, flare=0.4, bluff=2.8, bulwark_m=0.9,
        )  # fmt: skip
        ship = Ship(Kit(rng, stock), hull, paint, font_of(rng, stock), 0.3, [f"paint:{paint_name}"])
        ship.build(rng, wear=float(rng.uniform(0.1, 0.6)))
        rim = hull.rim(hull.stations)
        fender = skin(hull, rim - 0.55, rim - 0.05, rows=2)
        ship.kit.add(type(fender)(fender.corners * (1.008, 1.03, 1.0), fender.triangles, fender.uv), RUBBER, "")
        ship.tyres(9, 0.55, TYRE)
        ship.tyres(3, 0.5, TYRE, first=0.93, last=0.985)
        self._house(ship)
        ship.sign(name, length * 0.385, 0.72, 0.85)
        ship.stern_sign(name, self.port or port, 0.5, below_rim_m=0.62)
        return ship.body("tug", "tug", "empty")

    def _house(self, ship: Ship) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        z = ship.deck_at(0.05 * length)
        ship.house(
            "house",
            (-0.14 * length, -0.36 * beam, z),
            (0.28 * length, 0.36 * beam, z + 2.4),
            "round",
            taper=(0.4, 0, 0, 0),
        )
        ship.house(
            "upper",
            (-0.04 * length, -0.28 * beam, z + 2.5),
            (0.24 * length, 0.28 * beam, z + 4.7),
            "square",
            taper=(0.5, 0.2, 0.2, 0.2),
        )
        low, high = (0.0, -0.22 * beam, z + 4.9), (0.21 * length, 0.22 * beam, z + 7.2)
        ship.house("wheel", low, high, "wide", taper=(-0.25, -0.2, -0.25, -0.25), bay_m=1.3, tier_m=2.3)
        ship.roof_rail((-0.13 * length, -0.34 * beam), (0.26 * length, 0.34 * beam), z + 2.5)
        ship.mast(0.09 * length, z + 7.3, z + 12.0, radius_m=0.18)
        for y in (-0.27 * beam, 0.27 * beam):
            ship.funnel(-0.1 * length, y, z + 2.4, (1.6, 1.2, 3.4), ship.paint.house, ship.paint.hull)
        ship.lights((0.09 * length, z + 11.0), (0.2 * length, 0.26 * beam, z + 7.5))
        x = 0.38 * length
        ship.kit.add(cylinder((x, 0, ship.deck_at(x) + 0.9), 0.7, 2.2, sides=12), DARK, "winch")
        aft = ship.deck_at(-0.3 * length)
        ship.kit.add(box((-0.22 * length, -0.9, aft), (-0.19 * length, 0.9, aft + 1.5)), DARK, "bitt")
        ship.flag(-0.485 * length, aft, 3.0, 1.5)
