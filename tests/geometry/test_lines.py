"""Lines: sides, crossings, and the counter that does the same picture by picture."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.geometry.lines import LineCounter, crossings, right_of, side
from roadstead.types import Line

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from _crossings import EXPECTED, by_counter, by_rule, make

LINE = Line("stop", (0, 0), (100, 0))
NUMBER = st.floats(-200, 200, allow_nan=False, width=32)


def test_right_is_down_the_picture_and_south_on_the_map() -> None:
    assert side(LINE, [(50, 7)]) == [7]
    assert side(Line("stop", (0, 0), (100, 0), "m"), [(50, 7)]) == [-7]
    assert right_of(Line("up", (0, 0), (0, -5))) == (1.0, 0.0)


def test_a_line_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="'dot' begins and ends at one point"):
        side(Line("dot", (1, 1), (1, 1)), [(0, 0)])


@given(
    st.tuples(NUMBER, NUMBER), st.tuples(NUMBER, NUMBER), st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=10)
)
def test_turning_a_line_round_changes_the_side(
    a: tuple[float, float], b: tuple[float, float], points: list[tuple[float, float]]
) -> None:
    if np.hypot(a[0] - b[0], a[1] - b[1]) < 1e-3:
        return
    np.testing.assert_allclose(side(Line("l", a, b), points), -side(Line("l", b, a), points), atol=1e-6)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([-5, -5, 5, 5], [(1.5, True)]),
        ([5, 5, -5, -5], [(1.5, False)]),
        ([-5, -1, 1, -1, 1, -1, -5, -5], []),
        ([-5, -1, 1, -1, 1, 5, 5], [(3.5, True)]),
        ([-5, -5, 9, -5, -5], []),
        ([-5, -5, 5, 5, -5, -5], [(1.5, True), (3.5, False)]),
        ([-5, -5, 5], [(1.5, True)]),
        ([-5, np.nan, np.nan, 5, 5], [(1.5, True)]),
        ([1, -1, 1, -1], []),
        ([1, 5, 5, -5, -5], [(2.5, False)]),
        ([], []),
    ],
)
def test_crossings(y: list[float], expected: list[tuple[float, bool]]) -> None:
    points = np.column_stack((np.full(len(y), 50.0), y))
    found = crossings(LINE, np.arange(len(y)), points, margin=2.0)
    assert [(c.t, c.forward) for c in found] == expected


def test_round_the_end_of_the_line_is_no_crossing() -> None:
    way = [(90, -10), (120, -10), (120, 10), (90, 10), (90, -10), (90, -10)]
    (only,) = crossings(LINE, np.arange(6), way, margin=2.0)
    assert (only.t, only.forward, only.at) == (3.5, False, (90.0, 0.0))


def counted(t: list[float], points: np.ndarray, margin: float) -> list[tuple[float, bool]]:
    counter, found = LineCounter(LINE, settle_s=1e9), []
    for now, point in zip(t, points, strict=True):
        found += [c for _, c in counter.update(now, ["a"], point[None], np.array([margin]))]
    found += [c for _, c in counter.update(1e10, [], points[:0], np.zeros(0))]
    assert counter.forward + counter.backward == len(found)
    return [(c.t, c.forward) for c in found]


@given(
    st.lists(st.tuples(st.floats(0, 100, width=32), st.sampled_from([-9.0, -5, -1, 1, 5, 9])), min_size=1, max_size=40)
)
def test_the_counter_counts_what_crossings_finds(points: list[tuple[float, float]]) -> None:
    xy, t = np.array(points), [float(k) for k in range(len(points))]
    clear = np.sign(xy[np.abs(xy[:, 1]) > 2, 1])
    changes = np.flatnonzero(np.diff(clear))
    if (np.diff(changes) == 1).any() or (len(changes) and changes[0] == 0):
        return  # lone clear points: looked at from both sides they may be told apart otherwise than one by one
    found = crossings(LINE, t, xy, margin=2.0)
    mine = counted(t, xy, 2.0)
    assert [forward for _, forward in mine] == [c.forward for c in found]
    assert [at for at, _ in mine] == pytest.approx([c.t for c in found])


def test_one_wrong_box_does_not_count_and_the_last_box_does() -> None:
    def run(y: list[float]) -> tuple[int, int]:
        counter = LineCounter(LINE)
        for k, at in enumerate(y):
            counter.update(k * 0.2, ["a"], np.array([(50.0, at)]), np.array([2.0]))
        counter.update(len(y) * 0.2 + 1, [], np.zeros((0, 2)), np.zeros(0))
        return counter.forward, counter.backward

    assert run([-9, -9, 9, -9, -9]) == (0, 0)
    assert run([-9, -9, 9]) == (1, 0)
    assert run([-9, -9, 9, 9, 9, -9, -9]) == (1, 1)


def test_the_counter_forgets() -> None:
    counter = LineCounter(LINE, forget_s=10)
    for k in range(1000):
        counter.update(float(k), [k], np.array([(50.0, -9.0)]), np.array([2.0]))
    assert len(counter._seen) < 20


@pytest.mark.parametrize("kind", EXPECTED)
def test_made_sequences_are_counted_right(kind: str) -> None:
    """The first of those that benchmarks/lines.py plays by the thousand."""
    for seed in range(40):
        made = make(kind, seed)
        assert (by_rule(made), by_counter(made)) == (EXPECTED[kind], EXPECTED[kind]), seed


def test_what_was_seen_before_an_object_had_a_name_counts() -> None:
    points, margins = np.array([(50.0, -20.0), (50.0, -8.0)]), np.full(2, 2.0)
    counter = LineCounter(LINE)
    assert counter.recall("a", np.array([0.0, 0.2]), points, margins) == ()
    for t, y in ((0.4, 6.0), (0.6, 18.0)):
        counter.update(t, ["a"], np.array([(50.0, y)]), margins[:1])
    assert (counter.forward, counter.backward) == (1, 0)


def test_what_is_recalled_later_than_it_was_seen_is_passed_over() -> None:
    margins = np.full(2, 2.0)
    counter = LineCounter(LINE)
    counter.update(1.0, ["a"], np.array([(50.0, 9.0)]), margins[:1])
    counter.recall("a", np.array([0.6, 0.8]), np.array([(50.0, -20.0), (50.0, -8.0)]), margins)
    counter.update(1.2, ["a"], np.array([(50.0, 18.0)]), margins[:1])
    assert (counter.forward, counter.backward) == (0, 0)


def test_a_crossing_that_is_over_before_the_name_is_told_counts_at_once() -> None:
    way, margins = np.array([(50.0, y) for y in (-20.0, -8.0, 8.0, 20.0)]), np.full(4, 2.0)
    counter = LineCounter(LINE)
    ((who, crossing),) = counter.recall("a", np.arange(4.0), way, margins)
    assert (who, crossing.t, counter.forward) == ("a", 1.5, 1)
