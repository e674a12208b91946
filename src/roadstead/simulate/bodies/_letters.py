"""Painted letters: as pictures, and on a body."""

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.fonts import Font
from roadstead.simulate.world.body import Material, Mesh, Rgb
from roadstead.simulate.world.solids import quad
from roadstead.types import Floats, Image

_HIGH_PX = 64
_WIDEST_PX = 512


def written(text: str, font: Font, ink: Rgb, ground: Rgb, *, lines: int = 1) -> Material:
    """Return a surface with text of one or more lines, 64 px a line and at most 512 px wide; the letters fill nine tenths of it."""
    rows = text.split("\n")[: max(lines, 1)]
    face = font.sized(54)
    wide = max(int(face.getlength(row)) for row in rows) + 12
    picture = Picture.new("RGB", (wide, _HIGH_PX * len(rows)), _bytes(ground))
    pen = ImageDraw.Draw(picture)
    for k, row in enumerate(rows):
        pen.text((wide / 2, _HIGH_PX * (k + 0.5)), row, fill=_bytes(ink), font=face, anchor="mm")
    if wide > _WIDEST_PX:
        picture = picture.resize((_WIDEST_PX, picture.height * _WIDEST_PX // wide), Picture.Resampling.LANCZOS)
    return Material(picture=np.asarray(picture, dtype=np.uint8), shine=0.1, specular=0.1)


def aspect(surface: Material) -> float:
    """Return how many times as wide as high a surface's picture is."""
    picture: Image | None = surface.picture
    return 1.0 if picture is None else picture.shape[1] / picture.shape[0]


def letter(kit: Kit, kind: str, text: str, mesh: Mesh, corners: Floats, surface: Material) -> None:
    """Put something written on a body whose solids cover it already, or nearly; `corners` (4, 3) are those of its field."""
    kit.add(mesh, surface, "")
    height, width = surface.picture.shape[:2] if surface.picture is not None else (0, 0)
    kit.write(kind, text, corners, (width, height))


def board(kit: Kit, kind: str, text: str, corners: Floats, surface: Material) -> None:
    """Put something written on a body, on a flat field whose corners (4, 3) go from the top left one clockwise."""
    letter(kit, kind, text, quad(np.asarray(corners)[[3, 2, 1, 0]]), corners, surface)


def _bytes(rgb: Rgb) -> tuple[int, int, int]:
    r, g, b = (round(255 * max(0.0, min(1.0, c))) for c in rgb)
    return r, g, b
