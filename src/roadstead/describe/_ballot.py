"""Several readings of one text, to one text: sign by sign, aligned by the fewest edits, weighted by how good each view is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.describe._reading import Reading

NOTHING = ""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One reading and the weight of its view."""

    reading: Reading
    weight: float


@dataclass(frozen=True, slots=True)
class Elected:
    """What readings say together: the text, and the share of the weight, times how sure, that stands behind its weakest sign."""

    text: str
    score: float
    views: int
    """How many readings say exactly this."""


def elect(ballots: Sequence[Ballot]) -> Elected | None:
    """Return the text that readings say together; None of none.

    After ROVER (J. Fiscus, 1997): the readings are laid one after another, the heaviest first, along a row of places; in each the sign
    with the most weight wins, and "no sign here" may win too. The score is that of the weakest place.
    """
    cast = sorted((one for one in ballots if one.weight > 0), key=lambda one: -one.weight * one.reading.score)
    if not cast:
        return None
    places: list[list[tuple[str, float, float]]] = []
    behind = 0.0
    for one in cast:
        places = _laid(places, one, behind)
        behind += one.weight
    text, score = "", 1.0
    for place in places:
        shares: dict[str, float] = {}
        for sign, weight, sure in place:
            shares[sign] = shares.get(sign, 0.0) + weight * sure
        best = max(shares, key=lambda sign: shares[sign])
        text += best
        score = min(score, shares[best] / behind)
    if not text:
        return Elected("", 0.0, sum(not one.reading.text for one in cast))
    return Elected(text, score, sum(one.reading.text == text for one in cast))


def alignment(one: str, other: str) -> list[tuple[int | None, int | None]]:
    """Return which place of one text goes with which of the other by the fewest edits; None beside an inserted one."""
    cost = np.zeros((len(one) + 1, len(other) + 1), dtype=np.int64)
    cost[:, 0], cost[0] = np.arange(len(one) + 1), np.arange(len(other) + 1)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            cost[i + 1, j + 1] = min(cost[i, j] + (a != b), cost[i, j + 1] + 1, cost[i + 1, j] + 1)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(one), len(other)
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (one[i - 1] != other[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def distance(one: str, other: str) -> int:
    """Return how many signs must be changed, added or taken away to make one text of the other (Levenshtein, 1966)."""
    return sum(i is None or j is None or one[i] != other[j] for i, j in alignment(one, other))


def _laid(
    places: list[list[tuple[str, float, float]]], ballot: Ballot, behind: float
) -> list[list[tuple[str, float, float]]]:
    """Lay a reading along the places; a sign between two opens a place, of which all before it (`behind`) said nothing."""
    leading = [max(place, key=lambda said: (said[0] != NOTHING, said[1]))[0] for place in places]
    text, sure = ballot.reading.text, ballot.reading.sure
    mean = float(np.mean(sure)) if sure else 1.0
    found: list[list[tuple[str, float, float]]] = []
    for i, j in alignment("".join(leading), text):
        place = list(places[i]) if i is not None else [(NOTHING, behind, 1.0)]
        place.append((text[j], ballot.weight, sure[j]) if j is not None else (NOTHING, ballot.weight, mean))
        found.append(place)
    return found
