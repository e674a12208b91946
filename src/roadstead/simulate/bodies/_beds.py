"""Open beds of tippers: walls, tail gate, the load in it and the cover over it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

from roadstead.simulate.bodies._cabs import Grime
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import facing, limb, panel, slab, upright, wrapped
from roadstead.simulate.bodies._skin import MUDS, dusty, grainy, plain, soil
from roadstead.simulate.bodies._stuff import FRAME, STEEL
from roadstead.simulate.bodies._writing import face, written
from roadstead.simulate.world.body import Material, Mesh, Rgb
from roadstead.simulate.world.solids import box, heap, joined
from roadstead.types import Floats, Image

Cover = Literal["sealed", "half", "open", "absent"]
CoverStyle = Literal["tarpaulin", "flaps", "slide", "arched"]
STYLES: Mapping[str, CoverStyle] = {"tarpaulin": "tarpaulin", "flaps": "flaps", "slide": "slide", "arched": "arched"}
SHEETS: Mapping[str, Rgb] = {
    "green": (0.1, 0.3, 0.16),
    "black": (0.09, 0.09, 0.1),
    "grey": (0.36, 0.38, 0.4),
    "blue": (0.1, 0.22, 0.42),
    "olive": (0.27, 0.3, 0.14),
    "dark_green": (0.05, 0.2, 0.13),
    "red": (0.4, 0.1, 0.08),
    "teal": (0.08, 0.33, 0.35),
}
LOADS: Mapping[str, Rgb] = {
    **MUDS,
    "gravel": (0.5, 0.49, 0.47),
    "sand": (0.68, 0.57, 0.38),
    "rubble": (0.55, 0.5, 0.46),
}
RIBS: Mapping[str, tuple[int, int]] = {
    "many": (10, 0),
    "few": (5, 1),
    "smooth": (0, 0),
    "crossed": (6, 2),
    "wide": (7, 1),
}
SLOGANS: Mapping[str, str] = {
    name: name
    for name in (
        "安全环保 文明运输",
        "绿色运输",
        "密闭运输 清洁城市",
        "严禁超载",
        "新型智能渣土车",
        "安全第一",
        "文明施工",
        "平安行车",
    )
}
_WALL_M = 0.06
Rectangle = tuple[tuple[float, float], tuple[float, float]]
"""Low and high corner (x, y), m."""
NOWHERE: Rectangle = ((0.0, 99.0), (0.0, 99.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bed:
    """Where a bed lies, m: from its rear to its front, half its width, its floor and its rim."""

    rear_m: float
    front_m: float
    half_m: float
    floor_m: float
    rim_m: float

    @property
    def inside(self) -> Rectangle:
        """Low and high corner (x, y) of the space between the walls."""
        x0, x1, y = self.rear_m + _WALL_M, self.front_m - _WALL_M, self.half_m - _WALL_M
        return (x0, -y), (x1, y)


def walls(kit: Kit, bed: Bed, paint: Rgb, grime: Grime, ribs: tuple[int, int], slogan: str) -> None:
    """Put the floor, the walls with ribs, and their painted sides on a body; the tail gate is put by `tail`."""
    rng = kit.rng
    y, z0, z1 = bed.half_m, bed.floor_m, bed.rim_m
    picture = plain(paint, (512, 128))
    for k in range(1, ribs[0] + 1):
        x = round(512 * k / (ribs[0] + 1))
        cv2.line(picture, (x + 5, 0), (x + 5, 127), tuple(round(150 * v) for v in paint), 5)
    ink: Rgb = (0.94, 0.94, 0.9) if sum(paint) < 1.7 else (0.7, 0.08, 0.06)
    if slogan:
        picture = written(picture, slogan, (0.2, 0.18, 0.8, 0.56), ink, face(kit))
    outer = Material(picture=grime.on(rng, picture), shine=0.3, specular=0.25)
    steel = Material(
        picture=grainy(rng, dusty(rng, plain((0.3, 0.28, 0.26), (64, 64)), grime.rgb, 0.55), 0.4),
        shine=0.05,
        specular=0.05,
    )
    for side in (-1, 1):
        low, high = sorted((side * y, side * (y - _WALL_M)))
        wall = wrapped(box((bed.rear_m, low, z0), (bed.front_m, high, z1)))
        kit.add(facing(wall, "left" if side > 0 else "right"), outer, "bed")
        kit.add(facing(wall, "right" if side > 0 else "left", "up", "front", "back"), steel, "bed")
    kit.add(box((bed.front_m - _WALL_M, -y, z0), (bed.front_m, y, z1 + 0.12)), steel, "bed")
    kit.add(box((bed.rear_m, -y, z0 - 0.08), (bed.front_m, y, z0)), steel, "bed")
    trim = Material(picture=grime.on(rng, plain(tuple(0.8 * v for v in paint), (32, 128))), shine=0.3)  # type: ignore[arg-type]
    _ribs(kit, bed, trim, ribs)
    for side in (-1, 1):
        at = ((bed.rear_m + bed.front_m) / 2, side * (y + 0.055), z0 - 0.03)
        kit.add(
            panel(upright(at, bed.front_m - bed.rear_m - 0.1, 0.07, "left" if side > 0 else "right")), strip(), "bed"
        )


def _ribs(kit: Kit, bed: Bed, trim: Material, ribs: tuple[int, int]) -> None:
    """Put upright ribs, rails along the walls and the rim's edge on both sides."""
    long, y = bed.front_m - bed.rear_m, bed.half_m
    tall = bed.rim_m - bed.floor_m
    for side in (-1, 1):
        for k in range(1, ribs[0] + 1):
            x = bed.rear_m + long * k / (ribs[0] + 1)
            kit.add(
                _outside(slab((x, side * (y + 0.03), bed.floor_m + tall / 2), (0.1, 0.06, tall)), side), trim, "bed"
            )
        rails = [bed.floor_m + tall * k / (ribs[1] + 1) for k in range(1, ribs[1] + 1)]
        for z, high in [*((z, 0.1) for z in rails), (bed.rim_m - 0.06, 0.12), (bed.floor_m + 0.05, 0.1)]:
            kit.add(
                _outside(slab((bed.rear_m + long / 2, side * (y + 0.025), z), (long, 0.05, high)), side), trim, "bed"
            )


def _outside(mesh: Mesh, side: int) -> Mesh:
    """Return what of a rib can be seen from outside."""
    return facing(wrapped(mesh), "left" if side > 0 else "right", "front", "back", "up")


def tail(kit: Kit, bed: Bed, paint: Rgb, grime: Grime, plate: str) -> None:
    """Put the tail gate on a body, with the number painted large on it, as lorries must have it in China."""
    rng = kit.rng
    x, y, z0, z1 = bed.rear_m - 0.07, bed.half_m, bed.floor_m - 0.05, bed.rim_m + 0.03
    made = plain(paint, (256, 160))
    for at in (0.03, 0.97):
        cv2.line(made, (round(256 * at), 0), (round(256 * at), 159), tuple(round(140 * v) for v in paint), 8)
    for at in (0.04, 0.62, 0.96):
        cv2.line(made, (0, round(160 * at)), (255, round(160 * at)), tuple(round(140 * v) for v in paint), 6)
    ink: Rgb = (0.95, 0.95, 0.92) if sum(paint) < 1.7 else (0.1, 0.1, 0.1)
    field = (0.09, 0.16, 0.91, 0.5)
    font = face(kit)
    made = written(made, plate.replace("·", ""), field, ink, font, stretched=True)
    kit.add(
        facing(wrapped(box((x, -y, z0), (x + 0.07, y, z1))), "back", "up", "left", "right"),
        Material(picture=grime.on(rng, made), shine=0.3),
        "bed",
    )
    left, right, top, low = (
        (1 - 2 * field[0]) * y,
        (1 - 2 * field[2]) * y,
        z1 - field[1] * (z1 - z0),
        z1 - field[3] * (z1 - z0),
    )
    kit.write(
        "number", plate.replace("·", ""), np.array([(x, left, top), (x, right, top), (x, right, low), (x, left, low)])
    )
    kit.add(panel(upright((x - 0.004, 0, z0 + 0.07), 2 * y - 0.1, 0.08, "back")), strip(), "bed")
    for side in (-1, 1):
        kit.add(slab((x - 0.01, side * (y - 0.16), z1 - 0.02), (0.1, 0.12, 0.22)), FRAME, "bed")


def load(kit: Kit, bed: Bed, rgb: Rgb, under: Rectangle) -> None:
    """Put a heap into a bed that stands above its rim, but not where it lies under a cover."""
    rng = kit.rng
    (x0, y0), (x1, y1) = bed.inside
    rows, columns = 15, 8
    u, v = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    shape = kit.pick("heap", _HEAPS)
    rise = shape(u) * (1 - np.abs(v) ** 2.2) * np.clip(4 * (1 - np.abs(u)), 0, 1) ** 0.7
    rough = 0.07 * rng.standard_normal((rows, columns)) * (np.abs(v) < 0.99)
    heights = kit.between(0.35, 0.65) * rise + rough
    x, y = (x0 + x1) / 2 + u * (x1 - x0) / 2, v * (y1 - y0) / 2
    (low_x, low_y), (high_x, high_y) = under
    hidden = (x > low_x - 0.45) & (x < high_x) & (y > low_y) & (y < high_y)
    heights = np.where(hidden, heights.clip(max=0.1), heights)
    surface = Material(picture=soil(rng, rgb, (256, 128)), shine=0.0, specular=0.0)
    kit.add(heap((x0, y0), (x1, y1), bed.rim_m - 0.12, heights.clip(-0.1)), surface, "bed", smooth=False)


def remains(kit: Kit, bed: Bed, rgb: Rgb) -> None:
    """Put a little of the last load on the floor of a bed."""
    rng = kit.rng
    (x0, y0), (x1, y1) = bed.inside
    u, v = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 5), indexing="ij")
    heights = 0.05 + 0.12 * (np.abs(u) ** 3 + np.abs(v) ** 3) / 2 + 0.03 * rng.random(u.shape)
    kit.add(
        heap((x0, y0), (x1, y1), bed.floor_m, heights), Material(picture=soil(rng, rgb), shine=0.0, specular=0.0), "bed"
    )


_HEAPS: Mapping[str, Callable[[Floats], Floats]] = {
    "one": lambda u: 1 - 0.7 * u**2,
    "two": lambda u: 0.55 + 0.45 * np.cos(2 * np.pi * u),
    "level": lambda u: 0.5 + 0.0 * u,
    "three": lambda u: 0.65 + 0.35 * np.cos(3 * np.pi * u),
    "front": lambda u: 0.6 + 0.4 * u,
}


def cover(kit: Kit, bed: Bed, form: Cover, style: CoverStyle, rgb: Rgb, grime: Grime) -> Rectangle:
    """Put a cover on a bed: closed, half closed, or out of the way; return what it covers."""
    sheet = Material(picture=_sheet(kit, style, rgb, grime), shine=0.1, specular=0.1)
    (x0, y0), (x1, y1) = (bed.rear_m - 0.05, -bed.half_m - 0.03), (bed.front_m, bed.half_m + 0.03)
    if form == "sealed":
        _closed(kit, bed, style, sheet, (x0, y0), (x1, y1))
        return (x0, y0), (x1, y1)
    if style == "flaps" and form == "open":
        for side in (-1, 1):
            at = ((x0 + x1) / 2, side * (bed.half_m + 0.09), bed.rim_m - 0.5)
            kit.add(slab(at, (x1 - x0 - 0.1, 0.05, 1.0)), sheet, "bed")
    else:
        middle = x1 - (x1 - x0) * kit.between(0.42, 0.58) if form == "half" else x1 - 0.35
        if form == "half":
            _closed(kit, bed, style, sheet, (middle, y0), (x1, y1))
        for k in range(3):
            x = middle - 0.02 - 0.17 * k if form == "half" else x1 - 0.12 - 0.2 * k
            high = bed.rim_m + 0.14 + (0.0 if k % 2 else 0.05)
            kit.add(limb((x, y0, high), (x, y1, high), (0.13, 0.13), 7), sheet, "bed")
        for side in (-1, 1):
            kit.add(
                slab(((x0 + x1) / 2, side * (bed.half_m - 0.03), bed.rim_m + 0.03), (x1 - x0, 0.06, 0.05)), STEEL, "bed"
            )
        if form == "half":
            return (middle, y0), (x1, y1)
    return NOWHERE


def _closed(
    kit: Kit,
    bed: Bed,
    style: CoverStyle,
    sheet: Material,
    low: tuple[float, float],
    high: tuple[float, float],
) -> None:
    """Put a closed piece of cover over a part of a bed, with skirts at its sides and ends."""
    rows = max(7, 4 * round((high[0] - low[0]) / 0.8) + 1)
    u, v = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-1, 1, 7), indexing="ij")
    bows = 0.5 + 0.5 * np.cos(2 * np.pi * np.arange(rows) / 4)[:, None]
    profile = {
        "tarpaulin": 0.06 + 0.1 * (1 - v**2) + 0.07 * bows * (1 - 0.3 * v**2),
        "flaps": 0.05 + 0.26 * (1 - np.abs(v)) + 0.02 * bows,
        "slide": 0.1 + 0.03 * (1 - v**2) + 0.06 * (bows > 0.5),
        "arched": 0.06 + 0.36 * np.sqrt(np.clip(1 - v**2, 0, 1)) + 0.03 * bows,
    }[style]
    kit.add(heap(low, high, bed.rim_m, profile + 0 * u), sheet, "bed")
    for side in (-1, 1):
        y = low[1] if side < 0 else high[1]
        at = ((low[0] + high[0]) / 2, y + side * 0.035, bed.rim_m - 0.03)
        kit.add(facing(slab(at, (high[0] - low[0], 0.03, 0.24)), "left", "right", "up"), sheet, "bed")
    for x, out in ((low[0], "back"), (high[0], "front")):
        kit.add(_gable(x, low[1], high[1], bed.rim_m - 0.1, bed.rim_m + profile[0], ahead=out == "front"), sheet, "bed")


def _gable(x: float, y0: float, y1: float, low: float, tops: Floats, *, ahead: bool) -> Mesh:
    """Return the upright end of a cover below its outline."""
    y = np.linspace(y0, y1, len(tops))
    corners = np.concatenate(
        (np.column_stack((np.full_like(y, x), y, np.full_like(y, low))), np.column_stack((np.full_like(y, x), y, tops)))
    )
    n = len(tops)
    k = np.arange(n - 1)
    triangles = np.concatenate((np.column_stack((k, k + 1, k + n + 1)), np.column_stack((k, k + n + 1, k + n))))
    uv = np.column_stack((np.tile(np.linspace(0, 1, n), 2), np.repeat((0.0, 1.0), n)))
    return Mesh(corners, (triangles if ahead else triangles[:, ::-1]).astype(np.int32), uv)


def _sheet(kit: Kit, style: CoverStyle, rgb: Rgb, grime: Grime) -> Image:
    """Return a cover's picture: folds or corrugations along y, dust."""
    made = plain(rgb, (256, 128))
    count = 9 if style != "slide" else 20
    wave = 1 + (0.16 if style != "flaps" else 0.06) * np.cos(2 * np.pi * count * np.arange(256) / 256)[None, :, None]
    made = (made * wave).clip(0, 255).astype(np.uint8)
    return dusty(kit.rng, grainy(kit.rng, made, 0.18, 20), grime.rgb, 0.12 + grime.dust)


@lru_cache(maxsize=1)
def strip() -> Material:
    """Return the reflecting strip of lorries: red and white in turn."""
    made = np.zeros((8, 256, 3), np.uint8)
    red = (np.arange(256) // 16) % 2 == 0
    made[:, red], made[:, ~red] = (190, 20, 20), (235, 235, 235)
    return Material(picture=made, shine=0.6, specular=0.5, emission=0.1)


def under(kit: Kit, length_m: float, bed: Bed, axles_m: tuple[float, ...]) -> None:
    """Put what lies below a bed on a body: rails, tank, side guards, mudguards and the rear bar."""
    kit.add(box((0.25, -0.45, 0.72), (length_m - 0.6, 0.45, 1.1)), FRAME, "chassis")
    rails = [
        slab((length_m / 2 - 1.0, side * 0.55, bed.floor_m - 0.14), (length_m - 3.2, 0.25, 0.14)) for side in (-1, 1)
    ]
    kit.add(joined(rails), FRAME, "chassis")
    free_front = min(axles_m[: len(axles_m) - 2]) - 0.7
    free_rear = max(axles_m[-2:]) + 0.7
    long, middle = max(0.4, free_front - free_rear), (free_front + free_rear) / 2
    for side in (-1, 1):
        kit.add(slab((middle, side * 0.9, 0.8), (long * 0.8, 0.5, 0.5)), STEEL if side > 0 else FRAME, "chassis")
        for z in (0.5, 0.75):
            kit.add(slab((middle, side * 1.2, z), (long, 0.04, 0.09)), STEEL, "chassis")
        for x in axles_m[-2:]:
            kit.add(slab((x, side * 0.98, 1.12), (1.15, 0.46, 0.03)), FRAME, "chassis")
        kit.add(slab((0.55, side * 0.95, 0.72), (0.03, 0.5, 0.6)), FRAME, "chassis")
    kit.add(slab((0.2, 0, 0.62), (0.1, 2.3, 0.16)), FRAME, "chassis")
