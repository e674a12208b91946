"""A speedboat with an outboard engine and people in it."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._crew import VESTS, person
from roadstead.simulate.bodies._hull import Hull, decking
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import bar, pole
from roadstead.simulate.bodies._ship import Paint, Ship, font_of
from roadstead.simulate.bodies._ship_names import boat_name
from roadstead.simulate.bodies._surfaces import DARK, STEEL
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box, quad
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
_FORMS = ("open", "open_deep", "cabin", "cabin_low")


@body("speedboat", zh="快艇")
@dataclass(frozen=True, slots=True, kw_only=True)
class Speedboat:
    """5-8 m long, open or with a cabin, with one to three people."""

    name: str | None = None
    people: int | None = None
    length_m: float | None = None
    cabin: bool | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a speedboat of a form, paint, font and name of the stock."""
        form = choose(rng, _FORMS, stock)
        cabin = form.startswith("cabin") if self.cabin is None else self.cabin
        length = self.length_m or float(rng.uniform(6.4, 8.0) if cabin else rng.uniform(5.2, 7.4))
        paint_name, paint = choose(rng, _PAINTS, stock)
        name = self.name or boat_name(rng, stock)
        deep = 0.15 if form == "open_deep" else 0.0
        hull = Hull(
            length_m=length, beam_m=length * 0.33, freeboard_m=0.62 + deep, bow_m=0.42, stern_m=0.0, rake_m=1.3,
            counter_m=0.1, entrance=0.55, run=0.2, transom=0.92, flare=0.7, bluff=2.0, bulwark_m=0.4,
        )  # fmt: skip
        ship = Ship(Kit(rng, stock), hull, paint, font_of(rng, stock), 0.08, [f"paint:{paint_name}"])
        ship.build(rng, wear=0.0)
        ship.kit.add(decking(hull, hull.rim(hull.stations) + 0.01, first=0.6), Material(paint.deck), "")
        self._engine(ship, two=length > 7)
        z = ship.deck_at(0.0)
        seats = [(-0.06, 0.0), (-0.24, 0.45), (-0.24, -0.45)][: self.people or int(rng.integers(1, 4))]
        for k, (share, y) in enumerate(seats):
            x = (share - (0.16 if cabin else 0.0)) * length
            person(ship.kit, (x, y, z), choose(rng, VESTS, stock), seated=k > 0)
        ship.sign(name, 0.08 * length, 0.1, 0.3)
        rim = float(hull.rim(0.9))
        top = self._cockpit(ship, form, cabin=cabin)
        ship.lights(top, (0.40 * length, 0.14, rim + 0.06))
        ship.rim_rail(0.62, 0.93, high_m=0.4)
        return ship.body("speedboat", "small_boat", "empty")

    def _cockpit(self, ship: Ship, form: str, *, cabin: bool) -> tuple[float, float]:
        """Add cabin or console; return where the white light stands, x and z m."""
        return _cabin(ship, 0.75 if form == "cabin_low" else 1.1) if cabin else _console(ship)

    def _engine(self, ship: Ship, *, two: bool) -> None:
        x = -ship.hull.length_m / 2
        for y in (-0.35, 0.35) if two else (0.0,):
            hood = box((x - 0.5, y - 0.21, 0.55), (x + 0.1, y + 0.21, 1.2), taper=(0.08, 0.16, 0.06, 0.06))
            ship.kit.add(hood, DARK, "engine")
            ship.kit.add(box((x - 0.52, y - 0.2, 0.72), (x - 0.49, y + 0.2, 0.85)), Material(ship.paint.deck), "engine")
            ship.kit.add(box((x - 0.3, y - 0.09, -0.3), (x - 0.1, y + 0.09, 0.6)), DARK, "engine")


def _pane(ship: Ship, corners: list[tuple[float, float, float]]) -> None:
    """Add a pane of glass that is seen from both sides."""
    glass = Material((0.45, 0.56, 0.60), shine=0.9, specular=0.9, alpha=0.45)
    field = np.array(corners)
    ship.kit.add(quad(field), glass, "screen")
    ship.kit.add(quad(field[[1, 0, 3, 2]]), glass, "screen")


def _console(ship: Ship) -> tuple[float, float]:
    """Add a windscreen around the cockpit, a console and seats; return the middle of the screen's top, x and z m."""
    length, half, rim = ship.hull.length_m, 0.36 * ship.hull.beam_m, float(ship.hull.rim(0.6))
    front, back, up = 0.14 * length, -0.02 * length, rim + 0.5
    _pane(
        ship,
        [
            (front, -half * 0.8, rim),
            (front, half * 0.8, rim),
            (front - 0.4, half * 0.75, up),
            (front - 0.4, -half * 0.75, up),
        ],
    )
    for side in (1.0, -1.0):
        _pane(
            ship,
            [
                (front, side * half * 0.8, rim),
                (back, side * half, rim),
                (back, side * half * 0.97, up - 0.1),
                (front - 0.4, side * half * 0.75, up),
            ],
        )
        ship.kit.add(
            bar((front - 0.4, side * half * 0.75, up), (back, side * half * 0.97, up - 0.1), 0.05), DARK, "screen"
        )
    ship.kit.add(bar((front - 0.4, -half * 0.75, up), (front - 0.4, half * 0.75, up), 0.05), DARK, "screen")
    z, seat = ship.deck_at(0.0), Material((0.62, 0.16, 0.14))
    ship.kit.add(
        box((0.05 * length, -half * 0.7, z), (0.11 * length, half * 0.7, rim + 0.15), taper=(0, 0.15, 0, 0)), DARK, ""
    )
    ship.kit.add(box((-0.30 * length, -half * 0.9, z), (-0.22 * length, half * 0.9, z + 0.45)), seat, "")
    ship.kit.add(box((-0.33 * length, -half * 0.9, z), (-0.30 * length, half * 0.9, z + 0.85)), seat, "")
    return front - 0.4, up + 0.05


def _cabin(ship: Ship, high: float) -> tuple[float, float]:
    """Add a cabin with panes all around and a roof with a lamp bar; return the top of its mast, x and z m."""
    length, half = ship.hull.length_m, 0.36 * ship.hull.beam_m
    low = float(ship.hull.rim(0.6)) - 0.05
    back, front = -0.12 * length, 0.20 * length
    ship.house(
        "cabin",
        (back, -half, low),
        (front, half, low + high),
        "wide",
        taper=(0.55, 0.1, 0.2, 0.2),
        bay_m=0.8,
        tier_m=high,
    )
    roof = low + high + 0.15
    ship.kit.add(
        box((back + 0.3, -half * 0.6, roof), (back + 0.5, half * 0.6, roof + 0.14)),
        Material((0.1, 0.2, 0.7), emission=0.1),
        "cabin",
    )
    ship.kit.add(pole(back + 0.2, 0.0, roof, roof + 0.8, 0.05, 6), STEEL, "cabin")
    return back + 0.2, roof + 0.8
