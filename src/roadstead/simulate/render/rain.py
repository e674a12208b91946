"""Rain: drops that streak through the picture, and a wet road that mirrors."""

from dataclasses import dataclass

import cv2
import numpy as np

from roadstead.simulate.render.light import Colours, Grey, Look, vector
from roadstead.simulate.render.noise import Field, cloudy, sampled
from roadstead.simulate.render.rays import Rays, Rows, length
from roadstead.simulate.render.water import Mirror
from roadstead.simulate.world.world import Ground, World

_DRY = 0.62
"""How much of its light dry asphalt keeps when it is wet."""


@dataclass(frozen=True, slots=True, eq=False)
class Rain:
    """The rain of one world; `level_m` is the height of the ground that gets wet."""

    world: World
    look: Look
    puddles: Field
    level_m: float

    @classmethod
    def of(cls, world: World, look: Look) -> "Rain":
        """Return the rain of a world's seed, on the piece of ground that its camera shows most of."""
        rng = np.random.default_rng((world.seed, 13))
        piece = max(world.place.grounds, key=lambda g: _shown(g, world), default=None)
        return cls(world, look, cloudy(rng), piece.height_m if piece is not None else 0.0)

    def wet(self, rays: Rays, places: Rows) -> Grey:
        """Return how much (h, w), 0-1, each place (h, w, 3) m mirrors: level ground, most in puddles, most when seen flatly."""
        pixel = np.float32(1.5 / rays.focal_px)
        reach = length(places - vector(rays.view.at_m)) * pixel + np.float32(0.06)
        level = np.clip(1.5 - np.abs(places[..., 2] - np.float32(self.level_m)) / reach, 0, 1)
        level = cv2.dilate(level, np.ones((3, 3), np.uint8))
        pools = np.clip(0.55 + 0.4 * sampled(self.puddles, places[..., 0], places[..., 1], 45.0), 0.25, 1)
        flat = np.clip(1.0 + rays.rise, 0, 1)
        return np.asarray(level * pools * (0.03 + 0.85 * flat**4), np.float32)

    def soak(self, picture: Colours, wet: Grey, mirror: Mirror) -> None:
        """Darken what is wet in a picture (h, w, 3), in place, and lay its mirror image over it."""
        h = len(wet)
        stacked = np.dstack((mirror.colours, mirror.cover))
        soft = cv2.GaussianBlur(stacked, (0, 0), 0.5 + h / 500, sigmaY=h / 90)
        sky = self.look.sky(np.full((1, 1), 0.25, np.float32), np.zeros((1, 1), np.float32))
        picture *= (1 - (1 - _DRY) * np.clip(wet * 30, 0, 1))[..., None]
        picture += (soft[..., :3] + sky * (1 - soft[..., 3:])) * wet[..., None]

    def fall(self, picture: Colours, t: float) -> None:
        """Draw the drops that fall through a picture (h, w, 3) at t, in place."""
        h, w = picture.shape[:2]
        rng = np.random.default_rng((self.world.seed, 17, round(t * 1000)))
        drops = np.zeros((h, w), np.float32)
        slant = 0.02 * self.world.conditions.wind_mps
        for count, long_h, strength, width in ((160, 0.035, 0.035, 1), (60, 0.07, 0.05, 1), (9, 0.16, 0.05, 2)):
            x, y = rng.uniform(-0.1 * w, 1.1 * w, count), rng.uniform(-0.1 * h, h, count)
            long = long_h * h * rng.uniform(0.6, 1.4, count)
            ends = np.stack((np.column_stack((x, y)), np.column_stack((x + slant * long, y + long))), axis=1)
            lines = [np.round(e * 16).astype(np.int32).reshape(-1, 1, 2) for e in ends]
            cv2.polylines(drops, lines, isClosed=False, color=strength, thickness=width, lineType=cv2.LINE_AA, shift=4)
        soft = cv2.GaussianBlur(drops, (0, 0), 0.6)
        brightness = vector(self.look.horizon) * (1.0 if self.look.dark is None else 2.5)
        picture += soft[..., None] * (brightness * 1.2 - picture * 0.6)


def _shown(ground: Ground, world: World) -> int:
    """Return how many of some hundred rays of the camera meet a piece of ground."""
    rays = Rays.of(world.view, (16, 9))
    places = rays.places(np.minimum(rays.to_level(ground.height_m), np.float32(1e6)))
    x0, y0, x1, y1 = ground.extent_m
    x, y = places[..., 0], places[..., 1]
    return int(((x > x0) & (x < x1) & (y > y0) & (y < y1)).sum())
