"""Image classification: one class of several for a whole picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from roadstead.bundle.card import Input
from roadstead.dataset.samples import Label, Sample, Target
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import classification
from roadstead.evaluate.reports import Report
from roadstead.train.augment import OfBatch, Shown
from roadstead.train.losses import Loss
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.models import Built
from roadstead.train.pictures import shown, stacked, tensor
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.tasks._classes import classes
from roadstead.train.vocabulary import Vocabulary


@task("image_classification", zh="图像分类")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImageClassification:
    """The class of a picture. `labels` set the order of the classes; none: those of the training samples, sorted."""

    targets: ClassVar[tuple[type[Target], ...]] = (Label,)
    losses: ClassVar[tuple[str, ...]] = ("classes",)

    labels: tuple[str, ...] = ()

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return the classes; raise BadInput where there are fewer than two."""
        return Vocabulary(labels=classes(samples, self.labels, "image classification"))

    def learner(
        self, built: Built, vocabulary: Vocabulary, loss: Loss | None, mix: Sequence[OfBatch]
    ) -> "ImageClassifier":
        """Bind the task."""
        if built.input is None:
            raise BadInput("model: takes no pictures, so it cannot be trained for image classification")
        return ImageClassifier(vocabulary, built.input, loss or CrossEntropy(), tuple(mix))


@dataclass(frozen=True, slots=True)
class ImageClassifier:
    """Shows pictures to a network and compares what it says."""

    vocabulary: Vocabulary
    input: Input
    criterion: Loss
    mix: tuple[OfBatch, ...] = ()

    def load(self, sample: Sample) -> Shown:
        """Read a sample's picture."""
        return shown(sample)

    def encode(self, loaded: Shown) -> tuple[Tensor, int]:
        """Return the picture (3, h, w) and its class, -100 where the model has no such class."""
        label = loaded.target.label if isinstance(loaded.target, Label) else ""
        labels = self.vocabulary.labels
        return tensor(loaded.image, self.input), labels.index(label) if label in labels else -100

    def collate(self, examples: Sequence[tuple[Tensor, int]]) -> Batch:
        """Return images (n, 3, h, w) and labels (n,)."""
        images, labels = zip(*examples, strict=True)
        return {"images": stacked(images), "labels": torch.tensor(labels)}

    def units(self, batch: Batch) -> float:
        """Count the samples whose class is known."""
        return float((batch["labels"] != -100).sum())

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the pictures."""
        images, labels = batch["images"], batch["labels"]
        if model.training and torch.is_grad_enabled():
            for one in self.mix:
                rng = np.random.default_rng(int(torch.randint(2**31, ()).item()))
                images, labels = one.mix(images, labels, self.vocabulary.outputs, rng)
        logits = model(images)
        return Losses(self.criterion(logits, labels).sum(), self.units(batch), outputs=logits)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return the share of each class, one prediction a picture."""
        shares = model(batch["images"]).float().softmax(dim=1).cpu().numpy().astype(np.float64)
        return [classification.Scores(row) for row in shares]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was said."""
        return classification.judge(samples, predictions, self.vocabulary.labels, resamples=resamples)

    def audit(self, batch: Batch) -> str:
        """Return the classes of a batch in words."""
        names = [self.vocabulary.labels[k] if k >= 0 else "(no class)" for k in batch["labels"].tolist()]
        return f"{len(names)} pictures: {', '.join(names[:16])}"
