"""A contact sheet: pictures in columns with what is in them, a line of words under each."""

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.dataset.classes import IGNORED, pixel_values
from roadstead.dataset.masks import pixels_of
from roadstead.dataset.samples import Objects, Pixels, Target
from roadstead.types import Image

Rgb = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
CELL = (360, 300)
"""Width and height of a picture on the sheet, px."""
_GAP, _LINE, _LETTER = 6, 22, 14
_PAPER, _GROUND, INK, GREY = (24, 26, 30), (40, 43, 48), (235, 235, 235), (160, 160, 160)
_TINT = 0.45
_FONT = cv2.FontFace("uni")
"""OpenCV's own font with Latin and Chinese letters."""


@dataclass(slots=True)
class Sheet:
    """Grows downwards, `columns` pictures wide."""

    columns: int
    _strips: list[Image] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Width, px."""
        return self.columns * (CELL[0] + _GAP) + _GAP

    def words(self, text: str, colour: Rgb = INK) -> None:
        """Add a line, cut where the sheet ends."""
        self.legend([(text, colour)])

    def legend(self, several: Sequence[tuple[str, Rgb]]) -> None:
        """Add words of several colours, on as many lines as they need."""
        x, strip = _GAP, _blank(self.width, _LINE)
        for text, colour in several:
            fitting = _fitting(text, self.width - 2 * _GAP)
            if x > _GAP and x + _long(fitting) > self.width:
                self._strips.append(strip)
                x, strip = _GAP, _blank(self.width, _LINE)
            _write(strip, fitting, (x, _LINE - 6), colour)
            x += _long(fitting) + 3 * _GAP
        self._strips.append(strip)

    def cells(self, several: Sequence[tuple[Image, str]]) -> None:
        """Add pictures of CELL's size, each with a line under it."""
        for begin in range(0, len(several), self.columns):
            strip = _blank(self.width, CELL[1] + _LINE + _GAP)
            for k, (image, caption) in enumerate(several[begin : begin + self.columns]):
                x = _GAP + k * (CELL[0] + _GAP)
                strip[: CELL[1], x : x + CELL[0]] = image
                _write(strip, _fitting(caption, CELL[0]), (x, CELL[1] + _LINE - 6), GREY)
            self._strips.append(strip)

    def image(self) -> Image:
        """Return the whole sheet."""
        return np.concatenate([_blank(self.width, _GAP), *self._strips])


def colours(names: Sequence[str]) -> dict[str, Rgb]:
    """Return a bright colour for each class, far from those before it (steps of the golden angle around the circle)."""
    made = {}
    for k, name in enumerate(names):
        r, g, b = colorsys.hsv_to_rgb((0.08 + k * 0.381966) % 1.0, 0.75 if k % 2 else 0.9, 1.0)
        made[name] = (round(r * 255), round(g * 255), round(b * 255))
    return made


def cell(image: npt.NDArray[Any], target: Target | None, by_class: Mapping[str, Rgb]) -> Image:
    """Return a picture in a cell, with its boxes, masks or pixel classes; bands beyond the first three are not shown."""
    visible = _rgb(image)
    height, width = visible.shape[:2]
    scale = min(CELL[0] / width, CELL[1] / height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST if scale > 3 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(visible, size, interpolation=how), dtype=np.uint8)
    if isinstance(target, Pixels):
        _tint_pixels(small, target, by_class)
    if isinstance(target, Objects):
        _objects(small, target, (width, height), by_class)
    whole = np.full((CELL[1], CELL[0], 3), _GROUND, dtype=np.uint8)
    x, y = (CELL[0] - size[0]) // 2, (CELL[1] - size[1]) // 2
    whole[y : y + size[1], x : x + size[0]] = small
    return whole


def _rgb(image: npt.NDArray[Any]) -> Image:
    """Return 8-bit RGB of a picture of any bands and type; other than 8 bits from its darkest to its brightest."""
    three = image[..., :3] if image.shape[2] >= 3 else np.repeat(image[..., :1], 3, axis=2)
    if three.dtype == np.uint8:
        return np.ascontiguousarray(three)
    low, high = float(three.min()), float(three.max())
    return ((three.astype(np.float64) - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)


def _tint_pixels(small: Image, target: Pixels, by_class: Mapping[str, Rgb]) -> None:
    size = (small.shape[1], small.shape[0])
    values = cv2.resize(pixel_values(target), size, interpolation=cv2.INTER_NEAREST_EXACT)
    for k, name in enumerate(target.labels):
        _tint(small, values == k, by_class.get(name, GREY))
    nothing = values == IGNORED
    stripes = (np.add(*np.indices(values.shape)) // 4) % 4 == 0
    small[nothing & stripes] = GREY


def _objects(small: Image, target: Objects, size: tuple[int, int], by_class: Mapping[str, Rgb]) -> None:
    scale = np.array([small.shape[1] / size[0], small.shape[0] / size[1]] * 2)
    hues = [GREY if out else by_class.get(name, INK) for name, out in zip(target.labels, target.ignored, strict=True)]
    for mask, hue in zip(target.masks, hues, strict=True):
        if mask is not None:
            inside = pixels_of(mask, size).view(np.uint8)
            _tint(small, cv2.resize(inside, small.shape[1::-1], interpolation=cv2.INTER_NEAREST_EXACT) > 0, hue)
    ends = np.minimum(np.round(target.boxes * scale).astype(int), [small.shape[1] - 1, small.shape[0] - 1] * 2)
    for (left, top, right, bottom), hue in zip(ends.tolist(), hues, strict=True):
        cv2.rectangle(small, (left, top), (right, bottom), hue, 2)
    taken = np.zeros(small.shape[:2], dtype=bool)
    for k in np.argsort(-(ends[:, 2] - ends[:, 0])).tolist():
        _name(small, target.labels[k], ends[k].tolist(), hues[k], taken)


def _name(small: Image, name: str, box: Sequence[int], hue: Rgb, taken: npt.NDArray[np.bool_]) -> None:
    """Write a class above its box, or below it; where other names stand the colour has to say it."""
    long = _long(name, 11) + 4
    x = max(min(box[0], small.shape[1] - long), 0)
    for y in (box[1] - 14, box[3] + 1, box[1] + 1):
        if 0 <= y <= small.shape[0] - 14 and not taken[y : y + 14, x : x + long].any():
            taken[y : y + 14, x : x + long] = True
            cv2.rectangle(small, (x, y), (x + long - 1, y + 13), hue, -1)
            _write(small, name, (x + 2, y + 11), (0, 0, 0), 11)
            return


def _tint(image: Image, where: npt.NDArray[np.bool_], hue: Rgb) -> None:
    image[where] = (image[where] * (1 - _TINT) + np.array(hue) * _TINT).astype(np.uint8)


def _blank(width: int, height: int) -> Image:
    return np.full((height, width, 3), _PAPER, dtype=np.uint8)


def _long(text: str, size: int = _LETTER) -> int:
    return int(cv2.getTextSize((4096, 64), text, (0, 0), _FONT, size, 400)[2])


def _fitting(text: str, width: int) -> str:
    """Return as much of a text as fits."""
    if _long(text) <= width:
        return text
    while text and _long(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def _write(image: Image, text: str, at: tuple[int, int], colour: Rgb, size: int = _LETTER) -> None:
    cv2.putText(image, text, at, colour, _FONT, size, 400)
