"""Rehearsal: old samples are learned beside the new ones, so that what was known is not forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from weakref import WeakKeyDictionary

import torch
from annotated_types import Ge, Gt
from torch import Tensor, nn

from roadstead.errors import BadSettings
from roadstead.settings import build
from roadstead.train import methods
from roadstead.train.methods import Guide, Method, method
from roadstead.train.methods._names import under
from roadstead.train.methods._second import Second, samples
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Learner, Losses

_STARTS: WeakKeyDictionary[nn.Module, dict[str, Tensor]] = WeakKeyDictionary()
"""The weights of models as they were before training; kept beside them, for a method holds nothing that changes."""


@method("rehearsal", zh="旧样本复习")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """For every batch, `share` times as many old samples are drawn from `folder`; their mean loss counts `weight` times.

    Old samples are of the same task, and their classes are among the model's. `pull` is L2-SP (Li, Grandvalet & Davoine 2018):
    pull / 2 times the squared distance of all weights that learn, but the new head's, from where they began. Without a folder
    the pull acts alone. How the model is tuned is said by `how`, a method's own table. Rows drawn are the same after a resume.
    """

    folder: Path | None = None
    format: dict[str, Any] = field(default_factory=lambda: {"kind": "coco"})
    split: Literal["train", "val", "test"] | None = None
    take: Annotated[int, Gt(0)] | None = None
    class_map: dict[str, str] = field(default_factory=dict)
    share: Annotated[float, Gt(0)] = 0.25
    weight: Annotated[float, Gt(0)] = 1.0
    pull: Annotated[float, Ge(0)] = 0.0
    how: dict[str, Any] = field(default_factory=lambda: {"kind": "full"})

    def __post_init__(self) -> None:
        if self.folder is None and not self.pull:
            raise BadSettings("method: rehearsal needs old samples (folder) or a pull to the start (pull)")

    @property
    def tuning(self) -> Method:
        """The method of `how`."""
        return build(methods.plugins, self.how, "method.how")

    def prepare(self, built: Built) -> nn.Module:
        """Prepare as `how` does; remember the start where there is a pull."""
        module = self.tuning.prepare(built)
        if self.pull:
            _STARTS[module] = {
                name: p.detach().clone()
                for name, p in module.named_parameters()
                if p.requires_grad and not under(name, built.head)
            }
        return module

    def merge(self, module: nn.Module) -> nn.Module:
        """Merge as `how` does."""
        return self.tuning.merge(module)

    def guide(self, built: Built, learner: Learner, context: Mapping[str, Any]) -> Guide:
        """Return the loss of new and old samples; raise BadInput where the old ones cannot be used."""
        old = None
        if self.folder is not None:
            drawn = samples(self.folder, self.format, self.split, self.take, "method.folder", self.class_map)
            learner.collate([learner.encode(learner.load(drawn[0]))])  # what does not fit the task says so now
            old = Second(drawn, learner, context)
        return _Both(self, learner, old, built.module, _STARTS.get(built.module, {}))


@dataclass(slots=True, eq=False)
class _Both:
    """The loss of a batch, of old samples beside it, and of the way from the start."""

    settings: Rehearsal
    learner: Learner
    old: Second | None
    module: nn.Module
    start: Mapping[str, Tensor]

    def loss(self, model: nn.Module, batch: Batch, step: int) -> Losses:
        """Return the sum, each part as often as the batch has units."""
        new = self.learner.loss(model, batch)
        total, parts = new.total, dict(new.parts)
        if self.old is not None:
            old = self.learner.loss(model, self.old.draw(batch, self.settings.share, step))
            if old.units:
                extra = self.settings.weight * new.units / old.units * old.total
                total, parts["old"] = total + extra, float(extra.detach())
        if self.start:
            own = dict(self.module.named_parameters())
            way = torch.stack([(own[name] - at.to(own[name])).square().sum() for name, at in self.start.items()]).sum()
            extra = self.settings.pull / 2 * new.units * way
            total, parts["pull"] = total + extra, float(extra.detach())
        return Losses(total, new.units, parts, new.outputs)
