"""Stripes: bands roll through the picture, lines are torn sideways, or columns of the sensor are dead."""

from collections.abc import Iterable, Iterator

import numpy as np

from roadstead.simulate.lens.fault import CameraFault, dice, during
from roadstead.types import Frame, Image


def stripes(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Roll light and dark bands through ("bands"), tear groups of lines sideways ("tearing") or draw coloured columns ("columns")."""
    rng = dice(fault, seed)
    count, speed, phase = int(rng.integers(4, 9)), float(rng.uniform(0.4, 1.5)), float(rng.uniform(0, 1))
    columns = rng.random(int(4 + 26 * fault.strength)), rng.integers(0, 256, (int(4 + 26 * fault.strength), 3))

    def change(image: Image, t: float) -> Image:
        level = fault.level(t)
        height, width = image.shape[:2]
        if fault.form == "bands":
            wave = np.sin(2 * np.pi * (np.arange(height) / height * count + speed * (t - fault.start) + phase))
            gain = (wave / (0.35 + abs(wave)) * 1.1)[:, None, None].astype(np.float32) * np.float32(level)
            return np.asarray(np.clip(image * (1 + 0.6 * gain) + 45 * gain, 0, 255), np.uint8)
        if fault.form == "tearing":
            return _torn(image, level, rng)
        made = image.copy()
        shown = max(1, round(len(columns[0]) * level / fault.strength))
        for at, colour in zip(columns[0][:shown], columns[1][:shown], strict=True):
            x = int(at * width)
            made[:, x : x + max(2, width // 300)] = colour
        return made

    return during(pictures, fault, change)


def _torn(image: Image, level: float, rng: np.random.Generator) -> Image:
    """Return the picture with groups of lines moved sideways, each line of a group a little further, with bright rims."""
    height, width = image.shape[:2]
    made = image.copy()
    for _ in range(int(3 + 9 * level)):
        top = int(rng.integers(0, height))
        rows = int(height * rng.uniform(0.01, 0.02 + 0.09 * level))
        shift, slant = float(rng.normal(0, 0.12 * level) * width), float(rng.normal(0, 1.2))
        for k, y in enumerate(range(top, min(height, top + rows))):
            made[y] = np.roll(image[y], round(shift + slant * k), axis=0)
        made[top : top + max(1, height // 270)] = rng.integers(120, 256, 3)
    return made
