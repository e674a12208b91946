"""Image-text contrast: the loss against written-out figures, what is refused, and pairs that are learned by heart."""

import socket
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import nn
from torch.multiprocessing.spawn import spawn

from roadstead.dataset.formats.jsonl import Jsonl
from roadstead.dataset.samples import Label, Sample, Text
from roadstead.errors import BadInput, BadSettings
from roadstead.settings import check
from roadstead.train.losses.info_nce import InfoNce
from roadstead.train.losses.sigmoid import Sigmoid
from roadstead.train.models.dual_encoder import DualEncoder
from roadstead.train.recipe import Recipe
from roadstead.train.tasks import Together
from roadstead.train.tasks.image_text_contrast import ImageTextContrast, Matcher, _own
from roadstead.train.training import train
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch
COLOURS = ((230, 20, 20), (20, 230, 20), (20, 20, 230), (230, 230, 20), (20, 20, 20), (240, 240, 240))


def samples(folder: Path, n: int = 6) -> list[Sample]:
    made = []
    for k in range(n):
        file = folder / f"{k}.png"
        cv2.imwrite(str(file), np.full((32, 32, 3), COLOURS[k % len(COLOURS)], np.uint8))
        made.append(Sample(id=f"s{k}", media=file, target=Text(f"number {k % len(COLOURS)}")))
    return made


def bound(pair: str = "clip", **settings: Any) -> tuple[nn.Module, Matcher]:
    torch.manual_seed(0)
    built = DualEncoder(pair=pair).build("image_text_contrast", Vocabulary())  # type: ignore[arg-type]  # of the two
    return built.module, ImageTextContrast(**settings).learner(built, Vocabulary(), None, ())


def rows(n: int, seed: int) -> torch.Tensor:
    return nn.functional.normalize(torch.randn(n, 8, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_with_texts_of_their_own_the_models_loss_is_that_of_the_plugins() -> None:
    images, texts, keys = rows(5, 0), rows(5, 1), torch.arange(5)
    torch.testing.assert_close(
        _own(images, texts, keys, torch.tensor(1 / 0.2), None), InfoNce(temperature=0.2)(images, texts)
    )
    torch.testing.assert_close(
        _own(images, texts, keys, torch.tensor(4.0), torch.tensor(-3.0)), Sigmoid(scale=4.0, bias=-3.0)(images, texts)
    )


@pytest.mark.parametrize("bias", [None, torch.tensor(-2.0)])
def test_pairs_of_one_text_are_no_examples_against_each_other(bias: torch.Tensor | None) -> None:
    images, texts = rows(4, 0), rows(4, 1)
    texts[3] = texts[0]
    lost = _own(images, texts, torch.tensor([7, 1, 2, 7]), torch.tensor(5.0), bias)
    without = _own(images[:3], texts[:3], torch.tensor([7, 1, 2]), torch.tensor(5.0), bias)
    torch.testing.assert_close(lost[0], without[0])  # the twin of the first pair changes nothing for it
    moved = images.clone()
    moved[3] = -images[3]
    torch.testing.assert_close(_own(moved, texts, torch.tensor([7, 1, 2, 7]), torch.tensor(5.0), bias)[0], lost[0])


@pytest.mark.parametrize("pair", ["clip", "siglip"])
def test_pairs_are_learned_by_heart_and_found_again(pair: str, tmp_path: Path) -> None:
    some = samples(tmp_path)
    module, learner = bound(pair)
    batch = learner.collate([learner.encode(learner.load(s)) for s in some])
    assert learner.units(batch) == len(some)
    optimiser = torch.optim.Adam(module.parameters(), lr=3e-3)
    first = learner.loss(module, batch).total.item()
    for _ in range(90):
        optimiser.zero_grad()
        learner.loss(module, batch).total.backward()  # type: ignore[no-untyped-call]  # so torch has it
        optimiser.step()
    assert learner.loss(module, batch).total.item() < first / 2
    with torch.inference_mode():
        report = learner.score(some, learner.predict(module.eval(), batch))
    assert report.main == "recall@1"
    assert report.metrics["recall@1"].value == 1.0
    assert "6 pairs, each compared with 5 others; 0 texts occur again; 'number 0" in learner.audit(batch)


def test_a_text_that_occurs_twice_is_told_and_right_for_both(tmp_path: Path) -> None:
    some = samples(tmp_path, 7)
    module, learner = bound()
    batch = learner.collate([learner.encode(learner.load(s)) for s in some])
    assert "1 texts occur again" in learner.audit(batch)
    with torch.inference_mode():
        report = learner.score(some, learner.predict(module.eval(), batch))
    assert report.samples == 7


def test_texts_that_are_too_long_are_refused_unless_they_may_be_cut(tmp_path: Path) -> None:
    long = Sample(id="long", media=samples(tmp_path)[0].media, target=Text("x" * 100))
    _, learner = bound()
    with pytest.raises(
        BadInput, match=r"'long': its text has 101 tokens and the model reads 64; shorten it, or set task.cut"
    ):
        learner.load(long)
    _, cutting = bound(cut=True)
    assert cutting.collate([cutting.encode(cutting.load(long))])["input_ids"].shape == (1, 64)


def test_samples_that_are_no_pairs_are_refused(tmp_path: Path) -> None:
    some = samples(tmp_path)
    for bad, said in (
        (Sample(id="x", target=Text("a")), "'x': has no picture"),
        (Sample(id="x", media=some[0].media, target=Text(" ")), "'x': has no text"),
        (Sample(id="x", media=some[0].media, target=Label("a")), "'x': has no text"),
    ):
        with pytest.raises(BadInput, match=said):
            ImageTextContrast().vocabulary([*some, bad])
    with pytest.raises(BadInput, match="at least two different texts"):
        ImageTextContrast().vocabulary(some[:1])


def recipe(folder: Path, **budget: Any) -> Recipe:
    source = {"folder": str(folder), "format": {"kind": "jsonl"}}
    return check(
        Recipe,
        {
            "name": "pairs",
            "data": {"train": [source], "val_share": 0.34, "allow_leakage": True},
            "task": {"kind": "image_text_contrast"},
            "model": {"kind": "dual_encoder", "pair": "clip"},
            "method": {"kind": "parts", "train": ["image", "projection"]},
            "budget": {"batch": 4, "steps": 2, **budget},
            "evaluation": {"resamples": 10},
            "compute": {"device": "cpu"},
            "checks": {"skip": ["overfit", "resume"]},
        },
        "test",
    )


def test_a_whole_training_and_a_cut_step_that_is_refused(tmp_path: Path) -> None:
    Jsonl().write(samples(tmp_path, 9), tmp_path / "pairs")
    outcome = train(recipe(tmp_path / "pairs"), tmp_path, tmp_path / "run")
    assert outcome.steps == 2
    assert outcome.after is not None
    assert outcome.after.metrics["recall@1"].value is not None
    assert isinstance(bound()[1], Together)
    with pytest.raises(BadSettings, match=r"budget\.micro"):
        train(recipe(tmp_path / "pairs", micro=2), tmp_path, tmp_path / "cut")


def _one_of_two(rank: int, port: int, folder: str) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    some = samples(Path(folder) / str(rank))
    module, learner = bound()
    batch = learner.collate([learner.encode(learner.load(s)) for s in some[rank * 3 : rank * 3 + 3]])
    learner.loss(module, batch).total.backward()  # type: ignore[no-untyped-call]  # so torch has it
    for parameter in module.parameters():
        assert parameter.grad is not None
        torch.distributed.all_reduce(parameter.grad)
    if rank == 0:
        torch.save([p.grad for p in module.parameters()], Path(folder) / "gradients.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.long
def test_two_processes_take_the_step_of_one(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for rank in range(2):
        (tmp_path / str(rank)).mkdir()
    spawn(_one_of_two, args=(port, str(tmp_path)), nprocs=2)  # type: ignore[no-untyped-call]  # so torch has it
    module, learner = bound()
    batch = learner.collate([learner.encode(learner.load(s)) for s in samples(tmp_path)])
    learner.loss(module, batch).total.backward()  # type: ignore[no-untyped-call]  # so torch has it
    there = torch.load(tmp_path / "gradients.pt")
    for (name, parameter), other in zip(module.named_parameters(), there, strict=True):
        torch.testing.assert_close(parameter.grad, other, rtol=1e-4, atol=1e-6, msg=name)
