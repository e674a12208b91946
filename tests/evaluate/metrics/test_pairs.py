"""Pairs that belong together, and pairs of which one is better."""

import numpy as np
import pytest

from roadstead.dataset.samples import Message, Preference, Sample, Text
from roadstead.evaluate.metrics import preferences, retrieval
from roadstead.evaluate.metrics.preferences import Likelihoods
from roadstead.evaluate.metrics.retrieval import Pair


def made(n: int = 30, seed: int = 0) -> list[Pair]:
    random = np.random.default_rng(seed)
    images = random.normal(size=(n, 6))
    return [Pair(image, image + random.normal(size=6)) for image in images]


def straight(queries: np.ndarray, found: np.ndarray) -> list[int]:
    cosine = queries @ found.T / np.linalg.norm(queries, axis=1)[:, None] / np.linalg.norm(found, axis=1)[None]
    return [1 + np.argsort(-row).tolist().index(i) for i, row in enumerate(cosine)]


def test_recalls_and_ranks_are_those_of_sorting() -> None:
    pairs = made()
    images, texts = np.array([p.image for p in pairs]), np.array([p.text for p in pairs])
    to_text, to_image = straight(images, texts), straight(texts, images)
    figures = retrieval.score(pairs, resamples=20).metrics
    for k in (1, 5, 10):
        assert figures[f"text_recall@{k}"].value == pytest.approx(np.mean([r <= k for r in to_text]))
        assert figures[f"image_recall@{k}"].value == pytest.approx(np.mean([r <= k for r in to_image]))
    assert figures["text_median_rank"].value == sorted(to_text)[14]


def test_a_model_that_finds_everything_alike_finds_nothing() -> None:
    same = [Pair(np.ones(3), np.ones(3))] * 20
    report = retrieval.score(same, resamples=0)
    assert (report.value, report.metrics["text_median_rank"].value) == (0.0, 20)
    assert retrieval.score([Pair(np.zeros(3), np.zeros(3))] * 5, resamples=0).value == 0.0


def test_pictures_of_one_text_are_all_right_for_it() -> None:
    a, b = np.array((1.0, 0.0)), np.array((0.0, 1.0))
    pairs = [Pair(a, a), Pair(a, a), Pair(b, b)]
    samples = [Sample(id=str(i), target=Text(t)) for i, t in enumerate(("one", "one", "two"))]
    assert retrieval.judge(samples, pairs, resamples=0).value == 1.0
    wrong = retrieval.judge(samples, [Pair(b, a), *pairs[1:]], resamples=0)
    assert wrong.worst[0].said == "two (the right one is at rank 2)"
    assert wrong.worst[0].true == "one"


def test_preferences_count_what_is_likelier() -> None:
    said = [Likelihoods(-1.0, -3.0), Likelihoods(-2.0, -2.0), Likelihoods(-5.0, -1.0), Likelihoods(0.0, -1.0)]
    report = preferences.score(said, resamples=50)
    assert report.value == 0.5
    assert report.metrics["margin"].value == pytest.approx(-0.25)
    target = Preference((Message("user", "?"),), "good", "bad")
    samples = [Sample(id=f"q{i}", target=target) for i in range(4)]
    worst = preferences.judge(samples, said, resamples=20).worst
    assert [(one.sample, one.said, one.true) for one in worst] == [("q2", "bad", "good")]
