"""A plate reader: a text-recognition bundle that reads crops of plates, of one row or two, sign by sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.bundle.card import CARD, Card
from roadstead.bundle.folder import load
from roadstead.bundle.prepare import prepare
from roadstead.bundle.reading import joined, likelihood
from roadstead.describe import _plates
from roadstead.describe._levelling import levelled
from roadstead.errors import BadBundle
from roadstead.infer import Engine
from roadstead.infer import plugins as engines
from roadstead.types import Floats, Image

TWO_ROWS_AT_MOST, ONE_ROW_AT_LEAST = 2.6, 1.7
"""Width over height: below the first a plate may have two rows (440/220 mm), from the second on one (440/140 mm, seen askew)."""

_FRAMES = ((0.08, 0.04), (-0.05, -0.05))
"""What is added at the sides, and above and below, of the height."""
_AT_ONCE = 0.9
"""A plate whose every sign is so sure is not looked at again."""


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
        """Read a crop (H, W, 3) RGB, set level; one that may have two rows is read both ways.

        What is not sure at once is looked at in two more frames, and the shares are averaged.

        Where the likeliest text is no plate, it is the likeliest that is one, of a kind that comes in the crop's colour.
        """
        return max((self._read(view) for view in views(crop)), key=lambda one: one.score)

    def _read(self, crop: Image) -> Reading:
        level = levelled(crop)
        first = self._logs(level)
        said = spelt(first, self.card.characters)
        if min(said.sure, default=0.0) >= _AT_ONCE and _plates.kind(said.text) is not None:
            return said
        shares = np.mean([np.exp(logs) for logs in (first, *(self._logs(one) for one in _framed(level)))], axis=0)
        logs = np.log(np.maximum(shares, 1e-12))
        said = spelt(logs, self.card.characters)
        if _plates.kind(said.text) is not None:
            return said
        colour = _plates.colour(crop)
        kinds = [kind for kind in _plates.KINDS if colour is None or colour in kind.colours]
        forced = [spelt_as(logs, self.card.characters, kind.places) for kind in kinds]
        plates = [one for one in forced if _plates.kind(one.text) is not None]
        return max(plates, key=lambda one: one.score, default=said)

    def _logs(self, crop: Image) -> Floats:
        tensor, _ = prepare(crop, self.card.picture)
        return _logs(self.engine.run(tensor[None])[0][0])


def views(crop: Image) -> Sequence[Image]:
    """Return a crop as it is, with its two rows side by side, or both: by its shape."""
    high, wide = crop.shape[:2]
    ratio = wide / max(high, 1)
    shown = [] if ratio < ONE_ROW_AT_LEAST else [crop]
    if ratio < TWO_ROWS_AT_MOST:
        shown.append(joined(np.asarray(cv2.resize(crop, (2 * high, high)), np.uint8)))
    return shown


def _framed(crop: Image) -> Sequence[Image]:
    """Return a crop in frames of several sizes: cut a little wider (its edge repeated) or tighter, a plate is misread otherwise."""
    high, wide = crop.shape[:2]
    framed = []
    for across, along in _FRAMES:
        x, y = round(high * abs(across)), round(high * abs(along))
        if across >= 0:
            framed.append(np.asarray(cv2.copyMakeBorder(crop, y, y, x, x, cv2.BORDER_REPLICATE), np.uint8))
        else:
            framed.append(np.ascontiguousarray(crop[y : high - y, x : wide - x]))
    return framed


def spelt(logs: Floats, characters: str) -> Reading:
    """Return the text of the likeliest path through log shares (steps, characters + 1), the blank last.

    A sign is as sure as the surest of the steps that say it in a row.
    """
    text, sure, before = "", list[float](), len(characters)
    shares = np.exp(logs.max(axis=1))
    for k, share in zip(logs.argmax(axis=1).tolist(), shares.tolist(), strict=True):
        if k == before != len(characters):
            sure[-1] = max(sure[-1], share)
        elif k != len(characters):
            text += characters[k]
            sure.append(share)
        before = k
    return Reading(text, tuple(sure))


def spelt_as(logs: Floats, characters: str, places: Sequence[str]) -> Reading:
    """Return the text of the likeliest path whose signs are those that may stand at the `places`, one each.

    Viterbi over the states "blank before place i" (0 to n) and "sign c at place i" (after those). A sign is as sure as the surest
    step that says it, so one that was forced is hardly sure; where steps say signs for which there was no place, all are less sure by as
    much. Empty where there are fewer steps than such a text needs.
    """
    n, many = len(places), len(characters)
    barred = np.array([[0.0 if sign in place else -np.inf for sign in characters] for place in places])
    scores = np.full(n + 1 + n * many, -np.inf)
    scores[0] = 0.0
    states = np.arange(len(scores))
    trail = []
    for row in logs:
        blanks, signs = scores[: n + 1], scores[n + 1 :].reshape(n, many)
        best, whose = np.append(-np.inf, signs.max(axis=1)), np.append(0, n + 1 + np.arange(n) * many + signs.argmax(1))
        entered, other = _entered(signs, n + 1)
        stays = states[n + 1 :].reshape(n, many)
        begun = np.broadcast_to(blanks[:n, None], signs.shape), np.broadcast_to(states[:n, None], signs.shape)
        options, sources = np.stack([signs, begun[0], entered]), np.stack([stays, begun[1], other])
        to_sign = np.take_along_axis(sources, options.argmax(axis=0)[None], 0).ravel()
        trail.append(np.append(np.where(best > blanks, whose, states[: n + 1]), to_sign))
        after = (options.max(axis=0) + row[:-1] + barred).ravel()
        scores = np.append(np.maximum(blanks, best) + row[-1], after)
    ends = np.append(n, states[-many:])
    last = int(ends[scores[ends].argmax()])
    if scores[last] == -np.inf:
        return Reading("", ())
    said = _walked(logs, characters, trail, last, n)
    least = min(likelihood(logs, [characters.index(sign) for sign in said.text]) / max(said.score, 1e-300), 1.0)
    return Reading(said.text, tuple(sure * least for sure in said.sure))


def _entered(signs: Floats, first_state: int) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Return how likely each sign is entered from the best other sign at the place before, and that one's state."""
    n, many = signs.shape
    before = np.vstack([np.full((1, many), -np.inf), signs[:-1]])
    first = before.argmax(axis=1)
    rest = before.copy()
    rest[np.arange(n), first] = -np.inf
    use = np.where(np.arange(many) == first[:, None], rest.argmax(axis=1)[:, None], first[:, None])
    return np.take_along_axis(before, use, 1), first_state + (np.arange(n)[:, None] - 1) * many + use


def _walked(logs: Floats, characters: str, trail: Sequence[npt.NDArray[np.intp]], last: int, places: int) -> Reading:
    """Walk back from the last state; return the signs on the way."""
    way = [last]
    for back in reversed(trail[1:]):
        way.append(int(back[way[-1]]))
    text, sure, before = "", list[float](), -1
    for row, state in zip(logs, reversed(way), strict=True):
        if state > places:
            sign = (state - places - 1) % len(characters)
            share = float(np.exp(row[sign]))
            if state == before:
                sure[-1] = max(sure[-1], share)
            else:
                text, sure = text + characters[sign], [*sure, share]
        before = state
    return Reading(text, tuple(sure))


def _logs(logits: npt.NDArray[Any]) -> Floats:
    """Return the logarithm of the softmax over the last axis."""
    lowered = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return np.asarray(lowered - np.log(np.exp(lowered).sum(axis=-1, keepdims=True)))
