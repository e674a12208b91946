"""Who teaches: the model itself as it was, a finished training, a bundle, or a model from a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from roadstead import infer
from roadstead.bundle import folder as bundles
from roadstead.bundle.card import CARD, Input
from roadstead.errors import BadInput
from roadstead.settings import build
from roadstead.train import checkpoints, making, models, recipe
from roadstead.train.models import Built
from roadstead.train.runs import RECIPE, Run
from roadstead.train.vocabulary import Vocabulary


@dataclass(slots=True, eq=False, kw_only=True)
class Teacher:
    """Answers what the pupil is shown. `module` is None where only its answers can be had (a bundle)."""

    module: nn.Module | None
    engine: infer.Engine | None = None
    input: Input | None = None
    columns: tuple[int, ...] = ()
    """Where the pupil's classes are among the teacher's; () where they are the same."""

    def answer(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], shown: Input | None) -> Any:
        """Return what the teacher says to what was given to the pupil; pictures are prepared as the teacher wants them."""
        if self.input is not None and shown is not None:
            args = tuple(picture(a, shown, self.input) for a in args)
            kwargs = {name: picture(value, shown, self.input) for name, value in kwargs.items()}
        with torch.no_grad():
            if self.module is not None:
                said = self.module(*args, **{k: v for k, v in kwargs.items() if k != "labels"})
            else:
                said = self._run(next(a for a in (*args, *kwargs.values()) if isinstance(a, Tensor)))
        return said

    def aligned(self, logits: Tensor) -> Tensor:
        """Return logits with the pupil's classes in the pupil's order."""
        if not self.columns:
            return logits
        return logits[:, list(self.columns)] if logits.ndim in (2, 4) else logits[..., list(self.columns)]

    def _run(self, images: Tensor) -> Tensor:
        if self.engine is None:
            raise BadInput("method.teacher: there is neither a model nor an engine to ask")
        pictures = images.detach().float().cpu().numpy()
        batches = [pictures] if self.engine.batchable else [p[None] for p in pictures]
        said = np.concatenate([self.engine.run(one)[0] for one in batches])
        return torch.from_numpy(said).to(images.device)


def itself(module: nn.Module) -> Teacher:
    """Return a copy of a model, frozen, as the teacher of what it becomes."""
    return Teacher(module=_frozen(module))


def from_folder(folder: Path, words: Vocabulary) -> tuple[Teacher, Built | None]:
    """Return the teacher in a folder: a bundle or a finished training; raise BadInput where it is neither."""
    if (folder / CARD).is_file():
        return _bundle(folder, words), None
    if (folder / RECIPE).is_file():
        return _run(folder, words)
    raise BadInput(f"method.teacher: {folder} is neither a bundle ({CARD}) nor a finished training ({RECIPE})")


def from_table(table: Mapping[str, Any], task: str, words: Vocabulary) -> tuple[Teacher, Built]:
    """Return a teacher that a model's table names."""
    family = build(models.plugins, table, "method.model")
    if task not in family.tasks:
        raise BadInput(f"method.model: {table.get('kind')} has no model for {task}")
    built = family.build(task, words)
    return Teacher(module=_frozen(built.module), input=built.input), built


def picture(value: Any, shown: Input, wanted: Input) -> Any:
    """Return pictures (n, 3, h, w) prepared for one model as another wants them; what is no picture as it is."""
    if not isinstance(value, Tensor) or value.ndim != 4 or value.shape[1] != 3 or shown == wanted:
        return value
    mean, std = (torch.tensor(v, device=value.device).reshape(3, 1, 1) for v in (shown.mean, shown.std))
    shares = (value * std + mean) / shown.scale
    if shown.channels != wanted.channels:
        shares = shares.flip(1)
    size = (wanted.height, wanted.width)
    if tuple(shares.shape[2:]) != size:
        shares = functional.interpolate(shares, size, mode="bilinear", align_corners=False, antialias=True)
    mean, std = (torch.tensor(v, device=value.device).reshape(3, 1, 1) for v in (wanted.mean, wanted.std))
    return (shares * wanted.scale - mean) / std


def columns(mine: Vocabulary, theirs: Vocabulary | tuple[str, ...], where: str) -> tuple[int, ...]:
    """Return where the pupil's classes are among the teacher's; () where they are the same; raise BadInput where one is not."""
    labels = theirs if isinstance(theirs, tuple) else theirs.labels
    if isinstance(theirs, Vocabulary) and (
        mine.attributes != theirs.attributes or mine.characters != theirs.characters
    ):
        raise BadInput(f"{where}: the teacher answers other attributes or characters than the pupil shall")
    missing = [name for name in mine.labels if name not in labels]
    if missing:
        raise BadInput(f"{where}: the teacher does not know the class {missing[0]!r} (and {len(missing) - 1} more)")
    return () if labels == mine.labels else tuple(labels.index(name) for name in mine.labels)


def _bundle(folder: Path, words: Vocabulary) -> Teacher:
    bundle = bundles.load(folder)
    if str(bundle.card.task) == "detect":
        raise BadInput(f"method.teacher: {folder} finds boxes, which are not distilled; take a model that classifies")
    name = "openvino" if bundle.model.suffix == ".xml" else "onnxruntime"
    engine = infer.plugins.get(name)(bundle.model, threads=torch.get_num_threads())
    known = columns(words, bundle.card.labels, "method.teacher")
    return Teacher(module=None, engine=engine, input=bundle.card.input, columns=known)


def _run(folder: Path, words: Vocabulary) -> tuple[Teacher, Built]:
    """Build the model of a finished training as its last stage left it."""
    run = Run(folder)
    whole, base = run.recipe()
    theirs = run.vocabulary()
    built = making.model(whole, base, theirs)
    for _, stage in recipe.stages(whole):
        way = making.method(stage, base)
        built.module = way.merge(way.prepare(built))
    file = folder / "model" / checkpoints.WEIGHTS
    checkpoints.put(built.module, checkpoints.load_weights(file), str(file))
    known = columns(words, theirs, "method.teacher")
    return Teacher(module=_frozen(built.module), input=built.input, columns=known), built


def _frozen(module: nn.Module) -> nn.Module:
    return module.requires_grad_(requires_grad=False).eval()
