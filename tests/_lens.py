"""A small street of a simulated camera, with something that drives."""

from collections.abc import Iterator

import cv2
import numpy as np

from roadstead.types import Frame, Image

T0 = 1_778_459_400.0
FPS = 5


def street(size: tuple[int, int] = (320, 180)) -> Image:
    """Return a picture full of detail: smooth colours and fine texture, always the same."""
    rng = np.random.default_rng(4)
    coarse = cv2.resize(rng.integers(40, 200, (size[1] // 20, size[0] // 20, 3), dtype=np.uint8), size)
    fine = cv2.resize(rng.integers(0, 60, (size[1] // 3, size[0] // 3, 1), dtype=np.uint8), size)[..., None]
    return np.asarray(np.clip(coarse.astype(int) + fine, 0, 255), np.uint8)


def clip(seconds: float = 6.0, size: tuple[int, int] = (320, 180), *, moving: bool = True) -> Iterator[Frame]:
    """Yield pictures in which a white car drives to the right."""
    ground = street(size)
    for k in range(round(seconds * FPS)):
        image = ground.copy()
        if moving:
            x = 10 + 6 * k
            image[size[1] // 2 : size[1] // 2 + 24, x : x + 40] = 245
        yield Frame("street", T0 + k / FPS, image)
