"""The loop: the only place where weights change.

A step is `budget.batch` samples over all processes, cut into micro-batches that fit the memory. Losses are sums, divided by
the units (samples, tokens, boxes) of the whole step, so how a step is cut changes nothing but rounding. Everything that is
random is seeded by the step and the place within it, so a run that goes on after a kill takes the same steps.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]  # the package ships no types
from torch import nn

from roadstead.dataset.samples import Sample
from roadstead.errors import BadSettings, TrainingFailed
from roadstead.evaluate.reports import Report
from roadstead.train import checkpoints, optimise
from roadstead.train.averages import Ema
from roadstead.train.batches import Examples, Order, shape, training
from roadstead.train.distributed import sharers
from roadstead.train.engines import engine
from roadstead.train.judging import judge, moved
from roadstead.train.methods import Advancing, Guide, Method, Stepping, tuner
from roadstead.train.models import Built
from roadstead.train.recipe import Recipe
from roadstead.train.tasks import Batch, Learner, Losses, Together

Log = Callable[[dict[str, Any]], None]
"""Takes one row: a step, an evaluation or a word about the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One stage of a training: what is trained, on what, and by which recipe."""

    stage: str
    recipe: Recipe
    built: Built
    module: nn.Module
    method: Method
    guide: Guide | None
    learner: Learner
    examples: Examples
    order: Order
    val: tuple[Sample, ...]
    folder: Path

    @property
    def steps(self) -> int:
        """How many steps the budget allows."""
        return steps(self.recipe, self.order)

    @property
    def every(self) -> int:
        """After how many steps it is judged."""
        return every(self.recipe, self.order)


def steps(recipe: Recipe, order: Order) -> int:
    """Return how many steps a recipe's budget allows."""
    budget = recipe.budget
    ends = [budget.steps] if budget.steps else []
    if budget.epochs:
        ends.append(max(math.ceil(budget.epochs * order.length / budget.batch), 1))
    return min(ends)


def every(recipe: Recipe, order: Order) -> int:
    """Return after how many steps a recipe wants the model to be judged."""
    return max(round(recipe.evaluation.every * order.length / recipe.budget.batch), 1)


@dataclass(slots=True)
class Progress:
    """How far a stage is: all of it goes into the checkpoint."""

    step: int = 0
    best: float | None = None
    best_step: int = 0
    stale: int = 0
    plateau: float = 1.0
    plateau_stale: int = 0
    seconds: float = 0.0
    skipped: int = 0
    ended: str = ""


class Loop:
    """Trains one stage; `run` may be called in a process that goes on where another was killed."""

    def __init__(self, work: Work, accelerator: Accelerator, log: Log) -> None:
        self.work, self.accelerator, self.log = work, accelerator, log
        self.progress = Progress()
        self.tuner = tuner(work.method)
        recipe = work.recipe
        world, rank = sharers(recipe.distributed, accelerator)
        self.cut = shape(recipe.budget.batch, recipe.budget.micro, world, rank)
        if self.cut.rounds > 1 and isinstance(work.learner, Together) and work.learner.together:
            raise BadSettings(
                f"budget.micro: this loss compares the {recipe.budget.batch} samples of a step with one another: compute them at once"
            )
        self.engine = engine(
            work.module, work.built, self._optimiser, accelerator, recipe.distributed, self.cut, recipe.budget.clip
        )
        self.ema = Ema(work.module, recipe.budget.ema) if recipe.budget.ema else None

    def run(self) -> Progress:
        """Train to the end of the budget, or of patience; leave the best weights in the module, or the last (or their mean)."""
        began, before = time.monotonic(), self._restore()
        batches = self._batches()
        while not self.progress.ended:
            row = self.step(batches)
            self.progress.seconds = before + time.monotonic() - began
            if self.progress.step % self.work.recipe.logging.every == 0:
                self.log(row)
            self._end()
            if self.progress.step % self.work.every == 0 or self.progress.ended:
                self._judge()
                self._save("last")
        self.accelerator.wait_for_everyone()
        if self.work.recipe.evaluation.keep == "best" and self.progress.best_step:
            self._take_best()
        elif self.ema is not None:
            self.ema.put()
        return self.progress

    def step(self, batches: Iterator[Batch]) -> dict[str, Any]:
        """Take one step; return its row for the log."""
        began, work, progress = time.monotonic(), self.work, self.progress
        micro = [moved(next(batches), self.accelerator.device) for _ in range(self.cut.rounds)]
        units = self._sum(sum(work.learner.units(batch) for batch in micro))
        if units <= 0:
            raise TrainingFailed(
                f"step {progress.step + 1}: no sample of the step has anything to learn from: see `roadstead data check`"
            )
        if isinstance(self.tuner, Advancing):
            self.tuner.advance(work.built, work.module, progress.step / work.steps)
        times = optimise.factor(work.recipe.schedule, progress.step, work.steps) * progress.plateau
        optimise.set_rates(self.engine.rates(), times)
        lost = sum(self._backward(batch, k, units) for k, batch in enumerate(micro))
        norm = self._update()
        progress.step += 1
        loss = self._sum(lost) / units
        if not math.isfinite(loss):
            raise TrainingFailed(
                f"step {progress.step}: the loss is {loss}; lower optimiser.lr, set budget.clip, or look at the samples of this step"
            )
        return {
            "kind": "step",
            "stage": work.stage,
            "step": progress.step,
            "epoch": progress.step * self.cut.batch / work.order.length,
            "loss": loss,
            "lr": times * work.recipe.optimiser.lr,
            "grad_norm": norm,
            "units": units,
            "seconds": time.monotonic() - began,
        }

    def loss(self, batch: Batch) -> Losses:
        """Return the loss of a batch: the method's own where it has one, or the task's."""
        if self.work.guide is not None:
            return self.work.guide.loss(self.engine.model, batch, self.progress.step)
        return self.work.learner.loss(self.engine.model, batch)

    def _batches(self) -> Iterator[Batch]:
        workers = self.work.recipe.data.workers
        return training(self.work.examples, self.work.order, self.cut, first=self.progress.step, workers=workers)

    def _backward(self, batch: Batch, k: int, units: float) -> float:
        """Add a micro-batch's gradients; several processes average theirs, so each gives its share times their number."""
        torch.manual_seed(_seed(self.work.recipe.seed, self.progress.step, self.cut.rank * self.cut.rounds + k))
        with self.engine.micro(last=k == self.cut.rounds - 1):
            with self.accelerator.autocast():
                losses = self.loss(batch)
            self.engine.backward(losses.total * (self.cut.world / units))
        return float(losses.total.detach())

    def _update(self) -> float:
        l1 = self.work.recipe.optimiser.l1
        stepped = self._stepped if isinstance(self.tuner, Stepping) else None
        norm = self.engine.step(self.work.recipe.budget.clip, self._shrink if l1 else None, stepped)
        if self.engine.skipped():
            self.progress.skipped += 1
        elif self.ema is not None:
            self.ema.update()
        return norm

    def _stepped(self) -> None:
        assert isinstance(self.tuner, Stepping)
        self.tuner.stepped(self.work.built, self.work.module, self.progress.step + 1, self.work.steps)

    def _shrink(self) -> None:
        optimise.shrink(self.work.module.parameters(), self.work.recipe.optimiser.l1)

    def _optimiser(self, module: nn.Module) -> torch.optim.Optimizer:
        settings = self.work.recipe.optimiser
        return optimise.optimiser(optimise.groups(module, self.work.built, settings), settings)

    def _end(self) -> None:
        """Say why it ends, where it does."""
        progress, budget = self.progress, self.work.recipe.budget
        if progress.step >= self.work.steps:
            progress.ended = "budget"
        elif budget.minutes is not None:
            spent = torch.tensor([progress.seconds], device=self.accelerator.device)
            if float(self.accelerator.reduce(spent, reduction="mean")) >= budget.minutes * 60:
                progress.ended = "minutes"

    def _judge(self) -> None:
        """Judge on the validation samples; keep the best, and end where patience does."""
        work, progress = self.work, self.progress
        if not work.val:
            return
        settings = work.recipe.evaluation
        with self.ema.applied() if self.ema is not None else nullcontext():
            size = settings.batch or self.cut.micro
            who = sharers(work.recipe.distributed, self.accelerator)
            judged = judge(
                self.engine.model, work.learner, work.val, size, self.accelerator, losses=settings.loss, who=who
            )
            report = judged.report
            value = report.metrics[settings.metric or report.main].value
            better = _better(value, progress.best, report)
            if better:
                progress.best, progress.best_step = value, progress.step
                self._save("best")
        progress.stale = 0 if better else progress.stale + 1
        self._plateau(better=better)
        patience = work.recipe.budget.patience
        if patience is not None and progress.stale >= patience and not progress.ended:
            progress.ended = "patience"
        metrics = {name: m.value for name, m in report.metrics.items()}
        row = {
            "kind": "evaluation",
            "stage": work.stage,
            "step": progress.step,
            "loss": judged.loss,
            "metrics": metrics,
        }
        self.log({**row, "main": settings.metric or report.main, "best": better})

    def _plateau(self, *, better: bool) -> None:
        schedule, progress = self.work.recipe.schedule, self.progress
        if schedule.kind != "reduce_on_plateau":
            return
        progress.plateau_stale = 0 if better else progress.plateau_stale + 1
        if progress.plateau_stale > schedule.patience:
            progress.plateau *= schedule.factor
            progress.plateau_stale = 0

    def _save(self, name: str) -> None:
        """Write the checkpoint "last" (all that is needed to go on) or "best" (weights alone)."""
        weights = self.engine.weights()
        state = {**asdict(self.progress), "ema_steps": self.ema.steps if self.ema is not None else 0}
        mean = self.ema.whole() if name == "last" and self.ema is not None else {}
        states = self.engine.save_states if name == "last" else None
        checkpoints.save(self.work.folder / name, weights, mean, state, states, self.accelerator)

    def _restore(self) -> float:
        """Go on from the last checkpoint where there is one; return the seconds that were spent before."""
        place = checkpoints.found(self.work.folder / "last")
        if place is None:
            return 0.0
        state = checkpoints.state(place)
        averaged = state.pop("ema_steps")
        self.progress = Progress(**state)
        self.engine.put(checkpoints.load_weights(place / checkpoints.WEIGHTS), str(place))
        self.engine.load_states(place)
        if self.ema is not None:
            self.ema.load(checkpoints.load_weights(place / checkpoints.MEAN), averaged)
        return self.progress.seconds

    def _take_best(self) -> None:
        place = checkpoints.found(self.work.folder / "best")
        if place is not None:
            self.engine.put(checkpoints.load_weights(place / checkpoints.WEIGHTS), str(place))

    def _sum(self, value: float) -> float:
        """Add a number up over the processes."""
        if self.cut.world == 1:
            return float(value)
        one = torch.tensor([value], dtype=torch.float64, device=self.accelerator.device)
        return float(self.accelerator.reduce(one, reduction="sum"))


def _better(value: float | None, best: float | None, report: Report) -> bool:
    if value is None:
        return False
    return best is None or (value > best if report.higher else value < best)


def _seed(seed: int, step: int, place: int) -> int:
    """Return a seed for one micro-batch: the same whoever computes it, and whenever."""
    return (seed * 1_000_003 + step * 8_191 + place) % 2**63
