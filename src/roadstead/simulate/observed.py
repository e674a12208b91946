"""What a detector and an attribute model would write of a world: its truth, with or without their mistakes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from roadstead.dataset.truth import FrameRow, ObjectRow, Sight
from roadstead.types import Detections, Vote

LEAST_VISIBLE = 0.35
"""A detector finds what shows by this share."""
_VOTED = ("cover", "dirt")
_LEAST_PX = 40.0
"""The attributes of a box that is narrower cannot be told."""
_LEAST_SHOWN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How a detector errs: shares of boxes missed, jitter of position and size in shares of the box, false boxes a picture, shares of attributes misread."""

    missed: float = 0.0
    jitter: float = 0.0
    false: float = 0.0
    misread: float = 0.0


MEASURED = Noise(missed=0.10, jitter=0.03, false=0.10, misread=0.05)
"""The mistakes that the rules have to live with."""


@dataclass(slots=True, eq=False)
class _Votes:
    """What the views of each object have said so far."""

    known: Mapping[str, ObjectRow]
    said: dict[str, dict[str, Counter[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Counter)))

    def of(self, sight: Sight, noise: Noise, rng: np.random.Generator) -> dict[str, Vote]:
        """Take in one view and return the votes."""
        truth = self.known[sight.id].attributes
        wide = sight.box[2] - sight.box[0] >= _LEAST_PX and sight.visible >= _LEAST_SHOWN
        votes = {}
        for name in _VOTED:
            if name not in truth:
                continue
            counted = self.said[sight.id][name]
            if wide:
                wrong = rng.random() < noise.misread
                counted["cannot_tell" if wrong else truth[name]] += 1
            if counted:
                label, many = counted.most_common(1)[0]
                total = counted.total()
                votes[name] = Vote(None if label == "cannot_tell" else label, round(many / total, 3), total)
        return votes


def observed(
    camera: str,
    size: tuple[int, int],
    objects: Iterable[ObjectRow],
    frames: Iterable[FrameRow],
    noise: Noise | None = None,
    seed: int = 0,
) -> Iterator[Detections]:
    """Yield what a detector says of each picture; without noise every box that shows by LEAST_VISIBLE, as it is."""
    err = noise or Noise()
    rng = np.random.default_rng((seed, 17))
    known = {row.id: row for row in objects}
    votes = _Votes(known)
    for frame in frames:
        seen = [s for s in frame.seen if s.visible >= LEAST_VISIBLE and rng.random() >= err.missed]
        boxes = [_jittered(s.box, err, rng, size) for s in seen]
        labels = [known[s.id].label for s in seen]
        told = [votes.of(s, err, rng) for s in seen]
        scores = [1.0 if noise is None else float(rng.uniform(0.5, 0.98)) for _ in seen]
        for _ in range(rng.poisson(err.false)):
            boxes.append(_false_box(size, rng))
            labels.append(str(rng.choice(sorted({o.label for o in known.values()} or {"object"}))))
            told.append({})
            scores.append(float(rng.uniform(0.3, 0.6)))
        yield Detections(
            camera,
            frame.t,
            size,
            np.array(boxes, dtype=np.float64).reshape(-1, 4),
            np.array(scores, dtype=np.float64),
            tuple(labels),
            tuple(told),
        )


def _jittered(
    box: tuple[float, float, float, float], noise: Noise, rng: np.random.Generator, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    if not noise.jitter:
        return box
    wide, high = box[2] - box[0], box[3] - box[1]
    off = rng.normal(0.0, noise.jitter, 4) / np.sqrt(2) * (wide, high, wide, high)
    x0, y0, x1, y1 = (float(v) for v in np.asarray(box) + off)
    x0, y0 = max(0.0, min(x0, size[0] - 2.0)), max(0.0, min(y0, size[1] - 2.0))
    return x0, y0, min(float(size[0]), max(x1, x0 + 1.0)), min(float(size[1]), max(y1, y0 + 1.0))


def _false_box(size: tuple[int, int], rng: np.random.Generator) -> tuple[float, float, float, float]:
    wide, high = rng.uniform(0.02, 0.12, 2) * size
    x, y = rng.uniform(0, size[0] - wide), rng.uniform(0, size[1] - high)
    return float(x), float(y), float(x + wide), float(y + high)
