"""Which texts are plates, in which colours: GA 36 as a table."""

import numpy as np
import pytest

from roadstead.describe import _plates
from roadstead.describe._plates import Colour


@pytest.mark.parametrize(
    ("text", "name", "colours"),
    [
        ("皖A12345", "ordinary", {"blue", "yellow"}),
        ("沪C2F1E3", "ordinary", {"blue", "yellow"}),
        ("京AD12345", "new_energy", {"green"}),
        ("京AFK1234", "new_energy", {"green"}),
        ("粤B12345D", "large_new_energy", {"green"}),
        ("冀R1234挂", "trailer", {"yellow"}),
        ("渝B3587学", "driving_school", {"yellow"}),
        ("京A1234警", "police", {"white"}),
        ("粤Z12F4港", "border", {"black"}),
        ("粤Z1234澳", "border", {"black"}),
        ("沪A0023领", "consulate", {"black"}),
        ("使014578", "embassy", {"black"}),
    ],
)
def test_plates_that_there_are(text: str, name: str, colours: set[Colour]) -> None:
    found = _plates.kind(text)
    assert found is not None
    assert found.name == name
    every: tuple[Colour, ...] = ("blue", "yellow", "green", "white", "black")
    assert {c for c in every if _plates.kind(text, c) is not None} == colours


@pytest.mark.parametrize(
    "text",
    [
        "",
        "皖A1234",
        "皖A123456",
        "A皖12345",
        "国A12345",
        "皖I12345",
        "皖A1234I",
        "皖AO2345",
        "皖ABCD45",
        "皖A1234a",
        "京AX1234警学",
        "粤B12345港",
        "京Z1234港",
        "使01457",
        "皖AI12345",
        "京A1D3456",
    ],
)
def test_texts_that_are_no_plates(text: str) -> None:
    assert _plates.kind(text) is None


def test_dots_spaces_and_letters_that_no_serial_has() -> None:
    assert _plates.tidy("京P·L3N67") == "京PL3N67"
    assert _plates.tidy(" 皖 a.o12i5 ") == "皖A01215"
    assert _plates.tidy("皖A-O1234") == "皖A01234"


@pytest.mark.parametrize(
    ("ground", "signs", "colour"),
    [
        ((20, 60, 190), (245, 245, 245), "blue"),
        ((235, 175, 20), (20, 20, 20), "yellow"),
        ((90, 200, 110), (20, 20, 20), "green"),
        ((240, 240, 240), (20, 20, 20), "white"),
        ((15, 15, 15), (240, 240, 240), "black"),
        ((110, 110, 110), (150, 150, 150), None),
        ((200, 40, 60), (240, 240, 240), None),
    ],
)
def test_the_colour_of_the_ground(
    ground: tuple[int, int, int], signs: tuple[int, int, int], colour: Colour | None
) -> None:
    image = np.full((44, 140, 3), ground, np.uint8)
    for k in range(7):
        image[8:36, 8 + 19 * k : 14 + 19 * k] = signs
    assert _plates.colour(image) == colour


def test_a_picture_of_nothing_has_no_colour() -> None:
    assert _plates.colour(np.zeros((0, 0, 3), np.uint8)) is None
