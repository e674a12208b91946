"""A plate reader: a text-recognition bundle that reads crops of plates, of one row or two, sign by sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from roadstead.bundle.card import CARD, Card
from roadstead.bundle.folder import load
from roadstead.bundle.prepare import prepare
from roadstead.bundle.reading import joined
from roadstead.describe import _plates
from roadstead.errors import BadBundle
from roadstead.infer import Engine
from roadstead.infer import plugins as engines
from roadstead.types import Floats, Image

TWO_ROWS_AT_MOST, ONE_ROW_AT_LEAST = 2.6, 1.7
"""Width over height: below the first a plate may have two rows (440/220 mm), from the second on one (440/140 mm, seen askew)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one view says: its signs, and how sure each is, 0 to 1."""

    text: str
    sure: tuple[float, ...]

    @property
    def score(self) -> float:
        """The product of all; 0 of nothing: a text is right when every sign is."""
        return float(np.prod(self.sure)) if self.sure else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class PlateReader:
    """Reads crops of plates by a bundle."""

    card: Card
    engine: Engine

    @classmethod
    def opened(cls, path: Path, engine: str = "openvino", threads: int = 1) -> "PlateReader":
        """Open a bundle; raise BadBundle where it cannot be trusted, or reads no text."""
        bundle = load(path)
        if bundle.card.task != "text_recognition":
            raise BadBundle(
                f"{bundle.folder / CARD}: task: is {bundle.card.task}; plates are read by a model for text recognition"
            )
        return cls(bundle.card, engines.get(engine)(bundle.model, threads=threads))

    def read(self, crop: Image) -> Reading:
        """Read a crop (H, W, 3) RGB; one that may have one row or two is read both ways, and a text that is a plate goes first."""
        readings = [self._read(view) for view in views(crop)]
        return max(readings, key=lambda one: (_plates.kind(one.text) is not None, one.score))

    def _read(self, crop: Image) -> Reading:
        tensor, _ = prepare(crop, self.card.picture)
        return spelt(self.engine.run(tensor[None])[0][0], self.card.characters)


def views(crop: Image) -> Sequence[Image]:
    """Return a crop as it is, with its two rows side by side, or both: by its shape."""
    high, wide = crop.shape[:2]
    ratio = wide / max(high, 1)
    shown = [] if ratio < ONE_ROW_AT_LEAST else [crop]
    if ratio < TWO_ROWS_AT_MOST:
        shown.append(joined(np.asarray(cv2.resize(crop, (2 * high, high)), np.uint8)))
    return shown


def spelt(logits: Floats, characters: str) -> Reading:
    """Return the text of the likeliest path through logits (steps, characters + 1), the blank last.

    A sign is as sure as the surest of the steps that say it in a row.
    """
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares = raised / raised.sum(axis=1, keepdims=True)
    text, sure, before = "", list[float](), len(characters)
    for k, share in zip(shares.argmax(axis=1).tolist(), shares.max(axis=1).tolist(), strict=True):
        if k == before != len(characters):
            sure[-1] = max(sure[-1], share)
        elif k != len(characters):
            text += characters[k]
            sure.append(share)
        before = k
    return Reading(text, tuple(sure))
