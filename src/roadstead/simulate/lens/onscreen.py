"""On-screen display: what cameras write into their pictures: the time with the day of the week, and their name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures
from PIL import ImageDraw

from roadstead.simulate.fonts import Font
from roadstead.types import Frame, Image

_DAYS = "一二三四五六日"
_MARGIN = 0.018


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """The camera's name and how the time is written; the letters' height as a share of the picture's.

    "chinese": 2026年05月11日 星期一 08:30:12, "iso": 2026-05-11 08:30:12, "iso_day": 2026-05-11 星期一 08:30:12.
    """

    font: Font
    name: str = ""
    style: Literal["chinese", "iso", "iso_day"] = "chinese"
    timezone: str = "Asia/Shanghai"
    height: float = 0.045
    clock_at: Literal["left", "right"] = "left"

    def clock(self, t: float) -> str:
        """Write a time."""
        at = datetime.fromtimestamp(t, ZoneInfo(self.timezone))
        day = f"星期{_DAYS[at.weekday()]}"
        date = f"{at.year:04d}年{at.month:02d}月{at.day:02d}日" if self.style == "chinese" else f"{at:%Y-%m-%d}"
        return " ".join((date, *(() if self.style == "iso" else (day,)), f"{at:%H:%M:%S}"))


@dataclass(frozen=True, slots=True, eq=False)
class _Lettering:
    """Letters as they lie on a picture: colour (h, w, 1) and how far they cover it (h, w, 1), 0-1."""

    white: npt.NDArray[np.float32]
    cover: npt.NDArray[np.float32]


def stamped(
    pictures: Iterable[Frame], display: Display, shown: Callable[[float], float] = lambda t: t
) -> Iterator[Frame]:
    """Draw the display on every picture; `shown` says which time the camera takes it for. The name stands at the lower right."""
    kept: dict[str, tuple[tuple[str, int], _Lettering]] = {}
    for frame in pictures:
        image = frame.image.copy()
        size = max(10, round(image.shape[0] * display.height))
        for place, text in (("clock", display.clock(shown(frame.t))), ("name", display.name)):
            if not text:
                continue
            if place not in kept or kept[place][0] != (text, size):
                kept[place] = (text, size), _lettering(text, display.font, size)
            _lay(image, kept[place][1], left=place == "clock" and display.clock_at == "left", top=place == "clock")
        yield replace(frame, image=image)


def _lettering(text: str, font: Font, size: int) -> _Lettering:
    """Draw white letters with a dark outline on nothing."""
    letters, rim = font.sized(size), max(1, size // 14)
    box = letters.getbbox(text, stroke_width=rim)
    canvas = (int(box[2] - box[0]) + 2, int(box[3] - box[1]) + 2)
    planes = []
    for stroke in (0, rim):
        plane = Pictures.new("L", canvas, 0)
        ImageDraw.Draw(plane).text((1 - box[0], 1 - box[1]), text, fill=255, font=letters, stroke_width=stroke)
        planes.append(np.asarray(np.asarray(plane)[..., None] / 255, np.float32))
    return _Lettering(planes[0] * np.float32(250), planes[1])


def _lay(image: Image, letters: _Lettering, *, left: bool, top: bool) -> None:
    """Lay letters into a corner of the picture; what does not fit is cut."""
    height, width = image.shape[:2]
    gap = round(width * _MARGIN)
    cover, white = letters.cover[:height, :width], letters.white[:height, :width]
    h, w = cover.shape[:2]
    x = gap if left else width - w - gap
    y = gap if top else height - h - gap
    x, y = min(max(0, x), width - w), min(max(0, y), height - h)
    under = image[y : y + h, x : x + w]
    under[:] = (under * (1 - cover) + white * cover).astype(np.uint8)
