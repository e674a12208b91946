"""What every task on tensors is tested for: units, sums that add up, a loss that falls."""

from collections.abc import Sequence
from typing import Any

import torch

from roadstead.dataset.samples import Sample
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Learner


def batch(learner: Learner, samples: Sequence[Sample]) -> Batch:
    """Return samples as one batch."""
    return learner.collate([learner.encode(learner.load(sample)) for sample in samples])


def gradients(learner: Learner, built: Built, parts: Sequence[Sequence[Sample]]) -> tuple[float, float, torch.Tensor]:
    """Return the loss, the units and the gradient of samples in several batches, the network as when judging."""
    built.module.eval()
    built.module.zero_grad()
    total = units = 0.0
    for samples in parts:
        one = batch(learner, samples)
        lost = learner.loss(built.module, one)
        assert lost.units == learner.units(one)
        lost.total.backward()  # type: ignore[no-untyped-call]  # untyped in torch
        total, units = total + float(lost.total.detach()), units + lost.units
    every = [p.grad.flatten() for p in built.module.parameters() if p.grad is not None]
    return total, units, torch.cat(every)


def demand_sums(learner: Learner, built: Built, samples: Sequence[Sample]) -> float:
    """Demand that samples at once and in two parts have the same loss, units and gradient; return the units."""
    whole = gradients(learner, built, [samples])
    cut = gradients(learner, built, [samples[:1], samples[1:]])
    torch.testing.assert_close(torch.tensor(cut[:2]), torch.tensor(whole[:2]), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(cut[2], whole[2], rtol=1e-3, atol=1e-4 * float(whole[2].abs().max()))
    return whole[1]


def learned(learner: Learner, built: Built, samples: Sequence[Sample], *, steps: int, lr: float) -> tuple[float, float]:
    """Train on samples; return their mean loss before and after."""
    torch.manual_seed(0)
    module = built.module.train()
    optimiser = torch.optim.Adam(module.parameters(), lr)
    one = batch(learner, samples)
    seen = []
    for _ in range(steps):
        optimiser.zero_grad()
        lost = learner.loss(module, one)
        (lost.total / lost.units).backward()  # type: ignore[no-untyped-call]  # untyped in torch
        optimiser.step()
        seen.append(float(lost.total.detach()) / lost.units)
    return seen[0], seen[-1]


def said(learner: Learner, built: Built, samples: Sequence[Sample]) -> list[Any]:
    """Return what the network says of samples."""
    with torch.inference_mode():
        return learner.predict(built.module.eval(), batch(learner, samples))
