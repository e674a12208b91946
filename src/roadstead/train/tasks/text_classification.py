"""Text classification: one class of several for a whole text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from annotated_types import Gt
from torch import nn

from roadstead.dataset.samples import Label, Sample, Target
from roadstead.errors import BadInput
from roadstead.evaluate.metrics import classification
from roadstead.evaluate.reports import Report
from roadstead.train import reading, tokens
from roadstead.train.augment import OfBatch
from roadstead.train.losses import Loss
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.tasks._classes import classes
from roadstead.train.vocabulary import Vocabulary


@task("text_classification", zh="文本分类")
@dataclass(frozen=True, slots=True, kw_only=True)
class TextClassification:
    """The class of a text.

    `labels` set the order of the classes; none: those of the training samples, sorted. Texts are cut at `length` tokens, and
    how many are is told. A text of which the tokenizer knows too little is refused unless `allow_unknown`.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Label,)
    losses: ClassVar[tuple[str, ...]] = ("classes",)

    labels: tuple[str, ...] = ()
    length: Annotated[int, Gt(2)] = 256
    allow_unknown: bool = False

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return the classes; raise BadInput where there are fewer than two, or a sample has no text."""
        demand_text(samples)
        return Vocabulary(labels=classes(samples, self.labels, "text classification"), samples=tuple(samples))

    def learner(
        self,
        built: Built,
        vocabulary: Vocabulary,
        loss: Loss | None,
        mix: Sequence[OfBatch],  # noqa: ARG002  # texts are not mixed
    ) -> "TextClassifier":
        """Bind the task; raise BadInput where the tokenizer knows too little of the training texts."""
        tokenizer = tokens.tokenizer_of(built, "text classification")
        lengths = [len(row) for row in _rows(tokenizer, vocabulary.samples)]
        said = reading.surveyed(built, vocabulary.samples, lengths, self.length, allow_unknown=self.allow_unknown)
        return TextClassifier(vocabulary, tokenizer, loss or CrossEntropy(), self.length, said)


@dataclass(frozen=True, slots=True)
class TextClassifier:
    """Shows texts to an encoder and compares what it says."""

    vocabulary: Vocabulary
    tokenizer: Any
    criterion: Loss
    length: int
    said: tuple[str, ...] = ()

    def load(self, sample: Sample) -> tuple[str, str]:
        """Return the text and its class."""
        return sample.text, sample.target.label if isinstance(sample.target, Label) else ""

    def encode(self, loaded: tuple[str, str]) -> tuple[Mapping[str, Any], int]:
        """Return the text's tokens and its class, -100 where the model has no such class."""
        text, label = loaded
        labels = self.vocabulary.labels
        row = self.tokenizer(text, truncation=True, max_length=self.length)
        return row, labels.index(label) if label in labels else tokens.IGNORED

    def collate(self, examples: Sequence[tuple[Mapping[str, Any], int]]) -> Batch:
        """Return input_ids and what belongs to them (n, longest), and labels (n,)."""
        rows, labels = zip(*examples, strict=True)
        return {**reading.columns(rows, self.tokenizer.pad_token_id), "labels": torch.tensor(labels)}

    def units(self, batch: Batch) -> float:
        """Count the texts whose class is known."""
        return float((batch["labels"] != tokens.IGNORED).sum())

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the texts."""
        logits = model(**reading.inputs(batch)).logits
        return Losses(self.criterion(logits, batch["labels"]).sum(), self.units(batch), outputs=logits)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return the share of each class, one prediction a text."""
        shares = model(**reading.inputs(batch)).logits.float().softmax(dim=1).cpu().numpy().astype(np.float64)
        return [classification.Scores(row) for row in shares]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was said."""
        return replace(
            classification.judge(samples, predictions, self.vocabulary.labels, resamples=resamples),
            task="text_classification",
        )

    def audit(self, batch: Batch) -> str:
        """Return the texts of a batch as the model reads them, and their classes."""
        names = [self.vocabulary.labels[k] if k >= 0 else "(no class)" for k in batch["labels"].tolist()]
        read = [
            reading.decoded(self.tokenizer, row[mask.bool()].tolist())
            for row, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True)
        ]
        shown = " | ".join(f"{name}: {text[:160]}" for name, text in zip(names[:4], read, strict=False))
        return "; ".join((f"{len(names)} texts: {shown}", *self.said))


def demand_text(samples: Sequence[Sample]) -> None:
    """Raise BadInput naming the first sample without a text."""
    for sample in samples:
        if not sample.text.strip():
            raise BadInput(f"data: sample {sample.id!r} has no text to read")


def _rows(tokenizer: Any, samples: Sequence[Sample]) -> list[list[int]]:
    return list(tokenizer([sample.text for sample in samples])["input_ids"]) if samples else []
