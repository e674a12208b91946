"""What a camera that misses nothing sees of one mover."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.simulate.scenes._course import course_of, hidden
from roadstead.simulate.scenes._look import Look, overlap, runs, whole_boxes
from roadstead.simulate.scenes._sighting import sighted
from roadstead.simulate.world.body import Body, box_corners
from roadstead.simulate.world.motion import Driving, drive, standing
from roadstead.simulate.world.view import View

VIEW = View(at_m=(0.0, -20.0, 6.0), aim_m=(0.0, 0.0, 0.0), fov_deg=50.0)


def blocks(*ahead_m: float) -> Body:
    """Return a body of cubes of 1 m, some m ahead of its middle."""
    solids = tuple(box_corners(1.0, 1.0, 1.0) + np.array((x, 0.0, 0.0)) for x in ahead_m)
    return Body(sort="car", label="car", length_m=1.0, width_m=1.0, height_m=1.0, parts=(), solids=solids)


def test_a_box_holds_all_solids_and_leaves_out_those_behind_the_camera() -> None:
    there, alone = standing(0.0, 1.0, (0.0, 0.0), np.pi / 2).at(0.0), blocks(0.0)
    ((x0, y0, x1, y1),), whole = whole_boxes(blocks(0.0, 2.0), there, VIEW)
    ((a0, b0, a1, b1),), _ = whole_boxes(alone, there, VIEW)
    assert whole.tolist() == [True]
    assert (x0, x1, y1) == pytest.approx((a0, a1, b1))
    assert y0 < b0
    cut, whole = whole_boxes(blocks(0.0, -40.0), there, VIEW)
    assert whole.tolist() == [False]
    assert cut == pytest.approx(whole_boxes(alone, there, VIEW)[0])
    assert np.isnan(whole_boxes(blocks(-40.0), there, VIEW)[0]).all()


def test_land_and_water_see_the_same_boxes_of_the_same_instants() -> None:
    body, motion = blocks(0.0, 1.0), drive(np.array([(-30.0, 0.0), (30.0, 5.0)]), Driving(speed_mps=5.0), 0.0)
    course, seen = course_of(body, motion, VIEW, 10.0), sighted(body, motion, VIEW, 10.0)
    mine, theirs, share = overlap(course, seen)
    assert len(theirs) == len(seen.t) > 20
    assert course.box[mine] == pytest.approx(seen.box[theirs])
    assert share == pytest.approx(1.0)
    assert np.hypot(*(course.xy[mine] - seen.xy_m[theirs]).T).max() < 2.0


def test_only_what_is_nearer_hides() -> None:
    near, far = (course_of(blocks(0.0), standing(0.0, 5.0, (0.0, y), 0.0), VIEW, 5.0) for y in (0.0, 1.5))
    assert 0.3 < hidden(near, far).min() <= hidden(near, far).max() < 1.0
    assert not hidden(far, near).any()


@pytest.mark.parametrize(
    ("other", "share"), [((0, 0, 10, 10), 1.0), ((5, 0, 15, 10), 0.5), ((10, 0, 20, 10), 0.0), ((-5, -5, 5, 5), 0.25)]
)
def test_overlap_is_a_share_of_the_first_box(other: tuple[int, ...], share: float) -> None:
    one = Look(np.array([0.0, 0.2, 0.4]), np.tile((0.0, 0.0, 10.0, 10.0), (3, 1)))
    mine, theirs, found = overlap(one, Look(np.array([0.2, 0.3, 0.4]), np.tile(np.array(other, float), (3, 1))))
    assert (mine.tolist(), theirs.tolist()) == ([1, 2], [0, 2])
    assert found.tolist() == [share, share]


@given(st.lists(st.booleans(), max_size=40))
def test_runs_are_the_stretches_of_true(mask: list[bool]) -> None:
    found = runs(np.array(mask, dtype=bool))
    again = [False] * len(mask)
    for first, last in found:
        assert first <= last
        again[first : last + 1] = [True] * (last + 1 - first)
    assert again == mask
    assert all(a[1] + 1 < b[0] for a, b in pairwise(found))
