"""Where a side street from a building site joins a main road: layouts, ground, what stands there, and what is drawn for a watch.

The main road runs east-west about y = 0 (westbound is north of it), the side street comes from the north. Traffic keeps right.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from roadstead.simulate.scenes import Order
from roadstead.simulate.scenes._camera import hung
from roadstead.simulate.scenes._scenery import Scenery
from roadstead.simulate.scenes._stage import Drawing
from roadstead.simulate.world import paint
from roadstead.simulate.world.motion import smooth_path
from roadstead.simulate.world.stock import choose
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Ground, Place
from roadstead.types import Floats

_FAR_M = 150.0
_DEEP_M = 85.0
_EXTENT_M = (-110.0, -32.0, 110.0, 78.0)
_PX_PER_M = 16.0
_PAVEMENT_M = 4.0
_NEARER_M = 1.2
"""Zones are drawn nearer to the camera by so much than what they are on the ground: a box's foot is the near side of a vehicle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A junction: lanes each way, widths, the skew of the side street (from north, clockwise), the camera and what is around."""

    name: str
    lanes: int
    lane_m: float
    side_m: float
    cycle_m: float
    skew_deg: float
    radius_m: float
    stop_m: float
    limit_kmh: float
    surface: paint.Surface
    around: Literal["site", "offices", "shops", "green"]
    camera_m: tuple[float, float, float]
    aim_m: tuple[float, float]
    fov_deg: float

    @property
    def half_m(self) -> float:
        """From the middle of the main road to its kerb."""
        return self.lanes * self.lane_m + self.cycle_m

    def lane_y(self, number: int) -> float:
        """How far the middle of a lane, 0 the innermost, lies from the middle of the road."""
        return (number + 0.5) * self.lane_m

    def side(self, up_m: float, east_m: float) -> Floats:
        """Return a place in the side street: so far from the main road's kerb, so far to the right of its axis as seen going north."""
        a = np.radians(self.skew_deg)
        return (
            np.array((0.0, self.half_m))
            + up_m * np.array((np.sin(a), np.cos(a)))
            + east_m * np.array((np.cos(a), -np.sin(a)))
        )

    def main_way(self, number: int, *, west: bool, from_m: float = _FAR_M) -> Floats:
        """Return the way along a lane of the main road."""
        y = self.lane_y(number)
        return smooth_path([(from_m, y), (-from_m, y)] if west else [(-from_m, -y), (from_m, -y)])

    def out_way(self, *, right: bool) -> Floats:
        """Return the way out of the side street, to the right (west) or to the left (east)."""
        y = self.lane_y(self.lanes - 1) if right else -self.lane_y(0)
        a = np.tan(np.radians(self.skew_deg))
        start = self.side(_DEEP_M, -self.side_m / 2)
        corner = start[0] - (start[1] - y) * a, y
        end = (-_FAR_M if right else _FAR_M, y)
        return smooth_path(np.array((start, corner, end)), self.radius_m if right else self.radius_m + 3.0)

    def in_way(self, *, right: bool) -> Floats:
        """Return the way into the side street, turning right (from the east) or left (from the west)."""
        y = self.lane_y(self.lanes - 1) if right else -self.lane_y(0)
        a = np.tan(np.radians(self.skew_deg))
        end = self.side(_DEEP_M, self.side_m / 2)
        corner = end[0] - (end[1] - y) * a, y
        return smooth_path(
            np.array(((_FAR_M if right else -_FAR_M, y), corner, end)), self.radius_m if right else self.radius_m + 3.0
        )

    def line_along_m(self, length_m: float, before_m: float) -> float:
        """Return how far along the way out the middle of a vehicle is whose front stands so far before the stop line."""
        return _DEEP_M - self.stop_m - before_m - length_m / 2

    @property
    def grid(self) -> Floats:
        """The yellow grid where nobody may stand, in the eastbound outer lane."""
        y0, y1 = -self.lanes * self.lane_m, -(self.lanes - 1) * self.lane_m
        return np.array(((-7.0, y0), (6.0, y0), (6.0, y1), (-7.0, y1)))

    def drawing(self) -> Drawing:
        """Return the zones and lines of a watch."""
        h, s, r = self.half_m, self.side_m, self.stop_m
        zones = {
            "approach": np.array(
                [self.side(r, -s - 0.2), self.side(r, 0.3), self.side(r + 24, 0.3), self.side(r + 24, -s - 0.2)]
            ),
            "exit_west": np.array(((-30.0, 0.2), (-s - 5.0, 0.2), (-s - 5.0, h), (-30.0, h))),
            "no_parking": self.grid - np.outer((1, 1, 0, 0), (0.0, _NEARER_M)),
            "westbound": np.array(((-38.0, 0.3), (30.0, 0.3), (30.0, h), (-38.0, h))),
            "junction": np.array(((-26.0, -h), (18.0, -h), (18.0, h), (-26.0, h))),
            "carriageway": np.array(((-30.0, -h), (20.0, -h), (20.0, h), (-30.0, h))),
        }
        y = self.lane_y(self.lanes - 1)
        lines = {
            "stop_line": np.array((self.side(r, -s), self.side(r, 0.0))),
            "lane_west": np.array(((20.0, y), (-30.0, y))),
        }
        grid = [(x, y) for x in (-28, -20, -12, -5, 2, 9, 16) for y in (-h, 0.0, h)]
        marks = [*grid, self.side(r, -s), self.side(r, 0), self.side(r + 12, -s), self.side(r + 12, s), *self.grid]
        return Drawing(zones, lines, np.array(marks))


_GREY, _PALE, _SLABS = paint.ASPHALT, paint.OLD_ASPHALT, paint.CONCRETE
LAYOUTS: tuple[Layout, ...] = (
    Layout(name="two lanes by a site", lanes=2, lane_m=3.6, side_m=4.6, cycle_m=0.3, skew_deg=0, radius_m=9.5, stop_m=7.5,
           limit_kmh=50, surface=_GREY, around="site", camera_m=(6, -19, 8.5), aim_m=(-3.5, 5), fov_deg=52),
    Layout(name="three lanes in town", lanes=3, lane_m=3.25, side_m=4.2, cycle_m=0.4, skew_deg=6, radius_m=9, stop_m=8.5,
           limit_kmh=60, surface=_GREY, around="offices", camera_m=(8, -22, 10.5), aim_m=(-3, 5), fov_deg=52),
    Layout(name="old road with cycle lanes", lanes=2, lane_m=3.4, side_m=4.4, cycle_m=2.2, skew_deg=-7, radius_m=11, stop_m=7,
           limit_kmh=40, surface=_PALE, around="shops", camera_m=(4, -21, 9.5), aim_m=(-4, 5.5), fov_deg=52),
    Layout(name="green verge", lanes=2, lane_m=3.75, side_m=5.0, cycle_m=0.5, skew_deg=10, radius_m=10, stop_m=8,
           limit_kmh=50, surface=_GREY, around="green", camera_m=(9, -18, 9.0), aim_m=(-2, 6), fov_deg=54),
    Layout(name="slabs by a site", lanes=2, lane_m=3.5, side_m=5.2, cycle_m=0.3, skew_deg=-4, radius_m=10, stop_m=7,
           limit_kmh=40, surface=_SLABS, around="site", camera_m=(2, -20, 7.8), aim_m=(-4.5, 5), fov_deg=54),
    Layout(name="wide road, camera east", lanes=3, lane_m=3.5, side_m=4.5, cycle_m=0.3, skew_deg=0, radius_m=9, stop_m=8,
           limit_kmh=60, surface=_PALE, around="green", camera_m=(12, -22, 11.5), aim_m=(-2, 5), fov_deg=50),
    Layout(name="shops and cycles", lanes=2, lane_m=3.3, side_m=4.2, cycle_m=2.5, skew_deg=3, radius_m=11, stop_m=7,
           limit_kmh=40, surface=_GREY, around="shops", camera_m=(-1, -21, 9.0), aim_m=(-5, 5), fov_deg=54),
    Layout(name="offices by a site", lanes=2, lane_m=3.6, side_m=4.8, cycle_m=1.8, skew_deg=-9, radius_m=10.5, stop_m=8,
           limit_kmh=50, surface=_PALE, around="offices", camera_m=(5, -20, 10.0), aim_m=(-4, 5.5), fov_deg=53),
)  # fmt: skip
"""Every fourth is kept for testing."""


def chosen(order: Order, rng: np.random.Generator) -> Layout:
    """Return a layout of the ordered stock; the author's favourite where nothing is varied."""
    layout = choose(rng, LAYOUTS, order.stock)
    return layout if order.varied else choose(np.random.default_rng(0), LAYOUTS, order.stock)


def view_of(layout: Layout, order: Order, rng: np.random.Generator) -> View:
    """Return the camera, moved a little from where the layout has it."""
    return hung(layout.camera_m, layout.aim_m, layout.fov_deg, order, rng, (1.5, 1.5, 0.8, 1.0, 0.8, 2.0), roll_deg=0.4)


def place_of(layout: Layout, order: Order, rng: np.random.Generator) -> Place:
    """Return the painted ground and what stands on it."""
    around = Scenery(rng, order.stock)
    _verges(layout, around)
    ground = Ground(_EXTENT_M, cache(lambda: _ground(layout, rng).picture))
    return Place(grounds=(ground,), fixtures=tuple(around.fixtures), lamps_m=tuple(around.lamps))


def _ground(layout: Layout, rng: np.random.Generator) -> paint.Canvas:
    x0, _, x1, _ = _EXTENT_M
    h, s, p = layout.half_m, layout.side_m, _PAVEMENT_M
    canvas = paint.Canvas(_EXTENT_M, _PX_PER_M, rng)
    canvas.everywhere({"site": paint.SOIL, "green": paint.GRASS}.get(layout.around, paint.PAVING))
    for side in (-1, 1):
        strip = [(x0, side * h), (x1, side * h), (x1, side * (h + p)), (x0, side * (h + p))]
        canvas.surface(strip, paint.PAVING)
        canvas.seams(strip, (0.6, 0.6))
    canvas.surface(
        [layout.side(0, -s - p), layout.side(0, s + p), layout.side(95, s + p), layout.side(95, -s - p)], paint.PAVING
    )
    _carriageways(canvas, layout)
    _markings(canvas, layout)
    _traces(canvas, layout)
    return canvas


def _carriageways(canvas: paint.Canvas, layout: Layout) -> None:
    x0, _, x1, _ = _EXTENT_M
    h, s = layout.half_m, layout.side_m
    road = [(x0, -h), (x1, -h), (x1, h), (x0, h)]
    flare = layout.radius_m * 0.75
    mouth = np.array([
        layout.side(0, -s - flare), *_corner(layout, -1, flare), layout.side(95, -s), layout.side(95, s),
        *_corner(layout, 1, flare)[::-1], layout.side(0, s + flare), np.zeros(2),
    ])  # fmt: skip
    canvas.surface(mouth, layout.surface)
    canvas.surface(road, layout.surface)
    if layout.surface is paint.CONCRETE:
        canvas.seams(road, (5.0, layout.lane_m))
    canvas.wear(road, cracks=26, patches=7, stains=40)
    canvas.kerb([(x0, -h), (x1, -h)])
    for side in (-1, 1):
        corner = np.array(
            [layout.side(0, side * (s + flare)), *_corner(layout, side, flare), layout.side(95, side * s)]
        )
        canvas.kerb(np.vstack(([(side * x1, h)], corner)))


def _corner(layout: Layout, side: int, flare: float) -> list[Floats]:
    """Return the rounded kerb from the main road into the side street."""
    angle = np.linspace(0, np.pi / 2, 9)[1:]
    return [layout.side(flare * (1 - np.cos(a)), side * (layout.side_m + flare * (1 - np.sin(a)))) for a in angle]


def _markings(canvas: paint.Canvas, layout: Layout) -> None:
    x0, _, x1, _ = _EXTENT_M
    s, r, edge = layout.side_m, layout.stop_m, layout.lanes * layout.lane_m
    wear = float(canvas.rng.uniform(0.15, 0.5))
    for y in (-0.15, 0.15):
        for a, b in ((x0, -13.0), (13.0, x1)):
            canvas.line([(a, y), (b, y)], 0.14, paint.YELLOW, wear=wear)
    for k in range(1, layout.lanes):
        for y in (-k * layout.lane_m, k * layout.lane_m):
            canvas.line([(x0, y), (x1, y)], 0.14, dash_m=(2.0, 4.0), wear=wear)
    for y in (-edge, edge):
        canvas.line([(x0, y), (-s - 9, y)], 0.14, wear=wear)
        canvas.line([(s + 9, y), (x1, y)], 0.14, wear=wear)
    canvas.line([layout.side(r + 1, 0), layout.side(90, 0)], 0.14, paint.YELLOW, wear=wear)
    canvas.line([layout.side(r, -s + 0.1), layout.side(r, -0.1)], 0.4, wear=wear)
    canvas.zebra(layout.side(r - 3.2, -s), layout.side(r - 3.2, s), 3.6, wear)
    canvas.grid(layout.grid, wear=wear)
    down = -np.pi / 2 - np.radians(layout.skew_deg)
    canvas.arrow(layout.side(r + 7, -s / 2), down, "left+right", wear=wear)
    for x, west in ((-34.0, False), (34.0, True)):
        for k in range(layout.lanes):
            kind = (
                "straight"
                if 0 < k < layout.lanes - 1
                else ("straight+right" if west else "straight+left" if k == 0 else "straight")
            )
            canvas.arrow(
                (x, layout.lane_y(k) * (1 if west else -1)),
                np.pi if west else 0.0,
                kind if k != 0 or not west else "straight",
                wear=wear,
            )


def _traces(canvas: paint.Canvas, layout: Layout) -> None:
    """Paint where tyres have been: dark on the lanes, mud on the way out of a site."""
    for k in range(layout.lanes):
        for west in (True, False):
            canvas.tracks(layout.main_way(k, west=west, from_m=110.0), gauge_m=1.7, width_m=0.6, strength=0.16)
    for right in (True, False):
        canvas.tracks(
            layout.out_way(right=right), colour=(128, 106, 78), strength=0.38 if layout.around == "site" else 0.18
        )
        canvas.tracks(layout.in_way(right=right), strength=0.15)
    if layout.around == "site":
        for _ in range(26):
            at = layout.side(
                float(canvas.rng.uniform(-6, 60)), float(canvas.rng.uniform(-layout.side_m, layout.side_m))
            )
            canvas.blot(at, float(canvas.rng.uniform(0.4, 1.8)), (124, 102, 74), float(canvas.rng.uniform(0.15, 0.5)))


def _verges(layout: Layout, around: Scenery) -> None:
    """Put up what stands beside the roads."""
    h, s, p = layout.half_m, layout.side_m, _PAVEMENT_M
    gap = s + layout.radius_m + 3.0
    back = h + p + 0.6
    west, east = np.array(((-gap, h + 0.9), (-108.0, h + 0.9))), np.array(((gap, h + 0.9), (108.0, h + 0.9)))
    around.lamps_along(west, 27.0, aside=1.0)
    around.lamps_along(east, 27.0, aside=-1.0)
    fences = {"site": "hoarding", "offices": "railing", "shops": None, "green": None}
    fence = fences[layout.around]
    for sign, kerb in ((-1.0, west), (1.0, east)):
        line = kerb + np.array((0.0, p - 0.3))
        if fence is not None:
            around.fence_along(line, fence)
            inner = np.array((layout.side(p + 4.0, sign * (s + p)), layout.side(80.0, sign * (s + p))))
            around.fence_along(inner, fence)
        around.trees_along(
            kerb + np.array((sign * 4.0, p / 2 + 0.6)), float(around.rng.uniform(7, 11)), form=_tree(layout)
        )
        front = np.array(((sign * (gap + 6), back + 7), (sign * 110.0, back + 7)))
        front = front if sign > 0 else front[::-1]
        around.buildings_along(front, _FORMS[layout.around])
    far = np.array((layout.side(92.0, -40.0), layout.side(92.0, 40.0)))
    around.buildings_along(far, _FORMS[layout.around])
    around.put(
        around.body("sign", form="board", text="右转必停"),
        layout.side(layout.stop_m + 1.5, -s - 1.2),
        np.pi / 2 - 0.2,
        hides=False,
    )
    around.put(around.body("sign", form="speed", text=f"{layout.limit_kmh:g}"), (-20.0, h + 0.8), 0.0, hides=False)
    around.put(around.body("traffic_light", state="green"), (s + 5.0, h + 1.0), np.pi, hides=False)


_FORMS = {
    "site": ("unfinished", "shed", "unfinished", "flats"),
    "offices": ("office", "office", "flats"),
    "shops": ("shops", "shops", "flats"),
    "green": ("flats", "shed"),
}


def _tree(layout: Layout) -> str:
    return {"site": "slender", "offices": "broad", "shops": "broad", "green": "broad"}[layout.around]
