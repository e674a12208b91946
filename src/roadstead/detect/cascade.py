"""A gate before another detector: what has not changed since the model last looked is not looked at again.

While nothing changes, what the model saw last is still there, and is said again with each picture: trackers and rules on
standing things go on as if the model had looked. Why that may be believed, and how to tell what it costs, is in
docs/cascade.md.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt

from roadstead.detect import Account, Detector, detector
from roadstead.detect._gate import Gate, Levels, Mask
from roadstead.detect._misses import Misses
from roadstead.errors import BadSettings
from roadstead.geometry.boxes import iou
from roadstead.geometry.tiles import Tile
from roadstead.types import Detections, Floats, Frame, PlugIn, Text

_SAME = 0.3
"""Two boxes that overlap so much are of one thing: small ones jitter."""
_MARGIN = 0.2
"""A part of the picture holds what changed with this share of its own side around it."""


@detector("cascade", zh="级联检测")
@dataclass(slots=True, kw_only=True, eq=False)
class Cascade:
    """Asks the detector `of` only where the picture has changed since it last looked, and every `refresh_s` anyway.

    `mode` "shadow" asks it about every picture, returns what it says, and counts what the gate would have missed; "gate" relies on the
    gate. After a look that differs from the one before, the next picture is looked at too, whatever the gate says: what
    comes or goes is confirmed. `contrast` is how many grey levels have to change; where the model looks and finds nothing,
    `tolerance` times the usual change is borne. `part` above 0 shows the model a part of the picture, this share of its sides, where that
    holds all that changed: things are shown larger, at the same cost. It keeps state, so one instance serves one camera.
    """

    shared: ClassVar[bool] = False

    of: Annotated[Detector, PlugIn("detect")]
    mode: Literal["shadow", "gate"] = "shadow"
    refresh_s: Annotated[float, Gt(0)] = 2.0
    contrast: Annotated[float, Gt(0)] = 9.0
    tolerance: Annotated[float, Ge(0)] = 3.0
    part: Annotated[float, Ge(0), Lt(1)] = 0.0
    _gate: Gate = field(init=False, repr=False)
    _seen: Detections | None = field(default=None, init=False, repr=False)
    _fine: Mask = field(default_factory=lambda: np.zeros(0, np.bool_), init=False, repr=False)
    _agreed: bool = field(default=False, init=False, repr=False)
    _whole_t: float = field(default=0.0, init=False, repr=False)
    _looked_t: float = field(default=0.0, init=False, repr=False)
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False)
    _misses: Misses = field(default_factory=Misses, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.part and not self.of.shared:
            raise BadSettings("detector.part: parts can only be shown to a detector that keeps no state; set part = 0")
        self._gate = Gate(self.contrast, self.tolerance)

    @property
    def model(self) -> Mapping[str, str]:
        """The model behind the gate."""
        return self.of.model

    def detect(self, frame: Frame) -> Detections:
        """Return what the model sees, or saw where nothing has changed since."""
        self._counts["pictures"] += 1
        if self.mode == "gate":
            return self._gated(frame, None)
        whole = self.of.detect(frame)
        would = self._gated(frame, whole)
        self._misses.add(frame.t, len(whole), int(_alone(whole.boxes, would.boxes).sum()))
        self._counts["left_over"] += int(_alone(would.boxes, whole.boxes).sum())
        return whole

    def account(self) -> Account:
        """Return pictures, looks and skips, and what was or would have been missed."""
        share, n = self._misses.share(), self._counts
        counts = {f"gate_{name}": n[name] for name in ("pictures", "whole_looks", "part_looks", "skipped", "left_over")}
        counts |= {"gate_checked_boxes": share.of, "gate_missed_boxes": share.hits}
        saved = n["skipped"] / max(n["pictures"], 1)
        rate = f"{share.hits} of {share.of} boxes" + (
            f" ({share.value:.2%}, 95 % interval {share.low:.2%} to {share.high:.2%})"
            if share.value is not None
            else ""
        )
        if self.mode == "shadow":
            note = Text(
                f"The gate, in shadow, would have spared the model {saved:.0%} of {n['pictures']} pictures and missed {rate}",
                f"级联门控(影子模式):可省去 {n['pictures']} 帧中的 {saved:.0%},将漏检 {rate}",
            )
        else:
            note = Text(
                f"The gate spared the model {saved:.0%} of {n['pictures']} pictures; when the model looked again though nothing had "
                f"changed, {rate} were new to it",
                f"级联门控:省去 {n['pictures']} 帧中的 {saved:.0%};无变化时的定期复查中新发现 {rate}",
            )
        return Account(counts, (note,))

    def _gated(self, frame: Frame, shown: Detections | None) -> Detections:
        """Return what the gate makes of a picture; `shown` is what the model sees on the whole of it, if that is known already."""
        small, before = self._gate.small(frame.image), self._seen
        if before is None or before.size != frame.size or frame.t < before.t:
            self._gate.restart(small, frame.size)
            return self._keep(self._whole(frame, shown), agreed=False)
        changed, away = self._gate.changed(small)
        new, due = bool(changed.any()), frame.t - self._whole_t >= self.refresh_s
        if self._agreed and not new and not due:
            self._counts["skipped"] += 1
            return self._keep(replace(before, t=frame.t), fine=self._fine)
        tile = self._tile(changed, before) if new and not due else None
        if tile is not None:
            inside = _within(before.boxes, tile) & tile.whole(before.boxes, frame.size)
            seen, fine = self._in_part(frame, tile, before, ~inside, self._fine)
        else:
            seen, fine = self._refreshed(frame, shown, before)
        if self.mode == "gate" and self._agreed and not new:
            self._misses.add(frame.t, len(seen), int(_alone(seen.boxes, before.boxes).sum()))
        self._saw(small, away, tile, np.concatenate((before.boxes, seen.boxes)), frame.t)
        agreed = not _alone(seen.boxes, before.boxes).any() and not _alone(before.boxes, seen.boxes).any()
        return self._keep(seen, fine=fine, agreed=agreed)

    def _keep(self, seen: Detections, *, fine: Mask | None = None, agreed: bool | None = None) -> Detections:
        self._seen = seen
        self._fine = np.zeros(len(seen), np.bool_) if fine is None else fine
        self._agreed = self._agreed if agreed is None else agreed
        return seen

    def _saw(self, small: Levels, away: Levels, tile: Tile | None, boxes: Floats, t: float) -> None:
        where = None if tile is None else np.array([tile.left, tile.top, tile.right, tile.bottom], np.float64)
        self._gate.saw(small, away, where, boxes, t - self._looked_t)
        self._looked_t = t

    def _whole(self, frame: Frame, shown: Detections | None) -> Detections:
        self._counts["whole_looks"] += 1
        self._whole_t = frame.t
        return self.of.detect(frame) if shown is None else shown

    def _refreshed(self, frame: Frame, shown: Detections | None, before: Detections) -> tuple[Detections, Mask]:
        """Look at the whole picture, and once more at what only a part had shown and the whole does not."""
        seen = self._whole(frame, shown)
        lost = before.boxes[self._fine & _alone(before.boxes, seen.boxes)]
        tile = self._holding(lost, frame.size) if len(lost) else None
        everything = np.ones(len(seen), np.bool_)
        return (seen, ~everything) if tile is None else self._in_part(frame, tile, seen, everything, ~everything)

    def _in_part(self, frame: Frame, tile: Tile, before: Detections, stay: Mask, fine: Mask) -> tuple[Detections, Mask]:
        """Look at a part of the picture, and add what is whole there to the boxes of before that `stay`.

        `fine` tells which of those before only a part has shown; the same is returned for what is there now.
        """
        self._counts["part_looks"] += 1
        found = self.of.detect(Frame(frame.camera, frame.t, tile.of(frame.image), frame.t_received))
        boxes = found.boxes + np.array([tile.left, tile.top] * 2, np.float64)
        rows = np.flatnonzero(tile.whole(boxes, frame.size) & _alone(boxes, before.boxes[stay]))
        seen = Detections(
            frame.camera,
            frame.t,
            frame.size,
            np.concatenate((before.boxes[stay], boxes[rows])),
            np.concatenate((before.scores[stay], found.scores[rows])),
            (*(before.labels[i] for i in np.flatnonzero(stay)), *(found.labels[i] for i in rows)),
        )
        return seen, np.concatenate((fine[stay], np.ones(len(rows), np.bool_)))

    def _tile(self, changed: Mask, before: Detections) -> Tile | None:
        """Return the part of the picture that holds all that changed, and the boxes that it touches; None where only the whole does."""
        if not self.part:
            return None
        near = before.boxes[self._gate.touched(changed, before.boxes)] if len(before) else before.boxes
        return self._holding(self._gate.around(changed, near)[None], before.size)

    def _holding(self, boxes: Floats, size: tuple[int, int]) -> Tile | None:
        """Return the part of the picture, of its shape, around all boxes (n, 4) with some room; None where they do not fit in."""
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        room, sides = (high - low) * (1 + 2 * _MARGIN), np.array(size) * self.part
        if (room > sides).any():
            return None
        sides = np.ceil(sides)
        left, top = ((low + high - sides) / 2).clip(0, np.array(size) - sides).astype(int)
        return Tile(int(left), int(top), int(left + sides[0]), int(top + sides[1]))


def _alone(boxes: Floats, others: Floats) -> Mask:
    """Return which boxes (n, 4) have none of the others (m, 4) on them."""
    if not len(boxes) or not len(others):
        return np.ones(len(boxes), np.bool_)
    return np.asarray(iou(boxes, others).max(axis=1) < _SAME)


def _within(boxes: Floats, tile: Tile) -> Mask:
    """Return which boxes (n, 4) lie in a part of the picture."""
    low = (boxes[:, :2] >= (tile.left, tile.top)).all(axis=1)
    return np.asarray(low & (boxes[:, 2:] <= (tile.right, tile.bottom)).all(axis=1))
