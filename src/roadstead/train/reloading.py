"""A finished training read back from its folder: the model as it was trained, or its adapters on their base."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from roadstead.dataset.samples import Sample
from roadstead.errors import BadInput
from roadstead.evaluate.reports import Report
from roadstead.evaluating import Asked, Evaluated, Speed, told_apart
from roadstead.train import checkpoints, making
from roadstead.train.data import sides
from roadstead.train.gate import reference
from roadstead.train.leaving import Trained
from roadstead.train.methods import Adapting, tuner
from roadstead.train.models import Built
from roadstead.train.recipe import Recipe, stages
from roadstead.train.runs import Run

TIMED = 30
"""So many samples are timed one by one."""


def load(folder: Path, *, adapters: bool = False) -> Trained:
    """Return the model of a run folder, ready to predict; raise BadInput where there is none, or it is half there.

    With `adapters` the base is made as it was before and only what each stage learned beside it (adapter/<stage>) is put on; that is
    how a small file travels alone. Otherwise the merged weights are read. Where a method leaves something in the model that is
    not folded into it (adapter, prefix, prompt, p_tuning), the model is prepared the same way before.
    """
    run = Run(folder)
    recipe, base = run.recipe()
    words = run.vocabulary()
    plan = making.task(recipe, base)
    torch.manual_seed(recipe.seed)
    built = making.model(recipe, base, words)
    if adapters:
        module = _adapted(run, recipe, base, built)
    else:
        weights = checkpoints.load_weights(folder / "model" / checkpoints.WEIGHTS)
        module = built.module
        if set(weights) != _names(module):
            module = _prepared(recipe, base, built)
        if set(weights) != _names(module):
            odd = sorted(set(weights) ^ _names(module))[0]
            raise BadInput(
                f"{folder}: the weights are of another model than the recipe's: {odd} is in one of them only"
            )
        checkpoints.put(module, weights, str(folder / "model"))
    module.eval()
    return Trained(recipe, built, module, making.learner(recipe, plan, built, words, ()))


def evaluate(folder: Path, what: Asked) -> Evaluated:
    """Judge a training on data sets, or on its own held-out samples where none is named, beside its reports before and after.

    A data set is read as the recipe reads its own, unless another format is asked for.
    """
    trained = load(folder)
    recipe, run = trained.recipe, Run(folder)
    reports: dict[str, Report] = {}
    for name in ("before", "after"):
        if (folder / f"{name}.json").is_file():
            reports[f"{name} (held-out)"] = run.report(name)
    if what.folders:
        table = recipe.data.train[0].format
        names = told_apart(what.folders)
        sets = {
            name: what.samples(one, table, recipe.data.class_map) for name, one in zip(names, what.folders, strict=True)
        }
    else:
        sets = {"now (held-out)": sides(recipe.data, recipe.seed).final}
    speeds = {}
    for name, samples in sets.items():
        begin = time.perf_counter()
        reports[name] = judged(trained, samples, resamples=recipe.evaluation.resamples)
        speeds[name] = _speed(trained, samples[:TIMED], len(samples) / (time.perf_counter() - begin))
    return Evaluated(reports, speeds)


def _speed(trained: Trained, samples: Sequence[Sample], rate: float) -> Speed:
    """Return how long single samples take; `rate` is that of judging all of them in batches."""
    spent = []
    for sample in samples:
        loaded = trained.learner.load(sample)
        begin = time.perf_counter()
        batch = trained.learner.collate([trained.learner.encode(loaded)])
        ready = time.perf_counter()
        with torch.inference_mode():
            trained.learner.predict(trained.module.eval(), batch)
        done = time.perf_counter()
        spent.append((done - begin, done - ready))
    p50, p95 = np.percentile([one for one, _ in spent], [50, 95]) * 1e3
    inner = float(np.median([one for _, one in spent])) * 1e3
    return Speed(len(spent), rate, float(p50), float(p95), inner, torch.get_num_threads(), "torch")


def judged(trained: Trained, samples: Sequence[Sample], *, resamples: int) -> Report:
    """Return the figures of a model on samples."""
    recipe = trained.recipe
    making.demand_targets(recipe, making.task(recipe, Path()), samples)
    size = recipe.evaluation.batch or recipe.budget.micro or recipe.budget.batch
    return reference(trained.module, trained.learner, samples, size, resamples=resamples)


def _prepared(recipe: Recipe, base: Path, built: Built) -> nn.Module:
    """Return the module as every stage's method leaves it, with weights still to come."""
    module = built.module
    for _, stage in stages(recipe):
        method = making.method(stage, base)
        module = method.merge(method.prepare(replace(built, module=module)))
    return module


def _adapted(run: Run, recipe: Recipe, base: Path, built: Built) -> nn.Module:
    module = built.module
    for name, stage in stages(recipe):
        method = making.method(stage, base)
        tuning = tuner(method)
        file = run.folder / "adapter" / name / checkpoints.WEIGHTS
        if not isinstance(tuning, Adapting):
            raise BadInput(
                f"{run.folder}: stage {name} ({stage.method['kind']}) has no adapter: read the merged weights"
            )
        prepared = method.prepare(replace(built, module=module))
        tuning.adapt(prepared, checkpoints.load_weights(file))
        module = method.merge(prepared)
    return module


def _names(module: nn.Module) -> set[str]:
    return {name for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)}
