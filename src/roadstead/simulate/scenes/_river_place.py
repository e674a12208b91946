"""The bends of the scene "river_bend": how they are laid out and built, what is forbidden there, and who looks on."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.scenes import Order
from roadstead.simulate.scenes._by_sight import Shapes, Table
from roadstead.simulate.scenes._shore import country
from roadstead.simulate.scenes._waters import Stage
from roadstead.simulate.world.view import View
from roadstead.types import Floats

NEAR, FAR = -27.0, 27.0
"""The middles of the two sides of the fairway, m to the left of its middle."""
EDGE_M, BANK_M = 56.0, 98.0
"""Half the breadth of the fairway and of the river."""

RULES: tuple[Table, ...] = (
    {
        "name": "wrong-side-near",
        "kind": "wrong_way",
        "along": "downstream",
        "zone": "near side",
        "distance_m": 32.0,
        "tolerance_deg": 50.0,
        "classes": ["vessel"],
    },
    {
        "name": "wrong-side-far",
        "kind": "wrong_way",
        "along": "upstream",
        "zone": "far side",
        "distance_m": 32.0,
        "tolerance_deg": 50.0,
        "classes": ["vessel"],
    },
    {
        "name": "turning-in-the-bend",
        "kind": "u_turn",
        "within_s": 45.0,
        "travel_m": 22.0,
        "radius_m": 5.0,
        "classes": ["vessel"],
    },
    {
        "name": "water-intake",
        "kind": "no_go_vessel_area",
        "zone": "water intake",
        "dwell_s": 5.0,
        "classes": ["vessel"],
    },
    {
        "name": "fairway-anchoring",
        "kind": "anchoring",
        "zone": "fairway",
        "radius_m": 16.0,
        "min_s": 36.0,
        "classes": ["vessel"],
    },
    {"name": "river-speed", "kind": "speeding", "limit_kmh": 22.0, "over_s": 3.0, "min_s": 2.0, "classes": ["vessel"]},
    {
        "name": "river-rendezvous",
        "kind": "rendezvous",
        "distance_m": 30.0,
        "max_speed_mps": 0.8,
        "min_s": 30.0,
        "max_silence_s": 10.0,
        "classes": ["vessel"],
    },
)
FEED_RULES: tuple[Table, ...] = (
    {
        "name": "sudden-manoeuvre",
        "kind": "sudden_manoeuvre",
        "turn_deg": 50.0,
        "change_kn": 4.0,
        "within_s": 40.0,
        "steady_s": 30.0,
        "min_kn": 3.0,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one bend is made: how far off its middle is, how it lies and bends (rad, 1/m), its banks, the camera's height, aim and lens."""

    off_m: float
    tilt: float
    bend: float
    banks: str
    beyond: str
    high_m: float
    fov_deg: float
    rgb: tuple[float, float, float]
    bridge_m: float | None = None


LAYOUTS = (
    Layout(
        off_m=118,
        tilt=0.08,
        bend=1 / 420,
        banks="stone",
        beyond="city",
        high_m=22,
        fov_deg=42,
        rgb=(0.33, 0.32, 0.25),
        bridge_m=-330,
    ),
    Layout(
        off_m=112,
        tilt=-0.10,
        bend=-1 / 500,
        banks="reeds",
        beyond="works",
        high_m=20,
        fov_deg=44,
        rgb=(0.36, 0.33, 0.24),
    ),
    Layout(
        off_m=124, tilt=0.05, bend=1 / 600, banks="bluff", beyond="works", high_m=24, fov_deg=42, rgb=(0.28, 0.31, 0.26)
    ),
    Layout(
        off_m=116,
        tilt=-0.06,
        bend=1 / 450,
        banks="reeds",
        beyond="city",
        high_m=21,
        fov_deg=43,
        rgb=(0.31, 0.32, 0.27),
        bridge_m=340,
    ),
    Layout(
        off_m=120, tilt=0.12, bend=-1 / 650, banks="stone", beyond="city", high_m=23, fov_deg=41, rgb=(0.25, 0.30, 0.28)
    ),
    Layout(
        off_m=114,
        tilt=0.0,
        bend=-1 / 480,
        banks="bluff",
        beyond="works",
        high_m=22,
        fov_deg=45,
        rgb=(0.38, 0.34, 0.25),
        bridge_m=360,
    ),
    Layout(
        off_m=122,
        tilt=-0.12,
        bend=1 / 560,
        banks="stone",
        beyond="works",
        high_m=24,
        fov_deg=43,
        rgb=(0.30, 0.33, 0.28),
    ),
    Layout(
        off_m=117,
        tilt=0.06,
        bend=1 / 520,
        banks="bluff",
        beyond="city",
        high_m=22,
        fov_deg=42,
        rgb=(0.34, 0.31, 0.24),
        bridge_m=-350,
    ),
)


@dataclass(frozen=True, slots=True)
class River:
    """The middle of the river as an arc; places on it by how far along (downstream is to the right) and how far to the left of it, m."""

    layout: Layout

    def at(self, along: float, left: float) -> tuple[float, float]:
        """Return a place (x, y) m."""
        x, y, course = self._middle(along)
        return x - left * float(np.sin(course)), y + left * float(np.cos(course))

    def course(self, along: float) -> float:
        """Return where the river goes there, rad from east counterclockwise."""
        return self._middle(along)[2]

    def band(self, first: float, last: float, low: float, high: float) -> Floats:
        """Return the outline (n, 2) m of a stretch between two distances to the left."""
        s = np.linspace(first, last, 9)
        return np.array([self.at(a, low) for a in s] + [self.at(a, high) for a in s[::-1]])

    def way(self, first: float, last: float, left: float) -> list[tuple[float, float]]:
        """Return a way along the river."""
        return [self.at(a, left) for a in np.linspace(first, last, max(2, int(abs(last - first) / 20) + 1))]

    def _middle(self, along: float) -> tuple[float, float, float]:
        tilt, k = self.layout.tilt, self.layout.bend
        course = tilt + k * along
        x = (np.sin(course) - np.sin(tilt)) / k
        y = self.layout.off_m - (np.cos(course) - np.cos(tilt)) / k
        return float(x), float(y), float(course)


def view_of(layout: Layout, order: Order, rng: np.random.Generator) -> View:
    """Return the camera of a layout, hung a little differently each time."""
    off = rng.uniform(-1, 1, 5) if order.varied else np.zeros(5)
    return View(
        at_m=(5 * off[0], 2 * off[1], layout.high_m + 1.5 * off[2]),
        aim_m=(5 * off[3], layout.off_m + 10, 0.0),
        fov_deg=layout.fov_deg + 1.5 * off[4],
        size=order.size,
    )


def shapes_of(river: River, view: View) -> Shapes:
    """Return the zones and lines of a bend."""
    return Shapes(
        view=view,
        zones={
            "near side": river.band(-75, 75, -EDGE_M, -9.0),
            "far side": river.band(-75, 75, 4.0, EDGE_M - 4.0),
            "fairway": river.band(-95, 95, -EDGE_M, EDGE_M - 2.0),
            "water intake": river.band(-2, 72, 57.0, BANK_M + 12.0),
        },
        lines={
            "upstream": np.array([river.at(60, FAR), river.at(-60, FAR)]),
            "downstream": np.array([river.at(-60, NEAR), river.at(60, NEAR)]),
        },
    )


def built(river: River, stage: Stage) -> None:
    """Build both banks, the buoys, the intake, what stands beyond, and a bridge where there is one."""
    layout, rng = river.layout, stage.rng
    along = np.arange(-540, 541, 30.0)
    shore, inland = (
        np.array([river.at(float(s), beyond_m) for s in along]) for beyond_m in (BANK_M + 11.0, BANK_M + 380.0)
    )
    country(stage, shore, inland, 3.2)
    for s in np.arange(-480, 481, 60.0):
        course = river.course(float(s))
        high = float(rng.uniform(3.0, 4.5))
        far = stage.body("bank", form=layout.banks, length_m=76.0, height_m=high)
        stage.stand(far, river.at(float(s), BANK_M), course)
        for k in range(3):
            tree = stage.body("tree")
            stage.stand(
                tree,
                (*river.at(float(s) + 18 * k + float(rng.uniform(-5, 5)), BANK_M + float(rng.uniform(16, 34))), high),
                hides=False,
            )
    for s in np.arange(-160, 161, 40.0):
        near = stage.body("bank", form=layout.banks, length_m=52.0, height_m=3.0)
        stage.stand(near, river.at(float(s), -BANK_M), river.course(float(s)) + np.pi)
    for s in (-130.0, -65.0, 0.0, 65.0, 130.0):
        stage.stand(stage.body("buoy", form="port"), (*river.at(s, EDGE_M + 1.5), 0.0), hides=False)
    for s in (-95.0, -32.0, 32.0, 95.0):
        stage.stand(stage.body("buoy", form="starboard"), (*river.at(s, -EDGE_M - 2.5), 0.0), hides=False)
    for s in (6.0, 64.0):
        stage.stand(stage.body("buoy", form="special"), (*river.at(s, 60.0), 0.0), hides=False)
    hall = stage.body("warehouse", length_m=38.0, width_m=14.0, height_m=8.0)
    stage.stand(hall, (*river.at(35.0, BANK_M + 26.0), 3.5), river.course(35.0))
    if layout.bridge_m is not None:
        stage.stand(
            stage.body("bridge", length_m=460.0),
            (*river.at(layout.bridge_m, 0.0), 0.0),
            river.course(layout.bridge_m) + np.pi / 2,
        )
    stage.stand(stage.body("skyline", form=layout.beyond, length_m=1600.0), (0.0, layout.off_m + 520.0, 0.0))
