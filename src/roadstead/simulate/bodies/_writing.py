"""Writing painted into pictures with the Chinese fonts of a stock."""

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw

from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.fonts import Font, available
from roadstead.simulate.world.body import Rgb
from roadstead.types import Image


def face(kit: Kit) -> Font:
    """Return a font of the stock by chance, and keep its family as an asset."""
    return _one(kit, available(kit.stock))


def gothic(kit: Kit) -> Font:
    """Return a font without serifs, as plates and signs have them, or any font of a stock that has none."""
    fonts = available(kit.stock)
    return _one(kit, tuple(f for f in fonts if "Serif" not in f.family) or fonts)


def _one(kit: Kit, fonts: tuple[Font, ...]) -> Font:
    font = fonts[int(kit.rng.integers(len(fonts)))]
    kit.tags.append(f"font:{font.family}")
    return font


def written(
    picture: Image,
    text: str,
    box: tuple[float, float, float, float],
    rgb: Rgb,
    font: Font,
    *,
    stretched: bool = False,
) -> Image:
    """Return a picture with one line of text that fills a box (left, top, right, bottom; shares 0-1) as far as its form allows.

    `stretched` fills the box altogether, as sign writers' stencils do.
    """
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = (round(v * n) for v, n in zip(box, (width, height, width, height), strict=True))
    large = font.sized(64)
    left, top, right, bottom = large.getbbox(text)
    stencil = Pictures.new("L", (max(1, round(right - left)), max(1, round(bottom - top))))
    ImageDraw.Draw(stencil).text((-left, -top), text, fill=255, font=large)
    w, h = max(1, x1 - x0), max(1, y1 - y0)
    if not stretched:
        scale = min(w / stencil.width, h / stencil.height)
        w, h = max(1, round(stencil.width * scale)), max(1, round(stencil.height * scale))
    stencil = stencil.resize((w, h), Pictures.Resampling.LANCZOS)
    made = Pictures.fromarray(picture)
    colour = tuple(round(255 * v) for v in rgb)
    made.paste(colour, ((x0 + x1 - w) // 2, (y0 + y1 - h) // 2), stencil)
    return np.array(made, dtype=np.uint8)
