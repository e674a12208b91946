"""What falls from a load comes to rest by physics."""

import numpy as np
import pytest

from roadstead.simulate.bodies import plugins
from roadstead.simulate.world.falling import Drop, dropped

LUMP = plugins.get("debris")(form="lump", size_m=0.6).make(np.random.default_rng(0), "train")  # type: ignore[call-arg]


def drop(speed_mps: float = 7.0, **how: object) -> Drop:
    values: dict[str, object] = {"spin": (0.2, 1.0, 0.3)} | how
    return Drop(body=LUMP, t=5.0, at_m=(0.0, 0.0, 2.2), velocity_mps=(speed_mps, 0.0, 0.0), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("speed_mps", [0.0, 4.0, 9.0])
def test_it_falls_slides_and_rests(speed_mps: float) -> None:
    (fall,) = dropped([drop(speed_mps)], 60.0)
    free_s = np.sqrt(2 * (2.2 - LUMP.height_m / 2) / 9.81)
    assert fall.landed - 5.0 == pytest.approx(free_s, abs=0.12)
    assert fall.landed < fall.rested < 12.0
    rest = fall.motion.at([fall.rested, 60.0])
    assert np.allclose(rest.xyz_m[0], rest.xyz_m[1])
    assert fall.motion.end == 60.0
    gone = float(rest.xyz_m[-1, 0])
    assert speed_mps * free_s - 0.7 <= gone <= speed_mps * free_s + speed_mps**2 / 9.81 + 1.0, "friction, not ice"


def test_it_never_sinks_into_the_ground() -> None:
    (fall,) = dropped([drop(8.0)], 20.0)
    state = fall.motion.at(fall.motion.t)
    ahead = np.array((0.0, 0.0, LUMP.height_m / 2))
    w, x, y, z = state.turn.T
    up = np.column_stack((2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)))
    assert (state.xyz_m[:, 2] + up[:, 2] * ahead[2] > 0.05).all()


def test_the_same_drop_falls_the_same_way() -> None:
    one, again = dropped([drop(), drop()], 20.0)
    assert np.array_equal(one.motion.xyz_m, again.motion.xyz_m)
    assert np.array_equal(one.motion.turn, again.motion.turn)
