"""AdaLoRA: ranks go to the layers where they matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from annotated_types import Ge, Gt, Lt
from peft import AdaLoraConfig
from peft.tuners.adalora.layer import AdaLoraLayer
from peft.utils.constants import TRANSFORMERS_MODELS_TO_ADALORA_TARGET_MODULES_MAPPING as USUAL
from torch import Tensor, nn

from roadstead.errors import BadInput, BadSettings
from roadstead.train.methods import Guide, _names, _peft, method
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Learner, Losses

ADAPTER = "default"
FACTORS = ("lora_A", "lora_B", "lora_E")


@method("adalora", zh="AdaLoRA 自适应秩")
@dataclass(frozen=True, slots=True, kw_only=True)
class Adalora:
    """W + P Λ Q, where the least important of all singular triplets are given up step by step (Zhang et al. 2023).

    Layers by PEFT. Every layer starts with `start_r`; from the share `warmup` of all steps to the share 1 - `fixed` the number
    falls (as a cube) to `r` a layer on average; after that what is left goes on learning. `orthogonal` weighs how far P and Q
    are from orthogonal. Importance is kept in the module, so a run that goes on takes the same steps.
    """

    r: Annotated[int, Gt(0)] = 8
    start_r: Annotated[int, Gt(0)] = 12
    alpha: Annotated[float, Gt(0)] = 16.0
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    targets: _peft.Targets = None
    warmup: Annotated[float, Ge(0), Lt(1)] = 0.1
    fixed: Annotated[float, Ge(0), Lt(1)] = 0.3
    every: Annotated[int, Gt(0)] = 1
    betas: tuple[Annotated[float, Gt(0), Lt(1)], Annotated[float, Gt(0), Lt(1)]] = (0.85, 0.85)
    orthogonal: Annotated[float, Ge(0)] = 0.5

    def __post_init__(self) -> None:
        if self.start_r <= self.r:
            raise BadSettings(
                f"method.start_r: has to be above r ({self.r}), or there is nothing to give away; take lora"
            )
        if self.warmup + self.fixed >= 1:
            raise BadSettings("method.warmup: warmup and fixed leave no step in which ranks are given away")

    def prepare(self, built: Built) -> nn.Module:
        """Freeze the model and put P, Λ and Q beside each chosen layer; Λ is 0 at first."""
        names = self._names(built)
        config = AdaLoraConfig(
            target_modules=_peft.exactly(names),
            init_r=self.start_r,
            target_r=self.r,
            lora_alpha=self.alpha,  # type: ignore[arg-type]  # PEFT divides by it; any number will do
            lora_dropout=self.dropout,
            total_step=1,  # the steps of the run are told to `stepped`; PEFT's own allocator is not used
        )
        module = _peft.inject(built, config)
        for layer in _layers(module):
            for factor in FACTORS:
                blank = torch.zeros_like(getattr(layer, factor)[ADAPTER])
                layer.register_buffer(f"importance_{factor}", blank)
                layer.register_buffer(f"uncertainty_{factor}", blank.clone())
            layer.register_buffer("kept", torch.ones(self.start_r, dtype=torch.bool))
        return module

    def stepped(self, built: Built, module: nn.Module, step: int, steps: int) -> None:  # noqa: ARG002 - the protocol's
        """Take the step's gradients into account, and give up what is beyond the budget of this step."""
        layers = _layers(module)
        first, last = int(self.warmup * steps), steps - int(self.fixed * steps)
        with torch.no_grad():
            if step < last:
                for layer in layers:
                    self._weigh(layer)
            if step == last or (first < step < last and step % self.every == 0):
                budget = self._budget(step, first, last, len(layers))
                _choose(layers, budget)
            if step > first:
                for layer in layers:
                    layer.lora_E[ADAPTER].masked_fill_(~layer.kept[:, None], 0.0)

    def guide(self, built: Built, learner: Learner, context: Mapping[str, Any]) -> Guide:  # noqa: ARG002 - the same
        """Return the task's loss and the weighted distance from orthogonality."""
        return _Orthogonal(learner, self.orthogonal)

    def merge(self, module: nn.Module) -> nn.Module:
        """Return a copy with the products added to the weights."""
        return _peft.merged(module)

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return P, Λ and Q of each layer, and the head."""
        return _names.learned(module)

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put them into a prepared module."""
        _names.put(module, adapter)

    def _names(self, built: Built) -> list[str]:
        """Return the names of the layers: convolutions that pad by themselves (timm's "same") are none of PEFT's."""
        chosen = _peft.targets(built, self.targets, USUAL)
        own = [
            n
            for n in chosen
            if isinstance(part := built.module.get_submodule(n), nn.Conv2d) and type(part) is not nn.Conv2d
        ]
        if own and (self.targets or len(own) == len(chosen)):
            raise BadInput(f"method: adalora has no form for {own[0]}, a convolution that pads by itself; take lora")
        return [n for n in chosen if n not in own]

    def _weigh(self, layer: Any) -> None:
        """Smooth the sensitivity |w · dw| of each weight and how much it varies (equations 8 to 10 of the paper)."""
        for factor in FACTORS:
            weight = getattr(layer, factor)[ADAPTER]
            if weight.grad is None:
                continue
            sensitivity = (weight * weight.grad).abs()
            importance, uncertainty = (getattr(layer, f"{what}_{factor}") for what in ("importance", "uncertainty"))
            importance.lerp_(sensitivity, 1 - self.betas[0])
            uncertainty.lerp_((sensitivity - importance).abs(), 1 - self.betas[1])

    def _budget(self, step: int, first: int, last: int, layers: int) -> int:
        """Return how many triplets of all layers stay after a step: from start_r a layer down to r, as a cube."""
        left = 1 - (step - first) / (last - first)
        return int((self.start_r - self.r) * layers * left**3 + self.r * layers)


class _Orthogonal:
    """Adds how far P and Q are from orthogonal, the mean over all factors, to the loss of a step."""

    def __init__(self, learner: Learner, weight: float) -> None:
        self._learner, self._weight = learner, weight

    def loss(self, model: nn.Module, batch: Batch, step: int) -> Losses:  # noqa: ARG002 - the protocol's
        """Return the task's loss plus the weighted distance, once a unit."""
        losses = self._learner.loss(model, batch)
        if not self._weight:
            return losses
        factors = [f for layer in _layers(model) for f in (layer.lora_A[ADAPTER], layer.lora_B[ADAPTER].T)]
        distance = torch.stack([torch.norm(f @ f.T - torch.eye(len(f), device=f.device)) for f in factors]).mean()
        extra = self._weight * losses.units * distance
        parts = {**losses.parts, "orthogonal": float(extra.detach())}
        return Losses(losses.total + extra, losses.units, parts, losses.outputs)


def _layers(module: nn.Module) -> list[Any]:
    return [part for part in module.modules() if isinstance(part, AdaLoraLayer)]


def _choose(layers: list[Any], budget: int) -> None:
    """Mark the `budget` most important triplets of all layers as kept."""
    scores = [_score(layer) for layer in layers]
    beyond = sum(len(score) for score in scores) - budget
    if beyond <= 0:
        return
    threshold = torch.cat(scores).kthvalue(beyond).values
    for layer, score in zip(layers, scores, strict=True):
        layer.kept.copy_(score > threshold)


def _score(layer: Any) -> Tensor:
    """Return the importance of each triplet of a layer, (r,): of its singular value and the means of its two vectors."""
    a, b, e = (getattr(layer, f"importance_{f}") * getattr(layer, f"uncertainty_{f}") for f in FACTORS)
    score: Tensor = a.mean(1) + b.mean(0) + e[:, 0]
    return score
