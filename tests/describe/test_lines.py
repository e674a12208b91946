"""Pieces of writing are joined along baselines, also wide apart and askew."""

import numpy as np
import pytest

from roadstead.describe._lines import Piece, lines
from roadstead.types import readonly


def piece(text: str, x: float, y: float, wide: float, high: float, angle: float = 0.0, score: float = 0.9) -> Piece:
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], float) + np.array((x, y))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return Piece(readonly(corners @ turn, 2), text, score)


@pytest.mark.parametrize("angle", [-0.2, 0.0, 0.15])
def test_a_name_painted_wide_apart_is_one_line_from_left_to_right(angle: float) -> None:
    pieces = [
        piece("轮", 320, 10, 30, 30, angle),
        piece("浙", 10, 11, 30, 30, angle),
        piece("海", 160, 10, 32, 29, angle),
        piece("宁波", 120, 70, 60, 22, angle),
    ]
    found = lines(pieces)
    assert [line.reading().text for line in found] == ["浙海轮", "宁波"]


def test_much_smaller_writing_and_writing_far_away_are_lines_of_their_own() -> None:
    found = lines([piece("浙海", 0, 0, 80, 40), piece("no smoking", 90, 10, 60, 12), piece("8", 800, 0, 20, 40)])
    assert sorted(line.reading().text for line in found) == ["8", "nosmoking", "浙海"]


def test_a_line_is_as_sure_as_its_pieces() -> None:
    (line,) = lines([piece("AB", 0, 0, 40, 20, score=0.5), piece("C D", 50, 0, 40, 20, score=0.8)])
    assert line.reading().text == "ABCD"
    assert line.reading().sure == (0.5, 0.5, 0.8, 0.8)


def test_nothing_gives_no_line() -> None:
    assert lines([]) == ()
