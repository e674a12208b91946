"""What falls from a load: free bodies that leave a truck with its speed, bounce, slide, roll and come to rest (MuJoCo)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.simulate.optional import mujoco
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, matrices, yaw_turn
from roadstead.types import Floats

_STEP_S = 0.002
_KNOT_S = 0.04
_STILL_MPS = 0.03
_FRICTION = (1.7, 0.1, 0.15)
"""Sliding, spinning and rolling friction of wet soil and stones on asphalt; clods stick and yield, so more than of dry stones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A body let go at `t` s at a place (x, y, z m, of its middle) with a velocity m/s, a yaw and a spin (3,) rad/s."""

    body: Body
    t: float
    at_m: tuple[float, float, float]
    velocity_mps: tuple[float, float, float]
    yaw: float = 0.0
    spin: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Fall:
    """The way of what fell, the instant at which it first touched the ground, and that at which it came to rest."""

    motion: Motion
    landed: float
    rested: float


def dropped(drops: Sequence[Drop], until: float, *, longest_s: float = 8.0) -> tuple[Fall, ...]:
    """Return how some bodies fall on level ground and lie there until a time; each falls by itself and hits no other."""
    return tuple(_fall(drop, until, longest_s) for drop in drops)


def _fall(drop: Drop, until: float, longest_s: float) -> Fall:
    model = _model(drop.body)
    data = mujoco.MjData(model)
    data.qpos[:] = (*drop.at_m, *yaw_turn(drop.yaw)[0])
    data.qvel[:] = (*drop.velocity_mps, *drop.spin)
    times, places, turns = [], [], []
    landed: float | None = None
    every = round(_KNOT_S / _STEP_S)
    for step in range(round(longest_s / _STEP_S)):
        if step % every == 0:
            times.append(step * _STEP_S)
            places.append(data.qpos[:3].copy())
            turns.append(data.qpos[3:7].copy())
            if landed is not None and _still(data.qvel):
                break
        mujoco.mj_step(model, data)
        if landed is None and data.ncon:
            landed = step * _STEP_S
    middle, turn = np.array(places), np.array(turns)
    origin = middle - np.einsum("nij,j->ni", matrices(turn), (0.0, 0.0, drop.body.height_m / 2))
    t = drop.t + np.array(times)
    rested = float(t[-1])
    end = max(until, rested + _KNOT_S)
    motion = Motion(np.append(t, end), np.vstack((origin, origin[-1:])), np.vstack((turn, turn[-1:])))
    return Fall(motion, drop.t + (landed if landed is not None else times[-1]), rested)


def _still(velocity: Floats) -> bool:
    return bool(np.linalg.norm(velocity[:3]) < _STILL_MPS and np.linalg.norm(velocity[3:]) < 0.2)


def _model(body: Body) -> mujoco.MjModel:
    """Return a body as a box over level ground."""
    spec = mujoco.MjSpec()
    spec.option.timestep = _STEP_S
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    ground = spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[1.0, 1.0, 1.0])
    free = spec.worldbody.add_body()
    free.add_freejoint()
    half = [body.length_m / 2, body.width_m / 2, body.height_m / 2]
    lump = free.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=half, density=1600.0)
    for geom in (ground, lump):
        geom.friction = list(_FRICTION)
        geom.condim = 6
        geom.solref = [0.02, 0.8]
    return spec.compile()
