"""What a training would do, before it does it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from roadstead.train import making
from roadstead.train.batches import Order, shape
from roadstead.train.data import Sides, drawn, sides
from roadstead.train.loop import every, steps
from roadstead.train.models import Built
from roadstead.train.recipe import Recipe, stages

_STATES = {"sgd": 1, "adam": 2, "adamw": 2, "adagrad": 1, "rmsprop": 1, "adafactor": 0.1, "adamw_8bit": 0.5}
"""fp32 numbers that an optimiser keeps for each that learns (SGD: its momentum)."""


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage: what learns, for how long, and the memory that is there from the first step on (MB, without activations)."""

    name: str
    method: str
    learning: int
    parameters: int
    steps: int
    rounds: int
    judged_every: int
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole training."""

    name: str
    task: str
    model: str
    origin: str
    samples: tuple[int, int, int]
    stages: tuple[StagePlan, ...]
    notes: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)

    def rows(self) -> list[tuple[str, str]]:
        """Return it for people."""
        made = [
            ("task", self.task),
            ("model", f"{self.model}, weights: {self.origin}"),
            ("samples", "{} to train on, {} to choose by, {} to judge on".format(*self.samples)),
        ]
        for stage in self.stages:
            share = stage.learning / max(stage.parameters, 1)
            said = (
                f"{stage.method}: {stage.learning:,} of {stage.parameters:,} parameters learn ({share:.2%}), {stage.steps} steps of "
                f"{stage.rounds} micro-batches, judged every {stage.judged_every}; {stage.memory_mb:.0f} MB for weights, gradients "
                "and optimiser, activations come on top"
            )
            made.append((f"stage {stage.name}", said))
        return [*made, *(("note", note) for note in self.notes)]


def plan(recipe: Recipe, base: Path) -> Plan:
    """Read the data, build the model and bind the task, as a training would, and say what would happen; nothing is written."""
    found = sides(recipe.data, recipe.seed)
    task = making.task(recipe, base)
    making.demand_targets(recipe, task, (*found.train, *found.val, *found.test))
    words = task.vocabulary(found.train)
    planned = []
    for name, stage in stages(recipe):
        torch.manual_seed(recipe.seed)
        built = making.model(recipe, base, words)
        module = making.method(stage, base).prepare(built)
        train = found.train if stage.data == recipe.data else sides(stage.data, recipe.seed).train
        making.learner(stage, task, built, words, train)
        planned.append(staged(name, stage, module, Order(drawn(train, stage.data), recipe.seed)))
    return whole(recipe, built, found, planned)


def staged(name: str, stage: Recipe, module: nn.Module, order: Order) -> StagePlan:
    """Return what a stage of a prepared module will do."""
    made = [(p.numel(), p.numel() * p.element_size(), p.requires_grad) for p in module.parameters()]
    learning = sum(n for n, _, learns in made if learns)
    memory = sum(size for _, size, _ in made) + learning * 4 * (1 + _STATES[stage.optimiser.kind])
    return StagePlan(
        name=name,
        method=str(stage.method["kind"]),
        learning=learning,
        parameters=sum(n for n, _, _ in made),
        steps=steps(stage, order),
        rounds=shape(stage.budget.batch, stage.budget.micro, 1, 0).rounds,
        judged_every=every(stage, order),
        memory_mb=memory / 2**20,
    )


def whole(recipe: Recipe, built: Built, found: Sides, planned: Sequence[StagePlan]) -> Plan:
    """Return the plan of a recipe with these stages."""
    return Plan(
        name=recipe.name,
        task=str(recipe.task["kind"]),
        model=str(recipe.model.get("name", recipe.model["kind"])),
        origin=built.origin,
        samples=(len(found.train), len(found.val), len(found.test)),
        stages=tuple(planned),
        notes=(*built.notes, *found.leaks),
    )
