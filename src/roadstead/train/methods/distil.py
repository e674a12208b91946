"""Distillation: a teacher's answers, features and attention are learned beside the labels."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from weakref import WeakKeyDictionary

import torch
from annotated_types import Ge, Gt, Le
from torch import Tensor, nn
from torch.nn import functional

from roadstead.errors import BadInput, BadSettings
from roadstead.settings import build
from roadstead.train import methods
from roadstead.train.judging import moved
from roadstead.train.methods import Guide, Method, _cells, _teachers, method
from roadstead.train.methods._names import ASIDE
from roadstead.train.models import Built
from roadstead.train.tasks import Batch, Learner, Losses

HINTS = ASIDE[0]
_BEFORE: WeakKeyDictionary[nn.Module, nn.Module] = WeakKeyDictionary()
"""Models as they were before training; kept beside them, for a method holds nothing that changes."""


@method("distil", zh="知识蒸馏")
@dataclass(frozen=True, slots=True, kw_only=True)
class Distil:
    """labels · task loss + logits · KL at `temperature` (Hinton et al. 2015) + features · hints + attention · maps.

    `teacher` is the folder of a bundle or of a finished training, or "itself": the model as it was before (against forgetting,
    Li & Hoiem 2016); or `model`, a model's table. Hints are the mean squared distance of the teacher's features from a learned
    linear projection of the pupil's (FitNets, Romero et al. 2015); maps are compared as in attention transfer (Zagoruyko &
    Komodakis 2017). Both are taken after `layers` of the pupil and `teacher_layers` of the teacher, in pairs (nothing: the last
    block of each, where the blocks are known). For whatever gives logits: classes, attributes, pixels, tokens, next tokens; of these
    only those that count are compared. Pupil and teacher get the very same input, also where batches are mixed. How the pupil
    is tuned is said by `how`, a method's own table.
    """

    teacher: Literal["itself"] | Path = "itself"
    model: dict[str, Any] | None = None
    labels: Annotated[float, Ge(0), Le(1)] = 0.5
    logits: Annotated[float, Ge(0)] = 0.5
    features: Annotated[float, Ge(0)] = 0.0
    attention: Annotated[float, Ge(0)] = 0.0
    temperature: Annotated[float, Gt(0)] = 4.0
    layers: tuple[str, ...] = ()
    teacher_layers: tuple[str, ...] = ()
    how: dict[str, Any] = field(default_factory=lambda: {"kind": "full"})

    def __post_init__(self) -> None:
        if not (self.logits or self.features or self.attention):
            raise BadSettings("method: distil learns nothing of the teacher: set logits, features or attention above 0")
        if len(self.layers) != len(self.teacher_layers):
            raise BadSettings("method.layers: name as many layers of the pupil as of the teacher (teacher_layers)")
        if self.model is not None and self.teacher != "itself":
            raise BadSettings("method: teacher and model both name a teacher; remove one")

    @property
    def tuning(self) -> Method:
        """The method of `how`."""
        return build(methods.plugins, self.how, "method.how")

    def prepare(self, built: Built) -> nn.Module:
        """Prepare as `how` does; keep the model as it was where it teaches itself."""
        before = None
        if self.teacher == "itself" and self.model is None:
            if built.head and self.logits:
                raise BadInput(
                    "method.teacher: the model's own head is new, so it has nothing to teach; set logits = 0 and features "
                    "above 0, or name a teacher"
                )
            before = copy.deepcopy(built.module)
        module = self.tuning.prepare(built)
        if before is not None:
            _BEFORE[module] = before
        return module

    def merge(self, module: nn.Module) -> nn.Module:
        """Merge as `how` does, without the projections."""
        if hasattr(module, HINTS):
            module = copy.deepcopy(module)
            delattr(module, HINTS)
        return self.tuning.merge(module)

    def guide(self, built: Built, learner: Learner, context: Mapping[str, Any]) -> Guide:
        """Return the loss; the projections of hints are put into the model, where the optimiser finds them."""
        device = torch.device(context.get("device", "cpu"))
        taught, theirs = self._teacher(built, learner, context)
        if taught.module is not None:
            taught.module.to(device)
        pairs = self._pairs(built, taught, theirs)
        made = _Taught(self, learner, built, taught, pairs)
        if self.features:
            made.measure(_batch(learner, context, device), device)
        return made

    def _teacher(
        self, built: Built, learner: Learner, context: Mapping[str, Any]
    ) -> tuple[_teachers.Teacher, Built | None]:
        if self.model is not None:
            task = context.get("task", {})
            taught, theirs = _teachers.from_table(self.model, str(task.get("kind", "")), learner.vocabulary)
            if theirs.head and self.logits:
                raise BadInput(
                    "method.model: the head of this teacher is new, so its logits say nothing; name a finished training "
                    "or a bundle as the teacher, or set logits = 0 and features above 0"
                )
            return taught, theirs
        if isinstance(self.teacher, Path):
            return _teachers.from_folder(self.teacher, learner.vocabulary)
        return _teachers.itself(_BEFORE[built.module]), built

    def _pairs(self, built: Built, taught: _teachers.Teacher, theirs: Built | None) -> tuple[tuple[str, str], ...]:
        """Return which layer of the pupil is compared with which of the teacher."""
        if not (self.features or self.attention):
            return ()
        if taught.module is None:
            raise BadInput("method: a bundle gives answers alone; set features and attention to 0, or name a training")
        if self.layers:
            for module, names in ((built.module, self.layers), (taught.module, self.teacher_layers)):
                known = {name for name, _ in module.named_modules()}
                for name in names:
                    if name not in known:
                        raise BadInput(f"method.layers: there is no layer {name!r} in {type(module).__name__}")
            return tuple(zip(self.layers, self.teacher_layers, strict=True))
        if theirs is None or not built.blocks or not theirs.blocks:
            raise BadInput("method.layers: say after which layers features are compared (layers, teacher_layers)")
        return ((built.blocks[-1][0], theirs.blocks[-1][0]),)


class _Taught:
    """The loss of a pupil with a teacher."""

    def __init__(
        self,
        settings: Distil,
        learner: Learner,
        built: Built,
        teacher: _teachers.Teacher,
        pairs: tuple[tuple[str, str], ...],
    ) -> None:
        self.settings, self.learner, self.built = settings, learner, built
        self.teacher, self.pairs = teacher, pairs
        self._shifted = _cells.predicts_next(built.module)

    def measure(self, batch: Batch, device: torch.device) -> None:
        """Add a projection for each pair of layers, of the widths that a batch shows."""
        module = self.built.module
        was = module.training
        module.eval()
        with torch.no_grad(), _kept(module, [p for p, _ in self.pairs]) as mine, self._asked(module) as asked:
            self.learner.loss(module, batch)
            with self._heard() as theirs:
                self.teacher.answer(*asked[0], self.built.input)
        module.train(was)
        hints = nn.ModuleList(nn.Linear(_rows(mine[p]).shape[-1], _rows(theirs[t]).shape[-1]) for p, t in self.pairs)
        module.add_module(HINTS, hints.to(device))
        if HINTS not in self.built.head:
            self.built.head = (*self.built.head, HINTS)

    def loss(self, model: nn.Module, batch: Batch, step: int) -> Losses:  # noqa: ARG002 - the protocol's
        """Return the weighted sum, each part in the learner's units."""
        settings = self.settings
        project = getattr(self.built.module, HINTS, None)
        with (
            _kept(self.built.module, [p for p, _ in self.pairs], project) as mine,
            self._asked(model) as asked,
            _said(model) as said,
        ):
            own = self.learner.loss(model, batch)
        with self._heard() as theirs:
            answer = self.teacher.answer(*asked[0], self.built.input)
        total = settings.labels * own.total
        parts = {"labels": float(total.detach())}
        mask = asked[0][1].get("attention_mask")
        extras: tuple[tuple[str, float, Callable[[], Tensor]], ...] = (
            ("logits", settings.logits, lambda: self._logits(said[0], answer, batch, own.units)),
            ("features", settings.features, lambda: self._hints(mine, theirs, mask) * own.units),
            ("attention", settings.attention, lambda: self._maps(mine, theirs, mask) * own.units),
        )
        for name, weight, extra in extras:
            if weight:
                value = weight * extra()
                total, parts[name] = total + value, float(value.detach())
        return Losses(total, own.units, parts, own.outputs)

    def _logits(self, said: Any, answer: Any, batch: Batch, units: float) -> Tensor:
        pupil, teacher = _cells.logits(said), self.teacher.aligned(_cells.logits(answer))
        if pupil.ndim == 4 and teacher.shape[2:] != pupil.shape[2:]:
            teacher = functional.interpolate(teacher, pupil.shape[2:], mode="bilinear", align_corners=False)
        if pupil.shape != teacher.shape:
            raise BadInput(
                f"method: the teacher answers {tuple(teacher.shape)} where the pupil answers {tuple(pupil.shape)}: they need "
                "the same classes, and for texts the same tokenizer"
            )
        counted = _cells.cells(pupil, batch, units, self.learner.vocabulary, shifted=self._shifted)
        rows = [
            _cells.divergence(p, t, self.settings.temperature)
            for p, t in zip(counted.rows(pupil), counted.rows(teacher), strict=True)
        ]
        return counted.total(torch.stack(rows).mean(0))

    def _hints(self, mine: Mapping[str, Any], theirs: Mapping[str, Any], mask: Any) -> Tensor:
        """Return the mean squared distance of projected features, (…, d); grids of another size are resized."""
        apart = []
        for k, (pupil, teacher) in enumerate(self.pairs):
            wanted = _rows(theirs[teacher])
            far = (_fitted(mine[f"projected{k}"], mine[pupil], theirs[teacher]) - wanted).square().mean(-1)
            apart.append(far[mask.bool()].mean() if _covers(mask, far) else far.mean())
        return torch.stack(apart).mean()

    def _maps(self, mine: Mapping[str, Any], theirs: Mapping[str, Any], mask: Any) -> Tensor:
        """Return the mean squared distance of maps of activity, each of length 1; padding is not looked at."""
        apart = []
        for pupil, teacher in self.pairs:
            own = _fitted(_rows(mine[pupil]).square().mean(-1, keepdim=True), mine[pupil], theirs[teacher])[..., 0]
            wanted = _rows(theirs[teacher]).square().mean(-1)
            if _covers(mask, wanted):
                own, wanted = own * mask, wanted * mask
            own, wanted = functional.normalize(own.flatten(1)), functional.normalize(wanted.flatten(1))
            apart.append((own - wanted).square().sum(1).mean())
        return torch.stack(apart).mean()

    @contextmanager
    def _asked(self, model: nn.Module) -> Iterator[list[tuple[tuple[Any, ...], dict[str, Any]]]]:
        """Keep what a model is given."""
        given: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        handle = model.register_forward_pre_hook(
            lambda _, args, kwargs: given.append((args, kwargs)), with_kwargs=True, prepend=True
        )
        try:
            yield given
        finally:
            handle.remove()

    @contextmanager
    def _heard(self) -> Iterator[dict[str, Any]]:
        """Keep the teacher's features."""
        if self.teacher.module is None:
            yield {}
            return
        with _kept(self.teacher.module, [t for _, t in self.pairs]) as kept:
            yield kept


@contextmanager
def _said(model: nn.Module) -> Iterator[list[Any]]:
    """Keep what a model returns."""
    said: list[Any] = []
    handle = model.register_forward_hook(lambda _module, _args, output: said.append(output))
    try:
        yield said
    finally:
        handle.remove()


@contextmanager
def _kept(module: nn.Module, names: list[str], project: Any = None) -> Iterator[dict[str, Any]]:
    """Keep what comes out of layers, and its projection, made inside the pass so that processes agree on its gradient."""
    kept: dict[str, Any] = {}

    def keep(k: int, name: str, output: Any) -> None:
        kept[name] = output[0] if isinstance(output, tuple) else output
        if project is not None:
            kept[f"projected{k}"] = project[k](_rows(kept[name]))

    handles = [
        module.get_submodule(name).register_forward_hook(lambda _m, _a, out, k=k, name=name: keep(k, name, out))
        for k, name in enumerate(names)
    ]
    try:
        yield kept
    finally:
        for handle in handles:
            handle.remove()


def _rows(features: Tensor) -> Tensor:
    """Return features with what is one place's last: (n, c, h, w) as (n, h, w, c), others as they are."""
    return features.movedim(1, -1) if features.ndim == 4 else features


def _covers(mask: Any, rows: Tensor) -> bool:
    """Whether a mask says which of rows (n, t) are text and which padding."""
    return isinstance(mask, Tensor) and mask.shape == rows.shape


def _fitted(rows: Tensor, own: Tensor, wanted: Tensor) -> Tensor:
    """Return rows resized to the grid of the teacher; raise BadInput where there are no grids to fit."""
    if own.ndim != wanted.ndim:
        raise BadInput("method.layers: features of a grid and of a sequence cannot be compared; name other layers")
    if own.ndim == 4 and own.shape[2:] != wanted.shape[2:]:
        grid = rows.movedim(-1, 1)
        return functional.interpolate(grid, wanted.shape[2:], mode="bilinear", align_corners=False).movedim(1, -1)
    if own.ndim == 3 and own.shape[1] != wanted.shape[1]:
        raise BadInput(
            f"method.layers: {own.shape[1]} places of the pupil cannot be compared with {wanted.shape[1]} of the teacher"
        )
    return rows


def _batch(learner: Learner, context: Mapping[str, Any], device: torch.device) -> Batch:
    """Return two of the training samples as a batch."""
    found = tuple(context.get("samples", ()))[:2]
    if not found:
        raise BadInput("method.features: there is no training sample to measure the features on")
    return moved(learner.collate([learner.encode(learner.load(sample)) for sample in found]), device)
