"""Linear probe: the head is fitted at once to what the frozen network sees; then it, or more, learns on (LP-FT)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import numpy as np
import torch
from annotated_types import Ge, Gt
from torch import Tensor, nn

from roadstead.dataset.samples import Sample
from roadstead.errors import BadInput
from roadstead.train.methods import Guide, method
from roadstead.train.methods._names import fits, matched, only, under
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Learner, Losses

SEED: Final = 77
"""What the chance of the views begins with, beside the recipe's seed."""
AT_ONCE: Final = 32


@method("probe", zh="线性探测")
@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Fits the head by L-BFGS on features of every training sample, `views` augmented ones and the plain one, before the first step.

    What is made small is the task's own loss a unit, and `l2` times half the squared weights of the head on features of spread 1. The
    steps that follow let the head learn on, and what `names` fit (patterns as for `partial`): first the head, then the rest
    distorts what the network knew less (Kumar et al., "Fine-Tuning can Distort Pretrained Features", 2022). Norms whose parameters do
    not learn stay still. A network needs one linear layer as its head.
    """

    views: Annotated[int, Ge(0)] = 2
    l2: Annotated[float, Gt(0)] = 0.02
    iterations: Annotated[int, Gt(0)] = 150
    names: tuple[str, ...] = ()

    def prepare(self, built: Built) -> nn.Module:
        """Let the head learn, and what is named; raise BadInput where there is no linear head, or a pattern fits nothing."""
        head(built)
        every = [name for name, _ in built.module.named_parameters()]
        chosen = matched(every, self.names, "method.names")
        only(built.module, lambda name: under(name, built.head) or name in chosen or fits(name, self.names))
        return built.module

    def merge(self, module: nn.Module) -> nn.Module:
        """Return the module: nothing was added."""
        return module

    def guide(self, built: Built, learner: Learner, context: Mapping[str, Any]) -> Guide:
        """Fit the head and return the task's own loss."""
        shown = features(built, learner, context["samples"], context.get("augment", ()), self.views, context["seed"])
        fit(head(built), learner, shown, l2=self.l2, iterations=self.iterations)
        return _Plain(learner)


@dataclass(frozen=True, slots=True)
class _Plain:
    """The task's own loss."""

    learner: Learner

    def loss(self, model: nn.Module, batch: Batch, step: int) -> Losses:  # noqa: ARG002  # the same at every step
        """Return it."""
        return self.learner.loss(model, batch)


def head(built: Built) -> nn.Linear:
    """Return the one linear layer that is the head; raise BadInput where it is something else."""
    found = [built.module.get_submodule(name.rstrip(".")) for name in built.head]
    if len(found) != 1 or not isinstance(found[0], nn.Linear):
        raise BadInput(
            'method: probe fits one linear layer, and the head of this model is another thing; take partial with only = "head"'
        )
    return found[0]


def features(
    built: Built, learner: Learner, samples: Sequence[Sample], augment: Sequence[Any], views: int, seed: int
) -> Batch:
    """Return what the head is shown of samples: (n, features) as "images", beside the rest of their batch.

    The plain views come first, one a sample, then `views` augmented ones a sample.
    """
    module, rng = built.module.eval(), np.random.default_rng((seed, SEED))
    seen: list[Tensor] = []
    hook = head(built).register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    device = next(module.parameters()).device
    rest: list[Batch] = []
    try:
        for view in range(views + 1):
            for begin in range(0, len(samples), AT_ONCE):
                some = []
                for sample in samples[begin : begin + AT_ONCE]:
                    shown = learner.load(sample)
                    for one in augment if view else ():
                        shown = one.apply(shown, rng, lambda shown=shown: shown)
                    some.append(learner.encode(shown))
                batch = learner.collate(some)
                with torch.no_grad():
                    module(batch["images"].to(device))
                rest.append({name: value for name, value in batch.items() if name != "images"})
    finally:
        hook.remove()
    joined = {name: torch.cat([one[name] for one in rest]) for name in rest[0]}
    return {"images": torch.cat(seen).cpu(), **joined}


def fit(layer: nn.Linear, learner: Learner, shown: Batch, *, l2: float, iterations: int) -> None:
    """Set a linear layer to what makes the task's loss on features (n, features) smallest."""
    place = layer.weight.device
    plain = shown["images"].float()
    middle, spread = plain.mean(0), plain.std(0).clamp_min(1e-6)
    batch = {**shown, "images": (plain - middle) / spread}
    own = nn.Linear(layer.in_features, layer.out_features)
    nn.init.zeros_(own.weight)
    nn.init.zeros_(own.bias)
    units = max(learner.units(batch), 1.0)
    search = torch.optim.LBFGS(own.parameters(), max_iter=iterations, history_size=10, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        search.zero_grad()
        total = learner.loss(own, batch).total / units + l2 / 2 * own.weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]  # torch's own
        return total

    search.step(closure)  # type: ignore[no-untyped-call]  # torch gives it no types
    with torch.no_grad():
        weight = own.weight / spread
        layer.weight.copy_(weight.to(place))
        layer.bias.copy_((own.bias - weight @ middle).to(place))
