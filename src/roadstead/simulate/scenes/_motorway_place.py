"""An urban expressway seen from a gantry: layouts, ground, what stands there, and what is drawn for a watch.

The road runs east-west about y = 0; the camera hangs over it and looks east. Eastbound traffic (south) drives away from it.
A lane of the westbound carriageway is closed by cones.
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

_FAR_M = 230.0
_NEAR_M = -60.0
_EXTENT_M = (-10.0, -40.0, 240.0, 40.0)
_PX_PER_M = 16.0
_SHOULDER_M = 3.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A road: lanes each way and their width, half of the median, the gap in it, the closed lane, the camera, what is around."""

    name: str
    lanes: int
    lane_m: float
    median_m: float
    gap_m: tuple[float, float]
    works_m: tuple[float, float]
    limit_kmh: float
    surface: paint.Surface
    around: Literal["town", "fields", "noise walls"]
    camera_m: tuple[float, float, float]
    aim_m: tuple[float, float]
    fov_deg: float

    @property
    def edge_m(self) -> float:
        """From the middle to the line between the outer lane and the hard shoulder."""
        return self.median_m + self.lanes * self.lane_m

    @property
    def half_m(self) -> float:
        """From the middle to the outer edge of the hard shoulder."""
        return self.edge_m + _SHOULDER_M

    def lane_y(self, number: int) -> float:
        """How far the middle of a lane, 0 the innermost, lies from the middle of the road; the shoulder is the one after the last."""
        return self.median_m + (number + 0.5) * self.lane_m if number < self.lanes else self.edge_m + _SHOULDER_M / 2

    def way(self, number: int, *, west: bool) -> Floats:
        """Return the way along a lane."""
        y = self.lane_y(number)
        return smooth_path([(_FAR_M, y), (_NEAR_M, y)] if west else [(_NEAR_M, -y), (_FAR_M, -y)])

    def change(self, first: int, then: int, at_m: float, *, west: bool, over_m: float = 45.0) -> Floats:
        """Return the way of who changes lanes about a place."""
        a, b, half = self.lane_y(first), self.lane_y(then), over_m / 2
        if west:
            points = [(_FAR_M, a), (at_m + half, a), (at_m - half, b), (_NEAR_M, b)]
        else:
            points = [(_NEAR_M, -a), (at_m - half, -a), (at_m + half, -b), (_FAR_M, -b)]
        return smooth_path(points, 60.0)

    @property
    def works(self) -> Floats:
        """The closed part of the westbound outer lane and shoulder."""
        (x0, x1), y0, y1 = self.works_m, self.edge_m - self.lane_m, self.half_m
        return np.array(((x0, y0), (x1, y0), (x1, y1), (x0, y1)))

    def drawing(self) -> Drawing:
        """Return the zones and lines of a watch."""
        m, e, h = self.median_m, self.edge_m, self.half_m
        solid = m + self.lane_m
        zones = {
            "eastbound": np.array(((14.0, -h), (105.0, -h), (105.0, -m + 0.3), (14.0, -m + 0.3))),
            "westbound": np.array(((14.0, m - 0.3), (105.0, m - 0.3), (105.0, h), (14.0, h))),
            "road": np.array(((17.0, -h), (105.0, -h), (105.0, h), (17.0, h))),
            "near_road": np.array(((15.0, -h), (85.0, -h), (85.0, h), (15.0, h))),
            "shoulder": np.array(((16.0, -h - 0.4), (85.0, -h - 0.4), (85.0, -e - 0.1), (16.0, -e - 0.1))),
            "works": self.works,
        }
        lines = {
            "east": np.array(((18.0, -(m + e) / 2), (95.0, -(m + e) / 2))),
            "west": np.array(((95.0, (m + e) / 2), (18.0, (m + e) / 2))),
            "solid": np.array(((18.0, -solid), (68.0, -solid))),
        }
        marks = [(x, y) for x in (17, 22, 30, 40, 52, 66, 85, 105) for y in (-h, -e, -m, m, e, h)]
        return Drawing(zones, lines, np.array(marks, float))


_GREY, _PALE, _SLABS = paint.ASPHALT, paint.OLD_ASPHALT, paint.CONCRETE
LAYOUTS: tuple[Layout, ...] = (
    Layout(name="two lanes", lanes=2, lane_m=3.75, median_m=1.5, gap_m=(38, 60), works_m=(46, 84), limit_kmh=60, surface=_GREY, around="town",
           camera_m=(0, -2, 10.5), aim_m=(42, -0.5), fov_deg=38),
    Layout(name="three lanes", lanes=3, lane_m=3.6, median_m=1.4, gap_m=(42, 64), works_m=(48, 88), limit_kmh=80, surface=_GREY, around="noise walls",
           camera_m=(0, -3, 12.0), aim_m=(44, -0.5), fov_deg=40),
    Layout(name="old slabs", lanes=2, lane_m=3.75, median_m=2.0, gap_m=(36, 58), works_m=(42, 80), limit_kmh=60, surface=_SLABS, around="fields",
           camera_m=(0, 1, 10.0), aim_m=(40, 0.5), fov_deg=39),
    Layout(name="pale three lanes", lanes=3, lane_m=3.75, median_m=1.6, gap_m=(44, 66), works_m=(50, 90), limit_kmh=70, surface=_PALE, around="fields",
           camera_m=(0, -1, 12.5), aim_m=(45, 0), fov_deg=40),
    Layout(name="noise walls", lanes=2, lane_m=3.6, median_m=1.3, gap_m=(40, 62), works_m=(44, 82), limit_kmh=70, surface=_PALE, around="noise walls",
           camera_m=(0, -4, 10.8), aim_m=(42, -1), fov_deg=38),
    Layout(name="wide in town", lanes=3, lane_m=3.75, median_m=1.8, gap_m=(40, 62), works_m=(46, 86), limit_kmh=60, surface=_GREY, around="town",
           camera_m=(0, 0, 12.0), aim_m=(43, 0), fov_deg=41),
    Layout(name="green", lanes=2, lane_m=3.75, median_m=2.2, gap_m=(40, 62), works_m=(48, 86), limit_kmh=70, surface=_GREY, around="fields",
           camera_m=(0, -2, 11.2), aim_m=(42, 0), fov_deg=38),
    Layout(name="slabs in town", lanes=2, lane_m=3.6, median_m=1.5, gap_m=(42, 64), works_m=(44, 84), limit_kmh=60, surface=_SLABS, around="town",
           camera_m=(0, -1, 10.2), aim_m=(41, -0.5), fov_deg=39),
)  # fmt: skip
"""Every fourth is kept for testing."""


def chosen(order: Order, rng: np.random.Generator) -> Layout:
    """Return a layout of the ordered stock; the author's favourite where nothing is varied."""
    return choose(rng if order.varied else np.random.default_rng(1), LAYOUTS, order.stock)


def view_of(layout: Layout, order: Order, rng: np.random.Generator) -> View:
    """Return the camera, moved a little from where the layout has it."""
    return hung(layout.camera_m, layout.aim_m, layout.fov_deg, order, rng, (1.0, 1.0, 0.5, 2.0, 0.5, 1.2), roll_deg=0.3)


def place_of(layout: Layout, order: Order, rng: np.random.Generator) -> Place:
    """Return the painted ground and what stands on it."""
    around = Scenery(rng, order.stock)
    _standing(layout, around)
    ground = Ground(_EXTENT_M, cache(lambda: _ground(layout, rng).picture))
    return Place(grounds=(ground,), fixtures=tuple(around.fixtures), lamps_m=tuple(around.lamps))


def _ground(layout: Layout, rng: np.random.Generator) -> paint.Canvas:
    x0, _, x1, _ = _EXTENT_M
    h, m, e = layout.half_m, layout.median_m, layout.edge_m
    canvas = paint.Canvas(_EXTENT_M, _PX_PER_M, rng)
    canvas.everywhere(paint.PAVING if layout.around == "town" else paint.GRASS)
    road = [(x0, -h - 0.6), (x1, -h - 0.6), (x1, h + 0.6), (x0, h + 0.6)]
    canvas.surface(road, layout.surface)
    if layout.surface is paint.CONCRETE:
        canvas.seams(road, (5.0, layout.lane_m))
    canvas.wear(road, cracks=30, patches=9, stains=50)
    for side in (-1.0, 1.0):
        for a, b in ((x0, layout.gap_m[0]), (layout.gap_m[1], x1)):
            canvas.surface([(a, 0), (b, 0), (b, side * (m - 0.5)), (a, side * (m - 0.5))], paint.GRASS)
            canvas.kerb([(a, side * (m - 0.5)), (b, side * (m - 0.5))])
    wear = float(rng.uniform(0.15, 0.45))
    for side in (-1.0, 1.0):
        canvas.line([(x0, side * m), (x1, side * m)], 0.18, paint.YELLOW, wear=wear)
        canvas.line([(x0, side * e), (x1, side * e)], 0.18, wear=wear)
        for k in range(1, layout.lanes):
            y = side * (m + k * layout.lane_m)
            if k == 1 and side < 0:
                canvas.line([(x0, y), (68.0, y)], 0.18, wear=wear)
                canvas.line([(68.0, y), (x1, y)], 0.16, dash_m=(6.0, 9.0), wear=wear)
            else:
                canvas.line([(x0, y), (x1, y)], 0.16, dash_m=(6.0, 9.0), wear=wear)
        for k in range(layout.lanes):
            canvas.tracks(
                [(x0, side * layout.lane_y(k)), (x1, side * layout.lane_y(k))], gauge_m=1.8, width_m=0.7, strength=0.2
            )
            canvas.arrow((26.0 + 3 * k, side * layout.lane_y(k)), np.pi if side > 0 else 0.0, "straight", wear=wear)
    return canvas


def _standing(layout: Layout, around: Scenery) -> None:
    h = layout.half_m
    for a, b in ((8.0, layout.gap_m[0]), (layout.gap_m[1], 230.0)):
        around.fence_along(np.array(((a, 0.0), (b, 0.0))), "guardrail", height_m=0.85)
    for side in (-1.0, 1.0):
        line = np.array(((6.0, side * (h + 0.9)), (230.0, side * (h + 0.9))))
        around.fence_along(
            line,
            "concrete" if layout.around == "noise walls" else "guardrail",
            height_m=3.0 if layout.around == "noise walls" else 0.85,
        )
        around.lamps_along(line + np.array((0.0, side * 0.8)), 38.0, aside=-side)
        around.trees_along(
            line + np.array((0.0, side * 4.5)), 8.0 if layout.around != "town" else 12.0, height_m=(4.0, 9.0)
        )
        if layout.around == "town":
            house = np.array(((30.0, side * (h + 16.0)), (235.0, side * (h + 16.0))))
            around.buildings_along(house if side > 0 else house[::-1], ("flats", "office", "shops"))
    cone = around.body("cone")
    (x0, x1), y0, y1 = layout.works_m, layout.edge_m - layout.lane_m, h
    for x in np.arange(x0, x1 + 0.1, 4.0):
        around.put(cone, (float(x), y0 + 0.15), hides=False)
    for s in np.linspace(0, 1, 5):
        around.put(cone, (x1 + 9.0 * s, y0 + (y1 - y0) * s), hides=False)
    around.put(around.body("sign", form="board", text="前方施工"), (x1 + 10.0, y1 - 0.5), 0.0, hides=False)
    around.put(around.body("sign", form="speed", text=f"{layout.limit_kmh:g}"), (70.0, -h - 1.4), np.pi, hides=False)
