"""Places where something happens: one file a scene. A scene makes a whole world from a seed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from roadstead.registry import Registry

if TYPE_CHECKING:  # the command line lists the scenes, and shall not wait for numpy
    from roadstead.simulate.world.stock import Stock
    from roadstead.simulate.world.world import Light, Weather, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked of a scene; None leaves it to chance.

    `acts` names what shall happen (each scene has a table of its acts); `begin` is the UTC epoch second of the beginning.
    `varied` False keeps the camera, the place and the light as the scene's author likes them best.
    """

    seed: int = 0
    seconds: float = 60.0
    fps: float = 10.0
    size: tuple[int, int] = (960, 540)
    stock: "Stock" = "train"
    light: "Light | None" = None
    weather: "Weather | None" = None
    acts: tuple[str, ...] | None = None
    begin: float | None = None
    varied: bool = True


class Scene(Protocol):
    """A frozen dataclass; `acts` names what may happen there."""

    @property
    def acts(self) -> tuple[str, ...]:
        """Return the names of its acts, violations and innocent ones."""

    def build(self, order: Order) -> "World":
        """Return the world; the same order gives the same one."""


plugins: Registry[Scene] = Registry("simulate.scenes", "scene")
scene = plugins
