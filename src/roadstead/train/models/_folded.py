"""Weights of a network that was frozen for phones (.tflite): convolutions in order, each with its norm folded into it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from roadstead.errors import BadInput

SUFFIX = ".tflite"
_CONVOLUTIONS = ("Convolution", "GroupConvolution")
_PASSED = ("Convert", "Reshape", "Unsqueeze", "Transpose")


def into(module: nn.Module, file: Path, head: tuple[str, ...]) -> None:
    """Put a file's convolutions into a network that lists them in the same order, all but its head's.

    What belongs to another head lies between them and is passed over: a convolution of the file whose shape is not the next one's.
    Its bias goes to the norm behind it, whose statistics become those of nothing to normalise; so such norms have to stay
    frozen. Raise BadInput where the file is no model, or of another network.
    """
    found = list(_convolutions(file))
    at = 0
    for name, (conv, norm) in _pairs(module).items():
        if name.startswith(head):
            continue
        shape = tuple(conv.weight.shape)
        while at < len(found) and found[at][0].shape != shape:
            at += 1
        if at == len(found):
            raise BadInput(f"model.weights: {file.name} has no {name} of {shape}: it is another network's")
        weight, bias = found[at]
        at += 1
        _set(conv, norm, weight, bias)


def _set(conv: nn.Conv2d, norm: Any, weight: Tensor, bias: Tensor) -> None:
    with torch.no_grad():
        conv.weight.copy_(weight)
        norm.weight.fill_(1.0)
        norm.bias.copy_(bias)
        norm.running_mean.zero_()
        norm.running_var.fill_(1.0 - norm.eps)


def _pairs(module: nn.Module) -> dict[str, tuple[nn.Conv2d, Any]]:
    """Return each convolution with the norm behind it, in order."""
    pairs: dict[str, tuple[nn.Conv2d, Any]] = {}
    waiting: tuple[str, nn.Conv2d] | None = None
    for name, part in module.named_modules():
        if isinstance(part, nn.Conv2d):
            waiting = (name, part)
        elif hasattr(part, "running_mean") and waiting is not None:
            pairs[waiting[0]] = (waiting[1], part)
            waiting = None
    return pairs


def _convolutions(file: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield weight (out, in, h, w) and bias (out,) of each convolution, in the order in which they are computed."""
    import openvino as ov  # type: ignore[import-untyped]  # heavy, and only such files need it; the package ships no types

    try:
        model = ov.Core().read_model(file)
    except RuntimeError as error:
        raise BadInput(f"model.weights: {file}: cannot be read as a model: {str(error).splitlines()[0]}") from None
    for node in model.get_ordered_ops():
        if node.get_type_name() not in _CONVOLUTIONS:
            continue
        weight, bias = _constant(node.input_value(1)), _bias(node)
        if weight is None or bias is None:
            raise BadInput(f"model.weights: {file.name}: {node.get_friendly_name()} has no fixed weights and bias")
        if weight.ndim == 5:  # groups first: (groups, out, in, h, w)
            weight = weight.reshape(-1, *weight.shape[2:])
        yield torch.tensor(weight, dtype=torch.float32), torch.tensor(bias.ravel(), dtype=torch.float32)


def _bias(node: Any) -> Any:
    """Return what is added to the output of a convolution."""
    for follower in node.output(0).get_target_inputs():
        after = follower.get_node()
        if after.get_type_name() == "Add":
            return _constant(after.input_value(1 - follower.get_index()))
    return None


def _constant(output: Any) -> Any:
    """Return the numbers of a constant behind changes of its shape or type; None where it is none."""
    node = output.get_node()
    steps = []
    while node.get_type_name() in _PASSED:
        steps.append(node)
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant":
        return None
    value = np.array(node.data, dtype=np.float32)
    for step in reversed(steps):
        if step.get_type_name() == "Transpose":
            value = value.transpose(step.input_value(1).get_node().data)
        elif step.get_type_name() != "Convert":
            value = value.reshape(tuple(step.output(0).get_shape()))
    return value
