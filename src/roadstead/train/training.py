"""One training from beginning to end: data, model, self-checks, stages, reports, and what ships."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]  # the package ships no types
from torch import nn

from roadstead.errors import BadInput, BadSettings
from roadstead.evaluate.reports import Report
from roadstead.train import checkpoints, checks, distributed, export, making, report
from roadstead.train.batches import Examples, Order, shape
from roadstead.train.data import Sides, at_most, drawn, sides
from roadstead.train.judging import judge
from roadstead.train.leaving import Trained
from roadstead.train.loop import Loop, Work
from roadstead.train.methods import Adapting, Guide, Guiding, Method, tuner
from roadstead.train.models import Built
from roadstead.train.plan import StagePlan, staged, whole
from roadstead.train.recipe import Recipe, stages
from roadstead.train.regularise import r_drop
from roadstead.train.runs import RECIPE, Run, peak_mb
from roadstead.train.tasks import Learner
from roadstead.train.trackers import Tell, trackers

Say = Callable[[dict[str, Any]], None]
"""Takes what happens, a row each: "said" (a sentence), "step", "evaluation"."""


def unheard(row: dict[str, Any]) -> None:  # nobody listens
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training came to; None where it was not judged."""

    folder: Path
    before: Report | None
    after: Report | None
    steps: int
    seconds: float
    ended: str


@dataclass(slots=True)
class Session:
    """What the parts of one training share."""

    run: Run
    recipe: Recipe
    base: Path
    sides: Sides
    accelerator: Accelerator
    say: Say
    trackers: tuple[Tell, ...] = ()
    planned: list[StagePlan] = field(default_factory=list)

    def tell(self, sentence: str) -> None:
        """Say one sentence about the run."""
        if self.accelerator.is_main_process:
            self.say({"kind": "said", "said": sentence})

    def log(self, row: dict[str, Any]) -> None:
        """Write a row to the log and show it; one process of several does."""
        if self.accelerator.is_main_process:
            self.run.log(row)
            self.say(row)
            for tell in self.trackers:
                tell(row)


def train(recipe: Recipe, base: Path, folder: Path, *, resume: bool = False, say: Say = unheard) -> Outcome:
    """Train as a recipe says into a folder; `base` is where the recipe's relative paths are taken from.

    With `resume` a run that was interrupted goes on from its last checkpoint. Raise BadInput where the folder holds another
    run, or none to go on with.
    """
    began = time.monotonic()
    accelerator = distributed.accelerator(recipe)
    run = Run(folder)
    if accelerator.is_main_process:
        _enter(run, recipe, base, resume=resume)
    accelerator.wait_for_everyone()
    session = Session(run, recipe, base, sides(recipe.data, recipe.seed), accelerator, say)
    told = trackers(recipe, folder, session.tell) if accelerator.is_main_process else nullcontext(())
    with told as session.trackers:
        return _trained(session, began)


def _trained(session: Session, began: float) -> Outcome:
    """Make the model, train its stages, judge it before and after, and write what came of it."""
    run, recipe = session.run, session.recipe
    built, learner = _made(session)
    before = _before(session, built, learner)
    module, ended, steps = built.module, "", 0
    for name, stage in stages(recipe):
        module, ended, taken = _stage(session, name, stage, replace(built, module=module))
        steps += taken
    after = _judged(session, "after", module, learner)
    seconds = time.monotonic() - began
    if session.accelerator.is_main_process:
        checkpoints.save_weights(run.folder / "model" / checkpoints.WEIGHTS, _whole(module))
        run.note(seconds=seconds, peak_mb=peak_mb(), steps=steps, ended=ended, data_hash=session.sides.hash)
        _finished(session, Trained(recipe, built, module, learner))
    return Outcome(run.folder, before, after, steps, seconds, ended)


def _finished(session: Session, trained: Trained) -> None:
    """Make what ships, and the page that tells of the training."""
    found = session.sides
    export.export(session.run, trained, found.train, found.final, session.tell)
    if session.recipe.logging.report:
        report.write(session.run.folder, {s.id: s.media for s in found.final if s.media is not None})


def _enter(run: Run, recipe: Recipe, base: Path, *, resume: bool) -> None:
    there = (run.folder / RECIPE).is_file()
    if resume and not there:
        raise BadInput(f"{run.folder}: there is no training to go on with")
    if there and not resume:
        raise BadInput(
            f"{run.folder}: holds a training already: go on with --resume, or name another folder with --out"
        )
    if there and _essence(run.recipe()[0]) != _essence(recipe):
        raise BadSettings(f"{run.folder / RECIPE}: the training there follows another recipe; name another folder")
    if not there:
        run.begin(recipe, base)


def _essence(recipe: Recipe) -> dict[str, Any]:
    """Return what of a recipe decides the steps: all but how long it runs, what is told, and what is made of it."""
    left: dict[str, Any] = {"logging": True, "export": True, "data": True, "stages": {"__all__": {"data"}}}
    table = recipe.model_dump(mode="json", exclude=left)
    return {**table, "budget": {k: v for k, v in table["budget"].items() if k not in ("minutes", "micro")}}


def _made(session: Session) -> tuple[Built, Learner]:
    """Return the model and the bound task, and write down what was found."""
    recipe, found = session.recipe, session.sides
    task = making.task(recipe, session.base)
    making.demand_targets(recipe, task, (*found.train, *found.val, *found.test))
    words = task.vocabulary(found.train)
    torch.manual_seed(recipe.seed)
    built = making.model(recipe, session.base, words)
    if session.accelerator.is_main_process:
        session.run.keep_vocabulary(words)
        session.run.keep_samples({"train": found.train, "val": found.val, "test": found.test})
    built.module.to(session.accelerator.device)
    if recipe.compute.channels_last:
        built.module.to(memory_format=torch.channels_last)
    session.tell(
        f"{len(found.train)} samples to train on, {len(found.val)} to choose by, {len(found.test)} to judge on at the end; "
        f"weights: {built.origin}"
    )
    learner = making.learner(recipe, task, built, words, found.train)
    for note in built.notes:  # the learner adds what it found in the texts
        session.tell(note)
    return built, learner


def _before(session: Session, built: Built, learner: Learner) -> Report | None:
    if not session.recipe.evaluation.before:
        return None
    if (session.run.folder / "before.json").is_file():
        return session.run.report("before")
    return _judged(session, "before", built.module, learner)


def _judged(session: Session, name: str, module: nn.Module, learner: Learner) -> Report | None:
    """Judge a model on the final samples and write the report."""
    settings = session.recipe.evaluation
    samples = at_most(session.sides.final, settings.at_most, session.recipe.seed)
    if not samples:
        return None
    size = settings.batch or session.recipe.budget.micro or session.recipe.budget.batch
    judged = judge(module, learner, samples, size, session.accelerator, losses=False, resamples=settings.resamples)
    report = replace(judged.report, task=str(session.recipe.task["kind"]), data_hash=session.sides.hash)
    if session.accelerator.is_main_process:
        session.run.write(f"{name}.json", report.record())
    session.tell(f"{name}: {report.main} {report.metrics[report.main]} on {report.samples} samples")
    return report


def _stage(session: Session, name: str, recipe: Recipe, built: Built) -> tuple[nn.Module, str, int]:
    """Train one stage; return the plain module that came out, why it ended, and its steps."""
    found = session.sides if recipe.data == session.recipe.data else sides(recipe.data, recipe.seed)
    task = making.task(recipe, session.base)
    words = session.run.vocabulary() if session.accelerator.is_main_process else task.vocabulary(session.sides.train)
    method = making.method(recipe, session.base)
    torch.manual_seed(recipe.seed)
    module = method.prepare(built)
    if recipe.compute.checkpointing:
        _checkpointing(module)
    if recipe.compute.compile:
        module.compile()
    learner = making.learner(recipe, task, built, words, found.train)
    order = Order(drawn(found.train, recipe.data), recipe.seed)
    work = Work(
        stage=name,
        recipe=recipe,
        built=built,
        module=module,
        method=method,
        guide=_guide(session, recipe, method, built, learner, found),
        learner=learner,
        examples=Examples(
            found.train,
            learner,
            making.augmentations(recipe).samples,
            seed=recipe.seed,
            cache_mb=recipe.data.cache_mb,
        ),
        order=order,
        val=at_most(found.val, recipe.evaluation.at_most, recipe.seed),
        folder=session.run.folder / "checkpoints" / name,
    )
    now = staged(name, recipe, module, order)
    session.planned.append(now)
    if session.accelerator.is_main_process:
        session.run.write("plan.json", whole(session.recipe, built, session.sides, session.planned).record())
    session.tell(
        f"stage {name}: {now.learning:,} of {now.parameters:,} parameters learn ({recipe.method['kind']}), {work.steps} steps"
    )
    _check(session, work)
    session.say({"kind": "stage", "stage": name, "steps": work.steps})
    last = checkpoints.found(work.folder / "last")
    if session.accelerator.is_main_process:
        session.run.cut_log(name, 0 if last is None else int(checkpoints.state(last)["step"]))
    loop = Loop(work, session.accelerator, session.log)
    progress = loop.run()
    module = loop.engine.plain()
    module._compiled_call_impl = None  # what is made of it is written from its own code
    tuning = tuner(method)
    if isinstance(tuning, Adapting) and session.accelerator.is_main_process:
        checkpoints.save_weights(session.run.folder / "adapter" / name / checkpoints.WEIGHTS, tuning.adapter(module))
    merged = method.merge(module)
    session.accelerator.free_memory()
    return merged, progress.ended, progress.step


def _checkpointing(module: nn.Module) -> None:
    """Reckon activations again in the backward pass instead of keeping them; raise BadSettings where the model cannot."""
    parts: list[Any] = list(module.modules())
    for part in parts:
        if hasattr(part, "activation_checkpointing_enable"):
            part.activation_checkpointing_enable({"use_reentrant": False})
            return
        if hasattr(part, "set_grad_checkpointing"):
            part.set_grad_checkpointing(enable=True)
            return
    raise BadSettings(f"compute.checkpointing: {type(module).__name__} cannot reckon activations again; leave it out")


def _check(session: Session, work: Work) -> None:
    """Run the self-checks of a stage that has not begun; what they say is written and told."""
    if checkpoints.found(work.folder / "last") is not None:
        return
    made = checks.run(work, session.accelerator.device)
    file = session.run.folder / "checks.json"
    if session.accelerator.is_main_process:
        others = (
            [row for row in session.run.read("checks.json") if row["stage"] != work.stage] if file.is_file() else []
        )
        session.run.write("checks.json", [*others, *({"stage": work.stage, **asdict(check)} for check in made)])
    for check in made:
        if check.ok is not None:
            session.tell(f"{'checked' if check.ok else 'WARNING'} {check.name}: {check.said}")


def _guide(
    session: Session, recipe: Recipe, method: Method, built: Built, learner: Learner, found: Sides
) -> Guide | None:
    """Return what computes the loss in place of the task: the method's own, and R-drop around it."""
    guide = None
    if isinstance(method, Guiding):
        cut = shape(
            recipe.budget.batch, recipe.budget.micro, *distributed.sharers(recipe.distributed, session.accelerator)
        )
        context = {
            "base": session.base,
            "device": session.accelerator.device,
            "samples": found.train,
            "augment": making.augmentations(recipe).samples,
            "task": session.recipe.task,
            "seed": session.recipe.seed,
            "before": cut.rank * cut.rounds,
        }
        guide = method.guide(built, learner, context)
    return r_drop(learner, guide, recipe.optimiser.r_drop) if recipe.optimiser.r_drop else guide


def _whole(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)}
