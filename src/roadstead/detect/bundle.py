"""Objects of the classes a model knows: any detector that comes as a bundle."""

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.bundle.boxes import Found, decode, fits, joined
from roadstead.bundle.card import CARD, Card
from roadstead.bundle.folder import load
from roadstead.bundle.prepare import prepare
from roadstead.detect import detector
from roadstead.errors import BadBundle, BadSettings
from roadstead.geometry.tiles import cut
from roadstead.infer import Engine
from roadstead.infer import plugins as engines
from roadstead.infer._batcher import Batcher
from roadstead.types import Detections, Frame, Image


@detector("bundle", zh="模型检测")
@dataclass(slots=True, weakref_slot=True, kw_only=True, eq=False)
class BundleDetector:
    """Runs the model of a bundle folder; one instance serves all cameras, on `threads` threads together.

    `score` overrides the card's threshold; `classes` are those to report (none named: all of the card's labels). `tiles` 2 or 3 looks
    at so many parts a side as well as at the whole picture, each overlapping the next by `overlap`: small and far objects are shown
    larger, and it takes 5 or 10 times as long.
    """

    shared: ClassVar[bool] = True

    path: Path
    engine: str = "openvino"
    threads: Annotated[int, Ge(1)] = 1
    score: Annotated[float, Gt(0), Le(1)] | None = None
    classes: tuple[str, ...] = ()
    tiles: Annotated[int, Ge(0), Le(3)] = 0
    overlap: Annotated[float, Ge(0), Le(0.5)] = 0.2
    _card: Card = field(init=False, repr=False)
    _batcher: Batcher = field(init=False, repr=False)
    _outputs: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        bundle = load(self.path)
        if bundle.card.task != "detect":
            raise BadBundle(f"{bundle.folder / CARD}: task: is {bundle.card.task}; a watch needs detect")
        unknown = sorted(set(self.classes) - set(bundle.card.labels))
        if unknown:
            raise BadSettings(
                f"{self.path}: classes: the model knows no {unknown[0]!r}; it knows {', '.join(bundle.card.labels)}"
            )
        engine = engines.get(self.engine)(bundle.model, threads=self.threads)
        _check(bundle.card, engine, f"{bundle.folder / CARD}")
        self._card = bundle.card
        self._outputs = tuple(engine.outputs)
        self._batcher = Batcher(engine)
        weakref.finalize(self, self._batcher.close)

    @property
    def model(self) -> Mapping[str, str]:
        """Name, version and sha256 of the bundle, as they stand on its card; the sha256 was checked when it was opened."""
        return {"bundle": self._card.name, "version": self._card.version, "sha256": self._card.sha256}

    def detect(self, frame: Frame) -> Detections:
        """Return what the model sees, best first; boxes lie within the picture."""
        found = self._look(frame.image)
        if self.tiles > 1:
            parts = [(tile, self._look(tile.of(frame.image))) for tile in cut(frame.size, self.tiles, self.overlap)]
            found = joined(found, parts, frame.size, self._card.output.nms_iou)
        labels = tuple(self._card.labels[c] for c in found.classes)
        seen = Detections(frame.camera, frame.t, frame.size, found.boxes, found.scores.clip(0.0, 1.0), labels)
        inside = (found.boxes[:, 2] > found.boxes[:, 0]) & (found.boxes[:, 3] > found.boxes[:, 1])
        wanted = np.array([not self.classes or label in self.classes for label in labels], dtype=bool)
        return seen.where(inside & wanted)

    def _look(self, image: Image) -> Found:
        """Return what the model sees in a picture, boxes in px of it."""
        tensor, fit = prepare(image, self._card.picture)
        outputs = dict(zip(self._outputs, self._batcher.run(tensor), strict=True))
        found = decode(self._card, outputs, self._card.thresholds.score if self.score is None else self.score)
        return Found(fit.back(found.boxes), found.scores, found.classes)

    def close(self) -> None:
        """Let go of the model's threads."""
        self._batcher.close()


def _check(card: Card, engine: Engine, where: str) -> None:
    wanted = (3, card.picture.height, card.picture.width)
    shape = engine.input
    if len(shape) != 4 or shape[0] not in (1, None):
        raise BadBundle(f"{where}: input: the model takes {shape}, not one picture or a batch of (n, 3, height, width)")
    for name, side, given in zip(("channels", "height", "width"), wanted, shape[1:], strict=True):
        if given not in (side, None):
            raise BadBundle(f"{where}: input.{name}: the card says {side}, the model takes {given}")
    fits(card, engine.outputs, where)
