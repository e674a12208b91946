"""Light, weather and the hour of a scene, as ordered or by chance."""

from datetime import UTC, datetime, timedelta

import numpy as np

from roadstead.simulate.scenes import Order
from roadstead.simulate.world.world import Conditions, Light, Weather

_HOURS: dict[Light, tuple[float, float]] = {
    "day": (9.0, 15.0),
    "low_sun": (6.6, 7.4),
    "dusk": (18.2, 18.7),
    "night": (20.0, 23.0),
    "overcast": (8.0, 16.0),
}
_HEIGHTS: dict[Light, tuple[float, float]] = {
    "day": (38.0, 65.0),
    "low_sun": (7.0, 15.0),
    "dusk": (-3.0, 1.5),
    "night": (-40.0, -20.0),
    "overcast": (35.0, 55.0),
}
_SIGHT_M: dict[Weather, tuple[float, float]] = {
    "clear": (12_000.0, 25_000.0),
    "rain": (900.0, 2_500.0),
    "fog": (130.0, 350.0),
    "haze": (800.0, 2_500.0),
}
_UTC_OFFSET_H = 8.0
"""Shanghai."""


def drawn(order: Order, rng: np.random.Generator) -> tuple[Conditions, float]:
    """Return light and weather, and the UTC epoch second of the beginning; what is not varied is a clear day."""
    light: Light = str(rng.choice(list(_HOURS), p=[0.5, 0.12, 0.1, 0.13, 0.15]))  # type: ignore[assignment]  # one of the keys
    weather: Weather = str(rng.choice(list(_SIGHT_M), p=[0.66, 0.14, 0.06, 0.14]))  # type: ignore[assignment]  # as above
    if not order.varied:
        light, weather = "day", "clear"
    light, weather = order.light or light, order.weather or weather
    hour = float(rng.uniform(*_HOURS[light]))
    day = datetime(2026, 5, 11, tzinfo=UTC) + timedelta(days=int(rng.integers(0, 120)), hours=hour - _UTC_OFFSET_H)
    conditions = Conditions(
        light=light,
        weather=weather,
        sun_azimuth_deg=float((90.0 + (hour - 6.0) * 15.0 + rng.uniform(-10, 10)) % 360.0),
        sun_height_deg=float(rng.uniform(*_HEIGHTS[light])),
        sight_m=float(rng.uniform(*_SIGHT_M[weather])),
        dirt=float(rng.uniform(0.1, 0.5)) if order.varied and rng.random() < 0.2 else 0.0,
        wind_mps=float(rng.uniform(1.0, 8.0)),
    )
    return conditions, order.begin if order.begin is not None else float(int(day.timestamp()))
