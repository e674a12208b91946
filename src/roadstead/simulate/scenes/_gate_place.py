"""The gate of a building site: layouts, ground, what stands there, and what is drawn for a watch.

The access road runs east-west about y = 0, the gate is north of it. Trucks leave by the western lane and enter by the eastern one.
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

_FAR_M = 120.0
_DEEP_M = 60.0
_EXTENT_M = (-75.0, -26.0, 75.0, 84.0)
_PX_PER_M = 18.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A gate: half of the road, the width of a lane of the gate, how far it stands from the kerb, the camera, what is around."""

    name: str
    road_m: float
    lane_m: float
    gate_m: float
    surface: paint.Surface
    yard: paint.Surface
    fence: Literal["hoarding", "mesh"]
    title: str
    camera_m: tuple[float, float, float]
    aim_m: tuple[float, float]
    fov_deg: float

    @property
    def gate_y(self) -> float:
        """Where the gate stands."""
        return self.road_m + self.gate_m

    @property
    def lane_y(self) -> float:
        """How far the middle of a lane lies from the middle of the road."""
        return self.road_m / 2

    @property
    def bay(self) -> Floats:
        """The lay-by in which trucks wait to be let in."""
        x, y = self.lane_m + 8.0, self.road_m
        return np.array(((x, y - 0.2), (x + 17.0, y - 0.2), (x + 17.0, y + 4.0), (x, y + 4.0)))

    @property
    def pit(self) -> Floats:
        """The area beside the gate that nobody may enter."""
        x, y = -self.lane_m - 2.5, self.road_m
        return np.array(((x - 11.0, y + 2.2), (x, y + 2.2), (x, self.gate_y - 1.5), (x - 11.0, self.gate_y - 1.5)))

    def way(self, *points: tuple[float, float], radius_m: float = 9.5) -> Floats:
        """Return a way through some places."""
        return smooth_path(np.array(points), radius_m)

    def road(self, *, west: bool) -> Floats:
        """Return the way along the road."""
        y = self.lane_y
        return self.way((_FAR_M, y), (-_FAR_M, y)) if west else self.way((-_FAR_M, -y), (_FAR_M, -y))

    def out_way(self, *, right: bool) -> Floats:
        """Return the way out of the site."""
        y = self.lane_y if right else -self.lane_y
        return self.way(
            (-self.lane_m / 2, self.gate_y + _DEEP_M), (-self.lane_m / 2, y), (-_FAR_M if right else _FAR_M, y)
        )

    def in_way(self, *, right: bool, by_exit: bool = False) -> Floats:
        """Return the way into the site from the east (turning right) or the west, by the right lane or by that of the exit."""
        y, x = self.lane_y if right else -self.lane_y, self.lane_m / 2 * (-1 if by_exit else 1)
        return self.way((_FAR_M if right else -_FAR_M, y), (x, y), (x, self.gate_y + _DEEP_M))

    def bay_way(self) -> Floats:
        """Return the way from the east into the lay-by and on to the west."""
        y, low, high = self.lane_y, float(self.bay[0, 0]), float(self.bay[1, 0])
        deep = self.road_m + 1.9
        return self.way(
            (_FAR_M, y),
            (high + 13.0, y),
            (high - 1.0, deep),
            (low + 1.0, deep),
            (low - 13.0, y),
            (-_FAR_M, y),
            radius_m=14.0,
        )

    def drawing(self) -> Drawing:
        """Return the zones and lines of a watch."""
        lane, y0, y1 = self.lane_m, self.road_m, self.gate_y
        zones = {
            "exit": np.array(((-lane - 0.3, y0 - 1.0), (0.0, y0 - 1.0), (0.0, y1 - 0.5), (-lane - 0.3, y1 - 0.5))),
            "keep_clear": np.array(((-lane - 0.3, y0), (0.1, y0), (0.1, y1 - 1.0), (-lane - 0.3, y1 - 1.0))),
            "waiting": self.bay,
            "pit": self.pit,
            "forecourt": np.array(((-24.0, -y0), (24.0, -y0), (24.0, y0), (lane, y0 + 0.5), (lane, y1), (-lane, y1), (-lane, y0 + 0.5), (-24.0, y0))),
        }  # fmt: skip
        lines = {"lane_out": np.array(((-lane / 2, y1 - 1.0), (-lane / 2, y0)))}
        grid = [(x, y) for x in (-20, -10, 0, 10, 20) for y in (-y0, y0)]
        marks = [
            *grid,
            (-lane, y1),
            (lane, y1),
            (-lane, y0 + 5),
            (lane, y0 + 5),
            *self.bay.tolist(),
            *self.pit.tolist(),
        ]
        return Drawing(zones, lines, np.array(marks))


_GREY, _PALE, _SLABS = paint.ASPHALT, paint.OLD_ASPHALT, paint.CONCRETE
LAYOUTS: tuple[Layout, ...] = (
    Layout(name="blue gate", road_m=5.5, lane_m=5.0, gate_m=19, surface=_GREY, yard=_SLABS, fence="hoarding", title="中建一局 城东地块项目",
           camera_m=(-4, -13, 8.0), aim_m=(3.5, 13), fov_deg=53),
    Layout(name="old road", road_m=4.6, lane_m=5.4, gate_m=21, surface=_PALE, yard=paint.SOIL, fence="mesh", title="地铁九号线 3标段",
           camera_m=(-1, -13, 9.0), aim_m=(4.0, 12), fov_deg=54),
    Layout(name="far gate", road_m=6.4, lane_m=5.2, gate_m=23, surface=_GREY, yard=_SLABS, fence="hoarding", title="滨江新城 二期工程",
           camera_m=(-6, -14, 9.5), aim_m=(3.0, 15), fov_deg=53),
    Layout(name="muddy yard", road_m=5.2, lane_m=5.6, gate_m=20, surface=_PALE, yard=paint.SOIL, fence="hoarding", title="安居花园 保障房",
           camera_m=(-3, -12, 7.5), aim_m=(4.0, 13), fov_deg=54),
    Layout(name="slabs", road_m=6.0, lane_m=4.8, gate_m=18, surface=_SLABS, yard=_SLABS, fence="mesh", title="污水处理厂 扩建",
           camera_m=(-2, -14, 8.8), aim_m=(4.0, 12), fov_deg=54),
    Layout(name="narrow street", road_m=4.4, lane_m=5.0, gate_m=20, surface=_GREY, yard=paint.GRAVEL, fence="hoarding", title="老城更新 C区",
           camera_m=(-5, -12, 8.2), aim_m=(3.5, 13), fov_deg=54),
    Layout(name="wide yard", road_m=6.8, lane_m=5.6, gate_m=22, surface=_PALE, yard=_SLABS, fence="hoarding", title="科技园 A1地块",
           camera_m=(-4, -15, 10.0), aim_m=(3.5, 13), fov_deg=53),
    Layout(name="gravel yard", road_m=5.6, lane_m=5.2, gate_m=19, surface=_GREY, yard=paint.GRAVEL, fence="mesh", title="高铁站前 广场",
           camera_m=(-6, -13, 8.4), aim_m=(3.0, 13), fov_deg=54),
)  # fmt: skip
"""Every fourth is kept for testing."""


def chosen(order: Order, rng: np.random.Generator) -> Layout:
    """Return a layout of the ordered stock; the author's favourite where nothing is varied."""
    return choose(rng if order.varied else np.random.default_rng(1), LAYOUTS, order.stock)


def view_of(layout: Layout, order: Order, rng: np.random.Generator) -> View:
    """Return the camera, moved a little from where the layout has it."""
    return hung(layout.camera_m, layout.aim_m, layout.fov_deg, order, rng, (1.2, 1.0, 0.7, 0.8, 0.8, 1.5), roll_deg=0.4)


def place_of(layout: Layout, order: Order, rng: np.random.Generator) -> Place:
    """Return the painted ground and what stands on it."""
    around = Scenery(rng, order.stock)
    _standing(layout, around)
    ground = Ground(_EXTENT_M, cache(lambda: _ground(layout, rng).picture))
    return Place(grounds=(ground,), fixtures=tuple(around.fixtures), lamps_m=tuple(around.lamps))


def _ground(layout: Layout, rng: np.random.Generator) -> paint.Canvas:
    x0, _, x1, y1 = _EXTENT_M
    h, lane, gate = layout.road_m, layout.lane_m, layout.gate_y
    canvas = paint.Canvas(_EXTENT_M, _PX_PER_M, rng)
    canvas.everywhere(paint.GRASS)
    canvas.surface([(x0, gate), (x1, gate), (x1, y1), (x0, y1)], paint.SOIL)
    canvas.surface(
        [(x0, h), (x1, h), (x1, gate - 0.5), (x0, gate - 0.5)],
        paint.PAVING if layout.fence == "hoarding" else paint.GRAVEL,
    )
    yard = [(-lane - 14, h - 0.2), (lane + 3, h - 0.2), (lane + 3, gate + 1), (-lane - 14, gate + 1)]
    canvas.surface(yard, layout.yard)
    if layout.yard is paint.CONCRETE:
        canvas.seams(yard, (5.0, 5.0))
    canvas.surface([(-lane - 1, gate), (lane + 1, gate), (lane + 1, gate + 26), (-lane - 1, gate + 26)], layout.yard)
    canvas.surface(
        [(-lane - 4, gate + 22), (lane + 6, gate + 20), (lane + 9, y1), (-lane - 7, y1)], paint.MUD, edge_m=1.5
    )
    road = [(x0, -h), (x1, -h), (x1, h), (x0, h)]
    canvas.surface(road, layout.surface)
    canvas.surface(layout.bay, layout.surface)
    canvas.wear(road, cracks=22, patches=5, stains=30)
    canvas.wear(yard, cracks=8, patches=2, stains=24)
    for a, b in ((x0, -lane - 14), (lane + 3, float(layout.bay[0, 0])), (float(layout.bay[1, 0]), x1)):
        canvas.kerb([(a, h), (b, h)])
    canvas.kerb([(x0, -h), (x1, -h)])
    _markings(canvas, layout)
    _mud(canvas, layout)
    return canvas


def _markings(canvas: paint.Canvas, layout: Layout) -> None:
    x0, _, x1, _ = _EXTENT_M
    h, lane, gate = layout.road_m, layout.lane_m, layout.gate_y
    wear = float(canvas.rng.uniform(0.25, 0.6))
    canvas.line([(x0, 0.0), (-9.0, 0.0)], 0.15, paint.YELLOW, wear=wear)
    canvas.line([(9.0, 0.0), (x1, 0.0)], 0.15, paint.YELLOW, wear=wear)
    canvas.line([(x0, -h + 0.4), (x1, -h + 0.4)], 0.14, wear=wear)
    canvas.line([(0.0, h + 1.0), (0.0, gate + 18.0)], 0.16, paint.YELLOW, wear=wear)
    canvas.grid([(-lane, h + 0.6), (-0.3, h + 0.6), (-0.3, gate - 2.0), (-lane, gate - 2.0)], wear=wear)
    corners = [*layout.bay[[0, 3]], *layout.bay[[2, 1]]]
    canvas.line(np.array(corners), 0.15, wear=wear)
    ring = np.vstack((layout.pit, layout.pit[:1]))
    canvas.line(ring, 0.2, (200, 60, 40), wear=wear)
    for s in np.arange(0.06, 1.0, 0.1):
        a, b = layout.pit[0] * (1 - s) + layout.pit[1] * s, layout.pit[3] * (1 - s) + layout.pit[2] * s
        canvas.line(np.array((a, b)), 0.22, (204, 168, 60), wear=wear)
    canvas.arrow((lane / 2, h + 6.0), np.pi / 2, "straight", wear=wear, size=0.8)
    canvas.arrow((-lane / 2, gate + 6.0), -np.pi / 2, "straight", wear=wear, size=0.8)


def _mud(canvas: paint.Canvas, layout: Layout) -> None:
    """Paint what wheels have carried out of the site."""
    for right in (True, False):
        for k in range(3):
            way = layout.out_way(right=right) + canvas.rng.normal(0, 0.25, 2)
            canvas.tracks(way[: 280 + 60 * k], width_m=0.7, colour=(112, 90, 66), strength=0.3)
        canvas.tracks(layout.in_way(right=right), width_m=0.6, colour=(124, 102, 76), strength=0.22)
    for west in (True, False):
        canvas.tracks(layout.road(west=west), strength=0.15)
    for _ in range(60):
        at = np.array((canvas.rng.uniform(-layout.lane_m, layout.lane_m), canvas.rng.normal(layout.gate_y - 4, 11.0)))
        canvas.blot(at, float(canvas.rng.uniform(0.3, 1.6)), (104, 84, 60), float(canvas.rng.uniform(0.15, 0.55)))
    for _ in range(8):
        at = np.array((-layout.lane_m / 2 + canvas.rng.normal(0, 1.5), layout.gate_y + canvas.rng.uniform(-6, 12)))
        canvas.blot(at, float(canvas.rng.uniform(0.6, 2.0)), (62, 58, 54), 0.45)


def _standing(layout: Layout, around: Scenery) -> None:
    h, lane, gate = layout.road_m, layout.lane_m, layout.gate_y
    up = np.pi / 2
    around.put(around.body("gate", width_m=2 * lane + 0.6, title=layout.title), (0.0, gate), up)
    around.put(around.body("wheel_wash", width_m=lane - 0.4), (-lane / 2, gate + 11.0), -up)
    for sign in (-1.0, 1.0):
        line = np.array(((sign * (lane + 1.6), gate), (sign * 72.0, gate)))
        around.fence_along(line if sign > 0 else line[::-1], layout.fence, height_m=2.4)
        around.trees_along(np.array(((sign * 28.0, h + 5.5), (sign * 70.0, h + 5.5))), 8.0, height_m=(3.5, 6.0))
        around.buildings_along(np.array(((-64.0, gate + 38.0), (-14.0, gate + 38.0))) if sign < 0 else np.array(((16.0, gate + 34.0), (66.0, gate + 34.0))), ("unfinished", "unfinished", "shed"))  # fmt: skip
    around.lamps_along(np.array(((lane + 7.0, h + 5.0), (70.0, h + 5.0))), 26.0, aside=-1.0)
    around.lamps_along(np.array(((-70.0, h + 5.0), (-lane - 16.0, h + 5.0))), 26.0, aside=-1.0)
    around.buildings_along(np.array(((-70.0, gate + 75.0), (70.0, gate + 75.0))), ("flats", "unfinished", "flats"))
    cone = around.body("cone")
    for a, b in zip(layout.pit, np.roll(layout.pit, -1, axis=0), strict=True):
        for s in (0.0, 0.5):
            around.put(cone, a * (1 - s) + b * s, hides=False)
    around.put(around.body("sign", form="board", text="出场车辆 冲洗干净"), (-lane - 1.4, gate - 1.0), -up, hides=False)
    around.put(around.body("sign", form="no_entry"), (-lane - 1.2, h + 2.0), -up, hides=False)
