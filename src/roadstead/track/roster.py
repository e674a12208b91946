"""The live tracks: their filter rows, and by slot their names, votes, labels and points."""

from collections.abc import Sequence

import numpy as np

from roadstead.geometry.boxes import feet
from roadstead.geometry.homography import to_ground
from roadstead.track.history import History
from roadstead.track.labels import Labels
from roadstead.track.settings import TrackerSettings
from roadstead.track.state import BORN, CONFIRMED, LABEL, SIGHTINGS, SLOT, WIDTH, Array, Mask, Rows, columns, pick
from roadstead.types import Homography, Track, Vote


class Roster:
    """`rows` (n, WIDTH) are the filter states, oldest track first; a slot stays a track's own until it ends."""

    def __init__(self, camera: str, settings: TrackerSettings, homography: Homography | None) -> None:
        self.rows: Array = columns(0, WIDTH)
        self.labels = Labels()
        self._camera = camera
        self._settings = settings
        self._homography = homography
        self._history = History(settings.history_s)
        self._names: list[str] = []
        self._votes: list[dict[str, Vote]] = []
        self._free: list[int] = []

    @property
    def slots(self) -> Rows:
        """The slot of each row (n,)."""
        return self.rows[:, SLOT].astype(np.intp)

    @property
    def confirmed(self) -> Mask:
        """Which rows are confirmed tracks (n,)."""
        return np.asarray(self.rows[:, CONFIRMED] > 0)

    def name(self, slot: int) -> str:
        """Return the track id of a slot."""
        return self._names[slot]

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
        slots = self.rows[at, SLOT].astype(np.intp)
        self.rows[at, LABEL] = self.labels.vote(slots, labels, scores)
        self._history.add(slots, t, boxes, scores)
        young = at[self.rows[at, CONFIRMED] == 0]
        if len(young):
            sure = self.rows[young, SIGHTINGS] >= self._settings.confirm_sightings
            sure &= t - self.rows[young, BORN] >= self._settings.confirm_s - 1e-9
            self.rows[young[sure], CONFIRMED] = 1

    def leave(self, over: Mask) -> tuple[list[Track], int]:
        """Remove rows; return the tracks of the confirmed ones and the number of the others."""
        ended = [self.track(row) for row in self.rows[over] if row[CONFIRMED]]
        self._free.extend(self.rows[over, SLOT].astype(int).tolist())
        self.rows = pick(self.rows, ~over)
        return ended, int(over.sum()) - len(ended)

    def track(self, row: Array) -> Track:
        """Return a row's track as a value."""
        slot = int(row[SLOT])
        points = self._history.read(slot)
        boxes = points[:, 1:5]
        xy_m = None if self._homography is None else to_ground(self._homography, feet(boxes))
        return Track(
            self._names[slot],
            self._camera,
            self.labels.name(int(row[LABEL])),
            float(row[BORN]),
            points[:, 0],
            boxes,
            points[:, 5],
            xy_m,
            dict(self._votes[slot]),
        )

    def _slot(self, name: str) -> int:
        if self._free:
            slot = self._free.pop()
            self._names[slot] = name
            self._votes[slot] = {}
            return slot
        self._names.append(name)
        self._votes.append({})
        room = max(64, 2 ** (len(self._names) - 1).bit_length())
        self._history.reserve(room)
        self.labels.reserve(room)
        return len(self._names) - 1
