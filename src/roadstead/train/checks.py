"""Self-checks before the first step: each stands for a mistake that has cost somebody weeks.

They run on the stage's own model and data and leave it as it was. What fails a fatal one does not train.
"""

import copy
import io
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from roadstead.dataset.samples import Objects
from roadstead.errors import TrainingFailed
from roadstead.train import checkpoints, optimise
from roadstead.train.augment import Shown
from roadstead.train.batches import Pick
from roadstead.train.judging import moved
from roadstead.train.loop import Work
from roadstead.train.methods import Adapting, tuner
from roadstead.train.tasks import Batch, Losses, Together

PARTS, EIGHT = 4, 8
CLOSE = 1e-4
"""How far apart, relative to their size, two sums of one set of fp32 numbers may be."""
FALLEN = 0.5
"""To what share of its first value the loss of eight samples has to fall."""
PATIENCE_S = 20.0
MOST_TAKEN = 0.5
"""Augmentations that take away more than such a share of the objects are warned of."""
AUGMENTED, AUGMENTED_S = 256, 5.0
"""Of so many samples it is counted, and for so long at most."""


@dataclass(frozen=True, slots=True)
class Check:
    """What a check said; `ok` None: it was left out, and why is in `said`."""

    name: str
    ok: bool | None
    said: str
    fatal: bool = True


def run(work: Work, device: torch.device) -> tuple[Check, ...]:
    """Run the checks of a stage; raise TrainingFailed with the sentence of the first fatal one that fails."""
    made = []
    for name, check, fatal in _CHECKS:
        if name in work.recipe.checks.skip:
            made.append(Check(name, None, "left out by the recipe", fatal))
            continue
        with _as_it_was(work.module):
            ok, said = check(_Bench(work, device))
        made.append(Check(name, ok, said, fatal))
        if ok is False and fatal:
            raise TrainingFailed(f"self-check {name}: {said}; checks.skip = [{name!r}] trains all the same")
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Bench:
    """A stage on the bench: its model, and batches of the first samples that it will draw, without augmentation."""

    work: Work
    device: torch.device

    def batch(self, begin: int, end: int) -> Batch:
        """Return a batch of the samples drawn at some places."""
        learner, samples, order = self.work.learner, self.work.examples.samples, self.work.order
        return moved(
            learner.collate([learner.encode(learner.load(samples[order[k]])) for k in range(begin, end)]), self.device
        )

    @property
    def several(self) -> int:
        """How many samples can be drawn without drawing one twice, at most eight."""
        return min(EIGHT, len(self.work.examples.samples), self.work.order.length)

    def loss(self, batch: Batch) -> Losses:
        """Return the task's loss of a batch."""
        return self.work.learner.loss(self.work.module, batch)

    def optimiser(self) -> torch.optim.Optimizer:
        """Return an optimiser as the recipe has it, at its full rate."""
        settings = self.work.recipe.optimiser
        return optimise.optimiser(optimise.groups(self.work.module, self.work.built, settings), settings)

    def step(self, optimizer: torch.optim.Optimizer, batch: Batch) -> float:
        """Take one step on a batch; return the mean loss before it."""
        optimizer.zero_grad()
        losses = self.loss(batch)
        (losses.total / max(losses.units, 1.0)).backward()  # type: ignore[no-untyped-call]  # so torch has it
        torch.nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], 1.0)
        optimizer.step()
        return float(losses.total.detach()) / max(losses.units, 1.0)


def _trainable(bench: _Bench) -> tuple[bool, str]:
    learning = sum(p.numel() for p in bench.work.module.parameters() if p.requires_grad)
    return (
        learning > 0,
        f"{learning:,} parameters learn" if learning else "no parameter would learn: look at the method",
    )


def _unmasked(bench: _Bench) -> tuple[bool, str]:
    units = bench.work.learner.units(bench.batch(0, bench.several))
    if units > 0:
        return True, f"{units:g} units count in the first {bench.several} samples"
    return (
        False,
        "nothing of the first samples counts for the loss: look at labels, the chat template or the length limit",
    )


def _audit(bench: _Bench) -> tuple[bool, str]:
    return True, bench.work.learner.audit(bench.batch(0, min(2, bench.several)))


def _augment(bench: _Bench) -> tuple[bool | None, str]:
    """Objects that augmentations cut off, or hide so far that they no longer count, must not be lost silently."""
    examples, order, began = bench.work.examples, bench.work.order, time.monotonic()
    if not examples.augment or not any(isinstance(sample.target, Objects) for sample in examples.samples):
        return None, "no augmentation changes pictures with objects"
    given = left = samples = 0
    while samples < min(AUGMENTED, order.length) and time.monotonic() - began < AUGMENTED_S:
        shown, made_of = examples.augmented(Pick(samples, order[samples]))
        given, left = given + sum(_counting(one) for one in made_of), left + _counting(shown)
        samples += 1
    taken = (given - left) / max(given, 1)
    said = f"augmentations take away {given - left} of {given} objects ({taken:.1%}) in the first {samples} samples"
    return taken <= MOST_TAKEN, said


def _counting(shown: Shown) -> int:
    """Count the objects that are learned from."""
    target = shown.target
    return len(target) - sum(target.ignored) if isinstance(target, Objects) else 0


def _head(bench: _Bench) -> tuple[bool | None, str]:
    wanted = bench.work.learner.vocabulary.outputs
    bench.work.module.eval()
    with torch.no_grad():
        losses = bench.loss(bench.batch(0, min(2, bench.several)))
    outputs = losses.outputs
    if not wanted or not isinstance(outputs, Tensor) or outputs.ndim < 2:
        return (
            (True, "the loss of a batch is finite")
            if bool(torch.isfinite(losses.total))
            else (False, "the loss is not finite")
        )
    fits = wanted in (outputs.shape[1], outputs.shape[-1])
    return fits, f"the head gives {list(outputs.shape[1:])} numbers for {wanted} classes"


def _accumulation(bench: _Bench) -> tuple[bool | None, str]:
    """Accumulated gradients of parts must be those of the whole (transformers#34191: they were not, for years)."""
    if isinstance(bench.work.learner, Together) and bench.work.learner.together:
        return None, "the loss compares the samples of a batch with one another, so it is never cut"
    n = bench.several // 2 * 2
    if n < 2:
        return None, "needs two samples"
    whole = _gradient(bench, [bench.batch(0, min(n, PARTS))])
    half = min(n, PARTS) // 2
    parts = _gradient(bench, [bench.batch(0, half), bench.batch(half, 2 * half)])
    apart = float((whole - parts).norm() / whole.norm().clamp_min(1e-12))
    return (
        apart <= CLOSE,
        f"gradients of {2 * half} samples at once and in two parts differ by {apart:.1e} of their size",
    )


def _gradient(bench: _Bench, batches: list[Batch]) -> Tensor:
    module = bench.work.module
    module.eval()
    module.zero_grad()
    units = sum(bench.work.learner.units(batch) for batch in batches)
    for batch in batches:
        (bench.loss(batch).total / max(units, 1.0)).backward()  # type: ignore[no-untyped-call]  # so torch has it
    made = [p.grad.detach().flatten() for p in module.parameters() if p.requires_grad and p.grad is not None]
    module.zero_grad()
    return torch.cat(made) if made else torch.zeros(1)


def _overfit(bench: _Bench) -> tuple[bool | None, str]:
    """Eight samples must be learnable by heart; where they are not, something between labels and loss is broken."""
    most, began = bench.work.recipe.checks.overfit_steps, time.monotonic()
    if not most:
        return None, "left out: checks.overfit_steps is 0"
    batch, optimizer = bench.batch(0, bench.several), bench.optimiser()
    bench.work.module.train()
    first = last = bench.step(optimizer, batch)
    taken = 1
    while taken < most and last > first * FALLEN and time.monotonic() - began < PATIENCE_S:
        last = bench.step(optimizer, batch)
        taken += 1
    said = f"the loss of {bench.several} samples went from {first:.4g} to {last:.4g} in {taken} steps"
    if last <= first * FALLEN:
        return True, said
    if taken < most:
        return None, f"{said}, then {PATIENCE_S:.0f} s were over"
    return False, f"{said}: try another rate, or look at the labels with `roadstead data preview`"


def _merge(bench: _Bench) -> tuple[bool | None, str]:
    """A model whose adapters were folded in must say what it said with them."""
    work = bench.work
    if not isinstance(tuner(work.method), Adapting):
        return None, "the method adds nothing that would have to be merged"
    batch, optimizer = bench.batch(0, min(2, bench.several)), bench.optimiser()
    for _ in range(2):
        bench.step(optimizer, batch)
    work.module.eval()
    with torch.no_grad():
        with_it = bench.loss(batch).total
        merged = work.method.merge(copy.deepcopy(work.module)).eval()
        without = work.learner.loss(merged, batch).total
    apart = float((with_it - without).abs() / with_it.abs().clamp_min(1e-12))
    return apart <= 10 * CLOSE, f"the loss with the adapters and of the merged model differ by {apart:.1e} of its size"


def _resume(bench: _Bench) -> tuple[bool, str]:
    """A step from saved weights and optimiser states must be the step that would have been taken."""
    module, batch = bench.work.module, bench.batch(0, bench.several)

    def step(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
        torch.manual_seed(0)
        bench.step(optimizer, batch)
        return {name: value.clone() for name, value in checkpoints.changed(module).items()}

    module.train()
    optimizer = bench.optimiser()
    weights = step(optimizer)
    kept = io.BytesIO()
    torch.save(optimizer.state_dict(), kept)
    on = step(optimizer)
    checkpoints.put(module, weights, "the resume check")
    again = bench.optimiser()
    again.load_state_dict(torch.load(io.BytesIO(kept.getvalue()), weights_only=True))
    anew = step(again)
    apart = [name for name in on if not torch.equal(on[name], anew[name])]
    if not apart:
        return True, "a step after loading is bit for bit the step without"
    return False, f"a step after loading differs from the step without, first in {apart[0]}"


@contextmanager
def _as_it_was(module: nn.Module) -> Iterator[None]:
    """Put weights, statistics, mode and random state back afterwards."""
    kept = {name: value.detach().clone() for name, value in checkpoints.changed(module).items()}
    modes: Mapping[nn.Module, bool] = {part: part.training for part in module.modules()}
    with torch.random.fork_rng():
        try:
            yield
        finally:
            checkpoints.put(module, kept, "the self-checks")
            for part, training in modes.items():
                part.training = training
            module.zero_grad(set_to_none=True)


_CHECKS: tuple[tuple[str, Callable[[_Bench], tuple[Any, str]], bool], ...] = (
    ("trainable", _trainable, True),
    ("unmasked", _unmasked, True),
    ("audit", _audit, False),
    ("augment", _augment, False),
    ("head", _head, True),
    ("accumulation", _accumulation, True),
    ("overfit", _overfit, False),
    ("merge", _merge, True),
    ("resume", _resume, True),
)
NAMES = tuple(name for name, _, _ in _CHECKS)
