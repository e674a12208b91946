"""Puts four pictures together: more things in one picture, at other sizes and in other company."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt, Le

from roadstead.dataset.masks import Mask, Polygons, encode, pixels_of
from roadstead.dataset.samples import Objects, Pixels, Target, kind
from roadstead.errors import BadInput
from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import check, moved, size_of, window
from roadstead.types import readonly

Window = tuple[int, int, int, int]


@augmentation("mosaic", zh="马赛克拼接")
@dataclass(frozen=True, slots=True, kw_only=True)
class Mosaic:
    """Four pictures meet at a point in the middle part of one of the first's size (after Bochkovskiy et al., "YOLOv4", 2020).

    Each of the four shows a window of a picture of the shape of its place, of a share of the largest such window's side, so nothing
    is left empty. An object that is outside goes; one of which less than `least_visible` shows becomes ignored.
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    p: Annotated[float, Ge(0), Le(1)] = 0.5
    middle: Annotated[float, Gt(0), Le(0.5)] = 0.3
    side: tuple[Annotated[float, Gt(0), Le(1)], Annotated[float, Gt(0), Le(1)]] = (0.6, 1.0)
    least_visible: Annotated[float, Ge(0), Le(1)] = 0.3

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:
        """Return four pictures as one; raise BadInput where they have no objects or pixel classes, or do not fit together."""
        check(shown.image)
        if rng.random() >= self.p:
            return shown
        width, height = size_of(shown.image)
        if min(width, height) < 2:
            raise BadInput(f'augmentation "mosaic": a picture of {width} x {height} px cannot be four')
        x, y = (
            min(max(round(side * rng.uniform(self.middle, 1 - self.middle)), 1), side - 1) for side in (width, height)
        )
        places = ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height))
        several = [shown, other(), other(), other()]
        order = rng.permutation(4)
        parts = [self._part(several[order[k]], place, rng) for k, place in enumerate(places)]
        image = np.empty_like(shown.image)
        for part, (left, top, right, bottom) in zip(parts, places, strict=True):
            _check_fits(part.image, shown.image)
            image[top:bottom, left:right] = part.image
        return Shown(image, _together([p.target for p in parts], places, (width, height)))

    def _part(self, shown: Shown, place: Window, rng: np.random.Generator) -> Shown:
        """Return a window of a picture, scaled to its place."""
        whole, size = np.array(size_of(shown.image)), np.array((place[2] - place[0], place[3] - place[1]))
        largest = size * (whole / size).min()
        cut = np.clip((largest * rng.uniform(*self.side)).round().astype(int), 1, whole)
        corner = rng.integers(whole - cut + 1)
        return moved(shown, window(corner, cut, size), self.least_visible)


def _check_fits(image: npt.NDArray[Any], first: npt.NDArray[Any]) -> None:
    if image.shape[2] != first.shape[2] or image.dtype != first.dtype:
        raise BadInput(
            f'augmentation "mosaic": pictures of {first.shape[2]} bands of {first.dtype} and of {image.shape[2]} bands of '
            f"{image.dtype} do not go together"
        )


def _together(targets: Sequence[Target | None], places: Sequence[Window], size: tuple[int, int]) -> Target:
    if all(isinstance(t, Objects) for t in targets):
        return _objects([t for t in targets if isinstance(t, Objects)], places, size)
    pixels = [t for t in targets if isinstance(t, Pixels)]
    if len(pixels) < len(targets):
        raise BadInput(
            f'augmentation "mosaic": needs objects or pixel classes in every picture, not {kind(targets[0])} '
            f"beside {kind(targets[-1])}: leave it out of this recipe"
        )
    if len({t.labels for t in pixels}) > 1:
        raise BadInput('augmentation "mosaic": pictures whose pixels have other lists of classes do not go together')
    values = np.empty(size[::-1], dtype=np.uint8)
    for target, (left, top, right, bottom) in zip(pixels, places, strict=True):
        values[top:bottom, left:right] = target.values
    return Pixels(pixels[0].labels, values=values)


def _objects(several: Sequence[Objects], places: Sequence[Window], size: tuple[int, int]) -> Objects:
    columns = ("labels", "ids", "attributes", "texts", "ignored")
    joined: Any = {name: tuple(v for one in several for v in getattr(one, name)) for name in columns}
    shifts = [(place[0], place[1]) * 2 for place in places]
    return Objects(
        boxes=readonly(np.concatenate([one.boxes + s for one, s in zip(several, shifts, strict=True)]), 4),
        visible=readonly(np.concatenate([one.visible for one in several])),
        masks=tuple(
            None if mask is None else _shifted(mask, place, size)
            for one, place in zip(several, places, strict=True)
            for mask in one.masks
        ),
        **joined,
    )


def _shifted(mask: Mask, place: Window, size: tuple[int, int]) -> Mask:
    """Return a mask of a part as one of the whole picture."""
    left, top, right, bottom = place
    if isinstance(mask, Polygons):
        return Polygons(tuple(ring + np.array((left, top)) for ring in mask.rings))
    pixels = np.zeros(size[::-1], dtype=bool)
    pixels[top:bottom, left:right] = pixels_of(mask, mask.size)
    return encode(pixels)
