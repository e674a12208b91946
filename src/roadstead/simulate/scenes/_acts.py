"""Plays the acts of a scene in an order by chance: those asked for, or as many as fit into the time."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from roadstead.errors import BadInput
from roadstead.simulate.scenes import Order

S = TypeVar("S")
_VIOLATIONS_PER_MIN, _INNOCENT_PER_MIN = 5.0, 3.5


def play(
    scene: str,
    order: Order,
    rng: np.random.Generator,
    acts: Mapping[str, Callable[[S], bool]],
    innocent: Sequence[str],
    stage: S,
) -> tuple[str, ...]:
    """Play acts, each at most once, and return the names of those that there was room for; raise BadInput on an unknown one.

    Acts that are asked for are all tried; else a number that grows with the time, by chance.
    """
    if strange := sorted(set(order.acts or ()) - acts.keys()):
        raise BadInput(f"scene {scene!r} has no act {strange[0]!r}; it has: {', '.join(sorted(acts))}")
    wanted = list(order.acts) if order.acts is not None else _drawn(order, rng, acts, innocent)
    return tuple(name for name in wanted if acts[name](stage))


def _drawn(
    order: Order, rng: np.random.Generator, acts: Mapping[str, Callable[[S], bool]], innocent: Sequence[str]
) -> list[str]:
    minutes = order.seconds / 60.0
    bad = [name for name in acts if name not in innocent]
    many = min(len(bad), max(1, int(rng.poisson(_VIOLATIONS_PER_MIN * minutes))))
    few = min(len(innocent), max(1, int(rng.poisson(_INNOCENT_PER_MIN * minutes))))
    drawn = [*rng.choice(bad, many, replace=False).tolist(), *rng.choice(list(innocent), few, replace=False).tolist()]
    return [drawn[k] for k in rng.permutation(len(drawn))]
