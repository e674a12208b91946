"""Mirrors a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le

from roadstead.dataset.samples import Attributes, Label, Objects, Target, Text
from roadstead.errors import BadInput
from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import Move, moved, size_of
from roadstead.types import readonly


@augmentation("flip", zh="翻转")
@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """Mirrors left and right by the chance `horizontal`, top and bottom by the chance `vertical`.

    Attributes and labels that depend on the side stay unless `swap` names them: [["turning_left", "turning_right"]] exchanges the
    two in a picture mirrored left and right. Writing cannot be read in a mirror: texts of objects go, and a picture that is itself a text is
    refused.
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    horizontal: Annotated[float, Ge(0), Le(1)] = 0.5
    vertical: Annotated[float, Ge(0), Le(1)] = 0.0
    swap: tuple[tuple[str, str], ...] = ()

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:  # noqa: ARG002  # one picture
        """Return the picture, mirrored by chance."""
        if isinstance(shown.target, Text):
            raise BadInput('augmentation "flip": a mirrored text cannot be read: leave it out of this recipe')
        across, down = (rng.random(2) < (self.horizontal, self.vertical)).tolist()
        if not across and not down:
            return shown
        width, height = size_of(shown.image)
        matrix = [[-1, 0, width] if across else [1, 0, 0], [0, -1, height] if down else [0, 1, 0]]
        new = moved(shown, Move(readonly(matrix, 3), (width, height)))
        return new.with_(target=_other_side(new.target, _both_ways(self.swap) if across else {}))


def _both_ways(pairs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {**dict(pairs), **{b: a for a, b in pairs}}


def _other_side(target: Target | None, names: Mapping[str, str]) -> Target | None:
    match target:
        case Objects():
            return replace(
                target,
                labels=tuple(names.get(label, label) for label in target.labels),
                attributes=tuple({k: names.get(v, v) for k, v in values.items()} for values in target.attributes),
                texts=tuple({} for _ in target.texts),
            )
        case Label(label=label):
            return Label(names.get(label, label))
        case Attributes(values=values):
            return Attributes({k: v if v is None else names.get(v, v) for k, v in values.items()})
    return target
