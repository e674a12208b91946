"""Blocked: something hangs before the lens or lies on it."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from roadstead.simulate.lens.covers import Cover, drawn
from roadstead.simulate.lens.fault import CameraFault, dice, during
from roadstead.types import Frame, Image

_BRIGHT = 1.9
"""How much brighter than the picture's mean a white thing before the lens is."""
_WAVES = 3


def blocked(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Cover about `strength` of the picture with a "leaf", "spray", "bag" or "hand", which comes in from a side while it grows.

    All but paint sway a little; they are as bright as the scene's light makes them, and let some of it through.
    """
    rng = dice(fault, seed)
    hz, phase = rng.uniform(0.15, 0.9, (3, _WAVES)), rng.uniform(0, 2 * np.pi, (3, _WAVES))
    covers: dict[tuple[int, int], Cover] = {}

    def change(image: Image, t: float) -> Image:
        size = (image.shape[1], image.shape[0])
        if size not in covers:
            covers[size] = drawn(fault.form, size, fault.strength, dice(fault, seed))
        sway = np.sin(2 * np.pi * hz * (t - fault.start) + phase).mean(axis=1)
        return _laid(
            image, covers[size], (float(sway[0]), float(sway[1]), float(sway[2])), fault.level(t) / fault.strength
        )

    return during(pictures, fault, change)


def _laid(image: Image, cover: Cover, sway: tuple[float, float, float], there: float) -> Image:
    """Return the picture under a cover that swings by `sway` (x, y, turn; about -1 to 1) and is `there` by a share 0-1."""
    height, width = image.shape[:2]
    up = height / cover.cover.shape[0]
    away = 0.0 if cover.swings == 0 else (1 - there) * 1.15
    turn = sway[2] * cover.swings * 0.8
    matrix = np.array(
        [
            [up * np.cos(turn), -up * np.sin(turn), sway[0] * cover.swings * height + cover.comes[0] * away * width],
            [up * np.sin(turn), up * np.cos(turn), sway[1] * cover.swings * height + cover.comes[1] * away * height],
        ]
    )
    border = cv2.BORDER_REPLICATE if away == 0 else cv2.BORDER_CONSTANT
    hidden = cv2.warpAffine(cover.cover, matrix, (width, height), borderMode=border)[..., None]
    colour = cv2.warpAffine(cover.colour, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    if cover.swings == 0 and there < 1:
        hidden = np.clip(hidden * (1 + 2 * there) - 2 * (1 - there), 0, 1)
    light = np.float32(image[::8, ::8].mean() * _BRIGHT + 6)
    scattered = cv2.resize(
        cv2.GaussianBlur(cv2.resize(image, (48, 27), interpolation=cv2.INTER_AREA), (0, 0), 2.2),
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )
    thing = colour * (light * np.float32(1 - cover.through / 2)) + scattered * np.float32(cover.through)
    return np.asarray(np.clip(image + (thing - image) * hidden, 0, 255), np.uint8)
