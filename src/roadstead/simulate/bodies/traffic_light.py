"""A traffic light that is seen from ahead."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import limb, slab, turned_on_axis
from roadstead.simulate.bodies._stuff import DARK, STEEL
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.stock import Stock

State = Literal["red", "amber", "green"]
_LIGHTS: tuple[tuple[State, Rgb], ...] = (
    ("red", (1.0, 0.12, 0.08)),
    ("amber", (1.0, 0.7, 0.1)),
    ("green", (0.1, 1.0, 0.45)),
)


@body("traffic_light", zh="信号灯")
@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficLight:
    """What burns, its height, and how far its arm reaches to the left (y), m; its post stands at the origin."""

    state: State = "red"
    height_m: float = 6.0
    arm_m: float = 5.0

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a traffic light."""
        kit, top, reach = Kit(rng, stock), self.height_m, self.arm_m
        kit.add(limb((0, 0, 0), (0, 0, top), (0.13, 0.09), 8), STEEL, "post")
        kit.add(limb((0, 0, top - 0.5), (0, reach, top - 0.35), (0.07, 0.05), 6), STEEL, "arm")
        for y in (reach - 0.8, reach * 0.45):
            kit.add(slab((0.14, y, top - 0.4), (0.2, 1.5, 0.5)), DARK, f"head{y}")
            for k, (name, rgb) in enumerate(_LIGHTS):
                lit = name == self.state
                tone = rgb if lit else tuple(0.16 * v for v in rgb)
                surface = Material(tone, emission=1.0 if lit else 0.0)  # type: ignore[arg-type]
                at = (0.0, y + 0.47 * (1 - k), top - 0.4)
                kit.add(turned_on_axis([(0.235, 0.19), (0.26, 0.17)], at, 0, 12), surface, f"head{y}")
        return kit.body("traffic_light", "", centred=False)
