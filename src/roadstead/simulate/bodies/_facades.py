"""Pictures of walls of buildings: windows, balconies, shop fronts, glass, scaffolds."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from roadstead.simulate.bodies._skin import grainy, plain
from roadstead.simulate.bodies._writing import written
from roadstead.simulate.fonts import Font
from roadstead.simulate.world.body import Rgb
from roadstead.types import Image

_STOREY_M = 3.1
SHOPS: Mapping[str, str] = {
    name: name
    for name in (
        "好邻居超市",
        "川味小馆",
        "五金建材",
        "中国体彩",
        "兰州拉面",
        "便民药房",
        "顺达汽修",
        "水果批发",
        "通信手机",
        "早点铺",
        "美容美发",
        "土菜馆",
    )
}


def _grid(size_m: tuple[float, float], bay_m: float) -> tuple[int, int]:
    """Return how many windows a wall of a size (width, height) has side by side and one above the other."""
    return max(2, round(size_m[0] / bay_m)), max(1, round(size_m[1] / _STOREY_M))


def _canvas(size_m: tuple[float, float], rgb: Rgb) -> tuple[Image, float, float]:
    """Return an empty wall of at most 512 px and how many px a metre is across and upwards."""
    width = 512 if size_m[0] > 12 else 256
    height = 512 if size_m[1] > 12 else 256
    return plain(rgb, (width, height)), width / size_m[0], height / size_m[1]


def _pane(made: Image, box: tuple[float, float, float, float], rng: np.random.Generator) -> None:
    """Draw a window (left, top, right, bottom; px) in place, with a frame and perhaps a curtain."""
    x0, y0, x1, y1 = (round(v) for v in box)
    tone = int(rng.integers(30, 75))
    cv2.rectangle(made, (x0, y0), (x1, y1), (tone, tone + 10, tone + 18), -1)
    if rng.random() < 0.35:
        light = int(rng.integers(120, 190))
        cv2.rectangle(made, (x0, y0), (x0 + (x1 - x0) // 3, y1), (light, light - 8, light - 25), -1)
    cv2.rectangle(made, (x0, y0), (x1, y1), (205, 206, 205), 1)
    cv2.line(made, ((x0 + x1) // 2, y0), ((x0 + x1) // 2, y1), (205, 206, 205), 1)


def flats(rng: np.random.Generator, size_m: tuple[float, float], rgb: Rgb, font: Font) -> Image:
    """Return a block of flats: windows, balconies in every third bay, air conditioners, lines between the storeys."""
    del font
    made, ax, ay = _canvas(size_m, rgb)
    columns, rows = _grid(size_m, 3.3)
    w, h = made.shape[1] / columns, made.shape[0] / rows
    for row in range(rows):
        for column in range(columns):
            x, y = column * w, row * h
            balcony = column % 3 == 1
            share = 0.1 if balcony else 0.24
            _pane(made, (x + share * w, y + 0.24 * h, x + (1 - share) * w, y + 0.72 * h), rng)
            if balcony:
                cv2.rectangle(
                    made,
                    (round(x + 0.06 * w), round(y + 0.6 * h)),
                    (round(x + 0.94 * w), round(y + 0.9 * h)),
                    tuple(round(215 * v) for v in rgb),
                    -1,
                )
                cv2.line(
                    made,
                    (round(x + 0.06 * w), round(y + 0.6 * h)),
                    (round(x + 0.94 * w), round(y + 0.6 * h)),
                    (90, 90, 92),
                    2,
                )
            elif rng.random() < 0.6:
                cv2.rectangle(
                    made,
                    (round(x + 0.3 * w), round(y + 0.8 * h)),
                    (round(x + 0.3 * w + 0.9 * ax), round(y + 0.8 * h + 0.5 * ay)),
                    (225, 225, 222),
                    -1,
                )
        cv2.line(made, (0, round(row * h)), (made.shape[1], round(row * h)), tuple(round(170 * v) for v in rgb), 2)
    return grainy(rng, made, 0.12, 30)


def office(rng: np.random.Generator, size_m: tuple[float, float], rgb: Rgb, font: Font) -> Image:
    """Return an office block: bands of glass that mirror the sky, between bands of stone."""
    del font
    made, _, _ = _canvas(size_m, rgb)
    columns, rows = _grid(size_m, 1.6)
    h = made.shape[0] / rows
    for row in range(rows):
        top, base = round((row + 0.2) * h), round((row + 0.85) * h)
        for column in range(columns):
            x0, x1 = round(column * made.shape[1] / columns), round((column + 1) * made.shape[1] / columns) - 1
            sky = rng.uniform(0.75, 1.15) * (0.7 + 0.5 * (1 - row / rows))
            cv2.rectangle(made, (x0, top), (x1, base), (round(62 * sky), round(88 * sky), round(112 * sky)), -1)
        cv2.line(made, (0, base), (made.shape[1], base), (200, 202, 204), 1)
    return made


def shops(rng: np.random.Generator, size_m: tuple[float, float], rgb: Rgb, font: Font) -> Image:
    """Return a row of shops with coloured boards, and flats above."""
    made = flats(rng, size_m, rgb, font)
    ay = made.shape[0] / size_m[1]
    count = max(2, round(size_m[0] / 5.0))
    names, w = list(SHOPS), made.shape[1] / count
    for k in range(count):
        x0, x1 = round(k * w), round((k + 1) * w) - 2
        top, board = round(made.shape[0] - 3.9 * ay), round(made.shape[0] - 2.9 * ay)
        tone = int(rng.integers(40, 110))
        cv2.rectangle(made, (x0, board), (x1, made.shape[0]), (tone, tone, tone + 4), -1)
        if rng.random() < 0.4:
            for y in range(board, made.shape[0], 4):
                cv2.line(made, (x0, y), (x1, y), (150, 152, 154), 1)
        colour = ((180, 25, 25), (25, 60, 150), (20, 110, 60), (200, 130, 20), (120, 30, 110))[int(rng.integers(5))]
        cv2.rectangle(made, (x0, top), (x1, board), colour, -1)
        height, width = made.shape[:2]
        name = names[int(rng.integers(len(names)))]
        made = written(
            made,
            name,
            ((x0 + 3) / width, (top + 2) / height, (x1 - 3) / width, (board - 2) / height),
            (0.98, 0.95, 0.8),
            font,
        )
    return made


def shed(rng: np.random.Generator, size_m: tuple[float, float], rgb: Rgb, font: Font) -> Image:
    """Return site offices: white panels with a coloured band at each storey, small windows, doors below."""
    del font
    made, ax, ay = _canvas(size_m, (0.86, 0.87, 0.87))
    rows = max(1, round(size_m[1] / 2.9))
    columns, h = max(2, round(size_m[0] / 3.6)), made.shape[0] / rows
    band = tuple(round(255 * v) for v in rgb)
    for row in range(rows):
        cv2.rectangle(made, (0, round(row * h)), (made.shape[1], round(row * h + 0.3 * ay)), band, -1)
        for column in range(columns):
            x = column * made.shape[1] / columns
            _pane(made, (x + 0.5 * ax, row * h + 0.9 * ay, x + 1.9 * ax, row * h + 2.0 * ay), rng)
            cv2.rectangle(
                made,
                (round(x + 2.3 * ax), round(row * h + 0.8 * ay)),
                (round(x + 3.1 * ax), round((row + 1) * h)),
                (120, 130, 140),
                -1,
            )
    for x in range(0, made.shape[1], 12):
        cv2.line(made, (x, 0), (x, made.shape[0]), (196, 198, 200), 1)
    return made


def unfinished(rng: np.random.Generator, size_m: tuple[float, float], rgb: Rgb, font: Font) -> Image:
    """Return a building in its shell: slabs and pillars, the lower part behind a green net on scaffolds."""
    del font, rgb
    made, _, _ = _canvas(size_m, (0.5, 0.49, 0.47))
    columns, rows = _grid(size_m, 4.5)
    w, h = made.shape[1] / columns, made.shape[0] / rows
    for row in range(rows):
        for column in range(columns):
            x, y = column * w, row * h
            cv2.rectangle(
                made, (round(x + 0.1 * w), round(y + 0.16 * h)), (round(x + 0.92 * w), round(y + h)), (48, 46, 44), -1
            )
    netted = round(made.shape[0] * float(rng.uniform(0.2, 0.6)))
    net = grainy(rng, plain((0.2, 0.42, 0.3), (made.shape[1], made.shape[0])), 0.25, 40)
    made[netted:] = (0.72 * net[netted:] + 0.28 * made[netted:]).astype(np.uint8)
    for x in range(0, made.shape[1], max(6, round(w / 3))):
        cv2.line(made, (x, netted), (x, made.shape[0]), (90, 100, 92), 1)
    for y in range(netted, made.shape[0], max(6, round(h / 2))):
        cv2.line(made, (0, y), (made.shape[1], y), (90, 100, 92), 1)
    return made


FACADES: Mapping[str, Callable[[np.random.Generator, tuple[float, float], Rgb, Font], Image]] = {
    "flats": flats,
    "office": office,
    "shops": shops,
    "shed": shed,
    "unfinished": unfinished,
}
