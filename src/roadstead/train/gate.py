"""Whether a converted model may ship: it has to answer as the trained one does, and be as good on held-out samples.

That a conversion ended without an error says nothing: detectors that answer with sets have come out at an AP near 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from roadstead import evaluating
from roadstead.bundle.boxes import every
from roadstead.bundle.card import Card
from roadstead.dataset.samples import Sample
from roadstead.evaluate.reports import Report
from roadstead.evaluating import Inputs, Model, Speed
from roadstead.geometry.boxes import iou
from roadstead.infer import Tensor
from roadstead.train.leaving import Leaving
from roadstead.train.recipe import Export
from roadstead.train.tasks import Learner

COMPARED = 32
"""So many samples are compared number by number."""
SURE = 0.05
"""Boxes from this score on have to be found again."""
FOREMOST = 300
"""So many of a picture's boxes, best first, are looked for."""
SAME, NEAR_PX = 0.99, 0.1
"""Two boxes are one and the same from this overlap on, or where no side is further away than this, px of the input.

And so large a share of boxes has to be found again.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found of one converted model, and whether it ships.

    `difference` is the largest between its outputs and the trained model's (shares of the largest output; for detectors of the
    scores of boxes that are one and the same), `again` the share of boxes that were found again (None: no boxes). `value` and
    `reference` are the main figure of both on the same held-out samples.
    """

    format: str
    exporter: str
    passed: bool
    said: str
    difference: float | None = None
    again: float | None = None
    metric: str = ""
    value: float | None = None
    reference: float | None = None
    samples: int = 0
    speed: tuple[Speed, ...] = ()
    bytes: int = 0

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


@dataclass(slots=True)
class Gate:
    """Holds converted models against the trained one. `report` is the trained model's, on the same `samples`."""

    leaving: Leaving
    learner: Learner
    samples: Sequence[Sample]
    report: Report
    settings: Export

    def judge(self, folder: Path, format_: str, exporter: str, engines: Sequence[str]) -> Verdict:
        """Return whether the bundle in a folder may ship; INT8 is not held to the tolerance, only to the figure."""
        exact = format_ != "int8"
        said: list[str] = []
        speeds: list[Speed] = []
        worst, again, value = 0.0, 1.0, None
        for engine in engines:
            model = self.opened(folder, engine)
            difference, found = self._apart(model)
            if found is None:
                said.append(f"the trained model finds no box of a score from {SURE:g} on, so nothing can be compared")
                break
            worst, again = max(worst, difference), min(again, found)
            if exact and (difference > self.settings.tolerance or found < SAME):
                said.append(self._differs(engine, difference, found))
            predictions = [model.predict(sample) for sample in self.samples]
            value = self.learner.score(self.samples, predictions).value
            if self._lost(value) > self.settings.most_loss:
                said.append(
                    f"in {engine} {self.report.main} is {_text(value)} where the trained model has {_text(self.report.value)}"
                )
            speeds.append(model.speed())
            if said:
                break
        sure = f"{self.report.main} {_text(value)}, trained {_text(self.report.value)}, largest difference {worst:.2g}"
        return Verdict(
            format=format_,
            exporter=exporter,
            passed=not said,
            said="; ".join(said) or sure,
            difference=worst,
            again=again if self.leaving.card.boxes is not None else None,
            metric=self.report.main,
            value=value,
            reference=self.report.value,
            samples=len(self.samples),
            speed=tuple(speeds),
            bytes=sum(file.stat().st_size for file in folder.iterdir() if file.is_file()),
        )

    def opened(self, folder: Path, engine: str) -> Model:
        """Open a bundle to be judged as the task is."""
        model = evaluating.opened(folder, engine=engine)
        settings = getattr(self.learner, "settings", None)
        if model.card.task == "detect" and settings is not None:
            model.least, model.at_most = settings.score, settings.at_most
        return model

    def _apart(self, model: Model) -> tuple[float, float | None]:
        """Return by how much outputs differ at most, and the share of boxes found again: None where there are none."""
        worst, seen, found = 0.0, 0, 0
        for sample in self.samples[:COMPARED]:
            inputs = model.show(sample).inputs
            trained, converted = torch_outputs(self.leaving, inputs), model.run(inputs)
            if self.leaving.card.boxes is None:
                worst = max(worst, *(largest(a, b) for a, b in zip(trained, converted, strict=True)))
                continue
            difference, boxes, same = matched(model.card, trained, converted)
            worst, seen, found = max(worst, difference), seen + boxes, found + same
        if self.leaving.card.boxes is None:
            return worst, 1.0
        return worst, found / seen if seen else None

    def _lost(self, value: float | None) -> float:
        """Return by how much the main figure is worse; 0 where neither model has one."""
        if value is None or self.report.value is None:
            return 0.0 if value == self.report.value else float("inf")
        change = self.report.value - value
        return change if self.report.higher else -change

    def _differs(self, engine: str, difference: float, again: float) -> str:
        if self.leaving.card.boxes is not None and again < SAME:
            return f"in {engine} only {again:.1%} of the trained model's boxes are found again"
        return f"in {engine} outputs differ by {difference:.2g}, more than {self.settings.tolerance:g}"


def reference(
    module: nn.Module, learner: Learner, samples: Sequence[Sample], size: int, *, resamples: int = 0
) -> Report:
    """Return the figures of a trained model on samples, `size` at once, in this process alone and in full precision."""
    module.eval()
    predictions: list[Any] = []
    with torch.inference_mode():
        for begin in range(0, len(samples), size):
            some = samples[begin : begin + size]
            predictions += learner.predict(module, learner.collate([learner.encode(learner.load(s)) for s in some]))
    return learner.score(samples, predictions, resamples=resamples)


def torch_outputs(leaving: Leaving, inputs: Inputs) -> list[Tensor]:
    """Return what the trained model says to inputs, as arrays."""
    module: nn.Module = leaving.module
    names = leaving.inputs
    given = [torch.from_numpy(inputs[name]) for name in names]
    with torch.inference_mode():
        said = module.eval()(*given)
    return [one.float().numpy() for one in (said if isinstance(said, tuple) else (said,))]


def largest(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Return the largest difference of two outputs, as a share of the largest number in the first where that is above 1."""
    if one.shape != other.shape:
        return float("inf")
    difference = np.abs(one.astype(np.float64) - other)
    return (
        float(difference.max(initial=0.0) / max(1.0, np.abs(one).max(initial=0.0)))
        if np.isfinite(other).all()
        else float("inf")
    )


def matched(card: Card, one: Sequence[Tensor], other: Sequence[Tensor]) -> tuple[float, int, int]:
    """Return the largest difference of scores, how many boxes the first has, and how many of them the second has too.

    Outputs are those of one picture. Rows of sets come in any order, so boxes are compared, not rows; of a box's equals the one of the
    nearest score is taken. Only the FOREMOST boxes from SURE on count, before overlapping ones are taken out: which of two nearly equal
    ones stays is chance.
    """
    names = card.output.outputs
    a = every(card, dict(zip(names, (x[0] for x in one), strict=True)), SURE)
    b = every(card, dict(zip(names, (x[0] for x in other), strict=True)), SURE / 2)
    if not len(a.boxes):
        return 0.0, 0, 0
    first = a.boxes[:FOREMOST]
    near = np.abs(first[:, None] - b.boxes[None, :]).max(axis=2) <= NEAR_PX
    same = ((iou(first, b.boxes) >= SAME) | near) & (a.classes[:FOREMOST, None] == b.classes[None, :])
    apart = np.where(same, np.abs(a.scores[:FOREMOST, None] - b.scores[None, :]), np.inf).min(axis=1, initial=np.inf)
    there = np.isfinite(apart)
    return float(apart[there].max(initial=0.0)), len(there), int(there.sum())


def _text(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


def metrics(verdict: Verdict) -> Mapping[str, float]:
    """Return what a bundle's card says of how it did."""
    found = {} if verdict.value is None else {verdict.metric: verdict.value}
    for speed in verdict.speed:
        found |= {f"{speed.engine}_p50_ms": round(speed.p50_ms, 3), f"{speed.engine}_p95_ms": round(speed.p95_ms, 3)}
    return {name: float(value) for name, value in found.items()}
