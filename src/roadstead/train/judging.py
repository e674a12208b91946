"""Runs a model over samples: what it says of each, and its loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]  # the package ships no types
from accelerate.utils import gather_object  # type: ignore[import-untyped]  # the package ships no types
from torch import nn

from roadstead.dataset.samples import Sample
from roadstead.evaluate.reports import Report
from roadstead.train.tasks import Batch, Learner, Prediction


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found on a set of samples: the report, and the mean loss a unit (None of no units)."""

    report: Report
    loss: float | None
    predictions: tuple[Prediction, ...]


def judge(
    model: nn.Module,
    learner: Learner,
    samples: Sequence[Sample],
    size: int,
    accelerator: Accelerator,
    *,
    losses: bool = True,
    resamples: int = 0,
    who: tuple[int, int] | None = None,
) -> Judged:
    """Run a model over samples, `size` at once; several processes take a part each and all get the whole result.

    `who` says among how many the samples are shared, and which this one is; none: all processes.

    Every process runs the model equally often (the last sample is shown again where they do not come out even), since sharded
    models can only run together.
    """
    world, rank = who or (accelerator.num_processes, accelerator.process_index)
    share = -(-len(samples) // world)
    places = [min(rank * share + k, len(samples) - 1) for k in range(share)]
    found: list[tuple[int, Prediction]] = []
    total, units = 0.0, 0.0
    model.eval()
    with torch.inference_mode():
        for begin in range(0, share, size):
            some = places[begin : begin + size]
            batch = moved(learner.collate([learner.encode(learner.load(samples[k])) for k in some]), accelerator.device)
            with accelerator.autocast():
                found += zip(some, learner.predict(model, batch), strict=True)
                if losses:
                    lost = learner.loss(model, batch)
                    total, units = total + float(lost.total), units + lost.units
    model.train()
    if world > 1:
        found = gather_object(found)
        total, units = (sum(values) for values in zip(*gather_object([(total, units)]), strict=True))
    by_place = dict(found)
    predictions = tuple(by_place[k] for k in range(len(samples)))
    return Judged(
        learner.score(samples, predictions, resamples=resamples), total / units if units else None, predictions
    )


def moved(batch: Batch, device: torch.device) -> Batch:
    """Return a batch whose tensors lie on a device."""
    if device.type == "cpu":
        return batch
    return {k: v.to(device, non_blocking=True) if isinstance(v, torch.Tensor) else v for k, v in batch.items()}
