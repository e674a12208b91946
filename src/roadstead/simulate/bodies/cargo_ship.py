"""A general cargo ship: house aft, long hatches, cranes of its own or none."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._hull import Hull
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import bar, pole
from roadstead.simulate.bodies._ship import Paint, Ship, font_of
from roadstead.simulate.bodies._ship_names import sea_name
from roadstead.simulate.bodies._surfaces import ORANGE, WHITE
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock, choose

_PAINTS = (
    ("black", Paint(hull=(0.07, 0.07, 0.08))),
    ("blue", Paint(hull=(0.08, 0.16, 0.36), deck=(0.25, 0.36, 0.27))),
    ("red", Paint(hull=(0.45, 0.09, 0.08), deck=(0.25, 0.36, 0.27))),
    ("grey", Paint(hull=(0.46, 0.49, 0.52), ink=(0.08, 0.08, 0.1))),
    ("green", Paint(hull=(0.08, 0.30, 0.22))),
    ("navy", Paint(hull=(0.10, 0.12, 0.20), house=(0.88, 0.82, 0.66))),
    ("rust", Paint(hull=(0.33, 0.16, 0.11))),
    ("sky", Paint(hull=(0.16, 0.36, 0.55), deck=(0.3, 0.33, 0.33))),
)
_COVERS: tuple[Rgb, ...] = ((0.20, 0.36, 0.27), (0.42, 0.18, 0.13), (0.40, 0.42, 0.43), (0.15, 0.25, 0.42))
_FUNNELS: tuple[tuple[Rgb, Rgb], ...] = (
    ((0.15, 0.25, 0.5), (0.9, 0.9, 0.9)),
    ((0.9, 0.75, 0.2), (0.7, 0.1, 0.1)),
    ((0.85, 0.85, 0.85), (0.1, 0.3, 0.6)),
    ((0.1, 0.4, 0.3), (0.9, 0.8, 0.2)),
)


@body("cargo_ship", zh="杂货船")
@dataclass(frozen=True, slots=True, kw_only=True)
class CargoShip:
    """60-110 m long; `loaded` is how deep it lies, `gear` whether it has cranes."""

    name: str | None = None
    port: str | None = None
    loaded: bool | None = None
    gear: bool | None = None
    length_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a cargo ship of a paint, font and name of the stock."""
        length = self.length_m or float(rng.uniform(60, 110))
        loaded = bool(rng.random() < 0.5) if self.loaded is None else self.loaded
        paint_name, paint = choose(rng, _PAINTS, stock)
        name, latin, port = sea_name(rng, stock)
        name, latin = (self.name, "") if self.name else (name, latin)
        free = length * (0.034 if loaded else 0.062)
        hull = Hull(
            length_m=length, beam_m=length * 0.155, freeboard_m=free, bow_m=length * 0.012, stern_m=length * 0.006,
            forecastle=(0.14, length * 0.022), poop=(0.2, length * 0.022), rake_m=length * 0.045, counter_m=length * 0.03,
            entrance=0.22, run=0.16, transom=0.72, bulwark_m=1.0, bluff=2.6,
        )  # fmt: skip
        ship = Ship(
            Kit(rng, stock),
            hull,
            paint,
            font_of(rng, stock),
            0.4 if loaded else length * 0.028,
            [f"paint:{paint_name}"],
        )
        ship.build(rng, wear=float(rng.uniform(0.2, 0.9)))
        self._house(ship, choose(rng, _FUNNELS, stock))
        self._hatches(ship, choose(rng, _COVERS, stock), int(rng.integers(2, 4)))
        if (rng.random() < 0.55) if self.gear is None else self.gear:
            self._cranes(ship, int(rng.integers(1, 3)))
        ship.sign(f"{name}\n{latin}" if latin else name, length * 0.403, 0.9, length * 0.012, share=0.072)
        ship.marks(length * 0.45)
        ship.rim_rail(0.0, 0.19)
        ship.rim_rail(0.88, 0.985)
        ship.stern_sign(name, self.port or port, length * 0.011)
        return ship.body("cargo_ship", "cargo", "loaded" if loaded else "empty")

    def _house(self, ship: Ship, funnel: tuple[Rgb, Rgb]) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        back, front = -0.44 * length, -0.31 * length
        z, tiers = ship.deck_at(-0.4 * length), 4
        for k in range(tiers):
            half = beam * (0.44 - 0.02 * k)
            form = "wide" if k == tiers - 1 else "square"
            ship.house("house", (back + 0.6 * k, -half, z), (front - 0.2 * k, half, z + 2.6), form, bay_m=2.6)
            z += 2.75
        ship.roof_rail((back + 1.8, -0.38 * beam), (front - 0.6, 0.38 * beam), z)
        wing = beam * 0.5
        ship.kit.add(
            box((front - 2.6, -wing, z - 2.9), (front - 0.9, wing, z - 1.8)), Material(ship.paint.house), "wings"
        )
        ship.mast((back + front) / 2 + 1, z, z + 0.065 * length)
        ship.funnel(back + 1.2, 0.0, z - 5.5, (3.0, 3.0, 6.0), *funnel)
        for side in (1, -1):
            y = side * beam * 0.41
            ship.kit.add(
                box((back + 0.3, y - 0.9, z - 6.5), (back + 5.0, y + 0.9, z - 4.9), taper=(0.8, 0.8, 0.3, 0.3)),
                ORANGE,
                "boats",
            )
        ship.lights((0.46 * length, ship.deck_at(0.46 * length) + 0.055 * length), (front - 1.0, wing, z - 1.6))
        ship.flag(-0.495 * length, ship.deck_at(-0.49 * length), 4.0, 2.2)
        ship.mast(0.46 * length, ship.deck_at(0.46 * length), ship.deck_at(0.46 * length) + 0.07 * length, arms=1)

    def _hatches(self, ship: Ship, rgb: Rgb, count: int) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        z, surface = ship.deck_at(0.0), Material(rgb)
        edges = np.linspace(-0.27, 0.36, count + 1) * length
        for a, b in pairwise(edges.tolist()):
            ship.kit.add(
                box((a + 0.8, -0.36 * beam, z), (b - 0.8, 0.36 * beam, z + 1.5)), Material(ship.paint.hull), "hatch"
            )
            for x in np.linspace(a + 0.8, b - 0.8, 6)[:-1]:
                wide = (b - a - 1.6) / 5 - 0.12
                ship.kit.add(box((x, -0.38 * beam, z + 1.5), (x + wide, 0.38 * beam, z + 2.0)), surface, "hatch")

    def _cranes(self, ship: Ship, count: int) -> None:
        length, z = ship.hull.length_m, ship.deck_at(0.0)
        yellow = Material((0.85, 0.70, 0.25)) if count == 1 else Material(WHITE)
        for x in np.linspace(-0.05, 0.17, count) * length if count > 1 else [0.05 * length]:
            top = z + 0.115 * length
            ship.kit.add(pole(float(x), 0.0, z, top, 0.9, 10), yellow, f"crane:{x:.0f}")
            ship.kit.add(box((x - 1.2, -1.2, top), (x + 1.4, 1.2, top + 2.2)), yellow, f"crane:{x:.0f}")
            for y in (-0.7, 0.7):
                ship.kit.add(
                    bar((x + 1.0, y, top + 0.5), (x + 0.19 * length, y * 0.3, top - 0.02 * length), 0.45),
                    yellow,
                    f"jib:{x:.0f}",
                )
