"""Writing painted into pictures with a Chinese font."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from roadstead.errors import BadInput
from roadstead.simulate.world.body import Rgb
from roadstead.types import Image

FONTS = {
    "noto_sans": Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"),
    "noto_serif": Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc"),
    "micro_hei": Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    "zen_hei": Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
}


@lru_cache(maxsize=64)
def _font(path: Path, size_px: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(str(path), size_px, index=2 if path.name.startswith("Noto") else 0)
    except OSError:
        raise BadInput(
            f"{path}: no Chinese font is there; install the packages fonts-noto-cjk and fonts-wqy-zenhei"
        ) from None


def written(
    picture: Image,
    text: str,
    box: tuple[float, float, float, float],
    rgb: Rgb,
    font: Path,
    *,
    stretched: bool = False,
) -> Image:
    """Return a picture with one line of text that fills a box (left, top, right, bottom; shares 0-1) as far as its form allows.

    `stretched` fills the box altogether, as sign writers' stencils do.
    """
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = (round(v * n) for v, n in zip(box, (width, height, width, height), strict=True))
    face = _font(font, 64)
    left, top, right, bottom = face.getbbox(text)
    stencil = Pictures.new("L", (max(1, round(right - left)), max(1, round(bottom - top))))
    ImageDraw.Draw(stencil).text((-left, -top), text, fill=255, font=face)
    w, h = max(1, x1 - x0), max(1, y1 - y0)
    if not stretched:
        scale = min(w / stencil.width, h / stencil.height)
        w, h = max(1, round(stencil.width * scale)), max(1, round(stencil.height * scale))
    stencil = stencil.resize((w, h), Pictures.Resampling.LANCZOS)
    made = Pictures.fromarray(picture)
    colour = tuple(round(255 * v) for v in rgb)
    made.paste(colour, ((x0 + x1 - w) // 2, (y0 + y1 - h) // 2), stencil)
    return np.array(made, dtype=np.uint8)
