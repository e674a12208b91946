"""A studio: pictures of a world, and whose each pixel is."""

from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.simulate.render.engine import Depth, Engine
from roadstead.simulate.render.model import model_of
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import World
from roadstead.types import Image

Quality = Literal["fast", "fine"]
_FINER = {"fast": 1.5, "fine": 2.0}
"""How much larger a picture is drawn than it is given out."""
_SHADOWED_M = 70.0


class Studio:
    """Renders a world. A context manager: it owns a GL context, to be used in one thread.

    `view_at` says where the camera looks at a time, when it does not always look as `world.view` does.
    """

    def __init__(
        self, world: World, *, quality: Quality = "fast", view_at: Callable[[float], View] | None = None
    ) -> None:
        self.world = world
        self._view_at = view_at or (lambda _: world.view)
        w, h = world.view.size
        self._drawn = round(w * _FINER[quality]), round(h * _FINER[quality])
        c = world.conditions
        azimuth, height = np.radians((c.sun_azimuth_deg, c.sun_height_deg))
        sun = tuple(-np.array([np.cos(height) * np.sin(azimuth), np.cos(height) * np.cos(azimuth), np.sin(height)]))
        self._model = model_of(world, self._drawn, sun)
        self._engine = Engine(self._model, self._drawn)
        self._engine.sun(np.array([*world.view.aim_m[:2], 0.0]), _SHADOWED_M)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Free the GL context."""
        self._engine.close()

    def picture(self, t: float) -> Image:
        """Return the picture (h, w, 3) at t, s of the world."""
        view = self._placed(t)
        rgb, depth = self._engine.shot(view.axes, np.asarray(view.at_m), view, self._drawn)
        rgb[depth > 7000] = (170, 190, 215)
        return np.asarray(cv2.resize(rgb, view.size, interpolation=cv2.INTER_AREA), np.uint8)

    def numbers(self, t: float) -> npt.NDArray[np.int32]:
        """Return whose each pixel (h, w) is: k + 1 for the world's actor k, 0 for all else."""
        view = self._placed(t)
        geoms = self._engine.geoms(view)
        return np.where(geoms >= 0, self._model.owner[geoms], 0)

    def depth(self, t: float) -> Depth:
        """Return how far ahead each pixel (h, w) lies, m."""
        view = self._placed(t)
        return self._engine.shot(view.axes, np.asarray(view.at_m), view, view.size, shadows=False)[1]

    def _placed(self, t: float) -> View:
        """Put everyone where they are at t and return where the camera looks."""
        data, engine = self._engine.data, self._model.engine
        for actor, mocap, lamps in zip(self.world.actors, self._model.mocap, self._model.lamps, strict=True):
            if actor.motion.there(t):
                state = actor.motion.at(t)
                data.mocap_pos[mocap], data.mocap_quat[mocap] = state.xyz_m[0], state.turn[0]
            else:
                data.mocap_pos[mocap] = (0.0, 0.0, -1000.0)
            for lamp, material in lamps:
                engine.mat_emission[material] = 1.0 if actor.lit(lamp, t) else self._model.emission[material]
        return self._view_at(t)
