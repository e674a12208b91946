"""From a recipe's tables to what they name: task, model, method, loss, augmentations."""

import inspect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadstead.bundle.attributes import CANNOT_TELL
from roadstead.dataset.samples import Attributes, Sample, kind
from roadstead.dataset.sampling import counts
from roadstead.errors import BadSettings
from roadstead.settings import build
from roadstead.train import augment, losses, methods, models, tasks
from roadstead.train.augment import OfBatch, OfSample
from roadstead.train.losses import Loss
from roadstead.train.models import Built
from roadstead.train.recipe import Recipe, Table
from roadstead.train.tasks import Learner, Task
from roadstead.train.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Augmentations:
    """Those that change a picture, and those that mix a batch, each in the order of the recipe."""

    samples: tuple[OfSample, ...]
    batches: tuple[OfBatch, ...]


def task(recipe: Recipe, base: Path) -> Task:
    """Return the recipe's task."""
    return build(tasks.plugins, recipe.task, "task", base=base)


def model(recipe: Recipe, base: Path, vocabulary: Vocabulary) -> Built:
    """Return the recipe's model; raise BadSettings where its family has none for the task."""
    made = build(models.plugins, recipe.model, "model", base=base)
    name = str(recipe.task["kind"])
    if name not in made.tasks:
        raise BadSettings(
            f"model.kind: {recipe.model['kind']} has no model for {name}; it has some for {', '.join(sorted(made.tasks))}"
        )
    return made.build(name, vocabulary)


def method(recipe: Recipe, base: Path) -> methods.Method:
    """Return the recipe's method."""
    return build(methods.plugins, recipe.method, "method", base=base)


def augmentations(recipe: Recipe) -> Augmentations:
    """Return the recipe's augmentations."""
    made = [build(augment.plugins, table, f"augment[{k}]") for k, table in enumerate(recipe.augment)]
    return Augmentations(
        tuple(one for one in made if one.level == "sample"),  # type: ignore[misc]  # told apart by `level`
        tuple(one for one in made if one.level == "batch"),  # type: ignore[misc]  # the same
    )


def loss(recipe: Recipe, plan: Task, vocabulary: Vocabulary, samples: Sequence[Sample]) -> Loss | None:
    """Return the recipe's loss, or None for the task's own; raise BadSettings where it does not fit the task."""
    if recipe.loss is None:
        return None
    plugin = losses.plugins.get(str(recipe.loss.get("kind")))
    if not set(plugin.of) & set(plan.losses):
        fitting = [n for n in losses.plugins.names() if set(losses.plugins.get(n).of) & set(plan.losses)]
        raise BadSettings(
            f"loss.kind: {recipe.loss['kind']} is no loss for {recipe.task['kind']}"
            + (f"; there are: {', '.join(fitting)}" if fitting else ", whose models bring their own")
        )
    table: Table = dict(recipe.loss)
    given: Mapping[str, Any] = {}
    if "counts" not in table and "counts" in inspect.get_annotations(plugin):
        given = {"counts": _occurring(vocabulary, samples)}
    return build(losses.plugins, table, "loss", **given)


def _occurring(vocabulary: Vocabulary, samples: Sequence[Sample]) -> tuple[int, ...]:
    """Return how often each class occurs, or each value of every attribute, in the order of the head's outputs; at least 1."""
    found = Counter(counts(samples))
    found.update(
        f"{name}={CANNOT_TELL}"
        for sample in samples
        if isinstance(sample.target, Attributes)
        for name, value in sample.target.values.items()
        if value is None
    )
    values = [f"{name}={value}" for name, several in vocabulary.attributes.items() for value in several]
    return tuple(max(found[name], 1) for name in (vocabulary.labels or values))


def learner(recipe: Recipe, plan: Task, built: Built, vocabulary: Vocabulary, samples: Sequence[Sample]) -> Learner:
    """Return the recipe's task bound to a model."""
    return plan.learner(built, vocabulary, loss(recipe, plan, vocabulary, samples), augmentations(recipe).batches)


def demand_targets(recipe: Recipe, plan: Task, samples: Sequence[Sample]) -> None:
    """Raise BadSettings where samples have another sort of target than the task learns."""
    for sample in samples:
        if not isinstance(sample.target, plan.targets):
            wanted = " or ".join(t.__name__.lower() for t in plan.targets)
            raise BadSettings(
                f"data: sample {sample.id!r} has {kind(sample.target)} as its target, but {recipe.task['kind']} learns from {wanted}"
            )
