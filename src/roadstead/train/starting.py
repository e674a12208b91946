"""Where a training starts: a recipe's file, or the folder of one that was interrupted."""

from collections.abc import Sequence
from pathlib import Path

from roadstead.errors import BadInput
from roadstead.train.plan import Plan, plan
from roadstead.train.recipe import load
from roadstead.train.runs import RECIPE, Run
from roadstead.train.training import Outcome, Say, train, unheard


def start(
    recipe: Path, settings: Sequence[str], out: Path | None, *, resume: bool = False, say: Say = unheard
) -> Outcome:
    """Train by a recipe's file; with `resume` a run folder may stand in its place. Raise BadInput for what does not fit."""
    if recipe.is_dir():
        if not resume:
            raise BadInput(f"{recipe}: is a folder; to go on with the training in it add --resume")
        read, base = Run(recipe).recipe()
        if settings:
            read = load(recipe / RECIPE, settings)
        return train(read, base, out or recipe, resume=True, say=say)
    read = load(recipe, settings)
    return train(read, recipe.parent, out or Path("runs") / read.name, resume=resume, say=say)


def preview(recipe: Path, settings: Sequence[str]) -> Plan:
    """Return what a training by a recipe's file would do."""
    return plan(load(recipe, settings), recipe.parent)
