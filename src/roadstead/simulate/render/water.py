"""Water: waves that mirror sky and scene, the sun's glitter, foam of vessels."""

from dataclasses import dataclass

import cv2
import numpy as np

from roadstead.simulate.render.light import Colours, Grey, Look, vector
from roadstead.simulate.render.noise import Field, cloudy, sampled, waves
from roadstead.simulate.render.rays import Rays
from roadstead.simulate.render.wakes import Foam, foam
from roadstead.simulate.world.world import Water, World

_TILES_M = (61.0, 13.7, 3.9)
_LONGEST_M = (16.0, 3.4, 0.9)
_SHARES = (0.45, 0.62, 0.64)
"""Of the slopes' deviation, by tile: swell, wind waves, ripples."""
_WAVE_PX = 512
_SUN_BREADTH = 1 / 1200


@dataclass(frozen=True, slots=True, eq=False)
class Mirror:
    """The scene as a level mirrors it, where each pixel looks: colours (h, w, 3) times their cover (h, w)."""

    colours: Colours
    cover: Grey


@dataclass(frozen=True, slots=True, eq=False)
class Sea:
    """The water of a world."""

    world: World
    water: Water
    look: Look
    tiles: tuple[Field, ...]
    patches: Field
    steepness: float
    wind: float

    @classmethod
    def of(cls, world: World, water: Water, look: Look) -> "Sea":
        """Return the water of a world's seed."""
        rng = np.random.default_rng((world.seed, 11))
        wind = float(rng.uniform(0, 2 * np.pi))
        tiles = tuple(
            waves(rng, _WAVE_PX, tile, longest, wind) for tile, longest in zip(_TILES_M, _LONGEST_M, strict=True)
        )
        steepness = 0.045 + 0.30 * min(water.wave_m, 0.6)
        return cls(world, water, look, tiles, cloudy(rng), steepness, wind)

    def seen(self, rays: Rays, ahead: Grey, t: float, mirror: Mirror | None, foamy: Foam | None) -> Colours:
        """Return what the rays (h, w) see that meet the water some metres `ahead` (infinite: nothing useful comes back)."""
        far = np.minimum(ahead, np.float32(6000.0))
        x = rays.ways[..., 0] * far + np.float32(rays.view.at_m[0])
        y = rays.ways[..., 1] * far + np.float32(rays.view.at_m[1])
        slopes, rough = self._slopes(rays, far, x, y, t)
        way = rays.ways / rays.lengths[..., None]
        into = way[..., 2] - way[..., 0] * slopes[..., 0] - way[..., 1] * slopes[..., 1]
        lying = 1.0 / (1.0 + slopes[..., 0] ** 2 + slopes[..., 1] ** 2)
        bounce = 2 * into * lying
        up = np.abs(way[..., 2] - bounce) + 0.55 * rough
        sun = vector(self.look.to_sun)
        sunward = (
            (way[..., 0] + bounce * slopes[..., 0]) * sun[0]
            + (way[..., 1] + bounce * slopes[..., 1]) * sun[1]
            + up * sun[2]
        )
        shiny = 0.02 + 0.98 * np.clip(1.0 - np.abs(into) - 0.45 * rough, 0, 1) ** 5
        mirrored = self.look.sky(up, np.minimum(sunward, 0.97))
        if mirror is not None:
            colours, cover = self._mirrored(mirror, rays, slopes)
            mirrored = mirrored * (1 - cover[..., None]) + colours
        body = vector(self.water.rgb) ** 2 * self._fill
        murk = 1.0 + 0.10 * sampled(self.patches, x + 1.2 * t, y, 260.0)
        colour = body * murk[..., None] * (1 - shiny[..., None]) + mirrored * shiny[..., None]
        self._glitter(colour, sunward, rough)
        if foamy is not None:
            self._foam(colour, foamy, x, y, t)
        return np.asarray(colour, np.float32)

    def foam(self, t: float) -> Foam | None:
        """Return the foam on the water at t."""
        return foam(self.world, t)

    @property
    def _fill(self) -> Field:
        """How much light comes out of the water and off its foam."""
        return vector(self.look.dark if self.look.dark is not None else (0.9, 0.9, 0.9)) * np.float32(
            self.look.exposure
        )

    def _slopes(self, rays: Rays, far: Grey, x: Grey, y: Grey, t: float) -> tuple[Field, Grey]:
        """Return the slopes (h, w, 2) that a pixel can show, and the deviation (h, w) of those too small for it."""
        above = max(rays.view.at_m[2] - self.water.height_m, 0.5)
        pixel = far * far / np.float32(above * rays.focal_px)
        total, lost = np.zeros((*far.shape, 2), np.float32), np.zeros_like(far)
        for k, (tile, tile_m, longest) in enumerate(zip(self.tiles, _TILES_M, _LONGEST_M, strict=True)):
            speed = float(np.sqrt(9.81 * longest / 2 / (2 * np.pi)))
            angle = self.wind + (0.5, -0.4, 0.2)[k]
            dx, dy = np.float32(speed * t * np.cos(angle)), np.float32(speed * t * np.sin(angle))
            size = np.float32(self.steepness * _SHARES[k])
            shows = np.exp(-((pixel / np.float32(longest * 0.8)) ** 2))
            total += sampled(tile, x - dx, y - dy, tile_m) * (size * shows)[..., None]
            lost += size * size * (1 - shows * shows)
        return total, np.sqrt(lost)

    def _mirrored(self, mirror: Mirror, rays: Rays, slopes: Field) -> tuple[Colours, Grey]:
        h, w = slopes.shape[:2]
        focal = np.float32(rays.focal_px)
        right, back = rays.view.axes[0].astype(np.float32), rays.view.axes[2].astype(np.float32)
        level = back[:2] / max(float(np.hypot(*back[:2])), 1e-6)
        across = slopes[..., 0] * right[0] + slopes[..., 1] * right[1]
        along = slopes[..., 0] * level[0] + slopes[..., 1] * level[1]
        most = 0.06 * focal
        u = np.arange(w, dtype=np.float32) + np.clip(across * (0.12 * focal), -most, most)
        # waves draw a mirror image out towards the viewer: water beyond a thing does not mirror it
        drawn = np.minimum(along, 0) * (0.4 * focal)
        v = np.arange(h, dtype=np.float32)[:, None] + np.clip(drawn, -most, 0)
        stacked = np.dstack((mirror.colours, mirror.cover))
        found = cv2.remap(
            stacked, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(found[..., :3], np.float32), np.asarray(found[..., 3], np.float32)

    def _glitter(self, colour: Colours, sunward: Grey, rough: Grey) -> None:
        if self.look.glare <= 0:
            return
        sharp = 1.0 / (_SUN_BREADTH + 1.4 * rough * rough)
        near = np.exp(np.clip((sunward - 1.0) * sharp, -30, 0)) * (sharp * np.float32(_SUN_BREADTH))
        colour += (near * np.float32(self.look.glare * 0.5))[..., None] * (vector(self.look.sun) ** 2 * np.float32(2.2))

    def _foam(self, colour: Colours, foamy: Foam, x: Grey, y: Grey, t: float) -> None:
        amount = foamy.at(x, y)
        rows = np.flatnonzero((amount > 0.01).any(axis=1))
        if not len(rows):
            return
        part = slice(int(rows[0]), int(rows[-1]) + 1)
        torn = sampled(self.patches, x[part] + 0.4 * t, y[part], 34.0) + sampled(self.patches, y[part], x[part], 9.0)
        share = np.clip(amount[part] * 1.5 + 0.28 * (torn - 0.6) * np.sqrt(amount[part]), 0, 0.9)
        colour[part] += (vector((0.68, 0.70, 0.70)) * self._fill - colour[part]) * share[..., None]
