"""Every loss: one finite value a case, a finite slope however wild the logits, and less of it where the answer is right."""

# what needs torch is imported once it is known to be there

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import Tensor

from roadstead.settings import build
from roadstead.train.losses import plugins

pytestmark = pytest.mark.torch

NAMES = plugins.names()
CASES = [(name, kind) for name in NAMES for kind in plugins.get(name).of]
N, CLASSES, SIDE, STEPS, DIMENSIONS = 6, 4, 5, 9, 8


def make(name: str) -> Any:
    """Build a loss, handing counts to those that ask."""
    plugin: Any = plugins.get(name)
    return plugin(counts=(90, 7, 3, 0)) if "counts" in plugin.__slots__ else plugin()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def question(kind: str, n: int = N) -> tuple[Tensor, Any, Tensor]:
    """Return wild outputs, what is true, and outputs that are right, of a kind of loss."""
    rng = generator()
    if kind == "classes":
        true = torch.arange(n) % CLASSES
        return torch.randn(n, CLASSES, generator=rng), true, 8 * torch.nn.functional.one_hot(true, CLASSES).float()
    if kind == "pixels":
        true = torch.randint(CLASSES, (n, SIDE, SIDE), generator=rng)
        right = 8 * torch.nn.functional.one_hot(true, CLASSES).movedim(-1, 1).float()
        return torch.randn(n, CLASSES, SIDE, SIDE, generator=rng), true, right
    if kind == "boxes":
        corner, size = torch.rand(n, 2, generator=rng) * 50, torch.rand(n, 2, generator=rng) * 30 + 5
        true = torch.cat((corner, corner + size), 1)
        return torch.rand(n, 4, generator=rng) * 90, true, true.clone()
    if kind == "scores":
        true = torch.nn.functional.one_hot(torch.arange(n) % CLASSES, CLASSES).float() * 0.9
        return torch.randn(n, CLASSES, generator=rng), true, (true - 0.5) * 5
    if kind == "sequence":
        texts = [torch.tensor([i % 3, 0, 0][: i % 4], dtype=torch.int64) for i in range(n)]
        right = torch.zeros(n, STEPS, CLASSES)
        for i, text in enumerate(texts):
            right[i, :, -1] = 9
            right[i, 1 : 2 * len(text) : 2] = 9 * torch.nn.functional.one_hot(text, CLASSES).float()
        return torch.randn(n, STEPS, CLASSES, generator=rng), texts, right
    if kind == "pairs":
        true = torch.nn.functional.normalize(torch.randn(n, DIMENSIONS, generator=rng), dim=1)
        return torch.nn.functional.normalize(torch.randn(n, DIMENSIONS, generator=rng), dim=1), true, true.clone()
    assert kind == "logits"
    teacher = torch.randn(n, CLASSES, generator=rng)
    return torch.randn(n, CLASSES, generator=rng), teacher, teacher.clone()


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_chinese_title_and_a_kind(name: str) -> None:
    assert any("\u4e00" <= c <= "\u9fff" for c in plugins.title(name))
    assert plugins.get(name).of


@pytest.mark.parametrize("name", NAMES)
def test_it_is_built_from_a_table(name: str) -> None:
    built: Any = build(plugins, {"kind": name}, "loss", counts=(4, 2))
    assert built == (plugins.get(name)(counts=(4, 2)) if "counts" in built.__slots__ else plugins.get(name)())  # type: ignore[call-arg]  # those that have counts


@pytest.mark.parametrize(("name", "kind"), CASES)
class TestEvery:
    def test_one_value_a_case_and_less_where_the_answer_is_right(self, name: str, kind: str) -> None:
        wild, true, right = question(kind)
        before = wild.clone()
        values = make(name)(wild, true)
        assert values.shape == (N,)
        assert (values >= 0).all()
        assert torch.equal(wild, before)
        assert make(name)(right, true).sum() < values.sum()

    @pytest.mark.parametrize("size", [0.0, 1.0, 1e4])
    @pytest.mark.parametrize("kept", [torch.float32, torch.bfloat16])
    def test_finite_with_a_finite_slope(self, name: str, kind: str, size: float, kept: torch.dtype) -> None:
        for outputs, true in [(question(kind)[0], question(kind)[1]), question(kind)[2:] + question(kind)[1:2]]:
            learned = (outputs * (1.0 if kind == "pairs" and size > 1 else size)).to(kept).requires_grad_()
            values = make(name)(learned, true)
            assert torch.isfinite(values).all()
            assert values.dtype == torch.float32
            torch.autograd.backward(values.sum())
            assert learned.grad is not None
            assert torch.isfinite(learned.grad).all()

    def test_a_case_has_its_loss_whatever_stands_beside_it(self, name: str, kind: str) -> None:
        if kind == "pairs":
            pytest.skip("the others of the batch are what a pair is told apart from")
        outputs, true, _ = question(kind)
        together = make(name)(outputs, true)
        alone = torch.cat([make(name)(outputs[i : i + 1], true[i : i + 1]) for i in range(N)])
        torch.testing.assert_close(alone, together)

    def test_no_cases(self, name: str, kind: str) -> None:
        outputs, true, _ = question(kind)
        assert make(name)(outputs[:0].requires_grad_(), true[:0]).shape == (0,)
