"""Plain worlds that are built in no time: a paved square with some traffic, or a sheet of water with some vessels."""

from collections.abc import Sequence

import numpy as np

from roadstead.simulate.bodies import plugins as bodies
from roadstead.simulate.world.motion import standing
from roadstead.simulate.world.stock import Stock
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, Conditions, Ground, Light, Place, Water, World

ROAD = ("car", "dump_truck", "bus", "pedestrian")
WATER = ("fishing_boat", "cargo_ship")


def plain(
    seed: int,
    *,
    sorts: Sequence[str] = ROAD,
    water: bool = False,
    stock: Stock = "train",
    size: tuple[int, int] = (320, 192),
    light: Light = "day",
    seconds: float = 60.0,
    fps: float = 2.0,
) -> World:
    """Return a world in which bodies of some sorts stand side by side, each for a part of the time."""
    rng = np.random.default_rng(seed)
    apart = 90.0 if water else 9.0
    actors = []
    for k, sort in enumerate(sorts):
        at = ((k - (len(sorts) - 1) / 2) * apart, float(rng.uniform(0, 6)))
        motion = standing(0.0 if k < 2 else float(rng.uniform(0, 30)), seconds, at, np.pi / 2)
        actors.append(Actor(id=f"{sort}-{k}", body=bodies.get(sort)().make(rng, stock), motion=motion))
    tiles = rng.integers(90, 130, (64, 64, 1), dtype=np.uint8).repeat(3, axis=2)
    grounds = () if water else (Ground((-60.0, -60.0, 60.0, 60.0), tiles),)
    return World(
        scene="junction",
        camera="plain",
        seed=seed,
        stock=stock,
        begin=1_778_459_400.0,
        seconds=seconds,
        fps=fps,
        view=View(
            at_m=(0.0, -30.0, 10.0) if not water else (0.0, -140.0, 25.0), aim_m=(0, 0, 1), fov_deg=50, size=size
        ),
        place=Place(grounds=grounds, water=Water() if water else None),
        conditions=Conditions(light=light),
        actors=tuple(actors),
        events=(),
    )
