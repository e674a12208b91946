"""An inland bulk carrier of Chinese rivers: low and long, one open hold with a heap of sand, or hatches, wheelhouse aft."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._hull import Hull
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._letters import aspect, board, written
from roadstead.simulate.bodies._ship import Paint, Ship, font_of
from roadstead.simulate.bodies._ship_names import river_name
from roadstead.simulate.bodies._surfaces import grainy
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box, heap
from roadstead.simulate.world.stock import Stock, choose

_PAINTS = (
    ("blue", Paint(hull=(0.12, 0.22, 0.42), deck=(0.42, 0.17, 0.13))),
    ("grey", Paint(hull=(0.40, 0.43, 0.46), deck=(0.42, 0.17, 0.13))),
    ("maroon", Paint(hull=(0.38, 0.12, 0.10), deck=(0.30, 0.14, 0.11))),
    ("black", Paint(hull=(0.09, 0.09, 0.10), deck=(0.20, 0.34, 0.26))),
    ("green", Paint(hull=(0.10, 0.30, 0.24), deck=(0.10, 0.30, 0.24))),
    ("teal", Paint(hull=(0.10, 0.36, 0.42), deck=(0.42, 0.17, 0.13))),
    ("rust", Paint(hull=(0.36, 0.19, 0.12), deck=(0.36, 0.19, 0.12))),
    ("navy", Paint(hull=(0.08, 0.11, 0.22), deck=(0.25, 0.30, 0.33))),
)
_LOADS: tuple[tuple[str, Rgb], ...] = (
    ("sand", (0.72, 0.60, 0.42)),
    ("coal", (0.10, 0.10, 0.11)),
    ("gravel", (0.52, 0.51, 0.49)),
    ("clay", (0.55, 0.36, 0.24)),
)

_COVERS: tuple[Rgb, ...] = ((0.45, 0.56, 0.62), (0.22, 0.40, 0.32), (0.20, 0.34, 0.55), (0.58, 0.30, 0.18))


@body("bulk_carrier", zh="散货船")
@dataclass(frozen=True, slots=True, kw_only=True)
class BulkCarrier:
    """50-90 m long; `hold` open or under hatches; `loaded` puts the deck a hand above the water."""

    name: str | None = None
    port: str | None = None
    loaded: bool | None = None
    hold: Literal["open", "hatches"] | None = None
    length_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a river ship of a paint, load, font and name of the stock."""
        length = self.length_m or float(rng.uniform(50, 90))
        loaded = bool(rng.random() < 0.6) if self.loaded is None else self.loaded
        paint_name, paint = choose(rng, _PAINTS, stock)
        name, port = river_name(rng, stock)
        name = self.name or name
        hold = self.hold or ("open" if rng.random() < 0.6 else "hatches")
        free = float(rng.uniform(0.7, 1.0)) if loaded else float(rng.uniform(2.6, 3.4))
        hull = Hull(
            length_m=length, beam_m=length * 0.175, freeboard_m=free, bow_m=2.3, stern_m=0.9,
            rake_m=length * 0.05, counter_m=length * 0.03, entrance=0.16, run=0.13, transom=0.78, flare=0.4,
            bluff=2.8, bulwark_m=0.35,
        )  # fmt: skip
        ship = Ship(Kit(rng, stock), hull, paint, font_of(rng, stock), 0.15 if loaded else 1.6, [f"paint:{paint_name}"])
        ship.build(rng, wear=float(rng.uniform(0.4, 1.0)))
        if hold == "open":
            self._open(ship, rng, stock, loaded=loaded)
        else:
            self._hatches(ship, choose(rng, _COVERS, stock))
        self._house(ship, name)
        ship.sign(name, length * 0.42, 0.2, min(0.9, float(hull.rim(0.88)) - 0.45))
        ship.stern_sign(name, self.port or port, 0.6)
        return ship.body("bulk_carrier", "bulk", "loaded" if loaded else "empty")

    def _open(self, ship: Ship, rng: np.random.Generator, stock: Stock, *, loaded: bool) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        z, half, high = ship.deck_at(0.0), beam * 0.39, 1.9
        back, front = -0.27 * length, 0.36 * length
        steel = Material(ship.paint.hull)
        for y in (-half, half - 0.15):
            ship.kit.add(box((back, y, z), (front, y + 0.15, z + high)), steel, "coaming")
        for x in (back, front):
            ship.kit.add(box((x, -half, z), (x + 0.15, half, z + high)), steel, "coaming")
        kind, rgb = choose(rng, _LOADS, stock)
        ship.tags.append(f"load:{kind}")
        u, v = np.linspace(-1, 1, 25)[:, None], np.linspace(-1, 1, 9)[None]
        ridge = np.clip(1 - np.abs(v) ** 1.5, 0, 1) * np.clip(8 * (1 - np.abs(u)), 0, 1)
        peaks = 0.75 + 0.25 * np.cos(u * np.pi * int(rng.integers(3, 6)) + rng.uniform(0, 6))
        heights = ridge * peaks * 2.2 + high - 0.35 if loaded else np.full((25, 9), 0.06)
        grain = grainy(rgb if loaded else (0.30, 0.22, 0.18), rng)
        ship.kit.add(heap((back + 0.1, -half + 0.1), (front, half - 0.1), z, heights), grain, "load", smooth=loaded)

    def _hatches(self, ship: Ship, rgb: Rgb) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        z, half = ship.deck_at(0.0), beam * 0.38
        cover = Material(rgb)
        ship.kit.add(
            box((-0.27 * length, -half, z), (0.36 * length, half, z + 1.3)), Material(ship.paint.hull), "hatch"
        )
        for x in np.linspace(-0.27, 0.36, 13)[:-1] * length:
            top = box(
                (x + 0.1, -half - 0.1, z + 1.3),
                (x + 0.0525 * length - 0.1, half + 0.1, z + 1.75),
                taper=(0.1, 0.1, 1.2, 1.2),
            )
            ship.kit.add(top, cover, "hatch")

    def _house(self, ship: Ship, name: str) -> None:
        length, beam = ship.hull.length_m, ship.hull.beam_m
        back, front, z = -0.46 * length, -0.32 * length, ship.deck_at(-0.4 * length)
        for k, (form, inset) in enumerate((("square", 0.0), ("square", 1.2), ("wide", 2.4))):
            half = beam * (0.40 - 0.05 * k)
            ship.house(
                "house", (back + inset, -half, z), (front - inset * 0.4, half, z + 2.3), form, bay_m=1.9, tier_m=2.3
            )
            z += 2.45
        ship.mast((back + front) / 2 + 1.0, z, z + 4.0, radius_m=0.12)
        ship.funnel(back + 1.5, beam * 0.2, z - 4.9, (1.2, 1.2, 3.6), (0.2, 0.3, 0.5), (0.85, 0.2, 0.15))
        ship.flag(-0.49 * length, ship.deck_at(-0.49 * length), 3.0, 1.6)
        ship.roof_rail((back + 1.2, -0.35 * beam), (front - 0.5, 0.35 * beam), z - 2.45)
        ship.rim_rail(0.0, 0.14)
        surface = written(name, ship.font, (0.75, 0.08, 0.08), ship.paint.house)
        half = min(1.1 * aspect(surface), (front - back - 3.0) * 0.9) / 2
        low, high, middle = z - 4.75, z - 3.85, (back + front) / 2
        for side in (1.0, -1.0):
            y = side * (beam * 0.40 + 0.07)
            field = [
                (middle + half * side, y, high),
                (middle - half * side, y, high),
                (middle - half * side, y, low),
                (middle + half * side, y, low),
            ]
            board(ship.kit, "name", name, np.array(field) - (0, 0, 1.55), surface)
        bow = ship.deck_at(0.45 * length)
        ship.lights((0.45 * length, bow + 4.2), (front - 1.5, beam * 0.31, z - 0.6))
        ship.mast(0.45 * length, bow, bow + 4.5, radius_m=0.12, arms=1)
