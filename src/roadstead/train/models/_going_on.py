"""A dense detector that goes on from a training of its own family, or from what one shipped: all it knew, class by class."""

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from roadstead.bundle.card import CARD, Input, Three, read_card
from roadstead.errors import BadInput
from roadstead.train import checkpoints
from roadstead.train.runs import Run

_SCORES = re.compile(r"head\.classes\.\d+\.(1\.)?(weight|bias)")
"""The last layer of the class scores: right behind a tower, or the second of a light head's two."""


def going_on(module: nn.Module, folder: Path, labels: Sequence[str], shown: Input) -> tuple[str, ...]:
    """Put the weights of a run or a bundle into a detector of the same parts; return the classes that it knew by name.

    Rows of class scores go by the class's name; a class that is new stays as it was made. Raise BadInput where it has
    other parts or was shown otherwise prepared pictures than `shown`, or a bundle has no weights beside its model.
    """
    state, before, prepared = _known(folder)
    if prepared not in (None, (tuple(shown.mean), tuple(shown.std))):
        raise BadInput(
            f"model.mean, model.std: {folder} was shown pixels prepared with {prepared[0]} and {prepared[1]}, here they are {shown.mean} "
            f"and {shown.std}: say the same"
        )
    known = tuple(label for label in labels if label in before)
    to = [labels.index(label) for label in known]
    source = [before.index(label) for label in known]
    own = module.state_dict()
    odd = sorted(set(own) ^ set(state))
    if odd:
        raise BadInput(f"model.weights: {folder}: is of a detector of other parts: {odd[0]} is in one of them only")
    with torch.no_grad():
        for name, value in own.items():
            was = state[name]
            each = was.shape[0] // len(before) if _SCORES.fullmatch(name) else 0
            if each and each * len(before) == was.shape[0] and each * len(labels) == value.shape[0]:
                by_class = was.reshape(-1, len(before), *was.shape[1:])
                value.view(-1, len(labels), *value.shape[1:])[:, to] = by_class[:, source].to(value.dtype)
            elif was.shape == value.shape:
                value.copy_(was)
            else:
                raise BadInput(
                    f"model.weights: {folder}: {name} is {tuple(was.shape)} there and {tuple(value.shape)} here: set the same channels, "
                    "layers, levels and anchors"
                )
    return known


def _known(folder: Path) -> tuple[dict[str, torch.Tensor], tuple[str, ...], tuple[Three, Three] | None]:
    """Return the weights of a run or a bundle, its classes, and how pixels were prepared for it (None: as is usual for the backbone)."""
    if (folder / CARD).is_file():
        if not (folder / checkpoints.WEIGHTS).is_file():
            raise BadInput(
                f"model.weights: {folder}: is a bundle without {checkpoints.WEIGHTS}, and the model it runs cannot be trained: export it "
                "again with export.weights = true"
            )
        card = read_card(folder / CARD)
        state, labels, shown = checkpoints.load_weights(folder / checkpoints.WEIGHTS), card.labels, card.picture
        return state, labels, (shown.mean, shown.std)
    run = Run(folder)
    table = run.recipe()[0].model
    said = (tuple(table["mean"]), tuple(table["std"])) if "mean" in table and "std" in table else None
    return checkpoints.load_weights(folder / "model" / checkpoints.WEIGHTS), run.vocabulary().labels, said
