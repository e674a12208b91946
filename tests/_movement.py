"""One table for every movement rule: what is done on a way, and how many violations that is.

Each case is played in every variant of `_golden.SPOILS`, over several seeds, hidden for 1.5 s where the case says when,
and with its identity switched where it says when. All must come out exactly: no miss, nothing invented.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from _golden import SPOILS, Spoil, Way, events, hidden, switched, track
from roadstead.behaviours import Behaviour
from roadstead.types import Event, Homography, Scene, Space, Track

SEEDS = (0, 1, 2)
HIDDEN_S = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A way and the violations on it. `hide_s` and `switch_s` are instants of the way."""

    name: str
    way: Way
    violations: int
    hide_s: float | None = None
    switch_s: float | None = None
    space: Space = "px"
    homography: Homography | None = None

    def tracks(self, spoil: Spoil) -> list[Track]:
        """Return the track, or the two that a switch of identity makes of it."""
        whole = track(self.way, spoil, space=self.space, homography=self.homography)
        return [whole] if self.switch_s is None else list(switched(whole, self.switch_s))


def played(cases: Sequence[Case]) -> list[object]:
    """Return every case in every variant, to parametrise a test with."""
    return [one for case in cases for one in _variants(case)]


def _variants(case: Case) -> Iterator[object]:
    for variant, spoil in SPOILS.items():
        costly = [pytest.mark.slow] if spoil.fps == 25 else []  # one takes little, all of them a minute
        yield pytest.param(replace(case, hide_s=None, switch_s=None), spoil, id=f"{case.name}, {variant}")
        if case.hide_s is not None:
            dark = hidden(spoil, case.hide_s, case.hide_s + HIDDEN_S)
            yield pytest.param(replace(case, switch_s=None), dark, id=f"{case.name}, {variant}, hidden", marks=costly)
        if case.switch_s is not None:
            yield pytest.param(case, spoil, id=f"{case.name}, {variant}, identity switched", marks=costly)


def judged(behaviour: Behaviour, case: Case, spoil: Spoil, where: Scene) -> list[list[Event]]:
    """Return the violations of a case for each seed."""
    runs = [events(behaviour, case.tracks(replace(spoil, seed=seed)), where) for seed in SEEDS]
    return [[event for event in run if event.outcome == "violation"] for run in runs]
