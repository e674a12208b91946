"""A studio: pictures of a world, and whose each pixel is."""

from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.simulate.render.contact import darken
from roadstead.simulate.render.engine import Depth, Engine
from roadstead.simulate.render.lamps import Lamps, shine
from roadstead.simulate.render.light import Colours, Grey, look_of, vector
from roadstead.simulate.render.model import FAR_M, model_of
from roadstead.simulate.render.noise import cloudy, sampled
from roadstead.simulate.render.rain import Rain
from roadstead.simulate.render.rays import Rays, Rows, length
from roadstead.simulate.render.sky import Sky
from roadstead.simulate.render.water import Mirror, Sea
from roadstead.simulate.render.windows import Windows
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import World
from roadstead.types import Floats, Image

Quality = Literal["fast", "fine"]
_FINER: dict[Quality, float] = {"fast": 1.5, "fine": 2.0}
"""How much larger a picture is drawn than it is given out."""
_HIDDEN_M = -1000.0
_KOSCHMIEDER = 3.912
"""Sight is where contrast has fallen to 2 %: extinction times sight is -ln 0.02 (Koschmieder 1924)."""
_SHADOWED_M = 110.0
_FARTHEST_M = 2800.0
"""Where far land and water end at the skyline."""


class Studio:
    """Renders a world. A context manager: it owns a GL context, to be used in one thread.

    `view_at` says where the camera looks at a time, when it does not always look as `world.view` does; its pictures have
    the size of `world.view`. The same world and time give the same picture, whatever was asked before.
    """

    def __init__(
        self, world: World, *, quality: Quality = "fast", view_at: Callable[[float], View] | None = None
    ) -> None:
        self.world = world
        self._view_at = view_at or (lambda _: world.view)
        self.size = world.view.size
        self._drawn = round(self.size[0] * _FINER[quality]), round(self.size[1] * _FINER[quality])
        self._thin = 2 if quality == "fast" else 1
        self._look = look_of(world.conditions)
        self._sky = Sky.of(self._look, world.seed, world.conditions.wind_mps)
        self._sea = Sea.of(world, world.place.water, self._look) if world.place.water is not None else None
        self._rain = Rain.of(world, self._look) if world.conditions.weather == "rain" else None
        self._lamps = Lamps(world, self._look)
        self._windows = Windows.of(world)
        self._soil = cloudy(np.random.default_rng((world.seed, 19)))
        self._base_m = min((g.height_m for g in world.place.grounds), default=0.0) - 0.05
        self._rays: tuple[Rays, Rays] | None = None
        self._model = model_of(world, self._drawn, self._look)
        self._engine = Engine(self._model, self._drawn)
        self._engine.sun(*_focus(world))

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
        rays, fine = self._looking(view)
        colour, depth, cover = self._solid(view, fine)
        places = rays.places(depth)
        if self._look.dark is not None:
            colour *= self._lit(t, view, places)
            colour += self._burning(view)
            self._windows.shine(colour, places, view)
        darken(colour, places, self.world, t, view, self._look.beneath)
        wet = None
        if self._rain is not None:
            wet = self._rain.wet(rays, places) * cover
            self._rain.soak(colour, wet, self._mirrored(view, rays, self._rain.level_m))
        colour, fog = self._in_air(colour, rays, depth, cover)
        self._behind(colour, view, rays, cover, t)
        mirror = self._mirroring(wet, rays, cover)
        shine(colour, self._lamps.glows(t, view), view, depth, fog, mirror)
        if self._rain is not None:
            self._rain.fall(colour, t)
        return _shown(colour)

    def numbers(self, t: float) -> npt.NDArray[np.int32]:
        """Return whose each pixel (h, w) is: k + 1 for the world's actor k, 0 for all else."""
        view = self._placed(t)
        geoms = self._engine.geoms(view)
        owner = np.where(geoms >= 0, self._model.owner[geoms], 0)
        if self._sea is not None:
            rays, _ = self._looking(view)
            owner[self.depth(t) > rays.to_level(self._sea.water.height_m)] = 0
        return np.asarray(owner, np.int32)

    def depth(self, t: float) -> Depth:
        """Return how far ahead each pixel (h, w) lies, m; FAR_M where there is nothing."""
        view = self._placed(t)
        return self._engine.shot(view.axes, np.asarray(view.at_m), view, self.size, shadows=False)[1]

    def _placed(self, t: float) -> View:
        """Put everyone where they are at t and return where the camera looks."""
        data, engine = self._engine.data, self._model.engine
        for actor, mocap, lamps in zip(self.world.actors, self._model.mocap, self._model.lamps, strict=True):
            if actor.motion.there(t):
                state = actor.motion.at(t)
                data.mocap_pos[mocap], data.mocap_quat[mocap] = state.xyz_m[0], state.turn[0]
            else:
                data.mocap_pos[mocap] = (0.0, 0.0, _HIDDEN_M)
            for lamp, material in lamps:
                burns = self._lamps.burns(actor, lamp, t)
                engine.mat_emission[material] = 1.0 if burns else self._model.emission[material]
        return self._view_at(t)

    def _looking(self, view: View) -> tuple[Rays, Rays]:
        """Return the rays of a view at the picture's size and at the size it is drawn in."""
        if self._rays is None or self._rays[0].view != view:
            self._rays = Rays.of(view, self.size), Rays.of(view, self._drawn)
        return self._rays

    def _solid(self, view: View, fine: Rays) -> tuple[Colours, Depth, Grey]:
        """Return what is solid: colours (h, w, 3) times cover, how far ahead, and how much of each pixel it covers."""
        rgb, depth = self._engine.shot(view.axes, np.asarray(view.at_m), view, self._drawn, shadows=self._look.shadows)
        level = FAR_M * 0.98 if self._sea is None else fine.to_level(self._sea.water.height_m)
        hidden = (depth >= np.minimum(level, FAR_M * 0.98)).astype(np.uint8)
        rgb[hidden > 0] = 0
        cover = 1.0 - cv2.resize(hidden.astype(np.float32), self.size, interpolation=cv2.INTER_AREA)
        small = cv2.resize(rgb, self.size, interpolation=cv2.INTER_AREA).astype(np.float32)
        colour = small * small * np.float32(self._look.exposure / 65025.0)
        colour /= np.maximum(cover, 0.02)[..., None]
        near = cv2.resize(cv2.erode(depth, np.ones((3, 3), np.uint8)), self.size, interpolation=cv2.INTER_NEAREST)
        return colour, np.asarray(near, np.float32), np.asarray(cover, np.float32)

    def _lit(self, t: float, view: View, places: Rows) -> Colours:
        """Return the light of sky and lamps (h, w, 3), reckoned at half the size."""
        half = np.ascontiguousarray(places[::2, ::2])
        light = self._lamps.light(t, view, half, _normals(half))
        return np.asarray(cv2.resize(light, self.size, interpolation=cv2.INTER_LINEAR), np.float32)

    def _burning(self, view: View) -> Colours:
        """Return what shines of itself (h, w, 3): windows, signs, lamps."""
        rgb = self._engine.emission(view, self.size).astype(np.float32)
        return np.asarray(rgb * rgb * np.float32(1.1 / 65025.0), np.float32)

    def _mirrored(self, view: View, rays: Rays, level_m: float) -> Mirror:
        """Return the scene as a level mirrors it, at the picture's size but drawn at half of it."""
        over = np.diag((1.0, 1.0, -1.0))
        axes = view.axes @ over
        axes[1] *= -1
        at = np.array([*view.at_m[:2], 2 * level_m - view.at_m[2]])
        half = self.size[0] // 2, self.size[1] // 2
        rgb, depth = self._engine.shot(axes, at, view, half, shadows=False)
        rgb, depth = rgb[::-1], depth[::-1]
        ahead = cv2.resize(rays.to_level(level_m), half, interpolation=cv2.INTER_NEAREST)
        there = ((depth < FAR_M * 0.98) & (depth > ahead - 0.5)).astype(np.float32)
        colour = (rgb.astype(np.float32) / 255) ** 2 * there[..., None] * np.float32(self._look.exposure)
        if self._look.dark is not None:
            colour *= vector(self._look.dark) * 2.0
        stacked = cv2.resize(np.dstack((colour, there)), self.size, interpolation=cv2.INTER_LINEAR)
        return Mirror(np.asarray(stacked[..., :3], np.float32), np.asarray(stacked[..., 3], np.float32))

    def _in_air(self, colour: Colours, rays: Rays, depth: Depth, cover: Grey) -> tuple[Colours, float]:
        """Return solid colours times their cover with the air before them, and how foggy it is (0-1)."""
        clear = np.exp(depth * rays.lengths * np.float32(-_KOSCHMIEDER / self._look.sight_m))
        air = self._sky.air(rays)
        mixed = air + (colour - air) * clear[..., None]
        mixed *= cover[..., None]
        return mixed, float(np.clip(300.0 / self._look.sight_m, 0, 1))

    def _behind(self, colour: Colours, view: View, rays: Rays, cover: Grey, t: float) -> None:
        """Add what lies behind all that is solid, in place: water or far land below the horizon, sky above it."""
        rows = np.flatnonzero((cover < 0.995).any(axis=1))
        if not len(rows):
            return
        part = slice(int(rows[0]), int(rows[-1]) + 1)
        some = rays.rows(part)
        behind = self._sky.seen(some, t)
        ahead = rays.to_level(self._base_m if self._sea is None else self._sea.water.height_m)[part]
        below = np.isfinite(ahead)
        if below.any():
            land = self._far_land(some, ahead) if self._sea is None else self._water(view, rays, part, t)
            far = np.minimum(ahead, np.float32(_FARTHEST_M))
            clear = np.exp(far * some.lengths * np.float32(-_KOSCHMIEDER / self._look.sight_m))
            air = self._sky.air(some)
            land = air + (land - air) * clear[..., None]
            behind = np.where(below[..., None], land, behind)
        colour[part] += behind * (1 - cover[part])[..., None]

    def _water(self, view: View, rays: Rays, part: slice, t: float) -> Colours:
        """Return the water (h, w, 3) that some rows of the picture show; where it shall be fast, from every other ray."""
        assert self._sea is not None
        level, by = self._sea.water.height_m, self._thin
        thin = rays.rows(part).thinned(by)
        mirror = self._mirrored(view, rays, level)
        cut = Mirror(mirror.colours[part][::by, ::by], mirror.cover[part][::by, ::by])
        water = self._sea.seen(thin, thin.to_level(level), t, cut, self._sea.foam(t))
        size = self.size[0], part.stop - part.start
        return np.asarray(water if by == 1 else cv2.resize(water, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def _far_land(self, rays: Rays, ahead: Grey) -> Colours:
        """Return the land (h, w, 3) beyond the painted ground."""
        far = np.minimum(ahead, 1e4)
        x, y = rays.ways[..., 0] * far, rays.ways[..., 1] * far
        mottled = 1.0 + 0.10 * sampled(self._soil, x, y, 700.0) + 0.05 * sampled(self._soil, y, x, 90.0)
        light = vector(self._look.dark if self._look.dark is not None else (0.95, 0.95, 0.95)) * self._look.exposure
        return np.asarray(vector(self.world.place.far_rgb) ** 2 * light * mottled[..., None], np.float32)

    def _mirroring(self, wet: Grey | None, rays: Rays, cover: Grey) -> tuple[float, Grey] | None:
        """Return the level in which lamps are mirrored, and how much (h, w) of it each pixel shows."""
        if self._sea is not None:
            down = np.isfinite(rays.to_level(self._sea.water.height_m))
            return self._sea.water.height_m, np.asarray((1 - cover) * down * 0.6, np.float32)
        if wet is not None and self._rain is not None:
            return self._rain.level_m, wet
        return None


def _focus(world: World) -> tuple[Floats, float]:
    """Return the middle (3,) and reach m of the ground that the camera sees best: there the sun casts shadows."""
    view = world.view
    w, h = view.size
    grid = np.array([(x * w, y * h) for x in (0.05, 0.35, 0.65, 0.95) for y in (0.3, 0.45, 0.6, 0.8, 0.98)])
    seen = view.ground(grid)
    seen = seen[np.isfinite(seen).all(axis=1)]
    near = seen[np.hypot(*(seen - view.at_m[:2]).T) < _SHADOWED_M] if len(seen) else seen
    if not len(near):
        return np.array([*view.aim_m[:2], 0.0]), _SHADOWED_M / 2
    middle = (near.min(axis=0) + near.max(axis=0)) / 2
    reach = float(np.hypot(*(near - middle).T).max()) + 12.0
    return np.array([*middle, 0.0]), reach


def _normals(places: Rows) -> Rows:
    """Return which way the surfaces look (h, w, 3) that a picture of places (h, w, 3) shows."""
    across = np.empty_like(places)
    down = np.empty_like(places)
    across[:, :-1], across[:, -1] = places[:, 1:] - places[:, :-1], places[:, -1] - places[:, -2]
    down[:-1], down[-1] = places[1:] - places[:-1], places[-1] - places[-2]
    ax, ay, az = (across[..., k] for k in range(3))
    dx, dy, dz = (down[..., k] for k in range(3))
    normal = np.dstack((dy * az - dz * ay, dz * ax - dx * az, dx * ay - dy * ax))
    return np.asarray(normal / np.maximum(length(normal), 1e-9)[..., None], np.float32)


def _shown(light: Colours) -> Image:
    """Return linear light as a picture (h, w, 3): highlights roll off, then a display's curve."""
    rolled = light * (1 + light * np.float32(0.11)) / (1 + light * np.float32(0.36))
    return np.asarray(np.clip(np.sqrt(np.maximum(rolled, 0)) * 255.0 + 0.5, 0, 255), np.uint8)
