"""A bundle on disk: one folder with a model file and its card."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from roadstead.bundle.card import CARD, Card, read_card
from roadstead.errors import BadBundle

SHIPPED = Path(__file__).parents[1] / "models"
"""The bundles that come with the package."""
_CALLED = "shipped"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder whose card was read and whose model file is the one that the card was written for."""

    folder: Path
    model: Path
    card: Card


def load(folder: Path) -> Bundle:
    """Open a bundle; `shipped/<name>` is one that comes with the package, unless there is such a folder.

    Raise BadBundle in one sentence where the folder, the card or the model file cannot be trusted.
    """
    folder = located(folder)
    if not folder.is_dir():
        raise BadBundle(f"{folder}: there is no such bundle folder")
    if not (folder / CARD).is_file():
        raise BadBundle(f"{folder}: has no {CARD}, so nothing says what its model means; write one")
    card = read_card(folder / CARD)
    model = folder / card.model
    if not model.is_file():
        raise BadBundle(f"{folder / CARD}: model: there is no file {card.model!r} in the folder")
    digest = sha256(model)
    if digest != card.sha256.lower():
        raise BadBundle(
            f"{folder / CARD}: sha256: {card.model} has {digest}, so it is not the file that the card describes"
        )
    return Bundle(folder, model, card)


def located(folder: Path) -> Path:
    """Return where a bundle lies: a folder is itself, `shipped/<name>` one of the package's. Raise BadBundle naming those there are."""
    if folder.exists() or folder.parent.name != _CALLED:
        return folder
    if folder.name not in shipped():
        raise BadBundle(f"{folder}: no such bundle comes with Roadstead; there are: {', '.join(shipped()) or 'none'}")
    return SHIPPED / folder.name


def shipped() -> tuple[str, ...]:
    """Return the names of the bundles that come with the package."""
    return tuple(sorted(card.parent.name for card in SHIPPED.glob(f"*/{CARD}")))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal; an OpenVINO model's weights (`.bin` beside `.xml`) count in."""
    digest = hashlib.sha256(path.read_bytes())
    if path.suffix == ".xml" and path.with_suffix(".bin").is_file():
        digest.update(path.with_suffix(".bin").read_bytes())
    return digest.hexdigest()
