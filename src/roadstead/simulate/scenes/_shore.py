"""Land at the water's edge: quays with their walls, far shores with cranes, halls and a skyline, marked areas of water."""

from collections.abc import Sequence

import numpy as np

from roadstead.simulate.scenes._waters import Stage
from roadstead.simulate.world.body import Body, Material, Mesh, Part, box_corners
from roadstead.simulate.world.paint import Canvas, Surface
from roadstead.simulate.world.solids import box, cylinder, joined
from roadstead.simulate.world.stock import choose
from roadstead.simulate.world.world import Ground
from roadstead.types import Floats

_STONES = ((0.52, 0.5, 0.46), (0.44, 0.43, 0.41), (0.58, 0.55, 0.5), (0.48, 0.47, 0.47))


def quay_wall(stage: Stage, length_m: float, height_m: float) -> Body:
    """Return a wall along x that faces -y, with tyres hung on it; its top lies `height_m` above the water."""
    rgb = choose(stage.rng, _STONES, stage.order.stock)
    wall = box((-length_m / 2, 0.0, -1.0), (length_m / 2, 0.8, height_m))
    cap = box((-length_m / 2, -0.12, height_m - 0.35), (length_m / 2, 0.9, height_m + 0.12))
    tyres = [
        cylinder((float(x), -0.25, 0.45 * height_m), 0.55, 0.4, axis=1, sides=10)
        for x in np.arange(-length_m / 2 + 4, length_m / 2, 9.0)
    ]
    light = Material(
        (min(1.0, rgb[0] * 1.2), min(1.0, rgb[1] * 1.2), min(1.0, rgb[2] * 1.2)), shine=0.05, specular=0.05
    )
    return Body(
        sort="quay_wall",
        label="",
        length_m=length_m,
        width_m=1.0,
        height_m=height_m,
        parts=(
            Part(wall, Material(rgb, shine=0.05, specular=0.05)),
            Part(cap, light),
            Part(joined(tyres), Material((0.06, 0.06, 0.06), shine=0.1)),
        ),
        solids=(box_corners(length_m, 1.0, height_m + 1.0, above_m=-1.0),),
    )


def apron(
    stage: Stage, extent_m: tuple[float, float, float, float], height_m: float, surface: Surface, lane_y: float
) -> Ground:
    """Return a quay's apron whose edge to the water is its north side, with the lane of the cranes along x."""
    canvas = Canvas(extent_m, 9.0, stage.rng)
    canvas.everywhere(surface)
    x0, y0, x1, y1 = extent_m
    whole = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    canvas.seams(whole, (6.0, 6.0))
    canvas.wear(whole, cracks=14, patches=6, stains=50)
    for y in (lane_y - 2.4, lane_y + 2.4):
        canvas.line([(x0, y), (x1, y)], 0.2, (216, 172, 56), wear=0.35)
    for y in (lane_y - 1.6, lane_y + 1.5):
        canvas.line([(x0, y), (x1, y)], 0.09, (70, 66, 62), wear=0.1)
    canvas.tracks([(x0, lane_y), (x1, lane_y)], strength=0.25)
    canvas.line([(x0, y1 - 2.6), (x1, y1 - 2.6)], 0.25, (200, 60, 48), dash_m=(1.5, 0.8), wear=0.4)
    canvas.line([(x0, y1 - 0.35), (x1, y1 - 0.35)], 0.45, (216, 172, 56), dash_m=(1.0, 1.0), wear=0.3)
    return canvas.ground(height_m)


def land(stage: Stage, extent_m: tuple[float, float, float, float], height_m: float, surface: Surface) -> Ground:
    """Return a far piece of land, coarsely painted."""
    canvas = Canvas(extent_m, 2.0, stage.rng)
    canvas.everywhere(surface)
    return canvas.ground(height_m)


def far_quay(stage: Stage, y: float, height_m: float, style: str) -> None:
    """Build what stands behind a quay whose edge lies along x at y: "port" (cranes, boxes, halls), "works" or "town"."""
    rng = stage.rng
    stage.stand(quay_wall(stage, 620.0, height_m), (0.0, y, 0.0))
    if style == "port":
        for x in np.arange(-150, 190, 95) + rng.uniform(-15, 15):
            stage.stand(stage.body("crane", form="quay"), (float(x), y + 14, height_m), -np.pi / 2)
        for x in np.arange(-170, 200, 34):
            block = stage.body("container", bays=2, rows=int(rng.integers(4, 8)), tiers=int(rng.integers(3, 6)))
            stage.stand(block, (float(x), y + rng.uniform(42, 52), height_m), 0.0)
    halls = {"port": 2, "works": 4, "town": 2}[style]
    for k in range(halls):
        length = float(rng.uniform(50, 80))
        x = -170 + 340 * (k + 0.5) / halls + rng.uniform(-12, 12)
        hall = stage.body("warehouse", length_m=length, width_m=24.0, height_m=float(rng.uniform(8, 12)))
        stage.stand(hall, (float(x), y + (80 if style == "port" else 38), height_m))
    if style == "works":
        for x in (-60.0, 85.0):
            crane = stage.body("crane", form="mobile")
            stage.stand(crane, (x + float(rng.uniform(-10, 10)), y + 12, height_m), float(rng.uniform(-2.4, -0.8)))
    if style == "town":
        for x in np.arange(-220, 240, 46):
            block = stage.body("building", height_m=float(rng.uniform(12, 32)))
            stage.stand(block, (float(x + rng.uniform(-6, 6)), y + float(rng.uniform(60, 90)), height_m))
    stage.stand(stage.body("skyline", length_m=1400.0), (0.0, y + 420, 0.0))


def mark(stage: Stage, polygon_m: Floats | Sequence[tuple[float, float]], form: str = "special") -> None:
    """Lay a buoy at each corner of an area of water."""
    for x, y in np.asarray(polygon_m, dtype=np.float64).tolist():
        stage.stand(stage.body("buoy", form=form), (x, y, 0.0), hides=False)


def country(stage: Stage, shore_m: Floats, inland_m: Floats, height_m: float) -> None:
    """Lay flat green land between a shore and a line farther inland, both (n, 2) m from left to right."""
    n = len(shore_m)
    corners = np.column_stack((np.concatenate((shore_m, inland_m)), np.full(2 * n, height_m)))
    k = np.arange(n - 1)
    triangles = np.concatenate((np.stack((k, k + 1, n + k + 1), -1), np.stack((k, n + k + 1, n + k), -1)))
    tone = float(stage.rng.uniform(0.85, 1.1))
    green = Material((0.34 * tone, 0.39 * tone, 0.22 * tone), shine=0.02, specular=0.02)
    mesh = Mesh(corners, triangles.astype(np.int32))
    size = np.ptp(corners, axis=0)
    body = Body(
        sort="country",
        label="",
        length_m=float(size[0]),
        width_m=float(size[1]),
        height_m=height_m,
        parts=(Part(mesh, green),),
        solids=(),
    )
    stage.stand(body, (0.0, 0.0, 0.0), hides=False)
