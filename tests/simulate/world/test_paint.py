"""Painting the ground: places in metres become places on the picture."""

import numpy as np
import pytest

from roadstead.simulate.world.paint import ASPHALT, GRASS, MUD, WHITE, YELLOW, Canvas


def canvas(seed: int = 0) -> Canvas:
    made = Canvas((-10.0, -5.0, 10.0, 5.0), 10.0, np.random.default_rng(seed))
    made.everywhere(ASPHALT)
    return made


def tone(made: Canvas, x: float, y: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the mean colour within a fifth of a metre of a place."""
    at = np.round(made.px((x, y))[0]).astype(int)
    return np.asarray(made.picture[at[1] - 2 : at[1] + 2, at[0] - 2 : at[0] + 2].mean(axis=(0, 1)))


def test_north_is_at_the_top() -> None:
    made = canvas()
    assert made.picture.shape == (100, 200, 3)
    assert made.px([(-10, 5), (10, -5), (0, 0)]).tolist() == [[0, 0], [200, 100], [100, 50]]
    assert made.ground(1.5).height_m == 1.5


def test_paint_lies_where_it_was_put() -> None:
    made = canvas()
    made.paint([[(2, 1), (6, 1), (6, 3), (2, 3)]], WHITE, wear=0.0)
    made.surface([(-8, -4), (-4, -4), (-4, -2), (-8, -2)], GRASS)
    assert tone(made, 4, 2) == pytest.approx(WHITE, abs=8)
    assert tone(made, -6, -3)[1] > tone(made, -6, -3)[2] + 15
    assert tone(made, -6, 2) == pytest.approx(ASPHALT.rgb, abs=25)


def test_dashes_leave_gaps() -> None:
    made = canvas()
    made.line([(-9, 0), (9, 0)], 0.5, WHITE, dash_m=(2.0, 4.0), wear=0.0)
    assert tone(made, -8, 0)[0] > 190
    assert tone(made, -5, 0)[0] < 130
    assert tone(made, -2, 0)[0] > 190


def test_arrows_of_both_sides_mirror_each_other() -> None:
    pictures = []
    for kind in ("left", "right"):
        made = Canvas((-5.0, -5.0, 5.0, 5.0), 20.0, np.random.default_rng(0))
        made.arrow((0.0, 0.0), 0.0, kind, wear=0.0)
        pictures.append(made.picture[..., 0])
    assert pictures[0].any()
    assert np.abs(pictures[0].astype(int) - pictures[1][::-1].astype(int)).mean() < 2


def test_a_stamp_is_read_by_who_drives_over_it() -> None:
    made = Canvas((-5.0, -5.0, 5.0, 5.0), 20.0, np.random.default_rng(0))
    mask = np.zeros((40, 20), np.float32)
    mask[:10] = 1.0
    made.stamp(mask, (0.0, 0.0), 0.0, (2.0, 4.0), WHITE, wear=0.0)
    assert tone(made, 1.5, 0.0)[0] > 150, "the top of the letters is farther on"
    assert tone(made, -1.5, 0.0)[0] < 60


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_paints_the_same(seed: int) -> None:
    pictures = []
    for _ in range(2):
        made = canvas(seed)
        made.surface([(-9, 0), (9, 0), (9, 4), (-9, 4)], MUD, edge_m=0.5)
        made.wear([(-9, -4), (9, -4), (9, 4), (-9, 4)])
        made.grid([(-3, -3), (3, -3), (3, 0), (-3, 0)], colour=YELLOW)
        made.zebra((5, -4), (5, 4))
        made.kerb([(-9, 4), (9, 4)])
        made.seams([(-9, -4), (0, -4), (0, -1), (-9, -1)], (1.0, 1.0))
        made.tracks([(-9, -2), (9, -2)])
        pictures.append(made.picture)
    assert np.array_equal(pictures[0], pictures[1])


def test_what_lies_outside_is_left_out() -> None:
    made = canvas()
    before = made.picture
    made.paint([[(50, 50), (60, 50), (60, 60)]], WHITE)
    made.kerb([(50, 50), (60, 50)])
    made.grid([(50, 50), (60, 50), (60, 60)])
    assert np.array_equal(before, made.picture)
