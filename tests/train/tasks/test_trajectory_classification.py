"""Ways are told apart: what the rows of numbers mean, what does not matter to them, sums, and a loss that falls."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

import torch

from _bound import batch, demand_sums, learned, said
from roadstead.dataset.samples import Label, Sample
from roadstead.errors import BadInput, BadSettings
from roadstead.train.augment.mixup import Mixup
from roadstead.train.models import Built
from roadstead.train.models.trajectory import Trajectory
from roadstead.train.tasks._ways import FEATURES, features
from roadstead.train.tasks.trajectory_classification import TrajectoryClassification, WayClassifier
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch


def circle(speed: float, radius: float, n: int = 60) -> np.ndarray:
    t = np.arange(n, dtype=np.float64)
    angle = speed * t / radius
    return np.stack([t, radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def test_rows_say_speed_and_turn() -> None:
    rows = dict(zip(FEATURES, features(circle(10, 50), 59), strict=True))
    chord = 2 * 50 * math.sin(0.1)
    np.testing.assert_allclose(rows["speed"], np.log1p(chord), rtol=1e-9)
    np.testing.assert_allclose(rows["turn"][1:], 0.2 / math.pi, rtol=1e-9)
    np.testing.assert_allclose(rows["acceleration"], 0, atol=1e-9)
    np.testing.assert_allclose(rows["step"], math.log(2))
    straight = np.array([[0.0, 0, 0], [10, 50, 0], [20, 100, 0]])
    np.testing.assert_allclose(features(straight, 16)[3], 1)
    assert features(straight, 16)[4, -1] == pytest.approx(math.log(101))


@given(st.floats(-math.pi, math.pi), st.floats(-1e4, 1e4), st.floats(-1e6, 1e6), st.integers(0, 99))
def test_place_heading_hour_and_order_do_not_matter(turn: float, east: float, when: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    way = np.column_stack([np.cumsum(rng.uniform(1, 5, 12)), rng.normal(0, 30, (12, 2)).cumsum(axis=0)])
    spin = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    moved = np.column_stack([way[:, 0] + when, way[:, 1:] @ spin.T + [east, -east]])[rng.permutation(12)]
    np.testing.assert_allclose(features(moved, 20), features(way, 20), atol=1e-5)


def test_a_single_point_stands_still_and_none_is_refused() -> None:
    rows = features(np.array([[5.0, 1, 2]]), 8)
    assert rows.shape == (6, 8)
    assert not rows.any()
    for wrong in (np.zeros((0, 3)), np.zeros((4, 2)), np.array([[0.0, np.nan, 1]])):
        with pytest.raises(BadInput, match="rows of t, x and y"):
            features(wrong, 8)


@pytest.fixture
def some() -> list[Sample]:
    ways = [circle(1.2, 30 + k) for k in range(4)] + [circle(12, 80 + k) for k in range(4)]
    return [Sample(id=str(k), target=Label("walking" if k < 4 else "driving"), way=way) for k, way in enumerate(ways)]


def bound(some: list[Sample], along: str = "cnn") -> tuple[WayClassifier, Built]:
    task = TrajectoryClassification(points=16)
    words = task.vocabulary(some)
    torch.manual_seed(0)
    built = Trajectory(along=along, hidden=8, layers=2, drop=0.0).build("trajectory_classification", words)  # type: ignore[arg-type]  # one of both
    return task.learner(built, words, None, ()), built


@pytest.mark.parametrize("along", ["cnn", "gru"])
def test_it_learns_eight_ways_by_heart(some: list[Sample], along: str) -> None:
    learner, built = bound(some, along)
    first, last = learned(learner, built, some, steps=40, lr=0.01)
    assert last < first / 3
    predictions = said(learner, built, some)
    assert learner.score(some, predictions).value == 1.0
    assert learner.audit(batch(learner, some)).startswith("8 ways of 16 points: walking")


def test_parts_add_up_and_an_unknown_class_does_not_count(some: list[Sample]) -> None:
    learner, built = bound(some)
    strange = Sample(id="x", target=Label("sailing"), way=circle(4, 60))
    assert demand_sums(learner, built, [*some[:3], strange]) == 3


def test_what_does_not_fit_is_refused(some: list[Sample]) -> None:
    learner, built = bound(some)
    with pytest.raises(BadInput, match="sample 'p': has no way"):
        learner.load(Sample(id="p", target=Label("walking")))
    with pytest.raises(BadInput, match="needs at least two classes; found walking"):
        TrajectoryClassification().vocabulary(some[:2])
    with pytest.raises(BadSettings, match="mix pictures"):
        TrajectoryClassification().learner(built, Vocabulary(labels=("a", "b")), None, (Mixup(),))
