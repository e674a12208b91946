"""Moving a picture with all that is in it: boxes, masks and the classes of pixels.

Coordinates are px with the corner of the first pixel at 0, so pixel k lies from k to k + 1. What is done to pixels is done with
OpenCV: by themselves torchvision's are 2 to 6 times slower here (flip 2, resized crop 3, rotation 6; 640 x 480 on one core).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.dataset.classes import IGNORED, pixel_values
from roadstead.dataset.masks import Mask, Polygons, Rle, area_px, decode, encode, pixels_of
from roadstead.dataset.masks import Pixels as Bitmap
from roadstead.dataset.samples import Objects, Pixels, Target
from roadstead.errors import BadInput
from roadstead.train.augment import Shown
from roadstead.types import Floats, readonly

Array = npt.NDArray[Any]
Size = tuple[int, int]
_ROUNDING = 1e-9
_LEAST_PX = 1.0
"""A box that was cut and is narrower than this is no longer in the picture."""
_TIGHT_PX = 2.0
"""A mask whose bounds are so near to its box says where the box is once it has turned."""
_TYPES = ("uint8", "uint16", "int16", "float32", "float64")


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """Where points go: (2, 3) from the old picture to the new one, and the new one's (width, height), px."""

    matrix: Floats
    size: Size

    @property
    def upright(self) -> bool:
        """Whether upright boxes stay upright."""
        return bool(self.matrix[0, 1] == 0 == self.matrix[1, 0])

    @property
    def grows(self) -> float:
        """How many times larger areas become."""
        return float(abs(np.linalg.det(self.matrix[:, :2])))

    def points(self, points: npt.ArrayLike) -> Floats:
        """Move points (n, 2)."""
        return np.asarray(points, dtype=np.float64) @ self.matrix[:, :2].T + self.matrix[:, 2]


def window(corner: npt.ArrayLike, old: npt.ArrayLike, size: npt.ArrayLike | None = None) -> Move:
    """Return the move that shows a window of the old picture (its left top corner, its width and height), scaled to `size`."""
    to = np.asarray(old if size is None else size)
    scale = to / np.asarray(old)
    return Move(readonly(np.column_stack((np.diag(scale), -np.asarray(corner) * scale)), 3), (int(to[0]), int(to[1])))


def moved(shown: Shown, move: Move, least_visible: float = 0.0) -> Shown:
    """Return the picture and its target moved.

    An object that is no longer in the picture goes; one of which less than `least_visible` still is becomes `ignored`.
    """
    check(shown.image)
    target = target_moved(shown.target, move, size_of(shown.image), least_visible)
    return Shown(picture(shown.image, move), target)


def check(image: Array) -> None:
    """Raise BadInput where OpenCV cannot change such a picture."""
    if image.ndim != 3 or image.dtype.name not in _TYPES:
        raise BadInput(
            f"a picture of {image.dtype.name} and shape {image.shape} cannot be augmented: "
            f"it takes (height, width, bands) of {', '.join(_TYPES)}"
        )


def size_of(image: Array) -> Size:
    """Return width and height, px."""
    return image.shape[1], image.shape[0]


def fill_of(image: Array) -> float:
    """Return what fills the space around a picture: about its mean."""
    return float(image[::8, ::8].mean())


def picture(image: Array, move: Move, outside: float | None = None) -> Array:
    """Move the pixels of (H, W, bands), or of class indices (H, W), which are never mixed; `outside` fills what was not there."""
    scale, shift = np.diag(move.matrix), move.matrix[:, 2]
    fill = fill_of(image) if outside is None else outside
    if move.upright and (np.abs(scale) == 1).all() and (scale < 0).any() and move.size == size_of(image):
        new = cv2.flip(image, 1 if scale[1] > 0 else 0 if scale[0] > 0 else -1)
    elif move.upright and (scale > 0).all() and (cut := _cut(image, move)) is not None:
        new = cut if cut.shape[:2] == move.size[::-1] else _by_fours(cut, lambda bands: _scaled(bands, move.size))
    elif move.upright and (scale == 1).all() and (shift == shift.round()).all():
        new = _placed(image, move, fill)
    else:
        new = _by_fours(image, lambda bands: _warped(bands, move, fill))
    return np.ascontiguousarray(new.reshape(*move.size[::-1], *image.shape[2:]))


def _by_fours(image: Array, change: Callable[[Array], Array]) -> Array:
    """Change four bands at a time: OpenCV scales and warps no more at once."""
    if image.ndim == 2 or image.shape[2] <= 4:
        return change(image)
    return np.dstack([change(np.ascontiguousarray(image[..., k : k + 4])) for k in range(0, image.shape[2], 4)])


def _scaled(image: Array, size: Size) -> Array:
    if image.ndim == 2:
        return cv2.resize(image, size, interpolation=cv2.INTER_NEAREST_EXACT)
    smaller = size[0] <= image.shape[1] and size[1] <= image.shape[0]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def _warped(image: Array, move: Move, outside: float) -> Array:
    middle = move.matrix.copy()
    middle[:, 2] += move.matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV's pixels have their middle at whole numbers
    how = cv2.INTER_NEAREST if image.ndim == 2 else cv2.INTER_LINEAR
    return cv2.warpAffine(
        image, middle, move.size, flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=[outside] * 4
    )


def _cut(image: Array, move: Move) -> Array | None:
    """Return the window of the picture that fills the new one, None where it lies on no whole pixels or partly outside."""
    corners = (np.array([(0, 0), move.size]) - move.matrix[:, 2]) / np.diag(move.matrix)
    whole = corners.round().astype(int)
    if np.abs(corners - whole).max() > 1e-6 or whole.min() < 0 or (whole[1] > size_of(image)).any():
        return None
    (left, top), (right, bottom) = whole.tolist()
    return image[top:bottom, left:right]


def _placed(image: Array, move: Move, outside: float) -> Array:
    new = np.full((*move.size[::-1], *image.shape[2:]), outside, dtype=image.dtype)
    x, y = move.matrix[:, 2].astype(int).tolist()
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + image.shape[1], move.size[0]), min(y + image.shape[0], move.size[1])
    if left < right and top < bottom:
        new[top:bottom, left:right] = image[top - y : bottom - y, left - x : right - x]
    return new


def target_moved(target: Target | None, move: Move, size: Size, least_visible: float) -> Target | None:
    """Move what is known of a picture of `size`; what has no place in it stays as it is."""
    if isinstance(target, Pixels):
        return Pixels(target.labels, values=picture(pixel_values(target), move, IGNORED))
    if isinstance(target, Objects):
        return _objects(target, move, size, least_visible)
    return target


def _objects(target: Objects, move: Move, size: Size, least_visible: float) -> Objects:
    boxes, shares = _boxes(np.clip(target.boxes, 0, (*size, *size)), move)
    masks: list[Mask | None] = [None] * len(target)
    for k, mask in enumerate(target.masks):
        if mask is None or not shares[k]:
            continue
        masks[k], share = _mask(mask, move, size)
        new = masks[k]
        shares[k] = share if shares[k] < 1 else 1.0  # a box that is whole has a whole mask
        if new is not None and not move.upright and _is_tight(mask, target.boxes[k]):
            boxes[k] = bounds(new)
    wide = (boxes[:, 2:] - boxes[:, :2]).min(1, initial=np.inf) >= _LEAST_PX
    keep = np.flatnonzero((shares > 0) & (wide | (shares == 1))).tolist()
    kept = chosen(replace(target, boxes=boxes, masks=tuple(masks), visible=target.visible * shares), keep)
    hidden = shares[keep] < least_visible
    return replace(kept, ignored=tuple(out or bool(h) for out, h in zip(kept.ignored, hidden, strict=True)))


def chosen(target: Objects, keep: Sequence[int]) -> Objects:
    """Return some of the objects."""
    columns = ("labels", "masks", "ids", "attributes", "texts", "ignored")
    some: Any = {name: tuple(getattr(target, name)[k] for k in keep) for name in columns}
    return Objects(boxes=target.boxes[list(keep)], visible=target.visible[list(keep)], **some)


def _boxes(boxes: Floats, move: Move) -> tuple[Floats, Floats]:
    """Return the upright boxes (n, 4) around what the new picture shows of boxes, and the share of each that it shows (n,)."""
    if not move.upright:
        made = [_turned(box, move) for box in boxes]
        return np.array([b for b, _ in made]).reshape(-1, 4), np.array([s for _, s in made])
    one, two = move.points(boxes[:, :2]), move.points(boxes[:, 2:])
    low, high = np.minimum(one, two), np.maximum(one, two)
    seen_low, seen_high = np.clip(low, 0, move.size), np.clip(high, 0, move.size)
    whole, shows = (high - low).prod(1), (seen_high - seen_low).prod(1)
    shares = np.where(whole > 0, shows / np.where(whole > 0, whole, 1), 1.0)
    shares[shares > 1 - _ROUNDING] = 1.0
    shares[(high < 0).any(1) | (low > move.size).any(1)] = 0.0
    return np.hstack((seen_low, seen_high)), shares


def _turned(box: Floats, move: Move) -> tuple[Floats, float]:
    """Return the same for one box that does not stay upright."""
    left, top, right, bottom = box.tolist()
    corners = move.points([(left, top), (right, top), (right, bottom), (left, bottom)])
    seen = _inside(corners, move.size)
    if not len(seen):
        return np.zeros(4), 0.0
    whole = _area(corners)
    share = _area(seen) / whole if whole > 0 else 1.0
    around = np.clip((*seen.min(0), *seen.max(0)), 0, (*move.size, *move.size))
    return around, 1.0 if share > 1 - _ROUNDING else share


def _inside(ring: Floats, size: Size) -> Floats:
    """Cut a convex outline by the picture's four edges, one after another (Sutherland and Hodgman, 1974)."""
    for axis, sign, limit in ((0, 1, 0.0), (0, -1, -size[0]), (1, 1, 0.0), (1, -1, -size[1])):
        depth = sign * ring[:, axis] - limit
        cut = []
        for k in range(len(ring)):
            if depth[k - 1] * depth[k] < 0:
                cut.append(ring[k - 1] + (ring[k] - ring[k - 1]) * (depth[k - 1] / (depth[k - 1] - depth[k])))
            if depth[k] >= 0:
                cut.append(ring[k])
        ring = np.array(cut).reshape(-1, 2)
    return ring


def _area(ring: Floats) -> float:
    x, y = ring.T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _mask(mask: Mask, move: Move, size: Size) -> tuple[Mask | None, float]:
    """Return a mask moved, and the share of it that the new picture shows; outlines that stay whole stay outlines."""
    if isinstance(mask, Polygons):
        rings = Polygons(tuple(move.points(ring) for ring in mask.rings))
        points = np.concatenate(rings.rings)
        if (points >= 0).all() and (points <= move.size).all():
            return rings, 1.0
        pixels = _drawn(rings, move.size)
        before = _area_inside(mask, size) * move.grows
    else:
        if mask.size != size:
            raise BadInput(
                f"a mask of {mask.size[0]} x {mask.size[1]} px lies on a picture of {size[0]} x {size[1]} px"
            )
        pixels = picture(decode(mask).view(np.uint8), move, 0).view(np.bool_)
        before = area_px(mask) * move.grows
    count = int(np.count_nonzero(pixels))
    if not count:
        return None, 0.0
    share = min(count / before, 1.0) if before else 1.0
    return encode(pixels), share


def _area_inside(mask: Polygons, size: Size) -> float:
    points = np.concatenate(mask.rings)
    if (points >= 0).all() and (points <= size).all():
        return area_px(mask)
    return float(np.count_nonzero(_drawn(mask, size)))


def _drawn(mask: Polygons, size: Size) -> Bitmap:
    """Return the pixels of outlines (height, width); what lies around them is not looked at."""
    points = np.concatenate(mask.rings)
    low = np.clip(np.floor(points.min(0)), 0, size).astype(int)
    high = np.clip(np.ceil(points.max(0)), low, size).astype(int)
    pixels = np.zeros(size[::-1], dtype=np.bool_)
    near = Polygons(tuple(ring - low for ring in mask.rings))
    pixels[low[1] : high[1], low[0] : high[0]] = pixels_of(near, (int(high[0] - low[0]), int(high[1] - low[1])))
    return pixels


def bounds(mask: Mask) -> Floats:
    """Return the upright box around a mask that is not empty."""
    if isinstance(mask, Polygons):
        points = np.concatenate(mask.rings)
        return readonly((*points.min(0), *points.max(0)))
    pixels = decode(mask)
    columns, rows = np.flatnonzero(pixels.any(0)), np.flatnonzero(pixels.any(1))
    return readonly((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))


def _is_tight(mask: Mask, box: Floats) -> bool:
    if isinstance(mask, Rle) and not sum(mask.counts[1::2]):
        return False
    return bool(np.abs(bounds(mask) - box).max() <= _TIGHT_PX)
