"""Optimisers, which parameter learns at which rate, and how rates change over a run."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from roadstead.errors import BadSettings
from roadstead.registry import extra_named
from roadstead.train.models import Built
from roadstead.train.recipe import Optimiser, Schedule

NORMS = (nn.LayerNorm, nn.GroupNorm, nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm, nn.RMSNorm)


def groups(module: nn.Module, built: Built, settings: Optimiser) -> list[dict[str, Any]]:
    """Return the trainable parameters as groups with a rate and a decay each.

    The head learns at `head_lr`; block k of n at lr · layer_decay^(n - k) (Clark et al., ELECTRA, 2020; Bao et al., BEiT,
    2021). Vectors (biases, norms) are not decayed unless `decay_norms`. Raise BadSettings where nothing learns.
    """
    made: dict[tuple[float, float], dict[str, Any]] = {}
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        lr = rate_of(name, built, settings)
        decay = settings.weight_decay if parameter.ndim > 1 or settings.decay_norms else 0.0
        group = made.setdefault(
            (lr, decay), {"params": [], "names": [], "lr": lr, "base_lr": lr, "weight_decay": decay}
        )
        group["params"].append(parameter)
        group["names"].append(name)
    if not made:
        raise BadSettings("method: nothing would learn: every parameter is frozen")
    return list(made.values())


def rate_of(name: str, built: Built, settings: Optimiser) -> float:
    """Return the rate of a parameter by its name."""
    plain = _plain(name)
    if built.head and _under(plain, built.head):
        return settings.head_lr or settings.lr
    if settings.layer_decay == 1.0 or not built.blocks:
        return settings.lr
    depth = next((k for k, prefixes in enumerate(built.blocks) if _under(plain, prefixes)), -1)
    return float(settings.lr * settings.layer_decay ** (len(built.blocks) - max(depth, 0)))


def optimiser(made: list[dict[str, Any]], settings: Optimiser) -> torch.optim.Optimizer:
    """Return the optimiser of a recipe over groups of parameters."""
    given = [{k: v for k, v in group.items() if k != "names"} for group in made]
    kind = settings.kind
    if kind == "sgd":
        return torch.optim.SGD(given, lr=settings.lr, momentum=settings.momentum, nesterov=settings.nesterov)
    if kind in ("adam", "adamw"):
        adam = torch.optim.AdamW if kind == "adamw" else torch.optim.Adam
        return adam(given, lr=settings.lr, betas=settings.betas, eps=settings.eps, fused=_fusable(given))
    if kind == "adagrad":
        return torch.optim.Adagrad(given, lr=settings.lr, eps=settings.eps)
    if kind == "rmsprop":
        return torch.optim.RMSprop(given, lr=settings.lr, momentum=settings.momentum, eps=settings.eps)
    if kind == "adafactor":
        return torch.optim.Adafactor(given, lr=settings.lr)
    with extra_named("optimiser 'adamw_8bit'"):
        from bitsandbytes.optim.adamw import AdamW8bit
    made8: torch.optim.Optimizer = AdamW8bit(given, lr=settings.lr, betas=settings.betas, eps=settings.eps)  # type: ignore[no-untyped-call]  # its signature is not typed
    return made8


def factor(schedule: Schedule, step: int, steps: int) -> float:
    """Return what the rate is multiplied with at a step (0-based) of `steps`: a function of the step alone.

    reduce_on_plateau is 1 here: the loop lowers it by what evaluations say.
    """
    warm = schedule.warmup * steps if schedule.warmup < 1 else schedule.warmup
    if schedule.kind == "one_cycle":
        return _one_cycle(step, steps, warm or 0.3 * steps, schedule.end)
    if step < warm:
        return (step + 1) / (warm + 1)
    way = min((step - warm) / max(steps - warm, 1.0), 1.0)
    return _SHAPES.get(schedule.kind, _constant)(schedule, way)


def set_rates(optimizer: torch.optim.Optimizer, times: float) -> None:
    """Give every group its own rate times a factor."""
    for group in optimizer.param_groups:
        group["lr"] = group["base_lr"] * times


def shrink(parameters: Iterable[nn.Parameter], l1: float) -> None:
    """Add the gradient of l1 times the sum of sizes to the gradients."""
    for p in parameters:
        if p.grad is not None and p.ndim > 1:
            p.grad.add_(p.detach().sign(), alpha=l1)


def _constant(schedule: Schedule, way: float) -> float:  # noqa: ARG001  # one signature for all shapes
    return 1.0


def _cosine(schedule: Schedule, way: float) -> float:
    return schedule.end + (1 - schedule.end) * (1 + math.cos(math.pi * way)) / 2


def _restarts(schedule: Schedule, way: float) -> float:
    return _cosine(schedule, (way * schedule.cycles) % 1.0 if way < 1 else 1.0)


def _polynomial(schedule: Schedule, way: float) -> float:
    power = 1.0 if schedule.kind == "linear" else schedule.power
    return float(schedule.end + (1 - schedule.end) * (1 - way) ** power)


def _steps(schedule: Schedule, way: float) -> float:
    return float(schedule.factor ** int(way / schedule.every + 1e-9))


def _exponential(schedule: Schedule, way: float) -> float:
    return float(schedule.factor ** (way / schedule.every))


_SHAPES: Mapping[str, Callable[[Schedule, float], float]] = {
    "cosine": _cosine,
    "cosine_restarts": _restarts,
    "linear": _polynomial,
    "polynomial": _polynomial,
    "step": _steps,
    "exponential": _exponential,
}
"""The factor after the warm-up by the share of the way that is gone, 0 to 1."""


def _one_cycle(step: int, steps: int, rise: float, end: float) -> float:
    """Rise from 1/25 to 1 and fall to `end`, both as cosines (Smith & Topin 2017)."""
    if step < rise:
        return 1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * step / rise)) / 2
    way = min((step - rise) / max(steps - rise, 1.0), 1.0)
    return end + (1 - end) * (1 + math.cos(math.pi * way)) / 2


def _fusable(made: Sequence[dict[str, Any]]) -> bool:
    """Whether torch has one kernel for all of a step: floats on one of the devices that it knows."""
    return all(p.is_floating_point() and p.device.type in ("cpu", "cuda") for g in made for p in g["params"])


def _under(name: str, prefixes: Sequence[str]) -> bool:
    return any(f"{name}.".startswith(f"{prefix}.") for prefix in prefixes)


_WRAPPED = re.compile(r"^(?:module\.|_orig_mod\.|base_model\.model\.|_fsdp_wrapped_module\.)+")


def _plain(name: str) -> str:
    """Return a parameter's name as the model itself has it, without what adapters and wrappers put before and between."""
    return _WRAPPED.sub("", name).replace(".base_layer", "").replace(".modules_to_save.default", "")
