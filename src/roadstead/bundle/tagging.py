"""Tags of tokens, BIO and BIOES: which may follow which, and the best row of them that keeps to it."""

from collections.abc import Sequence

import numpy as np

from roadstead.types import Floats

_FORBIDDEN = -1e9


def may_follow(before: str | None, tag: str | None) -> bool:
    """Whether a tag may follow another; None is the beginning (before) or the end (tag).

    >>> may_follow("O", "I-PLATE"), may_follow("B-PLATE", "I-PLATE"), may_follow("B-PLATE", "I-SHIP")
    (False, True, False)
    """
    mark, kind = _parts(before)
    next_mark, next_kind = _parts(tag)
    if next_mark in {"I", "E"}:
        return mark in {"B", "I"} and kind == next_kind
    return True


def closes(labels: Sequence[str], before: str, tag: str | None) -> bool:
    """Whether an entity that is open after `before` may stop there: always in BIO, only by E or S in BIOES."""
    mark, _ = _parts(before)
    bioes = any(_parts(label)[0] in {"E", "S"} for label in labels)
    return not (bioes and mark in {"B", "I"} and _parts(tag)[0] not in {"I", "E"})


def best(scores: Floats, labels: Sequence[str]) -> tuple[str, ...]:
    """Return the likeliest row of tags that keeps the rules (Viterbi); scores (tokens, tags) are logarithms of shares."""
    if not len(scores):
        return ()
    steps = np.array(
        [[0.0 if may_follow(a, b) and closes(labels, a, b) else _FORBIDDEN for b in labels] for a in labels]
    )
    begin = np.array([0.0 if may_follow(None, b) else _FORBIDDEN for b in labels])
    end = np.array([0.0 if closes(labels, a, None) else _FORBIDDEN for a in labels])
    total = np.asarray(scores[0], dtype=np.float64) + begin
    back = np.zeros(scores.shape, dtype=np.intp)
    for place in range(1, len(scores)):
        ways = total[:, None] + steps
        back[place] = ways.argmax(axis=0)
        total = ways.max(axis=0) + scores[place]
    way = [int((total + end).argmax())]
    for place in range(len(scores) - 1, 0, -1):
        way.append(int(back[place, way[-1]]))
    return tuple(labels[k] for k in reversed(way))


def _parts(tag: str | None) -> tuple[str, str]:
    mark, _, kind = (tag or "O").partition("-")
    return mark, kind
