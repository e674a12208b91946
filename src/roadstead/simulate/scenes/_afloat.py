"""How things of the water scenes come and stay: a vessel that sails in and lies where it came to; what stands or walks on a quay."""

import numpy as np

from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, joined
from roadstead.simulate.world.sailing import moored


def lifted(motion: Motion, height_m: float) -> Motion:
    """Return a motion on ground that lies higher than the water."""
    return Motion(motion.t, motion.xyz_m + np.array((0.0, 0.0, height_m)), motion.turn)


def then_lying(come: Motion, until: float, *, body: Body, rng: np.random.Generator, wave_m: float) -> Motion:
    """Return a motion after which the vessel lies where it came to, until a time."""
    last = come.at(come.end)
    w, x, y, z = last.turn[0]
    yaw = float(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
    end = max(until, come.end + 1.0)
    return joined(come, moored(come.end, end, last.xyz_m[0], yaw, body=body, rng=rng, wave_m=wave_m))
