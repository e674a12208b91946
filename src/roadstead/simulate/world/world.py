"""A world: a place, who is in it and when, the light and weather, the cameras' truth, and how a watch is set up for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from roadstead.dataset.truth import EventRow, FaultRow, InnocentRow
from roadstead.simulate.reports.track import Reporter
from roadstead.simulate.world.body import Body, Lamp, Rgb
from roadstead.simulate.world.motion import Motion, matrices
from roadstead.simulate.world.stock import Stock
from roadstead.simulate.world.view import View
from roadstead.types import Floats, Image

Light = Literal["day", "low_sun", "dusk", "night", "overcast"]
Weather = Literal["clear", "rain", "fog", "haze"]
LIGHTS: tuple[Light, ...] = ("day", "low_sun", "dusk", "night", "overcast")
WEATHERS: tuple[Weather, ...] = ("clear", "rain", "fog", "haze")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Light, weather and lens. The sun stands at an azimuth (degrees from north, clockwise) and a height above the horizon.

    `sight_m` is how far one sees in the air; `dirt` 0-1 how much lies on the lens; `wind_mps` moves trees and water.
    """

    light: Light = "day"
    weather: Weather = "clear"
    sun_azimuth_deg: float = 150.0
    sun_height_deg: float = 50.0
    sight_m: float = 20_000.0
    dirt: float = 0.0
    wind_mps: float = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A flat piece of land at a height: from (x0, y0) to (x1, y1) m with a painted picture, north at its top.

    `painted` is the picture, or what paints it when somebody looks at it: always the same.
    """

    extent_m: tuple[float, float, float, float]
    painted: Image | Callable[[], Image]
    height_m: float = 0.0

    @property
    def picture(self) -> Image:
        """(h, w, 3)."""
        return self.painted if isinstance(self.painted, np.ndarray) else self.painted()


@dataclass(frozen=True, slots=True, eq=False)
class Water:
    """The water's surface: its height, its colour seen from above, and how high its waves are (significant height, m)."""

    height_m: float = 0.0
    rgb: Rgb = (0.22, 0.30, 0.30)
    wave_m: float = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Fixture:
    """Something that stands there for ever: a body at a place (x, y, z m) turned by `yaw` (rad, from east counterclockwise)."""

    body: Body
    at_m: tuple[float, float, float]
    yaw: float = 0.0
    hides: bool = True
    """Whether it hides what is behind it (a lamp post hardly does)."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What does not move: pieces of ground, water or none, fixtures, street lamps (x, y, z m) that burn at night, and the far land's colour."""

    grounds: tuple[Ground, ...]
    water: Water | None = None
    fixtures: tuple[Fixture, ...] = ()
    lamps_m: tuple[tuple[float, float, float], ...] = ()
    far_rgb: Rgb = (0.42, 0.45, 0.36)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Actor:
    """Something that moves, or lies where it fell. `lamps` holds when which of its lights burn, as (from, to) s; blinkers blink in between."""

    id: str
    body: Body
    motion: Motion
    lamps: Mapping[Lamp, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    reporter: Reporter | None = None

    def lit(self, lamp: Lamp, t: float) -> bool:
        """Whether a light burns at t; a blinker burns every second half of 0.7 s."""
        on = any(a <= t < b for a, b in self.lamps.get(lamp, ()))
        return on and (lamp not in ("left", "right", "beacon") or (t % 0.7) < 0.35)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class World:
    """A scene made from a seed. Times are seconds from its beginning, `begin` the UTC epoch second of that.

    `events` and `innocents` are what is true, with times in seconds of the world; `settings` are the tables of a watch's
    TOML that belong to this camera: "camera" (size, zones, lines, calibration), "rules" and "ground" (for the feeds).
    `unplayed` are acts that were asked for and found no room.
    """

    scene: str
    camera: str
    seed: int
    stock: Stock
    begin: float
    seconds: float
    fps: float
    view: View
    place: Place
    conditions: Conditions
    actors: tuple[Actor, ...]
    events: tuple[EventRow, ...]
    innocents: tuple[InnocentRow, ...] = ()
    faults: tuple[FaultRow, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    origin: tuple[float, float] = (31.2, 121.5)
    unplayed: tuple[str, ...] = ()

    @property
    def times(self) -> Floats:
        """The instants (n,) of the pictures, s."""
        return np.arange(round(self.seconds * self.fps)) / self.fps

    def actor(self, name: str) -> Actor:
        """Return one actor."""
        return next(a for a in self.actors if a.id == name)


def corners_at(points: Floats, xyz_m: Floats, turn: Floats) -> Floats:
    """Return points (n, 3) of a body's frame in the world, where it stands at a place (3,) with a rotation (4,)."""
    return np.asarray(points @ matrices(turn)[0].T + xyz_m)
