"""Several tasks over one trunk: each extra task has samples, a head and a weight of its own."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from weakref import WeakKeyDictionary

from annotated_types import Gt
from torch import Tensor, nn

from roadstead.dataset.samples import Sample
from roadstead.errors import BadInput, BadSettings
from roadstead.settings import Settings, build, check
from roadstead.train import methods, tasks
from roadstead.train.methods import Guide, Method, method
from roadstead.train.methods._second import Second, samples
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Learner, Losses, Task
from roadstead.train.vocabulary import Vocabulary

PART = "other_heads"
"""What the heads of the extra tasks are called in the model."""
FITTING = ("image_classification", "attributes", "text_classification")
"""Tasks whose head is one linear layer over what the trunk made of a sample."""


class Extra(Settings):
    """One more task. A relative folder is taken from the recipe's; `share` samples are drawn for each of a batch."""

    task: dict[str, Any]
    folder: Path
    format: dict[str, Any]
    split: Literal["train", "val", "test"] | None = None
    take: Annotated[int, Gt(0)] | None = None
    share: Annotated[float, Gt(0)] = 1.0
    weight: Annotated[float, Gt(0)] = 1.0


@dataclass(frozen=True, slots=True)
class _Bound:
    """An extra task with its samples, read."""

    settings: Extra
    plan: Task
    samples: tuple[Sample, ...]
    vocabulary: Vocabulary


_BOUND: WeakKeyDictionary[nn.Module, dict[str, _Bound]] = WeakKeyDictionary()
"""What was read for the heads of a model; kept beside it, for a method holds nothing that changes."""


@method("multitask", zh="多任务微调")
@dataclass(frozen=True, slots=True, kw_only=True)
class Multitask:
    """The recipe's task and those of `others` train one trunk; the loss is the sum of the means, each times its weight.

    Tasks that classify (pictures, attributes of pictures, texts) over one vision network or one encoder of text, all of the
    same kind of input; anything else is refused. Each task has a linear head in the place of the model's own. What comes out
    is the recipe's own task: `merge` takes the other heads off. `how` is the table of the method that says what learns.
    `base` is where relative folders are taken from, the recipe's own folder.
    """

    others: tuple[dict[str, Any], ...]
    how: dict[str, Any] = field(default_factory=lambda: {"kind": "full"})
    base: Path = Path()

    def __post_init__(self) -> None:
        if not self.others:
            raise BadSettings("method.others: names no further task; take the method of `how` alone")

    @property
    def tuning(self) -> Method:
        """The method of `how`."""
        return build(methods.plugins, self.how, "method.how")

    def prepare(self, built: Built) -> nn.Module:
        """Read the extra samples, add a head for each task and prepare as `how` does."""
        head = _head(built)
        bound = {f"task{k}": self._bind(table, f"method.others[{k}]") for k, table in enumerate(self.others)}
        heads = Heads({name: nn.Linear(head.in_features, one.vocabulary.outputs) for name, one in bound.items()})
        built.module.add_module(PART, heads.to(head.weight.device))
        head.register_forward_hook(partial(_switch, heads))
        built.head = (*(h for h in built.head if h != PART), PART)
        module = self.tuning.prepare(built)
        _BOUND[module] = bound
        return module

    def merge(self, module: nn.Module) -> nn.Module:
        """Return a copy with the recipe's own head alone."""
        plain = copy.deepcopy(module)
        delattr(plain, PART)
        for part in plain.modules():
            for key in [k for k, h in part._forward_hooks.items() if isinstance(h, partial) and h.func is _switch]:
                del part._forward_hooks[key]
        return self.tuning.merge(plain)

    def guide(self, built: Built, learner: Learner, context: Mapping[str, Any]) -> Guide:
        """Return the loss of all tasks."""
        heads = getattr(built.module, PART)
        others = {}
        for k, (name, one) in enumerate(_BOUND[built.module].items()):
            bound = one.plan.learner(built, one.vocabulary, None, ())
            others[name] = (one.settings, Second(one.samples, bound, context, stream=k + 1))
        return _All(learner, heads, others)

    def _bind(self, table: Mapping[str, Any], where: str) -> _Bound:
        """Read one extra task; raise BadInput where it is of a kind that does not fit."""
        settings = check(Extra, table, where)
        kind = settings.task.get("kind")
        if kind not in FITTING:
            raise BadInput(f"{where}.task: {kind!r} shares no trunk with others here; these do: {', '.join(FITTING)}")
        plan = build(tasks.plugins, settings.task, f"{where}.task", base=self.base)
        found = samples(self.base / settings.folder, settings.format, settings.split, settings.take, f"{where}.folder")
        usable = tuple(sample for sample in found if isinstance(sample.target, plan.targets))
        if not usable:
            raise BadInput(f"{where}.folder: no sample there has a target that {kind} learns from")
        return _Bound(settings, plan, usable, plan.vocabulary(usable))


class Heads(nn.Module):
    """The heads of the extra tasks; `active` is the one that answers in place of the model's own, if any."""

    def __init__(self, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.heads = nn.ModuleDict(dict(heads))
        self.active = ""


@dataclass(slots=True, eq=False)
class _All:
    """The loss of the recipe's task and of the others, each on samples of its own."""

    learner: Learner
    heads: Heads
    others: Mapping[str, tuple[Extra, Second]]

    def loss(self, model: nn.Module, batch: Batch, step: int) -> Losses:
        """Return the sum, each task's mean as often as the batch has units."""
        own = self.learner.loss(model, batch)
        total, parts = own.total, dict(own.parts)
        for name, (settings, second) in self.others.items():
            self.heads.active = name
            try:
                other = second.learner.loss(model, second.draw(batch, settings.share, step))
            finally:
                self.heads.active = ""
            if other.units:
                extra = settings.weight * own.units / other.units * other.total
                total, parts[name] = total + extra, float(extra.detach())
        return Losses(total, own.units, parts, own.outputs)


def _switch(heads: Heads, head: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:  # noqa: ARG001 - a hook
    """Let the active head answer what the model's own was asked."""
    if not heads.active:
        return output
    answer: Tensor = heads.heads[heads.active](args[0])
    return answer


def _head(built: Built) -> nn.Linear:
    """Return the model's one linear head; raise BadInput where it has another one."""
    if len(built.head) == 1:
        head = built.module.get_submodule(built.head[0])
        if isinstance(head, nn.Linear):
            return head
    raise BadInput("method: multitask needs a model whose head is one new linear layer, as those that classify have")
