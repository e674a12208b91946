"""The loss and the augmentation of the how-to pages do what the tests beside them say."""

# what needs torch is imported once it is known to be there

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from roadstead.errors import BadInput
from roadstead.train import augment, losses
from roadstead.train.augment import Shown

pytestmark = pytest.mark.torch

PAGES = Path(__file__).parents[2] / "docs" / "how-to"


def run(page: str) -> None:
    """Run the plug-in of a page and the test that stands beside it."""
    blocks = re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        space: dict[str, Any] = {"__name__": "roadstead_page"}
        exec(compile(block, page, "exec"), space)
    tests = [value for name, value in space.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


def test_the_loss_of_the_page() -> None:
    run("add-a-loss.md")
    poly: Any = losses.plugins.get("poly")()
    logits = torch.tensor([[1.0, 2.0], [0.0, 3.0]])
    torch.testing.assert_close(poly(logits, torch.tensor([1, 0])), poly(logits, torch.tensor([[0.0, 1], [1, 0]])))
    assert poly(logits, torch.tensor([-100, 0]))[0] == 0


def test_the_augmentation_of_the_page() -> None:
    run("add-an-augmentation.md")
    import numpy as np

    solarise: Any = augment.plugins.get("solarise")(p=0)  # type: ignore[call-arg]  # a setting of the page's own
    dark = Shown(np.zeros((2, 2, 1), np.uint8), None)
    assert solarise.apply(dark, np.random.default_rng(0), lambda: dark) is dark
    with pytest.raises(BadInput, match="needs pictures of 8 bits"):
        solarise.apply(Shown(np.zeros((2, 2, 1), np.uint16), None), np.random.default_rng(0), lambda: dark)
