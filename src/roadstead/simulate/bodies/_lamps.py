"""Lamps of vehicles."""

from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import slab
from roadstead.simulate.bodies._stuff import BRAKE, HEAD, TAIL, TURN
from roadstead.simulate.world.body import Lamp


def front(kit: Kit, x_m: float, y_m: float, z_m: float, size_m: tuple[float, float], hull: str) -> None:
    """Put head lamps and indicators at a front that lies at x; y is the middle of a head lamp, `size_m` its width and height."""
    w, h = size_m
    for side in (1, -1):
        kit.add(slab((x_m, side * y_m, z_m), (0.06, w, h)), HEAD, hull, lamp="head")
        lamp: Lamp = "left" if side > 0 else "right"
        kit.add(slab((x_m, side * (y_m + 0.66 * w), z_m), (0.08, 0.3 * w, h)), TURN, hull, lamp=lamp)


def rear(kit: Kit, x_m: float, y_m: float, z_m: float, size_m: tuple[float, float], hull: str) -> None:
    """Put tail, brake and indicator lamps side by side at a rear that lies at x; y is the middle of the cluster, `size_m` the whole."""
    w, h = size_m
    for side in (1, -1):
        kit.add(slab((x_m, side * y_m, z_m), (0.06, w / 3, h)), TAIL, hull, lamp="tail")
        kit.add(slab((x_m, side * (y_m - w / 3), z_m), (0.06, w / 3, h)), BRAKE, hull, lamp="brake")
        kit.add(
            slab((x_m, side * (y_m + w / 3), z_m), (0.06, w / 3, h)), TURN, hull, lamp="left" if side > 0 else "right"
        )
