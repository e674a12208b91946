"""Attributes: several questions about one picture, each with values of its own: cover, dirt, kind, view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Gt
from torch import Tensor, nn

from roadstead.bundle.attributes import CANNOT_TELL
from roadstead.bundle.card import Input
from roadstead.dataset.samples import Attributes as Values
from roadstead.dataset.samples import Sample, Target
from roadstead.errors import BadInput, BadSettings
from roadstead.evaluate.metrics import attributes as metric
from roadstead.evaluate.reports import Report
from roadstead.train.augment import OfBatch, Shown
from roadstead.train.losses import Loss
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.models import Built
from roadstead.train.pictures import shown, stacked, tensor
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary

_UNKNOWN = -100


@task("attributes", zh="多属性识别")
@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """One softmax over the values of each attribute.

    `values` name the attributes to learn and the order of their values; those of the training samples that are not among them
    follow, sorted; none: all attributes that the samples have. `cannot_tell` "class" makes a value of what nobody could
    tell, "ignore" leaves it out of the loss. `weights` say how much an attribute counts in the loss (1 where none is given).
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Values,)
    losses: ClassVar[tuple[str, ...]] = ("classes",)

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cannot_tell: Literal["class", "ignore"] = "class"
    weights: Mapping[str, Annotated[float, Gt(0)]] = field(default_factory=dict)

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return the values of each attribute; raise BadInput where one has fewer than two."""
        seen: dict[str, set[str]] = {name: set() for name in self.values}
        for sample in samples:
            if isinstance(sample.target, Values):
                for name, value in sample.target.values.items():
                    if name in self.values or not self.values:
                        seen.setdefault(name, set()).update(_value(value, self.cannot_tell))
        found = {name: self._ordered(name, some) for name, some in sorted(seen.items())}
        for name, some in found.items():
            if len(some) < 2:
                raise BadInput(
                    f"data: attribute {name!r} needs at least two values; found {', '.join(some) or 'none'}"
                    f"; name the attributes to learn in task.values"
                )
        if not found:
            raise BadInput("data: no training sample has an attribute")
        return Vocabulary(attributes=found)

    def learner(
        self, built: Built, vocabulary: Vocabulary, loss: Loss | None, mix: Sequence[OfBatch]
    ) -> "AttributeClassifier":
        """Bind the task; raise BadSettings for weights of no attribute, and for augmentations that mix pictures."""
        if built.input is None:
            raise BadInput("model: takes no pictures, so it cannot be trained for attributes")
        if mix:
            raise BadSettings("augment: pictures cannot be mixed for attributes; leave mixup and cutmix out")
        stray = sorted(set(self.weights) - set(vocabulary.attributes))
        if stray:
            raise BadSettings(
                f"task.weights: there is no attribute {stray[0]!r}; there are {', '.join(vocabulary.attributes)}"
            )
        weights = tuple(self.weights.get(name, 1.0) for name in vocabulary.attributes)
        return AttributeClassifier(
            vocabulary, built.input, _each(loss or CrossEntropy(), vocabulary), weights, self.cannot_tell
        )

    def _ordered(self, name: str, seen: set[str]) -> tuple[str, ...]:
        first = self.values.get(name, ())
        return (*first, *sorted(seen - set(first)))


@dataclass(frozen=True, slots=True)
class AttributeClassifier:
    """Shows pictures to a network and compares what it says of each attribute; `criteria` and `weights` are one an attribute."""

    vocabulary: Vocabulary
    input: Input
    criteria: tuple[Loss, ...]
    weights: tuple[float, ...]
    cannot_tell: Literal["class", "ignore"] = "class"

    def load(self, sample: Sample) -> Shown:
        """Read a sample's picture."""
        return shown(sample)

    def encode(self, loaded: Shown) -> tuple[Tensor, Tensor]:
        """Return the picture (3, h, w) and the index of each attribute's value, -100 where it does not count."""
        given = loaded.target.values if isinstance(loaded.target, Values) else {}
        places = []
        for name, values in self.vocabulary.attributes.items():
            told = _value(given[name], self.cannot_tell) if name in given else ()
            places.append(values.index(told[0]) if told and told[0] in values else _UNKNOWN)
        return tensor(loaded.image, self.input), torch.tensor(places)

    def collate(self, examples: Sequence[tuple[Tensor, Tensor]]) -> Batch:
        """Return images (n, 3, h, w) and values (n, attributes)."""
        images, values = zip(*examples, strict=True)
        return {"images": stacked(images), "values": stacked(values)}

    def units(self, batch: Batch) -> float:
        """Count the attributes that are known, each by its weight."""
        return float(sum(w * int((column != _UNKNOWN).sum()) for w, column in self._columns(batch["values"])))

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of all attributes of all pictures, each by its weight."""
        logits = model(batch["images"])
        parts = {
            name: weight * criterion(own, column).sum()
            for name, own, criterion, (weight, column) in zip(
                self.vocabulary.attributes,
                self._cut(logits),
                self.criteria,
                self._columns(batch["values"]),
                strict=True,
            )
        }
        total = torch.stack(list(parts.values())).sum()
        return Losses(total, self.units(batch), {k: float(v.detach()) for k, v in parts.items()}, logits)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return the shares of the values of each attribute, one prediction a picture."""
        parts = [
            own.float().softmax(dim=1).cpu().numpy().astype(np.float64) for own in self._cut(model(batch["images"]))
        ]
        names = self.vocabulary.attributes
        return [
            metric.Scores({name: part[k] for name, part in zip(names, parts, strict=True)})
            for k in range(len(parts[0]))
        ]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was said."""
        return metric.judge(samples, predictions, self.vocabulary.attributes, resamples=resamples)

    def audit(self, batch: Batch) -> str:
        """Return the attributes of the first pictures of a batch in words."""
        rows = [
            ", ".join(
                f"{name}={values[k] if k >= 0 else '(not counted)'}"
                for (name, values), k in zip(self.vocabulary.attributes.items(), row.tolist(), strict=True)
            )
            for row in batch["values"][:4]
        ]
        return f"{len(batch['values'])} pictures: {'; '.join(rows)}"

    def _cut(self, logits: Tensor) -> list[Tensor]:
        """Return the logits (n, values) of each attribute."""
        return list(torch.split(logits, [len(values) for values in self.vocabulary.attributes.values()], dim=1))

    def _columns(self, values: Tensor) -> list[tuple[float, Tensor]]:
        return list(zip(self.weights, values.unbind(dim=1), strict=True))


def _value(value: str | None, cannot_tell: str) -> tuple[str, ...]:
    """Return the value that stands for what was told, () where it does not count."""
    if value is None:
        return (CANNOT_TELL,) if cannot_tell == "class" else ()
    return (value,)


def _each(loss: Loss, vocabulary: Vocabulary) -> tuple[Loss, ...]:
    """Return a loss for each attribute; one that knows how often classes occur gets the counts of its own values."""
    sizes = [len(values) for values in vocabulary.attributes.values()]
    counts = getattr(loss, "counts", ())
    if len(counts) != sum(sizes) or "counts" not in {f.name for f in fields(loss)}:  # type: ignore[arg-type]  # a dataclass
        return tuple(loss for _ in sizes)
    ends = np.cumsum(sizes).tolist()
    return tuple(
        replace(loss, counts=tuple(counts[end - size : end]))  # type: ignore[type-var]  # a dataclass
        for end, size in zip(ends, sizes, strict=True)
    )
