"""Counts, weights and repeats against figures worked out by hand."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.dataset.samples import Attributes, Entities, Label, Objects, Pixels, Sample, Text
from roadstead.dataset.sampling import class_weights, counts, effective_weights, repeats
from roadstead.errors import BadInput


def of(*targets: object) -> list[Sample]:
    return [Sample(id=str(k), target=target) for k, target in enumerate(targets)]  # type: ignore[arg-type]  # targets


def boxes(*names: str, ignored: tuple[bool, ...] = ()) -> Objects:
    return Objects(boxes=np.tile([0, 0, 4, 4], (len(names), 1)), labels=names, ignored=ignored)


def test_counts_of_every_kind() -> None:
    values = np.array([[0, 0, 255], [2, 2, 2]], dtype=np.uint8)
    samples = of(
        boxes("car", "car", "bus", ignored=(False, False, True)),
        Label("car"),
        Attributes({"cover": "covered", "dirt": None}),
        Pixels(("road", "car", "sky"), values=values),
        Entities(("a", "b", "c"), ("B-PLATE", "I-PLATE", "O")),
        Text("x"),
        None,
    )
    assert counts(samples) == {"PLATE": 1, "car": 3, "cover=covered": 1, "road": 1, "sky": 1}
    with pytest.raises(BadInput, match="has class 2, but there are 1 classes"):
        counts(of(Pixels(("road",), values=values)))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.integers(0, 1000), min_size=1), st.floats(0, 0.9999))
def test_weights_have_a_mean_of_one(n: dict[str, int], beta: float) -> None:
    for weights in (class_weights(n), effective_weights(n, beta)):
        assert weights.keys() == n.keys()
        if sum(n.values()):
            assert sum(weights[k] * n[k] for k in n) == pytest.approx(sum(n.values()))
        by_count = sorted((n[k], weights[k]) for k in n if n[k])
        assert all(a[1] >= b[1] - 1e-9 for a, b in pairwise(by_count))


def test_effective_weights_by_hand() -> None:
    weights = effective_weights({"a": 10, "b": 100}, 0.99)
    ratio = (1 - 0.99**100) / (1 - 0.99**10)
    assert weights["a"] / weights["b"] == pytest.approx(ratio)
    assert set(effective_weights({"a": 10, "b": 100}, 0).values()) == {1.0}
    with pytest.raises(ValueError, match="beta"):
        effective_weights({"a": 1}, 1.0)


def test_repeats() -> None:
    samples = of(*[Label("common")] * 90, *[Label("rare")] * 9, boxes())
    assert repeats(samples, "natural").tolist() == [1.0] * 100
    balanced = repeats(samples, "balanced")
    assert balanced.sum() == pytest.approx(100)
    assert balanced[:90].sum() == pytest.approx(balanced[90:99].sum())
    assert balanced[99] == 1
    factor = repeats(samples, "repeat_factor", 0.25)
    assert factor[0] == factor[99] == 1
    assert factor[95] == pytest.approx(math.sqrt(0.25 / 0.09))
    both = of(boxes("car", "bus"), *[boxes("car")] * 3)
    assert repeats(both, "repeat_factor", 0.5).tolist() == pytest.approx([math.sqrt(2), 1, 1, 1])
    assert repeats([], "balanced").tolist() == []
