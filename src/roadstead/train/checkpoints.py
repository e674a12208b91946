"""What a training needs to go on exactly where it was, in one folder that is there whole or not at all."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from accelerate import Accelerator  # type: ignore[import-untyped]  # the package ships no types
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from roadstead.errors import BadInput

WEIGHTS, OPTIMISER, MEAN, STATE = "weights.safetensors", "optimiser.pt", "mean.safetensors", "state.json"


def changed(module: nn.Module) -> dict[str, Tensor]:
    """Return what training changes: the parameters that learn and every buffer (running statistics) that is saved at all."""
    learned = {name for name, p in module.named_parameters() if p.requires_grad}
    own = module.state_dict()
    parameters = {name for name, _ in module.named_parameters()}
    return {
        name: value
        for name, value in own.items()
        if (name in learned or name not in parameters) and isinstance(value, Tensor)
    }


def save_weights(file: Path, weights: Mapping[str, Tensor]) -> None:
    """Write tensors whole or not at all; tensors that share memory are written as their own."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    save_file({name: value.detach().cpu().contiguous().clone() for name, value in weights.items()}, part)
    part.replace(file)


def load_weights(file: Path) -> dict[str, Tensor]:
    """Read tensors; raise BadInput where the file is missing or damaged."""
    try:
        return load_file(file)
    except FileNotFoundError:
        raise BadInput(f"{file}: there are no such weights") from None
    except Exception as error:
        raise BadInput(f"{file}: cannot be read as weights: {error}") from error


def put(module: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Put weights into a module that has all of them; raise BadInput naming the first that does not fit."""
    own = module.state_dict()
    missing = [name for name in weights if name not in own]
    if missing:
        raise BadInput(
            f"{where}: the model has no {missing[0]} (and {len(missing) - 1} more): it is another model or method"
        )
    try:
        module.load_state_dict(dict(weights), strict=False)
    except RuntimeError as error:
        raise BadInput(f"{where}: does not fit the model: {str(error).splitlines()[-1].strip()}") from error


def save(
    folder: Path,
    weights: Mapping[str, Tensor],
    mean: Mapping[str, Tensor],
    state: Mapping[str, Any],
    states: Callable[[Path], None] | None,
    accelerator: Accelerator,
) -> None:
    """Write a checkpoint in place of the one that is there; a kill at any moment leaves the old or the new one.

    `states` writes what the optimiser remembers into a folder. Every process calls this.
    """
    part, old = folder.with_name(folder.name + ".part"), folder.with_name(folder.name + ".old")
    if accelerator.is_main_process:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        save_weights(part / WEIGHTS, weights)
        if mean:
            save_weights(part / MEAN, mean)
    accelerator.wait_for_everyone()
    if states is not None:
        states(part)
        accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        (part / STATE).write_text(json.dumps(state), encoding="utf-8")
        if folder.exists():  # or the old one is all there is
            shutil.rmtree(old, ignore_errors=True)
            folder.rename(old)
        part.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    accelerator.wait_for_everyone()


def found(folder: Path) -> Path | None:
    """Return where the checkpoint lies: in its place, or, after a kill between two renames, in the place of the old one."""
    for place in (folder, folder.with_name(folder.name + ".old")):
        if (place / STATE).is_file():
            return place
    return None


def state(folder: Path) -> dict[str, Any]:
    """Return a checkpoint's state; raise BadInput where it is damaged."""
    try:
        read = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder / STATE}: cannot be read: {error}") from None
    return dict(read)
