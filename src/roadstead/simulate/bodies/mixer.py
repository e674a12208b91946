"""A concrete mixer of four axles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import _beds, _cabs, _lamps, _plates, _wheels, body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import limb, slab, turned_on_axis
from roadstead.simulate.bodies._skin import MUDS, grainy, muddied, plain
from roadstead.simulate.bodies._stuff import FRAME, STEEL
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import moved, turned
from roadstead.simulate.world.stock import Stock
from roadstead.types import Image

_DRUMS: Mapping[str, tuple[Rgb, Rgb]] = {
    "white_green": ((0.86, 0.86, 0.84), (0.1, 0.45, 0.25)),
    "white_blue": ((0.86, 0.87, 0.88), (0.1, 0.25, 0.6)),
    "yellow_black": ((0.88, 0.66, 0.1), (0.12, 0.12, 0.12)),
    "white_red": ((0.86, 0.85, 0.84), (0.68, 0.1, 0.08)),
    "grey_orange": ((0.6, 0.61, 0.62), (0.86, 0.42, 0.08)),
    "green_white": ((0.15, 0.45, 0.28), (0.86, 0.87, 0.86)),
}
_TILT = np.radians(11.0)


@body("mixer", zh="搅拌车")
@dataclass(frozen=True, slots=True, kw_only=True)
class Mixer:
    """A mixer; its drum shows a spiral."""

    dirt: Literal["clean", "dirty"] | None = None
    plate: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a mixer of the stock."""
        kit = Kit(rng, stock)
        dirt = self.dirt or ("dirty" if kit.chance(0.25) else "clean")
        grime = _cabs.grime_of(kit, kit.pick("mud", MUDS), dirty=dirt == "dirty")
        paint, cab = kit.pick("paint", _cabs.PAINTS), kit.pick("cab", _cabs.CABS)
        plate = self.plate or _plates.number(rng, stock)
        length = kit.between(9.3, 9.9)
        axles = (length - 1.45, length - 3.3, 3.05, 1.7)
        _cabs.put(kit, cab, paint, grime, length, kit.pick("company", _cabs.COMPANIES))
        frame = _beds.Bed(rear_m=0.5, front_m=length - cab.length_m - 0.3, half_m=1.15, floor_m=1.25, rim_m=2.5)
        _beds.under(kit, length, frame, axles)
        for x in axles:
            _wheels.put(kit, x, 1.22, 0.53, 0.56 if x in axles[-2:] else 0.32, "chassis", mud=grime.wheels)
        _drum(kit, frame, kit.pick("drum", _DRUMS), dirty=dirt == "dirty")
        _lamps.rear(kit, 0.12, 0.9, 0.88, (0.48, 0.14), "chassis")
        dim = 0.6 if dirt == "dirty" else 1.0
        _plates.fix(kit, plate, "yellow_rear", (0.06, 0.0, 0.95), "back", "chassis", dim=dim)
        _plates.fix(kit, plate, "yellow", (length + 0.12, 0.0, 0.58), "front", "cab", dim=dim)
        return kit.body("mixer", "truck", attributes={"cover": "enclosed", "dirt": dirt}, width_m=2.52)


def _drum(kit: Kit, frame: _beds.Bed, colours: tuple[Rgb, Rgb], *, dirty: bool) -> None:
    """Put the drum, which rises to the rear, its hopper and chute on a body."""
    long = frame.front_m - frame.rear_m - 0.9
    profile = [
        (0.0, 0.55),
        (0.12 * long, 0.75),
        (0.5 * long, 1.2),
        (0.72 * long, 1.2),
        (0.93 * long, 0.85),
        (long, 0.45),
    ]
    lean = np.array([[np.cos(_TILT), 0, np.sin(_TILT)], [0, 1, 0], [-np.sin(_TILT), 0, np.cos(_TILT)]])
    at = (frame.rear_m + 0.75, 0.0, 2.85)
    picture = _spiral(colours)
    if dirty:
        picture = muddied(kit.rng, picture, (0.55, 0.54, 0.52), reach=0.5, cover=0.8)
    surface = Material(picture=grainy(kit.rng, picture, 0.12, 16), shine=0.4, specular=0.3)
    kit.add(moved(turned(turned_on_axis(profile, (0, 0, 0), 0, 20), lean), at), surface, "drum", smooth=True)
    hopper = Material(colours[1], shine=0.2)
    kit.add(turned_on_axis([(3.0, 0.25), (3.75, 0.62)], (0.75, 0, 0), 2, 8), hopper, "hopper")
    kit.add(limb((0.6, 0, 2.65), (0.15, 0.25, 1.35), (0.28, 0.22), 6), hopper, "hopper")
    for side in (-1, 1):
        kit.add(limb((1.0, side * 0.8, 1.2), (0.95, side * 0.5, 3.0), (0.09, 0.07), 5), FRAME, "hopper")
        kit.add(limb((0.45, side * 0.75, 1.2), (0.55, side * 0.62, 3.6), (0.025, 0.025), 4), STEEL, "hopper")
    kit.add(slab((frame.front_m - 0.35, 0, 1.65), (0.5, 1.3, 0.9)), FRAME, "drum")
    kit.add(slab((frame.front_m - 0.1, 0.7, 2.0), (0.5, 0.8, 0.6)), STEEL, "drum")


def _spiral(colours: tuple[Rgb, Rgb]) -> Image:
    """Return a drum's picture: around it from left to right, along it upwards."""
    made = plain(colours[0], (256, 128))
    u, v = np.meshgrid(np.arange(256) / 256, np.arange(128) / 128)
    made[((u + 2.0 * v) % 1.0) < 0.22] = np.round(255 * np.asarray(colours[1]))
    return made
