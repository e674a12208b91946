"""Reading a line: from the shares of characters in every column to a text, and two rows put side by side before."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from roadstead.types import Floats, Image

_NEVER = -math.inf
_TWO_ROWS_BELOW = 2.4
"""Width over height: a plate of one row has 440/140 mm, one of two rows 440/220 mm (GA 36-2018)."""
_UPPER, _LOWER = 0.42, 0.38
"""The upper row ends, and the lower begins, at these shares of a two-row plate's height; both keep a margin."""


def best_path(logs: Floats) -> tuple[int, ...]:
    """Return the classes of the likeliest path, repeats and blanks (the last class) taken out; `logs` (t, c) are log shares."""
    blank = logs.shape[1] - 1
    path = logs.argmax(axis=1)
    kept = [int(k) for i, k in enumerate(path) if k != blank and (i == 0 or k != path[i - 1])]
    return tuple(kept)


def best_text(logs: Floats, width: int) -> tuple[int, ...]:
    """Return the likeliest text over all its paths, of those that stay among the `width` likeliest (prefix beam search).

    Hannun et al., "First-Pass Large Vocabulary Continuous Speech Recognition", 2014, algorithm 1, without a language model.
    For each prefix two shares are kept: of the paths that end in a blank, and of those that end in its last character.
    """
    blank = logs.shape[1] - 1
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, _NEVER)}
    for row in logs.tolist():
        likely = np.argsort(row)[::-1][: width + 1].tolist()
        found: dict[tuple[int, ...], tuple[float, float]] = {}
        for text, (in_blank, in_last) in beams.items():
            _add(found, text, to_blank=_sum(in_blank, in_last) + row[blank])
            if text:
                _add(found, text, to_last=in_last + row[text[-1]])
            for k in likely:
                if k != blank:
                    before = in_blank if text and k == text[-1] else _sum(in_blank, in_last)
                    _add(found, (*text, k), to_last=before + row[k])
        beams = dict(sorted(found.items(), key=lambda one: (-_sum(*one[1]), one[0]))[:width])
    return max(beams, key=lambda text: _sum(*beams[text]))


def likelihood(logs: Floats, text: Sequence[int]) -> float:
    """Return the share of all paths through `logs` (t, c) that spell a text (Graves et al., 2006, equations 5 to 8)."""
    blank = logs.shape[1] - 1
    spelt = [blank, *(k for c in text for k in (c, blank))]
    shares = np.full(len(spelt), _NEVER)
    shares[: min(2, len(spelt))] = logs[0, spelt[:2]]
    skips = np.array([i > 1 and k != blank and k != spelt[i - 2] for i, k in enumerate(spelt)])
    for row in logs[1:]:
        one = np.concatenate(([_NEVER], shares[:-1]))
        two = np.where(skips, np.concatenate(([_NEVER, _NEVER], shares[:-2]))[: len(spelt)], _NEVER)
        shares = np.logaddexp(np.logaddexp(shares, one), two) + row[spelt]
    return float(np.exp(np.logaddexp.reduce(shares[-2:])))


def joined(image: Image) -> Image:
    """Return a picture of two rows, (H, W, 3), as one row: the upper left of the lower, both as high as the lower.

    A picture too wide for two rows is returned as it is.
    """
    high, wide = image.shape[:2]
    if wide >= _TWO_ROWS_BELOW * high or high < 4:
        return image
    upper, lower = image[: round(high * _UPPER)], image[round(high * _LOWER) :]
    scale = len(lower) / len(upper)
    resized = cv2.resize(upper, (max(round(wide * scale), 1), len(lower)), interpolation=cv2.INTER_LINEAR)
    return np.hstack([resized, lower])


def _add(
    found: dict[tuple[int, ...], tuple[float, float]],
    text: tuple[int, ...],
    to_blank: float = _NEVER,
    to_last: float = _NEVER,
) -> None:
    in_blank, in_last = found.get(text, (_NEVER, _NEVER))
    found[text] = (_sum(in_blank, to_blank), _sum(in_last, to_last))


def _sum(a: float, b: float) -> float:
    """Return log(exp(a) + exp(b))."""
    if a < b:
        a, b = b, a
    return a if b == _NEVER else a + math.log1p(math.exp(b - a))
