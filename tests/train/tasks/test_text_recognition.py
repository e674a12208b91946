"""Texts are read: decoding against every path counted out, rows joined, units, and a loss that falls."""

from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from _bound import batch, demand_sums, learned, said
from roadstead.bundle.reading import joined
from roadstead.dataset.samples import Sample, Text
from roadstead.errors import BadInput, BadSettings
from roadstead.train.augment.mixup import Mixup
from roadstead.train.losses.ctc import Ctc
from roadstead.train.models import Built
from roadstead.train.models.text_recogniser import TextRecogniser
from roadstead.train.tasks._ctc import best_path, best_text, likelihood
from roadstead.train.tasks.text_recognition import TextReader, TextRecognition
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch


def shares(seed: int, steps: int = 5, classes: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.dirichlet(np.ones(classes) * 0.7, steps)
    return np.log(values)


def every(logs: np.ndarray) -> dict[tuple[int, ...], float]:
    """Return the share of every text, by going through every path."""
    blank = logs.shape[1] - 1
    found: dict[tuple[int, ...], float] = {}
    for path in product(range(logs.shape[1]), repeat=len(logs)):
        text = tuple(c for i, c in enumerate(path) if c != blank and (i == 0 or c != path[i - 1]))
        found[text] = found.get(text, 0.0) + float(np.exp(sum(logs[t, c] for t, c in enumerate(path))))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_a_wide_beam_finds_the_likeliest_text_and_its_likelihood(seed: int) -> None:
    logs = shares(seed)
    texts = every(logs)
    said = best_text(logs, 500)
    assert texts[said] == pytest.approx(max(texts.values()))
    assert likelihood(logs, said) == pytest.approx(texts[said])
    for text in list(texts)[:40]:
        assert likelihood(logs, text) == pytest.approx(texts[text])


def test_the_best_path_is_not_always_the_best_text() -> None:
    logs = np.log(np.array([[0.4, 0.6], [0.4, 0.6]]))  # "" has 0.36 by one path, "a" has 0.64 by three
    assert best_path(logs) == ()
    assert best_text(logs, 4) == (0,)


def test_doubled_characters_need_a_blank_between() -> None:
    order = [0, 2, 0, 0, 1]
    logs = np.log(np.eye(3)[order] * 0.97 + 0.01)
    assert best_path(logs) == best_text(logs, 8) == (0, 0, 1)


def test_likelihood_is_what_the_loss_takes_the_log_of() -> None:
    logs = shares(3, steps=9, classes=6)
    loss = Ctc()(torch.from_numpy(logs)[None], [torch.tensor([1, 1, 4])])
    assert float(loss) == pytest.approx(-np.log(likelihood(logs, (1, 1, 4))), rel=1e-5)


def test_two_rows_become_one_and_wide_pictures_stay() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[:40] = 255
    joint = joined(picture)
    upper = round(200 * 62 / 42)
    assert joint.shape == (62, upper + 200, 3)
    assert joint[:50, : upper - 5].min() == 255
    assert joint[10:, upper + 5 :].max() == 0
    assert joined(np.zeros((30, 90, 3), np.uint8)).shape == (30, 90, 3)


def samples(folder: Path, texts: tuple[str, ...]) -> list[Sample]:
    made = []
    for k, text in enumerate(texts):
        picture = np.full((32, 64, 3), 30, np.uint8)
        cv2.putText(picture, text, (4, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (240, 240, 240), 2)
        cv2.imwrite(str(folder / f"{k}.png"), picture)
        made.append(Sample(id=str(k), target=Text(text), media=folder / f"{k}.png"))
    return made


@pytest.fixture
def drawn(tmp_path: Path) -> list[Sample]:
    return samples(tmp_path, ("A1", "1A", "AA", "11", "B1", "1B", "AB", "BA"))


def bound(some: list[Sample], **settings: object) -> tuple[TextReader, Built]:
    task = TextRecognition(**settings)  # type: ignore[arg-type]  # settings of the test
    words = task.vocabulary(some)
    torch.manual_seed(1)
    built = TextRecogniser(width=64, width_of=4, stride=2, hidden=16, drop=0.0).build("text_recognition", words)
    return task.learner(built, words, None, ()), built


def test_it_learns_eight_pictures_by_heart(drawn: list[Sample]) -> None:
    learner, built = bound(drawn, beam=3)
    first, last = learned(learner, built, drawn, steps=60, lr=0.02)
    assert last < first / 4
    read = said(learner, built, drawn)
    assert all(0 <= one.score <= 1 for one in read)
    report = learner.score(drawn, read)
    assert report.task == "recognition"
    assert report.samples == 8
    assert "A1, 1A" in learner.audit(batch(learner, drawn))


def test_parts_add_up_and_what_cannot_be_spelt_does_not_count(drawn: list[Sample], tmp_path: Path) -> None:
    learner, built = bound(drawn)
    assert demand_sums(learner, built, drawn[:4]) == 4
    strange = Sample(id="z", target=Text("Z"), media=drawn[0].media)
    assert demand_sums(learner, built, [drawn[0], drawn[1], strange]) == 2
    assert "unknown characters" in learner.audit(batch(learner, [strange]))


def test_characters_have_an_order_and_the_blank_is_last(drawn: list[Sample]) -> None:
    words = TextRecognition(characters="1C").vocabulary(drawn)
    assert words.characters == "1CAB"
    assert words.outputs == 5
    with pytest.raises(BadInput, match="twice"):
        TextRecognition(characters="AA").vocabulary(drawn)
    with pytest.raises(BadInput, match="no text has a character"):
        TextRecognition().vocabulary([])


def test_mixing_and_too_few_steps_are_refused(drawn: list[Sample], tmp_path: Path) -> None:
    words = TextRecognition().vocabulary(drawn)
    built = TextRecogniser(width=32, width_of=2).build("text_recognition", words)
    with pytest.raises(BadSettings, match="cannot be mixed"):
        TextRecognition().learner(built, words, None, (Mixup(),))
    learner = TextRecognition().learner(built, words, None, ())
    (long,) = samples(tmp_path, ("A" * 9,))
    with pytest.raises(BadInput, match="needs 17 steps, the model gives 8"):
        learner.loss(built.module, batch(learner, [long]))
    with pytest.raises(BadInput, match="needs characters"):
        TextRecogniser().build("text_recognition", Vocabulary(labels=("a", "b")))
