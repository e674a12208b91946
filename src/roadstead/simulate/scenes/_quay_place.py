"""The basins of the scene "quay": how they are laid out and built, what is forbidden there, and who looks on."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.scenes import Order
from roadstead.simulate.scenes._by_sight import Shapes, Table
from roadstead.simulate.scenes._shore import apron, far_quay, land, mark
from roadstead.simulate.scenes._waters import Stage
from roadstead.simulate.world.paint import CONCRETE, OLD_ASPHALT, PAVING, SOIL, Surface
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Ground

EDGE_LOW, EDGE_HIGH = -2.5, -0.2
LANE_Y = -6.8
LIMIT_KMH = 18.0

RULES: tuple[Table, ...] = (
    {
        "name": "closed-basin",
        "kind": "no_go_vessel_area",
        "zone": "closed basin",
        "dwell_s": 5.0,
        "classes": ["vessel"],
    },
    {
        "name": "basin-speed",
        "kind": "speeding",
        "limit_kmh": LIMIT_KMH,
        "over_s": 3.0,
        "min_s": 2.0,
        "classes": ["vessel"],
    },
    {"name": "basin-loitering", "kind": "loitering", "zone": "turning basin", "seconds": 30.0, "classes": ["vessel"]},
    {
        "name": "dock-entrance",
        "kind": "line_crossing",
        "line": "dock entrance",
        "direction": "backward",
        "classes": ["vessel"],
    },
    {
        "name": "basin-anchoring",
        "kind": "anchoring",
        "zone": "fairway",
        "berths": ["berth"],
        "radius_m": 16.0,
        "min_s": 36.0,
        "classes": ["vessel"],
    },
    {
        "name": "basin-rendezvous",
        "kind": "rendezvous",
        "outside": ["berth"],
        "distance_m": 30.0,
        "max_speed_mps": 0.8,
        "min_s": 30.0,
        "max_silence_s": 10.0,
        "classes": ["vessel"],
    },
    {
        "name": "crane-lane",
        "kind": "stopped",
        "zone": "crane lane",
        "seconds": 15.0,
        "tolerance_m": 1.2,
        "classes": ["truck", "car"],
    },
    {"name": "quay-edge", "kind": "zone_entry", "zone": "quay edge", "min_inside_s": 1.0, "classes": ["person"]},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one basin is made: its breadth, whether it is mirrored, its ground, what stands behind it, the camera (x, y, height; aim; lens)."""

    broad_m: float
    mirror: int
    high_m: float
    surface: Surface
    style: str
    at_m: tuple[float, float, float]
    aim_m: tuple[float, float]
    fov_deg: float
    rgb: tuple[float, float, float]


LAYOUTS = (
    Layout(
        broad_m=150,
        mirror=1,
        high_m=1.8,
        surface=CONCRETE,
        style="port",
        at_m=(0, -42, 19),
        aim_m=(4, 66),
        fov_deg=44,
        rgb=(0.22, 0.30, 0.30),
    ),
    Layout(
        broad_m=138,
        mirror=-1,
        high_m=2.2,
        surface=OLD_ASPHALT,
        style="works",
        at_m=(6, -40, 21),
        aim_m=(0, 60),
        fov_deg=46,
        rgb=(0.30, 0.31, 0.25),
    ),
    Layout(
        broad_m=165,
        mirror=1,
        high_m=2.0,
        surface=CONCRETE,
        style="works",
        at_m=(-8, -44, 23),
        aim_m=(0, 70),
        fov_deg=45,
        rgb=(0.20, 0.28, 0.32),
    ),
    Layout(
        broad_m=145,
        mirror=1,
        high_m=1.6,
        surface=PAVING,
        style="town",
        at_m=(3, -40, 18),
        aim_m=(0, 62),
        fov_deg=45,
        rgb=(0.26, 0.33, 0.29),
    ),
    Layout(
        broad_m=160,
        mirror=-1,
        high_m=2.4,
        surface=CONCRETE,
        style="port",
        at_m=(-4, -43, 22),
        aim_m=(5, 68),
        fov_deg=47,
        rgb=(0.24, 0.29, 0.27),
    ),
    Layout(
        broad_m=142,
        mirror=1,
        high_m=1.9,
        surface=SOIL,
        style="works",
        at_m=(8, -41, 20),
        aim_m=(2, 63),
        fov_deg=43,
        rgb=(0.33, 0.32, 0.26),
    ),
    Layout(
        broad_m=155,
        mirror=-1,
        high_m=2.1,
        surface=OLD_ASPHALT,
        style="town",
        at_m=(0, -42, 20),
        aim_m=(-3, 66),
        fov_deg=46,
        rgb=(0.21, 0.27, 0.29),
    ),
    Layout(
        broad_m=148,
        mirror=-1,
        high_m=2.0,
        surface=CONCRETE,
        style="port",
        at_m=(-6, -41, 21),
        aim_m=(0, 64),
        fov_deg=44,
        rgb=(0.28, 0.30, 0.26),
    ),
)


def view_of(layout: Layout, order: Order, rng: np.random.Generator) -> View:
    """Return the camera of a layout, hung a little differently each time."""
    off = rng.uniform(-1, 1, 6) if order.varied else np.zeros(6)
    x, y, z = layout.at_m
    return View(
        at_m=(x + 3 * off[0], y + 1.5 * off[1], z + 1.5 * off[2]),
        aim_m=(layout.aim_m[0] + 5 * off[3], layout.aim_m[1] + 3 * off[4], 0.0),
        fov_deg=layout.fov_deg + 1.5 * off[5],
        size=order.size,
    )


def shapes_of(layout: Layout, view: View) -> Shapes:
    """Return the zones and the line of a layout."""
    far, mirror = layout.broad_m, layout.mirror
    zones = {
        "closed basin": [(-84, far - 74), (-22, far - 76), (-26, far - 42), (-80, far - 40)],
        "turning basin": [(8, 38), (58, 34), (66, 80), (12, 84)],
        "fairway": [(-12, far - 66), (100, far - 66), (100, far - 38), (-12, far - 38)],
        "berth": [(-150, far - 34), (150, far - 34), (150, far + 2), (-150, far + 2)],
        "crane lane": [(-26, LANE_Y - 5.0), (26, LANE_Y - 5.0), (26, LANE_Y + 2.8), (-26, LANE_Y + 2.8)],
        "quay edge": [(-28, EDGE_LOW), (28, EDGE_LOW), (28, EDGE_HIGH), (-28, EDGE_HIGH)],
    }
    entrance = np.array([(-16.0, 14.0), (-18.0, 64.0)])
    return Shapes(
        view=view,
        zones={name: np.array(corners, dtype=np.float64) * (mirror, 1) for name, corners in zones.items()},
        lines={"dock entrance": (entrance * (mirror, 1))[::mirror]},
        heights={"crane lane": layout.high_m, "quay edge": layout.high_m},
    )


def built(layout: Layout, stage: Stage) -> tuple[Ground, ...]:
    """Build the quay, what stands on it, the far shore and the buoys of the closed basin; return the grounds."""
    near = apron(stage, (-90.0, -34.0, 90.0, 0.0), layout.high_m, layout.surface, LANE_Y)
    far = layout.broad_m
    beyond = land(stage, (-320.0, far + 0.8, 320.0, far + 140.0), layout.high_m, layout.surface)
    far_quay(stage, far, layout.high_m, layout.style)
    for x in np.arange(-60, 61, 12.0):
        stage.stand(stage.body("bollard"), (float(x), -0.9, layout.high_m), hides=False)
    mark(stage, stage.shapes.zones["closed basin"])
    return near, beyond
