"""The camera of a land scene, hung about where its layout has it."""

from collections.abc import Sequence

import numpy as np

from roadstead.simulate.scenes import Order
from roadstead.simulate.world.view import View


def hung(
    camera_m: Sequence[float],
    aim_m: Sequence[float],
    fov_deg: float,
    order: Order,
    rng: np.random.Generator,
    spread: Sequence[float],
    *,
    roll_deg: float,
) -> View:
    """Return a camera at (x, y, z) m that looks at (x, y) m on the ground.

    Where the order is varied, place, aim and field of view are moved by up to `spread` (6,), and it leans by a deviation of `roll_deg`.
    """
    off = rng.uniform(-1, 1, 6) * spread * (1.0 if order.varied else 0.0)
    x, y, z = np.asarray(camera_m) + off[:3]
    ax, ay = np.asarray(aim_m) + off[3:5]
    return View(
        at_m=(float(x), float(y), float(z)),
        aim_m=(float(ax), float(ay), 0.0),
        fov_deg=fov_deg + float(off[5]),
        size=order.size,
        roll_deg=float(rng.normal(0, roll_deg)) if order.varied else 0.0,
    )
