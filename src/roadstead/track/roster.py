"""The live tracks: their filter rows, and by slot their names, votes, labels and points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.track.history import History
from roadstead.track.labels import Labels
from roadstead.track.settings import TrackerSettings
from roadstead.track.state import BORN, CONFIRMED, LABEL, SIGHTINGS, SLOT, WIDTH, Array, Mask, Rows, columns, pick
from roadstead.types import Vote


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What is known of one track: points (n, 6) of t, box and score, oldest first."""

    name: str
    label: str
    born: float
    points: Array
    attributes: Mapping[str, Vote]


class Roster:
    """`rows` (n, WIDTH) are the filter states, oldest track first; a slot stays a track's own until it ends. `names` go by slot."""

    def __init__(self, settings: TrackerSettings) -> None:
        self.rows: Array = columns(0, WIDTH)
        self.labels = Labels()
        self._settings = settings
        self._history = History(settings.history_s)
        self.names: list[str] = []
        self._votes: list[dict[str, Vote]] = []
        self._free: list[int] = []
        self._room = 0

    @property
    def confirmed(self) -> Mask:
        """Which rows are confirmed tracks (n,)."""
        return np.asarray(self.rows[:, CONFIRMED] > 0)

    def attributes(self, slot: int) -> dict[str, Vote]:
        """Return the attributes of a slot's track, to be added to."""
        return self._votes[slot]

    def enter(self, rows: Array, names: Sequence[str]) -> Rows:
        """Add tracks; return their slots."""
        slots = np.array([self._slot(name) for name in names], np.intp)
        self.labels.clear(slots)
        self._history.clear(slots)
        rows[:, SLOT] = slots
        self.rows = np.concatenate((self.rows.T, rows.T), axis=1).T
        return slots

    def note(self, at: Rows, t: float, boxes: Array, scores: Array, labels: Rows) -> None:
        """Write sightings (k,) of the rows `at`, and confirm tracks that were seen often enough."""
        states = self.rows.T
        slots = states[SLOT].take(at).astype(np.intp)
        states[LABEL, at] = self.labels.vote(slots, labels, scores)
        self._history.add(slots, t, boxes, scores)
        young = at[states[CONFIRMED].take(at) == 0]
        if len(young):
            sure = states[SIGHTINGS, young] >= self._settings.confirm_sightings
            sure &= t - states[BORN, young] >= self._settings.confirm_s - 1e-9
            states[CONFIRMED, young[sure]] = 1

    def leave(self, over: Mask) -> tuple[list[Record], int]:
        """Remove rows; return the records of the confirmed ones and the number of the others."""
        ended = [self.record(row) for row in self.rows[over] if row[CONFIRMED]]
        self._free.extend(self.rows[over, SLOT].astype(int).tolist())
        self.rows = pick(self.rows, ~over)
        return ended, int(over.sum()) - len(ended)

    def record(self, row: Array) -> Record:
        """Return what is known of a row's track."""
        slot = int(row[SLOT])
        label, points = self.labels.name(int(row[LABEL])), self._history.read(slot)
        return Record(self.names[slot], label, float(row[BORN]), points, dict(self._votes[slot]))

    def _slot(self, name: str) -> int:
        if self._free:
            slot = self._free.pop()
            self.names[slot] = name
            self._votes[slot] = {}
            return slot
        self.names.append(name)
        self._votes.append({})
        if len(self.names) > self._room:
            self._room = max(64, 2 * self._room)
            self._history.reserve(self._room)
            self.labels.reserve(self._room)
        return len(self.names) - 1
