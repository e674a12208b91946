"""A container feeder: stacks of boxes of all colours between forecastle and a high narrow house aft."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._boxes import stack, wall_of
from roadstead.simulate.bodies._hull import Hull
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._ship import Paint, Ship, font_of
from roadstead.simulate.bodies._ship_names import sea_name
from roadstead.simulate.bodies._surfaces import ORANGE
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock, choose

_PAINTS = (
    ("green", Paint(hull=(0.06, 0.32, 0.25))),
    ("blue", Paint(hull=(0.10, 0.25, 0.50))),
    ("black", Paint(hull=(0.07, 0.07, 0.08))),
    ("red", Paint(hull=(0.55, 0.10, 0.10))),
    ("grey", Paint(hull=(0.50, 0.53, 0.55), ink=(0.06, 0.06, 0.08))),
    ("navy", Paint(hull=(0.06, 0.10, 0.22), house=(0.90, 0.86, 0.74))),
    ("orange", Paint(hull=(0.62, 0.28, 0.10))),
    ("sky", Paint(hull=(0.30, 0.52, 0.66), ink=(0.05, 0.06, 0.1))),
)
_ROW_M, _HIGH_M, _LONG_M = 2.5, 2.6, 12.2


@body("container_ship", zh="集装箱船")
@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerShip:
    """100-150 m long; `loaded` False leaves few stacks."""

    name: str | None = None
    port: str | None = None
    loaded: bool | None = None
    length_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a container ship of a paint, boxes, font and name of the stock."""
        length = self.length_m or float(rng.uniform(100, 150))
        loaded = bool(rng.random() < 0.75) if self.loaded is None else self.loaded
        paint_name, paint = choose(rng, _PAINTS, stock)
        name, latin, port = sea_name(rng, stock)
        name, latin = (self.name, "") if self.name else (name, latin)
        free = length * (0.035 if loaded else 0.05)
        hull = Hull(
            length_m=length, beam_m=length * 0.165, freeboard_m=free, bow_m=length * 0.012, stern_m=0.0,
            forecastle=(0.14, length * 0.024), rake_m=length * 0.055, counter_m=length * 0.035,
            entrance=0.28, run=0.12, transom=0.86, flare=0.75, bluff=2.4, bulwark_m=0.6,
        )  # fmt: skip
        ship = Ship(
            Kit(rng, stock), hull, paint, font_of(rng, stock), 0.5 if loaded else length * 0.02, [f"paint:{paint_name}"]
        )
        ship.build(rng, wear=float(rng.uniform(0.1, 0.6)))
        self._boxes(ship, rng, stock, loaded=loaded)
        self._house(ship)
        ship.sign(f"{name}\n{latin}" if latin else name, length * 0.403, 0.9, length * 0.011, share=0.072)
        ship.marks(length * 0.45)
        ship.rim_rail(0.0, 0.2)
        ship.rim_rail(0.88, 0.985)
        ship.stern_sign(name, self.port or port, length * 0.010)
        return ship.body("container_ship", "container", "loaded" if loaded else "empty")

    def _boxes(self, ship: Ship, rng: np.random.Generator, stock: Stock, *, loaded: bool) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        wall, z = wall_of(rng, stock), ship.deck_at(0.0) + 1.2
        rows = int(beam * 0.94 / _ROW_M)
        bays = int((0.335 + 0.26) * length / (_LONG_M + 0.9))
        for i in range(bays):
            x = -0.26 * length + i * (_LONG_M + 0.9)
            s = float(ship.hull.share(x + _LONG_M, 1e9))
            fit = min(rows, int(2 * float(ship.hull.breadth(s, 1.0)) * 0.94 / _ROW_M))
            ship.kit.add(
                box((x, -fit * _ROW_M / 2, z - 1.2), (x + _LONG_M, fit * _ROW_M / 2, z)),
                Material(ship.paint.deck),
                "coaming",
            )
            most = int(rng.integers(3, 6)) if loaded else int(rng.integers(0, 3))
            if i == bays - 1:
                most = min(most, 3)
            for row in range(fit):
                tiers = max(0, most - int(rng.integers(0, 2)) if 0 < row < fit - 1 else most - int(rng.random() < 0.3))
                if tiers:
                    y = (row - fit / 2) * _ROW_M
                    mesh = stack((x, y + 0.04, z), (_LONG_M, _ROW_M - 0.08, _HIGH_M * tiers), tiers, rng)
                    ship.kit.add(mesh, wall, f"bay:{i}")

    def _house(self, ship: Ship) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        back, front = -0.40 * length, -0.31 * length
        z = ship.deck_at(-0.4 * length)
        tiers = 7
        for k in range(tiers):
            half = beam * (0.44 if k < 2 else 0.36)
            form = "wide" if k == tiers - 1 else "square"
            ship.house("house", (back, -half, z), (front, half, z + 2.6), form, bay_m=2.6)
            z += 2.75
        ship.kit.add(
            box((front - 2.4, -beam / 2, z - 2.9), (front - 0.6, beam / 2, z - 1.7)),
            Material(ship.paint.house),
            "wings",
        )
        ship.mast((back + front) / 2, z, z + 8.0, radius_m=0.3)
        ship.funnel(
            back - 3.5,
            0.0,
            ship.deck_at(-0.42 * length),
            (5.0, 5.0, 0.85 * (z - ship.deck_at(-0.4 * length))),
            ship.paint.hull,
            ship.paint.house,
        )
        for side in (1, -1):
            y = side * beam * 0.4
            low = ship.deck_at(-0.4 * length) + 5.6
            ship.kit.add(
                box((back + 1, y - 1.1, low), (back + 7, y + 1.1, low + 2.0), taper=(1, 1, 0.4, 0.4)), ORANGE, "boats"
            )
        ship.lights((0.45 * length, ship.deck_at(0.45 * length) + 0.055 * length), (front - 1.0, beam / 2, z - 1.5))
        ship.flag(-0.495 * length, ship.deck_at(-0.49 * length), 5.0, 2.6)
        bow = ship.deck_at(0.45 * length)
        ship.mast(0.45 * length, bow, bow + 0.07 * length, arms=1)
