"""Moving objects of any class, found against a learned background: the default where no model is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt

from roadstead.detect import detector
from roadstead.detect._background import Background, Mask, Plane, Planes, Rates
from roadstead.detect._blobs import blobs, ghosts, whole
from roadstead.types import Detections, Frame, Image

cv2.setNumThreads(1)

_LONGEST_STEP_S = 2.0
_EVERYTHING = 0.5
_GHOST_S = 0.5
_TREMBLE = 0.25
_LEARN_S = 0.35
_FRESH_S = 5.0
_LEAST_SIDE = 12
_SQUARE = np.ones((3, 3), np.uint8)


@detector("motion", zh="运动目标")
@dataclass(slots=True, kw_only=True, eq=False)
class Motion:
    """Boxes labelled "object" around what differs from the background; it keeps a model, so one instance serves one camera.

    Something that stops, or is left behind, stays a box for `hold_s` before it becomes background. `working_px` is how
    many pixels the small picture has that all work is done on; `min_side_px` is on the camera's picture.
    """

    shared: ClassVar[bool] = False

    hold_s: Annotated[float, Gt(0)] = 120.0
    adapt_s: Annotated[float, Gt(0)] = 12.0
    contrast: Annotated[float, Gt(0)] = 11.0
    min_side_px: Annotated[float, Ge(1)] = 8.0
    working_px: Annotated[int, Ge(1024)] = 19600
    _model: Background | None = field(default=None, init=False, repr=False)
    _size: tuple[int, int] = field(default=(0, 0), init=False, repr=False)
    _t: float = field(default=0.0, init=False, repr=False)
    _upset_s: float = field(default=0.0, init=False, repr=False)
    _owed_s: float = field(default=0.0, init=False, repr=False)
    _kept: Mask | None = field(default=None, init=False, repr=False)

    @property
    def model(self) -> Mapping[str, str]:
        """None: what is background is learned from the pictures."""
        return {}

    def detect(self, frame: Frame) -> Detections:
        """Return the moving and the newly standing objects; nothing on the first picture, or the first of another size."""
        small = shrink(frame.image, self.working_px)
        if self._model is None or self._kept is None or self._size != frame.size:
            self._restart(small, frame)
            return _none(frame)
        dt = float(np.clip(frame.t - self._t, 0.0, _LONGEST_STEP_S))
        self._t = frame.t
        rates = Rates(adapt_s=self.adapt_s, hold_s=self.hold_s, noise_s=6.0, step=3.5, contrast=self.contrast)
        model = self._model
        model.scale(gain(small, model.look, self._kept))
        small, shift = steady(small, model.look)
        change, body = model.compare(small, rates)
        if shift.any():
            body &= _seen_in_both(shift, body.shape)
        if self._lost(change, dt):
            self._restart(small, frame)
            return _none(frame)
        factor = frame.size[0] / small.shape[2]
        side = max(self.min_side_px / factor, 1.5)
        found = blobs(body, change, side * side)
        gone = ghosts(found, small, model.look, model.other_s > _GHOST_S)
        if gone.any():
            model.uncover(small, found.mask(gone))
            found = found.where(~gone)
        self._owed_s += dt
        if self._owed_s >= _LEARN_S or model.age_s < _FRESH_S:
            self._kept = cv2.dilate(found.mask().view(np.uint8), _SQUARE) > 0
            model.learn(small, change=change, kept=self._kept, dt=self._owed_s, rates=rates)
            self._owed_s = 0.0
        boxes, scores = whole(found, side)
        boxes = np.clip((boxes + np.tile(shift, 2)) * factor, 0.0, np.tile(frame.size, 2).astype(np.float64))
        return Detections(frame.camera, frame.t, frame.size, boxes, scores, ("object",) * len(boxes))

    def _restart(self, small: Planes, frame: Frame) -> None:
        self._model, self._size, self._t = Background.of(small), frame.size, frame.t
        self._upset_s, self._owed_s = 0.0, 0.0
        self._kept = np.zeros(small.shape[1:], dtype=bool)

    def _lost(self, change: Plane, dt: float) -> bool:
        """Whether nearly everything has differed for a second: the camera was turned or the light switched."""
        self._upset_s = self._upset_s + dt if (change >= 1.0).mean() > _EVERYTHING else 0.0
        return self._upset_s > 1.0


def shrink(image: Image, working_px: int) -> Planes:
    """Return the picture as Y, Cr, Cb float32 (3, h, w) with about `working_px` pixels; halving twice is faster than a fourth."""
    h, w = image.shape[:2]
    scale = float(np.sqrt(working_px / (h * w)))
    while scale <= 0.55 and min(h, w) > 1:
        h, w, scale = max(h // 2, 1), max(w // 2, 1), scale * 2
        image = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if scale < 0.9:
        size = (max(round(w * scale), 1), max(round(h * scale), 1))
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    return np.array(cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)), np.float32)


def gain(small: Planes, look: Planes, kept: Mask) -> float:
    """Return by how much the whole picture became brighter; 1 where that does not explain the picture better."""
    here = (slice(None, None, 4), slice(None, None, 4))
    now, before = small[0][here], look[0][here]
    usable = ~kept[here] & (before > 16) & (now < 250)
    if usable.sum() < 64:
        return 1.0
    now, before = now[usable], before[usable]
    ratio = float(np.sort(now / before)[len(now) // 2])
    if abs(ratio - 1.0) < 0.004:
        return 1.0
    better = np.count_nonzero(np.abs(now - ratio * before) < 6.0) > np.count_nonzero(np.abs(now - before) < 6.0)
    return ratio if better else 1.0


def steady(small: Planes, look: Planes) -> tuple[Planes, npt.NDArray[np.float64]]:
    """Return the picture moved onto the background, and the shift (x, y) small px by which the camera shook."""
    still = np.zeros(2)
    h, w = small.shape[1] // 2, small.shape[2] // 2
    if min(h, w) < _LEAST_SIDE:
        return small, still
    now = np.asarray(cv2.resize(small[0], (w, h), interpolation=cv2.INTER_AREA), np.float32)
    before = np.asarray(cv2.resize(look[0], (w, h), interpolation=cv2.INTER_AREA), np.float32)
    (x, y), _ = cv2.phaseCorrelate(before, now, _window(w, h))
    shift = 2.0 * np.array([x, y])
    if np.abs(shift).max() < _TREMBLE or np.abs(shift).max() > 0.08 * small.shape[2]:
        return small, still
    if _misfit(_moved(now, shift / 2.0), before) > 0.9 * _misfit(now, before):
        return small, still
    for _ in range(2):
        shift = shift + _rest(_moved(small[0], shift), look[0])
    if _misfit(_moved(small[0], shift), look[0]) > 0.85 * _misfit(small[0], look[0]):
        return small, still
    return np.array([_moved(plane, shift) for plane in small], np.float32), shift


@lru_cache(maxsize=32)
def _window(w: int, h: int) -> Plane:
    """Return the weights that fade a picture out towards its edges."""
    return np.asarray(cv2.createHanningWindow((w, h), cv2.CV_32F), np.float32)


def _moved(plane: Plane, shift: npt.NDArray[np.float64]) -> Plane:
    """Return a plane moved back by a shift."""
    move = np.array([[1.0, 0.0, -shift[0]], [0.0, 1.0, -shift[1]]])
    moved = cv2.warpAffine(plane, move, (plane.shape[1], plane.shape[0]), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _rest(now: Plane, before: Plane) -> npt.NDArray[np.float64]:
    """Return the shift that is left between two nearly equal planes, by least squares on the slopes (Lucas and Kanade)."""
    slope = np.array(
        [cv2.Sobel(before, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(before, cv2.CV_32F, 0, 1, scale=0.125)]
    )
    slope, away = slope[:, ::2, ::2], (now - before)[::2, ::2]
    used = (np.abs(away) < 40.0) & (np.abs(slope).max(axis=0) > 2.0)
    slopes = slope[:, used].astype(np.float64)
    if slopes.shape[1] < 50:
        return np.zeros(2)
    step = np.linalg.lstsq(slopes @ slopes.T + np.eye(2), -slopes @ away[used].astype(np.float64), rcond=None)[0]
    return np.asarray(step.clip(-1.5, 1.5))


def _misfit(now: npt.NDArray[Any], before: Plane) -> float:
    """Return the mean difference, grey levels; what moves counts little."""
    return float(np.minimum(np.abs(now[::2, ::2] - before[::2, ::2]), 20.0).mean())


def _seen_in_both(shift: npt.NDArray[np.float64], shape: tuple[int, ...]) -> Mask:
    """Where a picture that was moved back by a shift still has pixels of its own."""
    h, w = shape
    x, y = (int(np.ceil(abs(s))) + 1 if s else 0 for s in shift)
    inner = np.zeros((h, w), dtype=bool)
    inner[
        y if shift[1] < 0 else 0 : h - (y if shift[1] > 0 else 0),
        x if shift[0] < 0 else 0 : w - (x if shift[0] > 0 else 0),
    ] = True
    return inner


def _none(frame: Frame) -> Detections:
    return Detections(frame.camera, frame.t, frame.size, np.empty((0, 4)), np.empty(0), ())
