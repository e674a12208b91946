"""Trajectory classification: what a way was made by, or what is done on it: on foot or driving, at work or on the road."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from annotated_types import Gt
from torch import Tensor, nn

from roadstead.dataset.samples import Label, Sample, Target
from roadstead.errors import BadInput, BadSettings
from roadstead.evaluate.metrics import classification
from roadstead.evaluate.reports import Report
from roadstead.train.augment import OfBatch
from roadstead.train.losses import Loss
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.models import Built
from roadstead.train.pictures import stacked
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.tasks._classes import classes
from roadstead.train.tasks._ways import features
from roadstead.train.vocabulary import Vocabulary
from roadstead.types import Floats


@task("trajectory_classification", zh="轨迹分类")
@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryClassification:
    """The class of a way. It is drawn at `points` times; `labels` set the order of the classes."""

    targets: ClassVar[tuple[type[Target], ...]] = (Label,)
    losses: ClassVar[tuple[str, ...]] = ("classes",)

    points: Annotated[int, Gt(7)] = 64
    labels: tuple[str, ...] = ()

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return the classes; raise BadInput where there are fewer than two."""
        return Vocabulary(labels=classes(samples, self.labels, "trajectory classification"))

    def learner(
        self,
        built: Built,  # noqa: ARG002  # every model of the task takes the same rows
        vocabulary: Vocabulary,
        loss: Loss | None,
        mix: Sequence[OfBatch],
    ) -> "WayClassifier":
        """Bind the task; raise BadSettings for augmentations that mix pictures."""
        if mix:
            raise BadSettings("augment: mixup and cutmix mix pictures; leave them out for ways")
        return WayClassifier(vocabulary, loss or CrossEntropy(), self.points)


@dataclass(frozen=True, slots=True)
class WayClassifier:
    """Shows ways to a network and compares what it says."""

    vocabulary: Vocabulary
    criterion: Loss
    points: int

    def load(self, sample: Sample) -> tuple[Floats, str]:
        """Return a sample's way as rows of numbers, and its class; raise BadInput where it has no way."""
        if sample.way is None:
            raise BadInput(f"sample {sample.id!r}: has no way; name its columns by format.columns.way")
        try:
            rows = features(sample.way, self.points)
        except BadInput as error:
            raise BadInput(f"sample {sample.id!r}: {error}") from None
        return rows, sample.target.label if isinstance(sample.target, Label) else ""

    def encode(self, loaded: tuple[Floats, str]) -> tuple[Tensor, int]:
        """Return the rows (6, points) and the class, -100 where the model has no such class."""
        rows, label = loaded
        labels = self.vocabulary.labels
        return torch.from_numpy(rows.astype(np.float32)), labels.index(label) if label in labels else -100

    def collate(self, examples: Sequence[tuple[Tensor, int]]) -> Batch:
        """Return ways (n, 6, points) and labels (n,)."""
        ways, labels = zip(*examples, strict=True)
        return {"ways": stacked(ways), "labels": torch.tensor(labels)}

    def units(self, batch: Batch) -> float:
        """Count the ways whose class is known."""
        return float((batch["labels"] != -100).sum())

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the ways."""
        logits = model(batch["ways"])
        return Losses(self.criterion(logits, batch["labels"]).sum(), self.units(batch), outputs=logits)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return the share of each class, one prediction a way."""
        shares = model(batch["ways"]).float().softmax(dim=1).cpu().numpy().astype(np.float64)
        return [classification.Scores(row) for row in shares]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was said."""
        return classification.judge(samples, predictions, self.vocabulary.labels, resamples=resamples)

    def audit(self, batch: Batch) -> str:
        """Return the classes of a batch in words."""
        names = [self.vocabulary.labels[k] if k >= 0 else "(no class)" for k in batch["labels"].tolist()]
        return f"{len(names)} ways of {self.points} points: {', '.join(names[:16])}"
