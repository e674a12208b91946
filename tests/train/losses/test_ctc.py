"""CTC against every way a text may be spread, counted out."""

# what needs torch is imported once it is known to be there

from itertools import product

import pytest

pytest.importorskip("torch")

import torch

from roadstead.errors import BadInput
from roadstead.train.losses.ctc import Ctc

pytestmark = pytest.mark.torch

LOGITS = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(2))
TEXTS = [torch.tensor([1, 1, 0]), torch.tensor([2])]


def read(path: tuple[int, ...], blank: int) -> list[int]:
    """Read a way through the steps: neighbours that are the same are one, blanks are none."""
    return [c for i, c in enumerate(path) if c != blank and (i == 0 or c != path[i - 1])]


@pytest.mark.parametrize("i", [0, 1])
def test_it_is_the_likelihood_over_all_ways(i: int) -> None:
    shares = LOGITS[i].double().softmax(1)
    ways = [w for w in product(range(4), repeat=5) if read(w, 3) == TEXTS[i].tolist()]
    likelihood = sum(float(shares[torch.arange(5), torch.tensor(w)].prod()) for w in ways)
    assert Ctc()(LOGITS, TEXTS)[i].exp().item() == pytest.approx(1 / likelihood, rel=1e-4)


def test_by_length() -> None:
    torch.testing.assert_close(Ctc(normalise="length")(LOGITS, TEXTS), Ctc()(LOGITS, TEXTS) / torch.tensor([3.0, 1.0]))


def test_a_text_too_long_is_refused_or_left_out() -> None:
    long = [torch.tensor([0, 0, 1, 1]), torch.tensor([2])]
    with pytest.raises(BadInput, match="text 0 of the batch has 4 characters and needs 6 steps, the model gives 5"):
        Ctc()(LOGITS, long)
    learned = LOGITS.clone().requires_grad_()
    values = Ctc(too_long="leave_out")(learned, long)
    assert values[0] == 0
    assert values[1] > 0
    torch.autograd.backward(values.sum())
    assert learned.grad is not None
    assert torch.isfinite(learned.grad).all()
