"""Drawing on a picture: smooth, legible on any background, Chinese included. Colours are RGB."""

import re
import threading
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.types import Image

Colour = tuple[int, int, int]
Point = tuple[float, float]

INK: Colour = (16, 20, 26)
PAPER: Colour = (244, 246, 248)
QUIET: Colour = (176, 186, 196)
RED: Colour = (255, 82, 71)
AMBER: Colour = (255, 184, 56)
GREEN: Colour = (72, 214, 143)
BLUE: Colour = (86, 180, 255)
TRACKS: tuple[Colour, ...] = (
    (86, 180, 255),
    (72, 214, 143),
    (255, 184, 56),
    (214, 140, 255),
    (255, 128, 150),
    (64, 224, 224),
    (226, 214, 92),
    (255, 150, 84),
)
"""Told apart by most colour-blind eyes too, and bright enough for night pictures."""

_FINE = 4
"""Bits of fraction of a pixel that OpenCV draws with."""
_PIECES = re.compile(r"[^\u2e80-\uffff\s]+\s*|[\u2e80-\uffff]\s*|\s+")
"""Words, and single Chinese signs, with the space behind them."""
_own = threading.local()


def line(
    image: Image, points: npt.ArrayLike, colour: Colour, width: float, *, closed: bool = False, halo: bool = True
) -> None:
    """Draw a polyline (n, 2) px, with a dark rim so that it stands out on bright ground."""
    path = [_fine(points)]
    if halo:
        cv2.polylines(image, path, closed, INK, max(2, round(width * 1.6 + 0.5)), cv2.LINE_AA, _FINE)
    cv2.polylines(image, path, closed, colour, max(1, round(width)), cv2.LINE_AA, _FINE)


def fill(image: Image, points: npt.ArrayLike, colour: Colour, opacity: float) -> None:
    """Lay a translucent polygon (n, 2) px over the picture."""
    layer = image.copy()
    cv2.fillPoly(layer, [_fine(points)], colour, cv2.LINE_AA, _FINE)
    cv2.addWeighted(layer, opacity, image, 1 - opacity, 0, dst=image)


def dot(image: Image, at: Point, radius: float, colour: Colour) -> None:
    """Draw a filled disc with a dark rim."""
    centre = tuple(int(v) for v in _fine([at])[0, 0])
    scale = 1 << _FINE
    cv2.circle(image, centre, round((radius + 1.5) * scale), INK, cv2.FILLED, cv2.LINE_AA, _FINE)
    cv2.circle(image, centre, round(radius * scale), colour, cv2.FILLED, cv2.LINE_AA, _FINE)


def arrow(image: Image, start: Point, end: Point, colour: Colour, width: float) -> None:
    """Draw an arrow from `start` to `end`."""
    tip, way = np.array(end), np.array(end) - np.array(start)
    length = float(np.hypot(*way))
    if length < 1:
        return
    along = way / length
    across = np.array([-along[1], along[0]])
    head = min(length * 0.6, width * 4.5)
    line(image, [start, tip - along * head * 0.6], colour, width)
    corners = [tip, tip - along * head + across * head * 0.5, tip - along * head - across * head * 0.5]
    line(image, corners, INK, 2, closed=True, halo=False)
    cv2.fillPoly(image, [_fine(corners)], colour, cv2.LINE_AA, _FINE)


def corners(image: Image, box: npt.ArrayLike, colour: Colour, width: float) -> None:
    """Draw the four corners of a box xyxy strongly and the rest of it thinly."""
    x0, y0, x1, y1 = (float(v) for v in np.asarray(box))
    arm = max(6.0, min(x1 - x0, y1 - y0) * 0.25)
    line(image, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour, max(1.0, width / 3), closed=True)
    for x, y, dx, dy in ((x0, y0, 1, 1), (x1, y0, -1, 1), (x1, y1, -1, -1), (x0, y1, 1, -1)):
        line(image, [(x + dx * arm, y), (x, y), (x, y + dy * arm)], colour, width)


def text(image: Image, what: str, at: Point, size: int, colour: Colour, *, weight: int = 500, halo: bool = True) -> int:
    """Write one line whose upper left corner is `at`; return the x behind it."""
    x, y = round(at[0]), round(at[1] + size * 0.86)
    wide = (0, 1 << 20)
    if halo:
        rim = max(1, size // 14)
        for dx in (-rim, 0, rim):
            for dy in (-rim, 0, rim):
                if dx or dy:
                    cv2.putText(image, what, (x + dx, y + dy), INK, _font(), size, weight, 0, wide)
    behind, _ = cv2.putText(image, what, (x, y), colour, _font(), size, weight, 0, wide)
    return int(behind[0])


def width_of(what: str, size: int, weight: int = 500) -> int:
    """Return how wide a line of text is, px."""
    if not what:
        return 0
    x, _, width, _ = cv2.getTextSize((1 << 20, 1 << 12), what, (0, 0), _font(), size, weight, 0, (0, 1 << 20))
    return int(x + width)


def wrap(what: str, size: int, width: int, weight: int = 500) -> list[str]:
    """Break a text into lines no wider than `width` px: at spaces, and anywhere between Chinese signs."""
    lines, current = [], ""
    for piece in _PIECES.findall(what):
        if current and width_of((current + piece).rstrip(), size, weight) > width:
            lines.append(current.rstrip())
            current = piece.lstrip()
        else:
            current += piece
    return [*lines, current.rstrip()] if current.strip() else lines


def chip(
    image: Image, what: str, at: Point, size: int, colour: Colour, *, ink: Colour = INK, opacity: float = 0.92
) -> tuple[int, int]:
    """Write one line on a plate whose upper left corner is `at`, moved into the picture; return its width and height."""
    pad = round(size * 0.42)
    width, height = width_of(what, size, 600) + 2 * pad, round(size * 1.55)
    x = round(min(max(0.0, at[0]), max(0, image.shape[1] - width)))
    y = round(min(max(0.0, at[1]), max(0, image.shape[0] - height)))
    plate(image, (x, y, x + width, y + height), colour, opacity)
    text(image, what, (x + pad, y + round(size * 0.24)), size, ink, weight=600, halo=False)
    return width, height


def plate(image: Image, box: tuple[int, int, int, int], colour: Colour, opacity: float) -> None:
    """Lay a translucent rectangle over the picture."""
    x0, y0, x1, y1 = box
    part = image[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    if part.size:
        part[:] = cv2.addWeighted(np.full_like(part, colour), opacity, part, 1 - opacity, 0)


def dim(image: Image, box: npt.ArrayLike | None, strength: float) -> Image:
    """Return the picture darker by `strength` (0 to 1), but for a soft-edged box."""
    dark = cv2.convertScaleAbs(image, alpha=1 - strength)
    if box is None:
        return np.asarray(dark, np.uint8)
    x0, y0, x1, y1 = (round(float(v)) for v in np.asarray(box))
    margin = max(6, round(0.12 * max(x1 - x0, y1 - y0)))
    reach = 3 * margin  # further away the soft edge has faded
    rows = slice(max(0, y0 - reach), max(0, y1 + reach))
    columns = slice(max(0, x0 - reach), max(0, x1 + reach))
    mask: npt.NDArray[Any] = np.full(image.shape[:2], 1 - strength, np.float32)
    mask[max(0, y0 - margin) : max(0, y1 + margin), max(0, x0 - margin) : max(0, x1 + margin)] = 1
    part = mask[rows, columns]
    if part.size:
        soft = cv2.GaussianBlur(part, (0, 0), margin * 0.6)
        dark[rows, columns] = (image[rows, columns] * soft[:, :, None]).round()
    return np.asarray(dark, dtype=np.uint8)


def resize(image: Image, width: int) -> Image:
    """Return the picture scaled to a width, px; a copy in any case."""
    if width == image.shape[1]:
        return image.copy()
    height = round(image.shape[0] * width / image.shape[1])
    how = cv2.INTER_CUBIC if width > image.shape[1] else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)


def _fine(points: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Return points (n, 2) px as OpenCV takes them, with a fraction of a pixel; far-away ones are brought near."""
    at = np.clip(np.asarray(points, dtype=np.float64).reshape(-1, 1, 2), -30_000, 30_000)
    return (at * (1 << _FINE)).round().astype(np.int32)


def _font() -> cv2.FontFace:
    """Return this thread's font (a font keeps the weight it was last used with); OpenCV carries it, Chinese included."""
    if not hasattr(_own, "font"):
        _own.font = cv2.FontFace("sans")
    font: cv2.FontFace = _own.font
    return font
