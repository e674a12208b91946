"""The worlds of a data set: each of another seed, its scene, light and weather by turns or by chance."""

from dataclasses import dataclass

import numpy as np

from roadstead.errors import BadInput
from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.sets.recipe import Recipe
from roadstead.simulate.world.world import Light, Weather, World

_APART = 100_003
"""How far the seeds of recipes lie apart."""
_ROAD = frozenset(("car", "bus", "truck"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one world shall be like; None leaves it to chance."""

    size: tuple[int, int]
    seconds: float = 60.0
    fps: float = 10.0
    light: Light | None = None
    weather: Weather | None = None
    acts: tuple[str, ...] | None = None
    scenes: tuple[str, ...] = ()


def scenes_of(recipe: Recipe) -> tuple[str, ...]:
    """Return the names of the scenes; raise BadInput for one that is not there."""
    there = plugins.names()
    for name in recipe.scenes:
        if name not in there:
            raise BadInput(f"scenes: no scene is called {name!r}; there are: {', '.join(there)}")
    return recipe.scenes or there


def world(recipe: Recipe, number: int, wanted: Wanted) -> World:
    """Return a recipe's world of a number; the scenes take turns."""
    rng = np.random.default_rng((recipe.seed, number, 1))
    names = wanted.scenes or scenes_of(recipe)
    light = wanted.light or (recipe.lights[int(rng.integers(len(recipe.lights)))] if recipe.lights else None)
    weather = wanted.weather or (recipe.weathers[int(rng.integers(len(recipe.weathers)))] if recipe.weathers else None)
    return plugins.get(names[number % len(names)])().build(
        Order(
            seed=recipe.seed * _APART + number,
            seconds=wanted.seconds,
            fps=wanted.fps,
            size=wanted.size,
            stock=recipe.stock,
            light=light,
            weather=weather,
            acts=wanted.acts,
        )
    )


def room(world: World) -> frozenset[str]:
    """Return for what there is room where somebody passes: "road", "water" or both."""
    labels = {actor.body.label for actor in world.actors}
    return frozenset((*(("road",) if labels & _ROAD else ()), *(("water",) if "vessel" in labels else ())))
