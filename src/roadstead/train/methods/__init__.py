"""How a model is tuned: which parameters learn, and what is added to it; one file a method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from roadstead.registry import Registry
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Learner, Losses

if TYPE_CHECKING:
    from torch import Tensor, nn


class Method(Protocol):
    """A frozen dataclass whose fields are its settings. What training changes lies in the module, never in the method."""

    def prepare(self, built: Built) -> nn.Module:
        """Freeze, wrap or extend the model; return the module to train, whose trainable parameters require gradients.

        Raise BadInput in one sentence where the method does not fit the model (naming what would).
        """

    def merge(self, module: nn.Module) -> nn.Module:
        """Return the module as a plain one that computes the same (what is exported); itself where nothing was added."""


@runtime_checkable
class Adapting(Protocol):
    """A method whose result saves alone and loads on a base."""

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return what was learned beside the base."""

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put what was learned onto a prepared module; raise BadInput where it does not fit."""


@runtime_checkable
class Advancing(Protocol):
    """A method that changes which parameters learn while training goes on."""

    def advance(self, built: Built, module: nn.Module, progress: float) -> None:
        """Set what requires gradients at `progress`, 0 to 1: a function of progress alone, so that resuming is exact."""


@runtime_checkable
class Stepping(Protocol):
    """A method that changes the module after each step of the optimiser (AdaLoRA gives ranks away)."""

    def stepped(self, built: Built, module: nn.Module, step: int, steps: int) -> None:
        """Change the module after step `step` (1 is the first) of `steps`, before its gradients are forgotten."""


@runtime_checkable
class Guiding(Protocol):
    """A method with a loss of its own beside the task's (distillation, R-drop, rehearsal).

    `guide` is called after `prepare` and before the optimiser is made, so it may add to the module what learns beside it.
    """

    def guide(self, built: Built, learner: Learner, context: Mapping[str, Any]) -> Guide:
        """Return what computes the loss.

        `context` has what the run knows, each where it is known: "base" (where relative paths are taken from), "device",
        "samples" (for training), "augment" (what changes them), "seed", "task" (the recipe's table), "before" (how many parts of each step are computed by
        processes before this one).
        """


class Guide(Protocol):
    """Computes the loss of a batch in place of the learner's."""

    def loss(self, model: nn.Module, batch: Batch, step: int) -> Losses:
        """Return the loss of a batch, in the units that the learner counts."""


@runtime_checkable
class Wrapping(Protocol):
    """A method that adds a loss and leaves the tuning to another one (distillation with LoRA)."""

    @property
    def tuning(self) -> Method:
        """The method that says what learns."""


def tuner(method: Method) -> Method:
    """Return the method that says what learns: itself, or the one that a wrapping method hands it to.

    Whether a run has an adapter, advances or steps is asked of this one; whether it has a loss of its own of the outer one.
    """
    while isinstance(method, Wrapping):
        method = method.tuning
    return method


plugins: Registry[Method] = Registry("train.methods", "method")
method = plugins
