"""What is known of a camera's view, from its settings: zones, lines, the ground; checked when they are read."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from roadstead.errors import BadSettings
from roadstead.geometry import homography, zones
from roadstead.settings import Settings
from roadstead.types import Homography, Line, Scene, Space, Zone, readonly

Point = tuple[float, float]


class Calibration(Settings):
    """Pairs of points: where they are on the picture, and where on the ground (metres east and north of the origin)."""

    image_px: Annotated[list[Point], Field(min_length=4)]
    ground_m: Annotated[list[Point], Field(min_length=4)]


class Drawn(Settings):
    """A zone or line with its space given: on the picture (px) or on the ground (m)."""

    points: Annotated[list[Point], Field(min_length=2)]
    space: Space = "px"


Shape = list[Point] | Drawn
"""Points on the picture, or a table that says where they lie."""


class Drawing(Settings):
    """What a camera's settings say of its view. `size` is the picture, px, that the shapes were drawn on."""

    size: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]] | None = None
    zones: dict[str, Shape] = {}
    lines: dict[str, Shape] = {}
    calibration: Calibration | None = None
    origin: Point | None = None


def scene(camera: str, view: Drawing, where: str) -> Scene:
    """Return the scene of a camera; `where` names its table in a refusal."""
    drawn = [*view.zones, *view.lines]
    if view.size is None and any(_space(s) == "px" for s in (*view.zones.values(), *view.lines.values())):
        raise BadSettings(
            f"{where}.size: is missing; set it to the width and height, px, that {drawn[0]!r} was drawn on"
        )
    ground = _ground(view.calibration, f"{where}.calibration")
    if ground is None and any(_space(s) == "m" for s in (*view.zones.values(), *view.lines.values())):
        raise BadSettings(f'{where}.calibration: is missing, so shapes with space = "m" have no place on the picture')
    for kind, shapes in (("zones", view.zones), ("lines", view.lines)):
        for shape, value in shapes.items():
            _inside(_points(value), _space(value), view.size, f"{where}.{kind}.{shape}")
    return Scene(
        camera=camera,
        size=view.size,
        zones={k: _zone(k, v, f"{where}.zones.{k}") for k, v in view.zones.items()},
        lines={k: _line(k, v, f"{where}.lines.{k}") for k, v in view.lines.items()},
        homography=ground,
        origin=view.origin,
    )


def _points(value: Shape) -> list[Point]:
    return value.points if isinstance(value, Drawn) else value


def _space(value: Shape) -> Space:
    return value.space if isinstance(value, Drawn) else "px"


def _inside(points: Iterable[Point], space: Space, size: tuple[int, int] | None, where: str) -> None:
    if space == "m" or size is None:
        return
    for x, y in points:
        if not (0 <= x <= size[0] and 0 <= y <= size[1]):
            raise BadSettings(
                f"{where}: the point ({x:g}, {y:g}) lies outside the picture of {size[0]} x {size[1]} px; move it inside"
            )


def _zone(name: str, value: Shape, where: str) -> Zone:
    try:
        return zones.checked(Zone(name, readonly(_points(value), 2), _space(value)))
    except ValueError as error:
        raise BadSettings(f"{where}: {error}") from error


def _line(name: str, value: Shape, where: str) -> Line:
    points = _points(value)
    if len(points) != 2 or points[0] == points[1]:
        raise BadSettings(f"{where}: a line needs two different points, not {points}")
    return Line(name, points[0], points[1], _space(value))


def _ground(calibration: Calibration | None, where: str) -> Homography | None:
    if calibration is None:
        return None
    if len(calibration.image_px) != len(calibration.ground_m):
        raise BadSettings(
            f"{where}: {len(calibration.image_px)} points in image_px and {len(calibration.ground_m)} in ground_m; give pairs"
        )
    try:
        return homography.fit(calibration.image_px, calibration.ground_m)
    except ValueError as error:
        raise BadSettings(f"{where}: {error}") from error
