"""Tiles cover a picture and overlap; what one of them cuts is known."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.geometry.tiles import Tile, cut
from roadstead.types import readonly


@given(size=st.tuples(st.integers(1, 900), st.integers(1, 900)), count=st.integers(2, 3), overlap=st.floats(0, 0.5))
@settings(max_examples=60, deadline=None)
def test_tiles_cover_the_picture_and_overlap(size: tuple[int, int], count: int, overlap: float) -> None:
    made = cut(size, count, overlap)
    seen = np.zeros((size[1], size[0]), dtype=np.int64)
    for tile in made:
        assert 0 <= tile.left < tile.right <= size[0]
        assert 0 <= tile.top < tile.bottom <= size[1]
        seen[tile.top : tile.bottom, tile.left : tile.right] += 1
    assert seen.min() >= 1
    assert len(made) <= count**2
    if min(size) > 50 and overlap > 0.1:
        assert seen.max() >= 4


def test_a_box_at_an_inner_edge_is_cut_and_at_the_pictures_edge_it_is_whole() -> None:
    left, right = Tile(0, 0, 60, 50), Tile(40, 0, 100, 50)
    boxes = readonly([[50, 10, 60, 20], [0, 0, 10, 10], [20, 20, 40, 30]], 4)
    assert left.whole(boxes, (100, 50)).tolist() == [False, True, True]
    assert right.whole(readonly([[40, 10, 60, 20], [90, 0, 100, 50]], 4), (100, 50)).tolist() == [False, True]
