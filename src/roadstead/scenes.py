"""What is known of a camera's view or of a feed's ground, from its settings; checked when they are read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from roadstead.errors import BadSettings
from roadstead.geometry import geodesy, homography, zones
from roadstead.settings import Settings
from roadstead.types import Homography, Line, Scene, Space, Way, Zone, readonly

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


class Ground(Settings):
    """What is known of the ground that reports come from: points are longitude, latitude (WGS-84), as in GeoJSON.

    `files` are GeoJSON files, whose polygons become zones and whose line strings become ways, by their property "name".
    `origin` is the latitude and longitude that metres are counted from (default: the first point of all).
    """

    origin: Point | None = None
    zones: dict[str, Annotated[list[Point], Field(min_length=3)]] = {}
    ways: dict[str, Annotated[list[Point], Field(min_length=2)]] = {}
    files: list[Path] = []


def ground(feed: str, known: Ground, base: Path, where: str) -> Scene:
    """Return the scene of a feed; its shapes in metres from the origin."""
    areas, ways = dict(known.zones), dict(known.ways)
    for file in known.files:
        for kind, name, points in _features(base / file):
            shapes = areas if kind == "zone" else ways
            if name in shapes:
                raise BadSettings(f"{base / file}: {name!r} is there twice; names must differ")
            shapes[name] = points
    drawn = [*areas.values(), *ways.values()]
    origin = known.origin or ((drawn[0][0][1], drawn[0][0][0]) if drawn else None)
    for name, points in (*areas.items(), *ways.items()):
        for lon, lat in points:
            if not (-180 <= lon <= 180 and -90 <= lat <= 90):
                raise BadSettings(
                    f"{where}.{name}: ({lon:g}, {lat:g}) is no longitude and latitude; give [longitude, latitude]"
                )
    placed = {name: _metres(points, origin) for name, points in (*areas.items(), *ways.items())}
    return Scene(
        camera=feed,
        zones={name: _zone(name, Drawn(points=placed[name], space="m"), f"{where}.zones.{name}") for name in areas},
        ways={name: Way(name, readonly(placed[name], 2)) for name in ways},
        origin=origin,
    )


def _metres(points: list[Point], origin: Point | None) -> list[Point]:
    if origin is None:
        return []
    lon, lat = zip(*points, strict=True)
    return [(float(x), float(y)) for x, y in geodesy.to_ground(origin, lat, lon)]


def _features(path: Path) -> Iterator[tuple[str, str, list[Point]]]:
    """Yield the zones and ways of a GeoJSON file: kind, name, points."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path}: cannot be read as GeoJSON: {error}") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise BadSettings(f'{path}: is no GeoJSON FeatureCollection; it must have a list of "features"')
    for i, feature in enumerate(features):
        yield from _shapes(feature, f"{path}: features[{i}]")


def _shapes(feature: Mapping[str, Any], where: str) -> Iterator[tuple[str, str, list[Point]]]:
    shape: Mapping[str, Any] = feature.get("geometry") or {}
    name = (feature.get("properties") or {}).get("name")
    kind: Any = shape.get("type")
    at: Any = shape.get("coordinates")
    if not isinstance(name, str) or not name:
        raise BadSettings(f'{where}: has no property "name"; rules name zones and ways by it')
    try:
        if kind == "LineString":
            yield "way", name, [(float(p[0]), float(p[1])) for p in at]
        elif kind in ("Polygon", "MultiPolygon"):
            parts = [at] if kind == "Polygon" else at
            for k, rings in enumerate(parts):
                if len(rings) > 1:
                    raise BadSettings(f"{where}: {name!r} has a hole; cut it into polygons without holes")
                part = name if len(parts) == 1 else f"{name}/{k + 1}"
                yield "zone", part, [(float(p[0]), float(p[1])) for p in rings[0][:-1]]
        else:
            raise BadSettings(f"{where}: {kind!r} is neither a Polygon nor a LineString; remove it")
    except (TypeError, ValueError, IndexError) as error:
        raise BadSettings(f"{where}: its coordinates cannot be read: {error}") from error


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
