"""Zones and lines of a water scene as the settings of a watch say them, and the calibration of the water."""

from typing import Any

import numpy as np
import shapely

from roadstead.errors import BadInput
from roadstead.geometry.geodesy import from_ground
from roadstead.simulate.scenes._by_sight import Shapes
from roadstead.simulate.world.view import tidied
from roadstead.types import Floats


def drawn(shapes: Shapes) -> dict[str, Any]:
    """Return a camera's table: its size, zones and lines (those on the water in metres), and the calibration of the water."""
    view = shapes.view
    w, h = view.size
    x, y = np.meshgrid(np.linspace(0.1, 0.9, 4), (0.5, 0.65, 0.8, 0.95))
    ground = view.ground(np.column_stack((x.ravel() * w, y.ravel() * h)))
    ground = ground[np.isfinite(ground).all(axis=1)]
    zones: dict[str, Any] = {}
    for name, polygon in shapes.zones.items():
        if shapes.height(name):
            zones[name] = _on_picture(shapes, name)
        else:
            zones[name] = {"points": _rounded(polygon), "space": "m"}
    return {
        "size": [w, h],
        "zones": zones,
        "lines": {name: {"points": _rounded(ends), "space": "m"} for name, ends in shapes.lines.items()},
        "calibration": view.calibration(np.round(ground, 2)),
    }


def _on_picture(shapes: Shapes, name: str) -> list[list[float]]:
    w, h = shapes.view.size
    shape = shapely.Polygon(shapes.zone_px(name).polygon).intersection(shapely.box(0.5, 0.5, w - 0.5, h - 0.5))
    if not isinstance(shape, shapely.Polygon) or shape.is_empty:
        raise BadInput(f"the zone {name!r} does not lie in the picture; turn the camera to it")
    return tidied(_rounded(np.asarray(shape.exterior.coords)[:-1], 1))


def _rounded(points: Any, digits: int = 2) -> list[list[float]]:
    return [[round(float(v), digits) for v in point] for point in np.asarray(points, dtype=np.float64)]


def degrees(origin: tuple[float, float], polygon_m: Floats) -> list[list[float]]:
    """Return a ground shape (n, 2) m as longitudes and latitudes."""
    lat, lon = from_ground(origin, polygon_m)
    return [[round(float(x), 7), round(float(y), 7)] for x, y in zip(lon, lat, strict=True)]
