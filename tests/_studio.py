"""Small worlds to look at, and whether this machine can draw them."""

import ctypes.util
import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from roadstead.simulate.world.body import Body, Lamp, Material, Part, box_corners
from roadstead.simulate.world.motion import Driving, drive, standing
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, Conditions, Fixture, Ground, Light, Place, Water, Weather, World

SIZE = (320, 180)

needs_gl = pytest.mark.skipif(
    ctypes.util.find_library("OSMesa") is None or importlib.util.find_spec("mujoco") is None,
    reason="drawing needs MuJoCo and libosmesa6",
)


def block(label: str, length: float, width: float, height: float, rgb: tuple[float, float, float]) -> Body:
    """Return a box on the ground with lamps at its front."""
    x, y = length / 2, width / 2
    parts = (
        Part(box((-x, -y, 0.0), (x, y, height)), Material(rgb)),
        Part(box((x, y - 0.3, 0.5), (x + 0.02, y - 0.1, 0.7)), Material((1.0, 1.0, 0.9)), lamp="head"),
        Part(box((x, 0.1 - y, 0.5), (x + 0.02, 0.3 - y, 0.7)), Material((1.0, 1.0, 0.9)), lamp="head"),
    )
    solid = box_corners(length, width, height)
    return Body(sort="car", label=label, length_m=length, width_m=width, height_m=height, parts=parts, solids=(solid,))


def road(
    light: Light = "day",
    weather: Weather = "clear",
    *,
    sight_m: float = 20_000.0,
    seconds: float = 10.0,
    size: tuple[int, int] = SIZE,
) -> World:
    """Return three cars on grey ground, the last of which drives, and a wall far away."""
    grey = np.full((64, 64, 3), 120, np.uint8)
    paint = ((0.8, 0.1, 0.1), (0.1, 0.2, 0.8), (0.9, 0.9, 0.9))
    bodies = [block("car", 4.5, 1.8, 1.5, rgb) for rgb in paint]
    motions = [
        standing(0.0, seconds, (-6.0, 4.0), 0.3),
        standing(0.0, seconds, (5.0, -2.0), 1.2),
        drive(np.array([(-30.0, 9.0), (60.0, 9.0)]), Driving(speed_mps=6.0), 0.0),
    ]
    lamps: dict[Lamp, tuple[tuple[float, float], ...]] = (
        {"head": ((0.0, seconds),)} if light in ("dusk", "night") else {}
    )
    actors = tuple(
        Actor(id=f"car-{k}", body=body, motion=motion, lamps=lamps)
        for k, (body, motion) in enumerate(zip(bodies, motions, strict=True))
    )
    wall = block("", 10.0, 60.0, 20.0, (0.1, 0.1, 0.1))
    return World(
        scene="road",
        camera="road",
        seed=5,
        stock="train",
        begin=0.0,
        seconds=seconds,
        fps=10.0,
        view=View(at_m=(0.0, -22.0, 9.0), aim_m=(0.0, 6.0, 1.0), fov_deg=45.0, size=size),
        place=Place(
            grounds=(Ground((-80.0, -80.0, 80.0, 120.0), grey),),
            fixtures=(Fixture(wall, (0.0, 100.0, 0.0), np.pi / 2),),
            lamps_m=((0.0, 12.0, 8.0),),
        ),
        conditions=Conditions(light=light, weather=weather, sight_m=sight_m),
        actors=actors,
        events=(),
    )


def river(light: Light = "day", weather: Weather = "clear", *, size: tuple[int, int] = SIZE) -> World:
    """Return one ship at anchor before water without end, and a quay in the foreground."""
    still = road(light, weather, size=size)
    ship = Actor(
        id="ship", body=block("vessel", 40.0, 8.0, 9.0, (0.6, 0.1, 0.1)), motion=standing(0.0, 30.0, (0.0, 60.0), 0.0)
    )
    quay = Ground((-60.0, -40.0, 60.0, 0.0), np.full((16, 16, 3), 150, np.uint8), 2.0)
    return replace(
        still,
        view=View(at_m=(0.0, -25.0, 12.0), aim_m=(0.0, 40.0, 2.0), fov_deg=45.0, size=size),
        place=Place(grounds=(quay,), water=Water(wave_m=0.2), lamps_m=((0.0, -3.0, 8.0),)),
        actors=(ship,),
    )
