"""A model of transformers in a process of its own: asked, slow, killed, broken. Its weights are random, so it says nothing true."""

import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from _looks import eventually
from roadstead.errors import LookFailed
from roadstead.looks.transformers import Transformers
from roadstead.train.models._vlm_tiny import tiny

pytestmark = [pytest.mark.torch, pytest.mark.slow, pytest.mark.timeout(300)]

PICTURE = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8))[1].tobytes()


def saved(folder: Path, family: str) -> Path:
    torch.manual_seed(0)
    module, processor = tiny(family)
    module.save_pretrained(folder)  # type: ignore[operator]  # transformers' models have it
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("models") / "qwen", "qwen2_vl")


@pytest.mark.parametrize("family", ["qwen2_5_vl", "llava", "internvl", "blip_2"])
def test_any_family_answers_about_two_pictures(family: str, tmp_path: Path) -> None:
    look = Transformers(path=saved(tmp_path / family, family), max_tokens=4, timeout_s=120)
    try:
        assert isinstance(look.answer("What is it?", [PICTURE, PICTURE]), str)
    finally:
        look.close()


def test_the_process_is_started_once_and_says_the_same_of_the_same(little: Path) -> None:
    look = Transformers(path=little, max_tokens=6, timeout_s=120)
    said = look.answer("What is it?", [PICTURE])
    running = look._process.running
    assert running is not None
    assert look.answer("What is it?", [PICTURE]) == said
    assert look._process.running is running
    look.close()
    assert running.poll() is not None


def test_one_that_was_killed_is_started_again(little: Path) -> None:
    look = Transformers(path=little, max_tokens=2, timeout_s=120)
    look.answer("What is it?", [PICTURE])
    running = look._process.running
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    assert eventually(lambda: running.poll() is not None)
    assert isinstance(look.answer("What is it?", [PICTURE]), str)
    look.close()


def test_one_that_takes_too_long_is_given_up(little: Path) -> None:
    look = Transformers(path=little, max_tokens=4096, timeout_s=0.5, load_s=0.5)
    began = time.monotonic()
    with pytest.raises(LookFailed, match="no answer within 1 s"):
        look.answer("What is it?", [PICTURE])
    assert time.monotonic() - began < 10
    assert look._process.running is None


def test_a_folder_that_holds_no_model_is_told(tmp_path: Path) -> None:
    look = Transformers(path=tmp_path, timeout_s=120)
    with pytest.raises(LookFailed, match=f"^{tmp_path}: "):
        look.answer("What is it?", [PICTURE])
    look.close()


def test_a_picture_that_is_none_is_told_and_the_next_one_answered(little: Path) -> None:
    look = Transformers(path=little, max_tokens=2, timeout_s=120)
    with pytest.raises(LookFailed, match="a picture cannot be decoded"):
        look.answer("What is it?", [b"none"])
    assert isinstance(look.answer("What is it?", [PICTURE]), str)
    look.close()
