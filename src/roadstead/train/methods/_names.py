"""Which parts of a network a pattern names, and which parameters learn."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from roadstead.errors import BadInput


def under(name: str, prefixes: Iterable[str]) -> bool:
    """Whether a dotted name is one of `prefixes` or lies below one."""
    return any(f"{name}.".startswith(f"{prefix}.") for prefix in prefixes)


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern (`*`, `?`, `[…]` as in file names) fits whole parts of a dotted name, anywhere in it.

    "layer.1" fits encoder.layer.1.output.dense and not encoder.layer.11; "*.bias" every bias.
    """
    return any(fnmatchcase(f".{name}.", f"*.{pattern}.*") for pattern in patterns)


def matched(names: Sequence[str], patterns: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the names that a pattern fits; raise BadInput on a pattern that fits none, with near names."""
    for pattern in patterns:
        if not any(fits(name, (pattern,)) for name in names):
            parts = dict.fromkeys(part for name in names for part in (name, *name.split(".")))
            near = difflib.get_close_matches(pattern, list(parts), n=3, cutoff=0.4)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(list(names)[:5])} …"
            raise BadInput(f"{where}: nothing in the model is named {pattern!r}; {hint}")
    return tuple(name for name in names if fits(name, patterns))


def only(module: nn.Module, learns: Callable[[str], bool]) -> None:
    """Let exactly the parameters learn that `learns` says yes to; hold the statistics of what is frozen still."""
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(parameter.is_floating_point() and learns(name))
    settle(module)


def settle(module: nn.Module) -> None:
    """Hold the running statistics of norms that do not learn, and let go those of norms that do.

    A norm is held by a `train` of its own that leaves it in evaluation mode: so `model.train()` cannot move it, whoever calls
    it. A norm whose every parameter learns is let go; one without parameters stays as it is.
    """
    for part in module.modules():
        if not isinstance(part, nn.modules.batchnorm._NormBase) or part.running_mean is None:
            continue
        own = list(part.parameters(recurse=False))
        if not own:
            continue
        if all(p.requires_grad for p in own):
            if part.__dict__.pop("train", None) is not None:
                part.train(module.training)
        elif "train" not in part.__dict__:
            part.eval()
            part.__dict__["train"] = partial(_still, part)


def release(module: nn.Module) -> None:
    """Undo `settle`: every norm follows `train` and `eval` again."""
    for part in module.modules():
        part.__dict__.pop("train", None)


ASIDE = ("distil_hints",)
"""What learns only to help and is not kept."""


def learned(module: nn.Module) -> dict[str, Tensor]:
    """Return what learns in a module, by name, as a copy on the processor."""
    return {name: p.detach().cpu().clone() for name, p in _learning(module).items()}


def put(module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
    """Put what was learned into a module prepared in the same way; raise BadInput where it does not fit."""
    own = _learning(module)
    missing = [*(own.keys() - adapter.keys()), *(adapter.keys() - own.keys())]
    if missing:
        raise BadInput(
            f"the adapter does not fit the model: {min(missing)} (and {len(missing) - 1} more) is in one of them only"
        )
    for name, parameter in own.items():
        if parameter.shape != adapter[name].shape:
            raise BadInput(
                f"the adapter does not fit the model: {name} is {tuple(adapter[name].shape)} there and "
                f"{tuple(parameter.shape)} in the model"
            )
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(adapter[name])


def _learning(module: nn.Module) -> dict[str, nn.Parameter]:
    return {n: p for n, p in module.named_parameters() if p.requires_grad and not under(n, ASIDE)}


def _still(part: nn.Module, mode: bool = True) -> nn.Module:  # noqa: ARG001, FBT001, FBT002 - as Module.train
    """Stay in evaluation mode."""
    part.training = False
    return part


def is_transformers(module: Any) -> bool:
    """Whether a module is a model of transformers."""
    from transformers import PreTrainedModel

    return isinstance(module, PreTrainedModel)
