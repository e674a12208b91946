"""What the rules on voted attributes share: when a vote is ripe, when it is missing, and where it counts."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from roadstead.behaviours._reports import reports
from roadstead.geometry import zones
from roadstead.types import Evidence, Measured, Mover, Text, Track, View, Vote

_LOST_S = 1.5
"""A mover not seen for so long has ended its passage."""
_LINGER_S = 3.0
"""How long after the last sight of a passage the rule still speaks of it: six judgements at 2 Hz."""
_REJOIN_S = 5.0
"""Leaving the zone for less than this (a box jittering on the edge) does not end a passage."""


class Asking(Protocol):
    """The settings that every attribute rule has."""

    @property
    def zone(self) -> str | None:
        """Where the attribute counts; None is everywhere."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that are a violation."""

    @property
    def min_views(self) -> int:
        """How many views a vote needs."""

    @property
    def min_score(self) -> float:
        """The score that a vote needs."""

    @property
    def patience_s(self) -> float:
        """How long a mover is watched before a missing vote is reported."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the attribute is called in the sentences, in English and Chinese."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class _Passage:
    since: float
    last: float
    ended: bool


def judge_vote(rule: Asking, attribute: str, words: Words, mover: Mover, view: View) -> Evidence | None:
    """Return a violation for a ripe bad vote, insufficient where a passage gave no ripe vote, else None.

    Nothing is asked of who only reports its places: no camera looks at it.
    """
    if reports(mover) and attribute not in mover.attributes:
        return None
    passage = _passage(rule, mover, view)
    if passage is None or view.t - passage.last > _LINGER_S:
        return None
    vote = mover.attributes.get(attribute) or Vote(None, 0.0, 0)
    measured: Measured = {
        attribute: vote.label,
        f"{attribute}_score": vote.score,
        "views": vote.views,
        "min_views": rule.min_views,
        "min_score": rule.min_score,
        "watched_s": passage.last - passage.since,
        "zone": rule.zone,
    }
    if vote.views >= rule.min_views and vote.label is not None and vote.score >= rule.min_score:
        if vote.label not in rule.labels:
            return None
        return Evidence(
            mover.id, view.t, "violation", vote.score, _found(rule, words, mover, vote), measured, passage.since
        )
    if not passage.ended and passage.last - passage.since < rule.patience_s:
        return None
    return Evidence(mover.id, view.t, "insufficient", 0.0, _unclear(rule, words, mover, vote), measured, passage.since)


def _passage(rule: Asking, mover: Mover, view: View) -> _Passage | None:
    """Return the latest stay in the zone; without a zone the whole life of the mover."""
    lost = bool(view.t - mover.t[-1] > _LOST_S)
    if rule.zone is None:
        since = mover.born if isinstance(mover, Track) else float(mover.t[0])
        return _Passage(since, float(mover.t[-1]), lost)
    zone = view.scene.zones[rule.zone]
    points = mover.points(zone.space)
    if points is None:
        return None
    inside = mover.t[zones.inside(zone, points)]
    if not len(inside):
        return None
    breaks = np.flatnonzero(np.diff(inside) > _REJOIN_S)
    since, last = float(inside[breaks[-1] + 1 if len(breaks) else 0]), float(inside[-1])
    left = bool(mover.t[-1] - last > _LOST_S)
    return _Passage(since, last, lost or left)


def _found(rule: Asking, words: Words, mover: Mover, vote: Vote) -> Text:
    return Text(
        f"The {words.en} of {mover.label} {mover.id} is {vote.label}: {vote.views} views agree with "
        f"{vote.score:.2f} (needed: {rule.min_views} views and {rule.min_score:.2f}).",
        f"{mover.id} 的{words.zh}判定为 {vote.label}:{vote.views} 个视角,置信度 {vote.score:.2f}"
        f"(要求 {rule.min_views} 个视角、置信度 {rule.min_score:.2f})。",
    )


def _unclear(rule: Asking, words: Words, mover: Mover, vote: Vote) -> Text:
    seen = vote.label or "cannot tell"
    return Text(
        f"The {words.en} of {mover.label} {mover.id} could not be told: {vote.views} views say {seen!r} with "
        f"{vote.score:.2f} (needed: {rule.min_views} views and {rule.min_score:.2f}).",
        f"{mover.id} 的{words.zh}无法判定:{vote.views} 个视角,结果为 {vote.label or '无法判断'},置信度 {vote.score:.2f}"
        f"(要求 {rule.min_views} 个视角、置信度 {rule.min_score:.2f})。",
    )
