"""A bundle on disk: one folder with a model file and its card."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from roadstead.bundle.card import CARD, Card, read_card
from roadstead.errors import BadBundle


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder whose card was read and whose model file is the one that the card was written for."""

    folder: Path
    model: Path
    card: Card


def load(folder: Path) -> Bundle:
    """Open a bundle; raise BadBundle in one sentence where the folder, the card or the model file cannot be trusted."""
    if not folder.is_dir():
        raise BadBundle(f"{folder}: there is no such bundle folder")
    if not (folder / CARD).is_file():
        raise BadBundle(f"{folder}: has no {CARD}, so nothing says what its model means; write one")
    card = read_card(folder / CARD)
    model = folder / card.model
    if not model.is_file():
        raise BadBundle(f"{folder / CARD}: model: there is no file {card.model!r} in the folder")
    found = sha256(model)
    if found != card.sha256.lower():
        raise BadBundle(
            f"{folder / CARD}: sha256: {card.model} has {found}, so it is not the file that the card describes"
        )
    return Bundle(folder, model, card)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal; an OpenVINO model's weights (`.bin` beside `.xml`) count in."""
    digest = hashlib.sha256(path.read_bytes())
    if path.suffix == ".xml" and path.with_suffix(".bin").is_file():
        digest.update(path.with_suffix(".bin").read_bytes())
    return digest.hexdigest()
