"""Lamps in the dark: the light they throw on what is around them, and how they shine into the camera."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from roadstead.simulate.render.light import Colours, Grey, Look, vector
from roadstead.simulate.render.rays import Rows, length
from roadstead.simulate.world.body import Body, Lamp
from roadstead.simulate.world.motion import matrices
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, World
from roadstead.types import Floats

_STREET, _HEAD = vector((1.0, 0.74, 0.45)), vector((1.0, 0.95, 0.82))
_STREET_REACH_M, _HEAD_REACH_M = 38.0, 60.0
_STREET_LIGHT, _BEAM_LIGHT = 85.0, 2.6
_MOST_STREET_LAMPS = 10
_BRIGHT: dict[Lamp, float] = {"head": 3.0, "tail": 0.5, "brake": 1.4, "left": 1.2, "right": 1.2, "beacon": 2.0}


@dataclass(frozen=True, slots=True, eq=False)
class Glow:
    """A lamp that the camera sees: where (3,) m, and its colour times its brightness (3,)."""

    at_m: Floats
    colour: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Spot:
    """One lamp of a body: which, its place in the body's frame (3,), its colour, and the way it shines (-1, 0, 1 along x)."""

    lamp: Lamp
    at_m: Floats
    colour: Floats
    way: int


def _spots(body: Body) -> Iterator[_Spot]:
    for part in body.parts:
        if part.lamp is None:
            continue
        corners = part.mesh.corners
        left, right = corners[corners[:, 1] > 0.2], corners[corners[:, 1] < -0.2]
        for side in (left, right) if len(left) and len(right) else (corners,):
            at = (side.min(axis=0) + side.max(axis=0)) / 2
            aimed = body.label != "vessel" and abs(at[0]) > 0.3 * body.length_m
            way = int(np.sign(at[0])) if aimed else 0
            colour = np.asarray(part.material.rgb, np.float64)
            yield _Spot(part.lamp, at, (colour / max(colour.max(), 1e-3)) ** 2, way)


@dataclass(slots=True, eq=False)
class Lamps:
    """The lamps of a world: of its streets and of who is in it."""

    world: World
    look: Look
    _of: dict[int, tuple[_Spot, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._of = {id(a.body): tuple(_spots(a.body)) for a in self.world.actors}

    def glows(self, t: float, view: View) -> tuple[Glow, ...]:
        """Return the lamps that burn at t, as bright as they shine towards the camera."""
        made = (
            [Glow(np.asarray(at), _STREET.astype(np.float64) * 1.6) for at in self._street(view)] if self._dark else []
        )
        eye = np.asarray(view.at_m)
        for actor in self.world.actors:
            spots = [s for s in self._of[id(actor.body)] if self.burns(actor, s.lamp, t)]
            if not spots or not actor.motion.there(t):
                continue
            state = actor.motion.at(t)
            turn = matrices(state.turn)[0]
            for spot in spots:
                at = turn @ spot.at_m + state.xyz_m[0]
                towards = eye - at
                facing = float(turn[:, 0] @ towards / np.linalg.norm(towards)) * spot.way if spot.way else 1.0
                if facing > 0:
                    made.append(Glow(at, spot.colour * (_BRIGHT[spot.lamp] * facing)))
        return tuple(made)

    def burns(self, actor: Actor, lamp: Lamp, t: float) -> bool:
        """Whether a light burns at t. A vessel of which nothing is said carries its lights from sunset on (COLREG rule 20)."""
        if actor.body.label == "vessel" and not actor.lamps:
            return self._dark and lamp in ("head", "tail")
        return actor.lit(lamp, t)

    @property
    def _dark(self) -> bool:
        return self.look.dark is not None

    def _street(self, view: View) -> list[tuple[float, float, float]]:
        ahead = -view.axes[2]
        eye = np.asarray(view.at_m)
        near = sorted(self.world.place.lamps_m, key=lambda at: float(np.linalg.norm(np.asarray(at) - eye)))
        return [at for at in near if (np.asarray(at) - eye) @ ahead > -_STREET_REACH_M]

    def light(self, t: float, view: View, places: Rows, normals: Rows) -> Colours:
        """Return the light (h, w, 3) that falls on places (h, w, 3) m whose surfaces look along normals (h, w, 3)."""
        total = np.empty_like(places)
        total[:] = vector(self.look.dark or (1.0, 1.0, 1.0))
        scale, bright = places.shape[1] / view.size[0], np.float32(self.look.lamps)
        for at in self._street(view)[:_MOST_STREET_LAMPS]:
            part = _around(np.asarray(at) - (0, 0, at[2]), _STREET_REACH_M, view, scale, places.shape)
            total[part] += _from_street(places[part], normals[part], vector(at))[..., None] * (_STREET * bright)
        for actor in self.world.actors:
            heads = [s for s in self._of[id(actor.body)] if s.lamp == "head" and s.way > 0]
            if heads and actor.lit("head", t) and actor.motion.there(t) and actor.body.label != "vessel":
                state = actor.motion.at(t)
                turn = matrices(state.turn)[0]
                lamp = turn @ np.mean([s.at_m for s in heads], axis=0) + state.xyz_m[0]
                middle = lamp + turn[:, 0] * _HEAD_REACH_M / 2
                part = _around(middle, _HEAD_REACH_M / 2, view, scale, places.shape)
                total[part] += _beam(places[part], normals[part], lamp, turn)[..., None] * (_HEAD * bright)
        return total


def _around(middle: Floats, reach_m: float, view: View, scale: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return rows and columns of a picture that show what lies within a reach of a place."""
    corners = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-0.1, 0.3)]
    px, _ = view.project(np.asarray(middle) + reach_m * np.array(corners))
    if not np.isfinite(px).all():
        return slice(0, shape[0]), slice(0, shape[1])
    low, high = (px.min(axis=0) * scale).astype(int), (px.max(axis=0) * scale).astype(int) + 2
    return (
        slice(int(np.clip(low[1], 0, shape[0])), int(np.clip(high[1], 0, shape[0]))),
        slice(int(np.clip(low[0], 0, shape[1])), int(np.clip(high[0], 0, shape[1]))),
    )


def _from_street(places: Rows, normals: Rows, at: Rows) -> Grey:
    """Return how much light (h, w) a street lamp gives: it shines downwards, with the square of the distance."""
    to = at - places
    squared = np.einsum("ijk,ijk->ij", to, to) + 1.0
    far = np.sqrt(squared)
    onto = np.einsum("ijk,ijk->ij", to, normals) / far
    down = np.clip(to[..., 2] / far, 0, 1)
    fade = np.clip(1.5 - far / (_STREET_REACH_M * 0.7), 0, 1)
    return np.asarray(_STREET_LIGHT * (0.25 + 0.75 * np.maximum(onto, 0)) * down * fade / squared, np.float32)


def _beam(places: Rows, normals: Rows, lamp: Floats, turn: Floats) -> Grey:
    """Return how much light (h, w) a pair of head lamps gives: a dipped beam, wide near and cut off above."""
    to = places - np.float32(lamp)
    ahead, left, up = (to @ turn[:, k].astype(np.float32) for k in range(3))
    wide = 1.1 + 0.26 * np.maximum(ahead, 0)
    across = np.exp(-((left / wide) ** 2))
    along = np.clip((ahead + 0.2) / 2.5, 0, 1) / (1 + (np.maximum(ahead, 0) / 14.0) ** 2)
    below = np.clip(1.0 - (up - 0.02 * ahead) / 0.8, 0.06, 1)
    facing = 0.35 + 0.65 * np.clip(-_dot(to, normals), 0, 1)
    fade = np.clip((_HEAD_REACH_M - ahead) / 20.0, 0, 1)
    return np.asarray(_BEAM_LIGHT * across * along * below * facing * fade, np.float32)


def _dot(to: Rows, normals: Rows) -> Grey:
    return np.asarray(np.einsum("ijk,ijk->ij", to, normals) / np.maximum(length(to), 1e-3), np.float32)


def shine(
    picture: Colours, glows: tuple[Glow, ...], view: View, depth: Grey, fog: float, mirror: tuple[float, Grey] | None
) -> None:
    """Add to a picture (h, w, 3), in place, how lamps shine into the camera; `fog` 0-1 widens their halos.

    `mirror` is the height of a wet level and how much (h, w) of it each pixel shows: lamps stretch into streaks on it.
    """
    if not glows:
        return
    places = np.array([g.at_m for g in glows])
    px, far = view.project(places)
    low = np.array(places)
    if mirror is not None:
        low[:, 2] = 2 * mirror[0] - low[:, 2]
    below, _ = view.project(low)
    h, w = depth.shape
    for k, glow in enumerate(glows):
        if not np.isfinite(px[k]).all() or far[k] > 4000:
            continue
        x, y = round(float(px[k, 0])), round(float(px[k, 1]))
        size = float(np.clip(view.focal_px * 0.16 / far[k], 0.7, 7.0)) * h / 540
        if 0 <= x < w and 0 <= y < h:
            around = depth[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            share = float((around > far[k] - 0.6).mean())
            if share > 0:
                _add(picture, px[k], (size, size), glow.colour * (1.6 * share))
                wide = size * (3.5 + 9 * fog)
                _add(picture, px[k], (wide, wide), glow.colour * ((0.10 + 0.06 * fog) * share))
        if mirror is not None and np.isfinite(below[k]).all():
            _streak(picture, px[k], below[k], size, glow.colour * 0.42, mirror[1])


def _add(picture: Colours, at: Floats, size: tuple[float, float], colour: Floats) -> None:
    """Add a soft blot of some size (deviations, px) to a picture, in place."""
    rows, columns = _window(picture, at, (3 * size[0] + 1, 3 * size[1] + 1))
    across = np.exp(-0.5 * ((columns + 0.5 - at[0]) / size[0]) ** 2)
    along = np.exp(-0.5 * ((rows + 0.5 - at[1]) / size[1]) ** 2)
    _lay(picture, rows, columns, along[:, None] * across, colour)


def _streak(picture: Colours, lamp: Floats, image: Floats, size: float, colour: Floats, mask: Grey) -> None:
    """Add a lamp's mirror image on rough water or a wet road to a picture, in place: drawn out towards the camera, and torn."""
    down, up = 0.05 * len(picture), max(1.0, 0.2 * float(image[1] - lamp[1]))
    rows, columns = _window(picture, image, (3 * size + 1, 3 * max(down, up)))
    off = rows + 0.5 - image[1]
    along = np.exp(-0.5 * (off / np.where(off > 0, down, up)) ** 2)
    torn = 0.5 + 0.5 * np.sin(rows * 1.7 + 3.0 * np.sin(rows * 0.61 + lamp[0]))
    wide = size * (1.0 + 0.6 * np.abs(off) / down)
    across = np.exp(-0.5 * ((columns + 0.5 - image[0]) / wide[:, None]) ** 2)
    shape = (along * torn)[:, None] * across
    if shape.size:
        shape = shape * mask[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]
    _lay(picture, rows, columns, shape, colour)


def _window(picture: Colours, at: Floats, reach: tuple[float, float]) -> tuple[Grey, Grey]:
    """Return the rows and the columns of a picture within a reach (across, along) px of a place."""
    h, w = picture.shape[:2]
    x0, x1 = int(max(0, at[0] - reach[0])), int(min(w, at[0] + reach[0] + 1))
    y0, y1 = int(max(0, at[1] - reach[1])), int(min(h, at[1] + reach[1] + 1))
    return np.arange(y0, max(y0, y1), dtype=np.float32), np.arange(x0, max(x0, x1), dtype=np.float32)


def _lay(picture: Colours, rows: Grey, columns: Grey, shape: Grey, colour: Floats) -> None:
    if shape.size:
        part = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        picture[part] += vector(shape[..., None] * colour)
