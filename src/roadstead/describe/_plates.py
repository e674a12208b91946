"""Number plates of the People's Republic: which texts there are, in which colours, and where they are from (GA 36-2018)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import contains
from typing import Literal

import cv2
import numpy as np

from roadstead.types import Image

Colour = Literal["blue", "yellow", "green", "white", "black"]

PROVINCES: Mapping[str, str] = {
    "京": "Beijing",
    "津": "Tianjin",
    "沪": "Shanghai",
    "渝": "Chongqing",
    "冀": "Hebei",
    "豫": "Henan",
    "云": "Yunnan",
    "辽": "Liaoning",
    "黑": "Heilongjiang",
    "湘": "Hunan",
    "皖": "Anhui",
    "鲁": "Shandong",
    "新": "Xinjiang",
    "苏": "Jiangsu",
    "浙": "Zhejiang",
    "赣": "Jiangxi",
    "鄂": "Hubei",
    "桂": "Guangxi",
    "甘": "Gansu",
    "晋": "Shanxi",
    "蒙": "Inner Mongolia",
    "陕": "Shaanxi",
    "吉": "Jilin",
    "闽": "Fujian",
    "贵": "Guizhou",
    "粤": "Guangdong",
    "青": "Qinghai",
    "藏": "Tibet",
    "川": "Sichuan",
    "宁": "Ningxia",
    "琼": "Hainan",
}
"""The sign of each province-level division."""

_PROVINCE, _LETTER, _DIGIT = "".join(PROVINCES), "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
_SIGN, _NEW = _DIGIT + _LETTER, "ABCDEFGHJK"
_HEAD = (_PROVINCE, _LETTER)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of plate: its name, the colours it comes in, and the signs that may stand at each place."""

    name: str
    colours: tuple[Colour, ...]
    places: tuple[str, ...]


KINDS = (
    Kind("ordinary", ("blue", "yellow"), (*_HEAD, *[_SIGN] * 5)),
    Kind("new_energy", ("green",), (*_HEAD, _NEW, _SIGN, *[_DIGIT] * 4)),
    Kind("large_new_energy", ("green",), (*_HEAD, *[_DIGIT] * 5, _NEW)),
    Kind("trailer", ("yellow",), (*_HEAD, *[_SIGN] * 4, "挂")),
    Kind("driving_school", ("yellow",), (*_HEAD, *[_SIGN] * 4, "学")),
    Kind("police", ("white",), (*_HEAD, *[_SIGN] * 4, "警")),
    Kind("border", ("black",), ("粤", "Z", *[_SIGN] * 4, "港澳")),
    Kind("consulate", ("black",), (*_HEAD, *[_SIGN] * 4, "领")),
    Kind("embassy", ("black",), ("使", *[_DIGIT] * 6)),
)
"""Serial signs are the ten digits and the letters without I and O; letters are at most `MOST_LETTERS` of an ordinary serial."""
MOST_LETTERS = 2
_MEANT = str.maketrans({"I": "1", "O": "0"})


def tidy(text: str) -> str:
    """Return a text without the dot and spaces, in capitals; I and O, which no serial has, are read as 1 and 0 there.

    >>> tidy("皖a·o12i5")
    '皖A01215'
    """
    bare = re.sub(r"[\s·.•・:\-]", "", text).upper()
    return bare[:2] + bare[2:].translate(_MEANT)


def kind(text: str, colour: Colour | None = None) -> Kind | None:
    """Return which kind of plate a text is, None where it is none; of a known colour only kinds that come in it.

    >>> kind("皖A12345").name, kind("皖A12345", "green"), kind("皖A1234")
    ('ordinary', None, None)
    """
    for one in KINDS:
        fits = len(text) == len(one.places) and all(map(contains, one.places, text))
        if fits and (colour is None or colour in one.colours):
            return one if one.name != "ordinary" or _letters(text[2:]) <= MOST_LETTERS else None
    return None


def colour(plate: Image) -> Colour | None:
    """Return the colour of a plate's ground, (H, W, 3) RGB, by its middle hue and brightness; None where that is not clear.

    The ground is what most of the inner part shows: signs cover less than half of it. White and black cannot be told from a
    plate without colour in the dark, so both ask for clear brightness.
    """
    high, wide = plate.shape[:2]
    inner = plate[high // 6 : max(high * 5 // 6, 1), wide // 12 : max(wide * 11 // 12, 1)]
    if inner.size == 0:
        return None
    hue, saturation, value = np.median(
        cv2.cvtColor(inner, cv2.COLOR_RGB2HSV).reshape(-1, 3).astype(np.float64), axis=0
    ).tolist()
    if saturation < _PALE:
        return "white" if value > _BRIGHT else "black" if value < _DARK else None
    for name, (low, high_hue) in _HUES.items():
        if low <= hue < high_hue:
            return name
    return None


_PALE, _BRIGHT, _DARK = 45.0, 170.0, 45.0
_HUES: Mapping[Colour, tuple[float, float]] = {"yellow": (10, 35), "green": (35, 92), "blue": (92, 140)}
"""Hues of OpenCV, half degrees."""


def _letters(serial: str) -> int:
    return sum(sign.isascii() and sign.isalpha() for sign in serial)
