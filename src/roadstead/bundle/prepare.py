"""From a picture to what a model is shown, and from its boxes back to the picture."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.bundle.card import Input
from roadstead.types import Floats, Image, readonly


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture of `size` (width, height) lies in the input: input px = picture px * scale + offset, for x and y."""

    size: tuple[int, int]
    scale: tuple[float, float]
    offset: tuple[float, float]

    def back(self, boxes: Floats) -> Floats:
        """Return boxes (n, 4) of the input as boxes of the picture, px, within it."""
        w, h = self.size
        moved = (boxes - np.array(self.offset * 2)) / np.array(self.scale * 2)
        return readonly(np.clip(moved, 0.0, np.array([w, h, w, h], dtype=np.float64)))


def prepare(image: Image, spec: Input) -> tuple[npt.NDArray[np.float32], Fit]:
    """Return the picture as the model wants it, (3, height, width) float32, and how it lies in there."""
    fit = _fit((image.shape[1], image.shape[0]), spec)
    w, h = round(fit.size[0] * fit.scale[0]), round(fit.size[1] * fit.scale[1])
    resized = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    if (w, h) != (spec.width, spec.height):
        canvas = np.full((spec.height, spec.width, 3), spec.pad_value, np.uint8)
        x, y = int(fit.offset[0]), int(fit.offset[1])
        canvas[y : y + h, x : x + w] = resized
        resized = canvas
    order = (0, 1, 2) if spec.channels == "rgb" else (2, 1, 0)
    tensor, planes = np.empty((3, spec.height, spec.width), np.float32), cv2.split(resized)
    for to, (channel, mean, std) in enumerate(zip(order, spec.mean, spec.std, strict=True)):
        np.multiply(planes[channel], np.float32(spec.scale / 255.0 / std), out=tensor[to])
        if mean:
            tensor[to] -= np.float32(mean / std)
    return tensor, fit


def _fit(size: tuple[int, int], spec: Input) -> Fit:
    w, h = size
    if spec.resize == "stretch":
        return Fit(size, (spec.width / w, spec.height / h), (0.0, 0.0))
    scale = min(spec.width / w, spec.height / h)
    inner_w, inner_h = max(round(w * scale), 1), max(round(h * scale), 1)
    offset = (0.0, 0.0)
    if spec.pad_at == "centre":
        offset = (float((spec.width - inner_w) // 2), float((spec.height - inner_h) // 2))
    return Fit(size, (inner_w / w, inner_h / h), offset)
