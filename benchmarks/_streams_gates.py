"""What a gate misses: every clip with the gate in shadow, and tracked with and without it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from roadstead.detect import Detector
from roadstead.detect.bundle import BundleDetector
from roadstead.detect.cascade import Cascade
from roadstead.evaluate.intervals import share
from roadstead.geometry.boxes import iou
from roadstead.sources.video import Video
from roadstead.track.tracker import Tracker
from roadstead.types import Detections, Frame, Track

FPS, SAME = 5.0, 0.3
GATES: dict[str, dict[str, Any]] = {"gate": {}, "gate with parts": {"part": 0.5}}


class Once:
    """Asks a detector about each whole picture of one clip once, however often it is shown it; about parts every time."""

    shared: ClassVar[bool] = True

    def __init__(self, of: Detector, size: tuple[int, int]) -> None:
        self.of, self.model, self._size = of, of.model, size
        self._seen: dict[float, Detections] = {}

    def detect(self, frame: Frame) -> Detections:
        """Return what it says, or said."""
        if frame.size != self._size:
            return self.of.detect(frame)
        if frame.t not in self._seen:
            self._seen[frame.t] = self.of.detect(frame)
        return self._seen[frame.t]


def gates(bundle: Path, clips: Sequence[Path], *, few: bool) -> list[dict[str, Any]]:
    """Return rows for every gate over all clips."""
    rows: list[dict[str, Any]] = []
    model = BundleDetector(path=bundle)
    totals = {name: np.zeros(6, np.int64) for name in GATES}
    for clip in clips[: 2 if few else None]:
        frames = [frame for frame in Video(camera=clip.stem, path=clip, fps=FPS).read() if isinstance(frame, Frame)]
        once = Once(model, frames[0].size)
        plain = _tracks([once.detect(frame) for frame in frames])
        for name, settings in GATES.items():
            shadow = Cascade(of=once, **settings)
            gated = Cascade(of=once, mode="gate", **settings)
            for frame in frames:
                shadow.detect(frame)
            left = _tracks([gated.detect(frame) for frame in frames])
            counts = shadow.account().counts
            lost = sum(not any(_meet(one, other) for other in left) for one in plain)
            wanted = ("gate_pictures", "gate_skipped", "gate_checked_boxes", "gate_missed_boxes")
            totals[name] += [*(counts[key] for key in wanted), len(plain), lost]
    for name, total in totals.items():
        pictures, skipped, boxes, missed, tracks, left_out = total.tolist()
        for measure, hits, of in (
            ("pictures spared", skipped, pictures),
            ("boxes missed", missed, boxes),
            ("tracks of which nothing is left", left_out, tracks),
        ):
            found = share(hits, of)
            bound = f"{hits} of {of}" + (f", up to {found.high:.4f}" if measure != "pictures spared" else "")
            value = "none" if found.value is None else round(found.value, 4)
            rows.append({"what": name, "measure": measure, "value": value, "bar": bound, "verdict": ""})
    model.close()
    return rows


def _tracks(seen: Sequence[Detections]) -> list[Track]:
    tracker, found = Tracker("clip"), list[Track]()
    for one in seen:
        tracker.assign(one)
        found += tracker.finished()
    return found + list(tracker.tracks(seen[-1].t))


def _meet(one: Track, other: Track) -> bool:
    """Whether two tracks lie on each other at a time when both were seen."""
    _, mine, theirs = np.intersect1d(one.t, other.t, return_indices=True)
    if not len(mine):
        return False
    return bool((np.diag(iou(one.boxes[mine], other.boxes[theirs])) >= SAME).any())
