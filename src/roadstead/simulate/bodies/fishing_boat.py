"""A Chinese trawler: high flared bow, wheelhouse aft with the number on boards, gallows, nets, red flags."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._hull import Hull
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._letters import aspect, board, written
from roadstead.simulate.bodies._shapes import bar
from roadstead.simulate.bodies._ship import Paint, Ship, font_of
from roadstead.simulate.bodies._ship_names import fishing_name
from roadstead.simulate.bodies._surfaces import grainy
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box, heap
from roadstead.simulate.world.stock import Stock, choose

_PAINTS = (
    ("blue", Paint(hull=(0.10, 0.25, 0.50), deck=(0.35, 0.25, 0.18))),
    ("maroon", Paint(hull=(0.40, 0.12, 0.10), deck=(0.40, 0.30, 0.20))),
    ("green", Paint(hull=(0.08, 0.34, 0.28), deck=(0.35, 0.25, 0.18))),
    ("wood", Paint(hull=(0.42, 0.27, 0.16), deck=(0.45, 0.32, 0.22))),
    ("grey", Paint(hull=(0.52, 0.56, 0.58), ink=(0.05, 0.05, 0.08))),
    ("sky", Paint(hull=(0.22, 0.45, 0.62), deck=(0.35, 0.25, 0.18))),
    ("black", Paint(hull=(0.10, 0.10, 0.11), deck=(0.40, 0.30, 0.20))),
    ("teal", Paint(hull=(0.12, 0.42, 0.42), house=(0.86, 0.88, 0.80))),
)
_NETS: tuple[Rgb, ...] = ((0.10, 0.38, 0.30), (0.12, 0.25, 0.45), (0.45, 0.42, 0.36), (0.55, 0.25, 0.12))


@body("fishing_boat", zh="渔船")
@dataclass(frozen=True, slots=True, kw_only=True)
class FishingBoat:
    """18-30 m long; the name ends with its number, which large boards on the wheelhouse show too."""

    name: str | None = None
    port: str | None = None
    number: str | None = None
    length_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a fishing boat of a paint, net, font and name of the stock."""
        length = self.length_m or float(rng.uniform(18, 30))
        paint_name, paint = choose(rng, _PAINTS, stock)
        name, port = fishing_name(rng, stock)
        name = self.name or name
        number = self.number or "".join(c for c in name if c.isdigit())
        hull = Hull(
            length_m=length, beam_m=length * 0.24, freeboard_m=length * 0.062, bow_m=length * 0.075, stern_m=length * 0.02,
            rake_m=length * 0.11, counter_m=length * 0.02, entrance=0.42, run=0.2, transom=0.8, flare=0.9, bluff=2.0,
            bulwark_m=0.8,
        )  # fmt: skip
        ship = Ship(Kit(rng, stock), hull, paint, font_of(rng, stock), 0.35, [f"paint:{paint_name}"])
        ship.build(rng, wear=float(rng.uniform(0.4, 1.0)))
        self._house(ship, number)
        self._gear(ship, choose(rng, _NETS, stock), rng)
        ship.sign(name, length * 0.33, 0.35, 0.034 * length)
        ship.stern_sign(name, self.port or port, 0.028 * length)
        return ship.body("fishing_boat", "fishing", "empty")

    def _house(self, ship: Ship, number: str) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        z = ship.deck_at(-0.2 * length)
        back, front, half = -0.36 * length, -0.05 * length, 0.32 * beam
        ship.house("house", (back, -half, z), (front, half, z + 2.2), "round", bay_m=2.0, tier_m=2.2)
        ship.house(
            "wheel",
            (-0.24 * length, -half * 0.85, z + 2.35),
            (front - 0.4, half * 0.85, z + 4.5),
            "wide",
            bay_m=1.1,
            tier_m=2.1,
        )
        ship.lights((0.12 * length, ship.deck_at(0.12 * length) + 0.25 * length), (front - 0.6, half * 0.88, z + 4.75))
        surface = written(number, ship.font, (0.95, 0.95, 0.95), (0.08, 0.16, 0.42))
        high = 0.95
        wide = min(high * aspect(surface), 0.17 * length)
        middle, top = -0.155 * length, z + 5.75
        for side in (1.0, -1.0):
            y = side * half * 0.9
            xs = (middle + side * wide / 2, middle - side * wide / 2)
            field = np.array([(xs[0], y, top), (xs[1], y, top), (xs[1], y, top - high), (xs[0], y, top - high)])
            board(ship.kit, "number", number, field + np.array([0, side * 0.06, 0]), surface)
            ship.kit.add(
                box((min(xs), y - 0.05, top - high - 0.15), (max(xs), y + 0.05, top)),
                Material(ship.paint.house),
                "boards",
            )
        ship.mast(-0.2 * length, z + 4.6, z + 4.6 + 0.2 * length, radius_m=0.13)
        ship.flag(-0.2 * length - 0.3, z + 4.6, 0.2 * length, 1.4)
        ship.flag(back - 0.2, z + 2.3, 0.14 * length, 1.2)

    def _gear(self, ship: Ship, net: Rgb, rng: np.random.Generator) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        rust = Material((0.55, 0.42, 0.20))
        x, z = -0.46 * length, ship.deck_at(-0.46 * length)
        y, top = 0.3 * beam, z + 0.17 * length
        for side in (1, -1):
            ship.kit.add(bar((x, side * y, z), (x - 0.3, side * y * 0.7, top), 0.28), rust, "gallows")
            ship.kit.add(bar((x + 1.8, side * y, z), (x - 0.1, side * y * 0.7, top), 0.2), rust, "gallows")
        ship.kit.add(bar((x - 0.3, -y * 0.75, top), (x - 0.3, y * 0.75, top), 0.3), rust, "gallows")
        fore = 0.12 * length
        deck = ship.deck_at(fore)
        ship.mast(fore, deck, deck + 0.26 * length, radius_m=0.14, arms=1, rgb=(0.55, 0.42, 0.20))
        for side in (1, -1):
            ship.kit.add(
                bar((fore, 0, deck + 1.6), (fore + 0.2 * length, side * 0.22 * beam, deck + 0.2 * length), 0.16),
                rust,
                "boom",
            )
        u, v = np.linspace(-1, 1, 9)[:, None], np.linspace(-1, 1, 7)[None]
        heights = np.clip(1 - u**2 - 0.6 * v**2, 0, 1) * 1.2 * rng.uniform(0.7, 1.2, (9, 7))
        ship.kit.add(
            heap((-0.45 * length + 1, -0.25 * beam), (-0.37 * length, 0.25 * beam), z, heights),
            grainy(net, rng, 0.6),
            "net",
            smooth=True,
        )
        heights = np.clip(1 - u**2 - v**2, 0, 1) * 0.9 * rng.uniform(0.7, 1.2, (9, 7))
        ship.kit.add(
            heap((0.0, -0.3 * beam), (0.1 * length, 0.3 * beam), ship.deck_at(0.05 * length), heights),
            grainy(net, rng, 0.6),
            "net2",
            smooth=True,
        )
