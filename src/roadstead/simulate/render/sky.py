"""Sky and far land: a gradient, clouds that drift, and a skyline of trees and houses in the haze."""

from dataclasses import dataclass

import cv2
import numpy as np

from roadstead.simulate.render.light import Colours, Grey, Look, vector
from roadstead.simulate.render.noise import Field, cloudy, sampled
from roadstead.simulate.render.rays import Rays

_CLOUDS_M = 1200.0
_TILE_M = 9000.0
_SKYLINE_M = 2500.0
_COARSE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """The sky of one world."""

    look: Look
    clouds: Field
    skyline: Field
    wind_mps: float

    @classmethod
    def of(cls, look: Look, seed: int, wind_mps: float) -> "Sky":
        """Return the sky of a seed."""
        rng = np.random.default_rng((seed, 7))
        hills = np.interp(np.arange(1440), np.arange(0, 1441, 60), rng.uniform(0.2, 1.0, 25))
        crowns = np.repeat(rng.uniform(0.0, 0.35, 720), 2)
        blocks = np.where(np.repeat(rng.random(180) < 0.16, 8), np.repeat(rng.uniform(0.2, 1.4, 180), 8), 0.0)
        return cls(look, cloudy(rng), vector(np.radians(0.5 * hills + 0.5 * crowns + 0.7 * blocks + 0.15)), wind_mps)

    def seen(self, rays: Rays, t: float) -> Colours:
        """Return the colours (h, w, 3) of what lies above the horizon at t; below it, the horizon's own."""
        rise, sunward = rays.rise, rays.towards(self.look.to_sun)
        colour = self.look.sky(rise, sunward)
        self._cloud(colour, rays, rise, t)
        self._raise_skyline(colour, rays, rise)
        return colour

    def air(self, rays: Rays) -> Colours:
        """Return the colour (h, w, 3) that air itself takes on in each direction."""
        h, w = rays.lengths.shape
        sunward = rays.thinned(_COARSE).towards(self.look.to_sun)
        coarse = self.look.sky(np.full_like(sunward, 0.02), sunward)
        return np.asarray(cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)

    def _cloud(self, colour: Colours, rays: Rays, rise: Grey, t: float) -> None:
        last = int(np.flatnonzero((rise > 0.01).any(axis=1)).max(initial=-1)) + 1
        if not last or self.look.clouds <= 0:
            return
        rows = slice(0, last)
        up = np.maximum(rays.ways[rows, :, 2], 1e-3)
        far = _CLOUDS_M / up
        drift = 3.0 * self.wind_mps * t
        x, y = vector(rays.ways[rows, :, 0] * far + drift), vector(rays.ways[rows, :, 1] * far)
        here = sampled(self.clouds, x, y, _TILE_M) + 0.35 * sampled(self.clouds, 1.0 * y, x, _TILE_M / 5.3)
        threshold = 1.3 - 2.6 * self.look.clouds
        cover = np.clip((here - threshold) * 0.8, 0, 1) * np.clip(rise[rows] * 9, 0, 1)
        lit = vector(self.look.cloud) * (1.0 - 0.22 * np.clip(here - threshold, 0, 2))[..., None]
        colour[rows] += (lit - colour[rows]) * (0.9 * cover)[..., None]

    def _raise_skyline(self, colour: Colours, rays: Rays, rise: Grey) -> None:
        near = np.abs(rise) < 0.05
        if not near.any():
            return
        rows = np.flatnonzero(near.any(axis=1))
        part = slice(int(rows[0]), int(rows[-1]) + 1)
        way = rays.ways[part]
        azimuth = (np.arctan2(way[..., 1], way[..., 0]) % (2 * np.pi)) * np.float32(1440 / (2 * np.pi))
        top = self.skyline[np.minimum(azimuth.astype(np.intp), 1439)]
        pixel = 1.0 / rays.focal_px
        cover = np.clip((top - rise[part]) / pixel + 0.5, 0, 1)
        seen = float(np.exp(-3.912 * _SKYLINE_M / self.look.sight_m))
        dim = self.look.exposure if self.look.dark is None else max(self.look.dark)
        land = vector((0.085, 0.115, 0.09)) * np.float32(dim)
        mixed = land * seen * 0.55 + colour[part] * (1 - seen * 0.55)
        colour[part] += (mixed - colour[part]) * cover[..., None]
