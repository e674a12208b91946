"""What the light does at a time of day and in a weather: colours of sun, sky and air, in shares of a white card in the sun."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from roadstead.simulate.world.body import Rgb
from roadstead.simulate.world.world import Conditions, Light

Grey = npt.NDArray[np.float32]
"""(h, w)."""
Colours = npt.NDArray[np.float32]
"""(h, w, 3) linear light, red, green, blue."""


def vector(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Return a place, a way or a colour as the renderer's own numbers."""
    return np.asarray(values, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a world is lit. Colours are linear light, but for `sun` and `ambient`, which are the engine's (display values).

    `dark` is light that lies on everything where lamps burn (None: the engine's own light is enough), and `lamps` how
    bright those look beside it. `to_sun` (3,) points
    to the sun; `clouds` is the share of the sky they cover, `glare` how bright the sun's image in water is; `beneath` how
    much light is missing under a vehicle.
    """

    sun: Rgb
    ambient: Rgb
    shadows: bool
    zenith: Rgb
    horizon: Rgb
    glow: Rgb
    cloud: Rgb
    clouds: float
    exposure: float = 1.0
    dark: Rgb | None = None
    lamps: float = 1.0
    glare: float = 0.0
    beneath: float = 0.5
    sight_m: float = 20_000.0
    to_sun: tuple[float, float, float] = (0.0, 0.0, 1.0)

    def sky(self, rise: Grey, sunward: Grey) -> Colours:
        """Return the cloudless sky where a ray's sine of elevation is `rise`, and its cosine to the sun `sunward`, (h, w)."""
        low = np.exp(np.float32(-4.5) * np.maximum(rise, 0))
        horizon, zenith = vector(self.horizon), vector(self.zenith)
        colour = zenith + (horizon - zenith) * low[..., None]
        if any(self.glow):
            near2 = np.square(np.maximum(sunward, 0))
            near8 = np.square(np.square(near2))
            near64 = np.square(np.square(np.square(near8)))
            halo = (near8 * np.float32(0.5) + near64) * np.sqrt(low)
            colour += vector(self.glow) * halo[..., None]
        return np.asarray(colour, np.float32)


_LOOKS: dict[Light, Look] = {
    "day": Look(
        sun=(0.66, 0.63, 0.56),
        ambient=(0.43, 0.46, 0.52),
        shadows=True,
        zenith=(0.10, 0.24, 0.56),
        horizon=(0.60, 0.71, 0.82),
        glow=(0.35, 0.30, 0.20),
        cloud=(0.92, 0.92, 0.93),
        clouds=0.45,
        exposure=1.5,
        glare=40.0,
    ),
    "low_sun": Look(
        sun=(1.30, 0.95, 0.60),
        ambient=(0.38, 0.39, 0.46),
        shadows=True,
        zenith=(0.13, 0.24, 0.44),
        horizon=(0.72, 0.56, 0.40),
        glow=(1.1, 0.65, 0.28),
        cloud=(0.95, 0.72, 0.52),
        clouds=0.4,
        exposure=1.9,
        glare=45.0,
    ),
    "dusk": Look(
        sun=(0.22, 0.20, 0.20),
        ambient=(0.76, 0.76, 0.78),
        shadows=False,
        zenith=(0.050, 0.085, 0.20),
        horizon=(0.27, 0.24, 0.26),
        glow=(0.60, 0.27, 0.10),
        cloud=(0.15, 0.125, 0.16),
        clouds=0.5,
        dark=(0.20, 0.22, 0.29),
        lamps=0.4,
        beneath=0.6,
    ),
    "night": Look(
        sun=(0.22, 0.22, 0.22),
        ambient=(0.76, 0.76, 0.76),
        shadows=False,
        zenith=(0.012, 0.015, 0.026),
        horizon=(0.070, 0.059, 0.054),
        glow=(0.0, 0.0, 0.0),
        cloud=(0.048, 0.041, 0.038),
        clouds=0.4,
        dark=(0.044, 0.046, 0.058),
        beneath=0.6,
    ),
    "overcast": Look(
        sun=(0.26, 0.26, 0.26),
        ambient=(0.60, 0.61, 0.63),
        shadows=False,
        zenith=(0.46, 0.49, 0.53),
        horizon=(0.64, 0.66, 0.68),
        glow=(0.06, 0.06, 0.05),
        cloud=(0.36, 0.38, 0.41),
        clouds=0.75,
        exposure=1.3,
        beneath=0.72,
    ),
}


def look_of(conditions: Conditions) -> Look:
    """Return how a world with some light and weather is lit; rain and fog take the sun away."""
    light, weather = conditions.light, conditions.weather
    sunless = weather in ("rain", "fog") and light in ("day", "low_sun")
    base = _LOOKS["overcast" if sunless else light]
    height = conditions.sun_height_deg
    if light == "low_sun":
        height = min(max(height, 4.0), 16.0)
    elif light in ("day", "overcast"):
        height = max(height, 22.0)
    base = replace(base, to_sun=_direction(conditions.sun_azimuth_deg, height), sight_m=conditions.sight_m)
    if weather == "rain":
        base = replace(base, exposure=base.exposure * 0.9, clouds=0.95, horizon=_scaled(base.horizon, 0.8))
    elif weather == "fog":
        grey = _greyed(base.horizon, 0.9)
        base = replace(base, zenith=grey, horizon=grey, cloud=grey, clouds=0.0, glow=(0.0, 0.0, 0.0))
    elif weather == "haze":
        base = replace(base, horizon=_hazed(base.horizon), zenith=_hazed(_mixed(base.zenith, base.horizon, 0.5)))
        if base.shadows:
            base = replace(base, sun=_scaled(base.sun, 0.8), ambient=_scaled(base.ambient, 1.08), glare=base.glare / 2)
    return base


def _direction(azimuth_deg: float, height_deg: float) -> tuple[float, float, float]:
    a, h = np.radians((azimuth_deg, height_deg))
    return float(np.sin(a) * np.cos(h)), float(np.cos(a) * np.cos(h)), float(np.sin(h))


def _mixed(a: Rgb, b: Rgb, share: float) -> Rgb:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def _scaled(a: Rgb, by: float) -> Rgb:
    return (a[0] * by, a[1] * by, a[2] * by)


def _greyed(a: Rgb, share: float) -> Rgb:
    mean = sum(a) / 3
    return _mixed(a, (mean, mean, mean), share)


def _hazed(a: Rgb) -> Rgb:
    """Dust and smoke: a little yellower and darker."""
    return (a[0] * 0.95, a[1] * 0.90, a[2] * 0.82)
