"""What can be learned: one file a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from roadstead.dataset.samples import Sample, Target
from roadstead.evaluate.reports import Report
from roadstead.registry import Registry
from roadstead.train.augment import OfBatch
from roadstead.train.losses import Loss
from roadstead.train.models import Built
from roadstead.train.vocabulary import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor, nn

Batch = dict[str, Any]
"""Tensors by name, and lists of what is no tensor; tensors go to the device, the rest stays."""

Prediction = Any
"""What a model says of one sample, on numpy and plain values; `score` of the same task knows what is in it."""


@dataclass(slots=True)
class Losses:
    """The loss of a batch as a SUM over its units, so that batches of any size add up to the same step.

    `units` are what the sum runs over (samples, tokens that count, boxes, pixels that count): the loop divides by the units
    of the whole step, over all micro-batches and processes. `parts` are detached shares of the sum, for the log.
    `outputs` is what the model returned, for methods that compare (distillation).
    """

    total: Tensor
    units: float
    parts: Mapping[str, float] = field(default_factory=dict)
    outputs: Any = None


class Learner(Protocol):
    """A task bound to a vocabulary and a model's way of taking its input. It holds no state that training changes."""

    @property
    def vocabulary(self) -> Vocabulary:
        """What can be answered."""

    def load(self, sample: Sample) -> Any:
        """Read and decode one sample: what augmentations work on. Raise BadInput naming the sample and its file."""

    def encode(self, loaded: Any) -> Any:
        """Return the example that `collate` takes; deterministic."""

    def collate(self, examples: Sequence[Any]) -> Batch:
        """Return a batch of examples."""

    def units(self, batch: Batch) -> float:
        """Return what `loss` will give as units, without running the model."""

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Run the model and return the loss of a batch; `model` may be wrapped (adapters, data parallel)."""

    def predict(self, model: nn.Module, batch: Batch) -> list[Prediction]:
        """Run the model (in evaluation mode, without gradients) and say what it means, one prediction a sample."""

    def score(self, samples: Sequence[Sample], predictions: Sequence[Prediction], *, resamples: int = 0) -> Report:
        """Judge predictions against what is true; `resamples` of the bootstrap give intervals, 0 none."""

    def audit(self, batch: Batch) -> str:
        """Return in words what of a batch the loss is taken on: decoded tokens, boxes with class names, labels."""


@runtime_checkable
class Together(Protocol):
    """A learner whose loss compares the samples of a batch with one another, so that a batch must not be cut."""

    together: bool


class Task(Protocol):
    """A frozen dataclass whose fields are its settings."""

    targets: ClassVar[tuple[type[Target], ...]]
    """Which targets samples must have."""

    losses: ClassVar[tuple[str, ...]]
    """Kinds of losses (`Loss.of`) that fit; () where the model brings its own loss and a recipe may not name one."""

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return what the training samples ask for; raise BadInput where they do not fit the task."""

    def learner(self, built: Built, vocabulary: Vocabulary, loss: Loss | None, mix: Sequence[OfBatch]) -> Learner:
        """Bind the task; `loss` None: its usual one; `mix` are augmentations that mix whole batches, for tasks that can."""


plugins: Registry[Task] = Registry("train.tasks", "task")
task = plugins
