"""Object detection: which objects a picture shows, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from annotated_types import Ge, Gt, Le, Lt
from torch import Tensor, nn
from torchvision.ops import batched_nms, box_convert  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.bundle.boxes import Found, joined
from roadstead.bundle.card import Input
from roadstead.bundle.prepare import Fit, prepare
from roadstead.dataset.samples import Objects, Sample, Target
from roadstead.errors import BadInput, BadSettings
from roadstead.evaluate.metrics import detection
from roadstead.evaluate.metrics.detection import Boxes
from roadstead.evaluate.reports import Report
from roadstead.geometry import tiles
from roadstead.train.augment import OfBatch, Shown
from roadstead.train.losses import Loss
from roadstead.train.models import Built
from roadstead.train.models._detecting import EVERY, Kind, Truth, kind
from roadstead.train.pictures import shown, stacked
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary
from roadstead.types import Image, readonly

CANDIDATES = 1000
"""So many boxes of a picture, best first, are looked at for overlaps."""


@task("object_detection", zh="目标检测")
@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectDetection:
    """Objects and their classes. `labels` set the order of the classes; none: those of the training samples, sorted.

    Boxes from `score` on are said, at most `at_most` a picture; of two of one class that overlap more than `nms_iou` the better
    (detectors that answer with sets need none, but across tiles). `tiles` 2 or 3 looks at so many parts a side as well as at
    the whole picture when predicting, each overlapping the next by `overlap`, which takes 5 or 10 times as long; a watch has the
    same setting. `unlabelled` names classes by a pattern of sample ids ("*openimg_*" = ["person"]): they may be in
    those pictures without having a box, so they are neither learned as background nor judged there, where the model can (dense
    ones can).
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Objects,)
    losses: ClassVar[tuple[str, ...]] = ()

    labels: tuple[str, ...] = ()
    score: Annotated[float, Gt(0), Lt(1)] = 0.02
    nms_iou: Annotated[float, Gt(0), Le(1)] = 0.5
    at_most: Annotated[int, Gt(0)] = 100
    tiles: Annotated[int, Ge(0), Le(3)] = 0
    overlap: Annotated[float, Ge(0), Le(0.5)] = 0.2
    unlabelled: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return the classes; raise BadInput where no sample has an object that counts, BadSettings for unknown classes."""
        found = sorted({name for s in samples if isinstance(s.target, Objects) for name in _counted(s.target)})
        labels = (*self.labels, *(name for name in found if name not in self.labels))
        if not found:
            raise BadInput("data: object detection needs objects, and no training sample has one that counts")
        strange = sorted({name for some in self.unlabelled.values() for name in some} - set(labels))
        if strange:
            raise BadSettings(f"task.unlabelled: there is no class {strange[0]!r}; there are: {', '.join(labels)}")
        return Vocabulary(labels=labels)

    def learner(
        self, built: Built, vocabulary: Vocabulary, loss: Loss | None, mix: Sequence[OfBatch]
    ) -> "ObjectDetector":
        """Bind the task; raise BadSettings for what detectors cannot use."""
        if built.input is None:
            raise BadInput("model: takes no pictures, so it cannot be trained for object detection")
        if loss is not None:
            raise BadSettings(
                "loss: a detector brings its own; set model.class_loss and model.box_loss where it has them"
            )
        if mix:
            raise BadSettings(
                "augment: pictures with boxes cannot be mixed as a batch; take mosaic, which mixes samples, instead"
            )
        return ObjectDetector(vocabulary, built.input, kind(built.module), self)


@dataclass(frozen=True, slots=True)
class Example:
    """A picture as the model is shown it (3, h, w), how it lies in there, what is in it, and itself where tiles are wanted."""

    image: Tensor
    fit: Fit
    truth: Truth
    picture: Image | None


@dataclass(frozen=True, slots=True)
class ObjectDetector:
    """Shows pictures to a detector and compares what it says.

    Units are boxes, at least one a picture. The sum of a dense detector's losses does not depend on how pictures are shared out
    to micro-batches (but for batch normalisation's statistics). For transformers' models that holds for the classes and boxes of
    all layers, not for what each batch draws by chance or pools (denoising queries, DEIMv2's pooled matches).
    """

    vocabulary: Vocabulary
    input: Input
    kind: Kind
    settings: ObjectDetection

    def load(self, sample: Sample) -> Shown:
        """Read a sample's picture."""
        return shown(self._amended(sample))

    def encode(self, loaded: Shown) -> Example:
        """Return the picture as the input wants it, and its objects."""
        image, fit = prepare(loaded.image, self.input)
        target = loaded.target if isinstance(loaded.target, Objects) else None
        picture = loaded.image if self.settings.tiles > 1 else None
        return Example(torch.from_numpy(image), fit, self._truth(target, fit), picture)

    def collate(self, examples: Sequence[Example]) -> Batch:
        """Return images (n, 3, h, w), and lists of truths, fits and pictures."""
        return {
            "images": stacked([e.image for e in examples]),
            "truths": [e.truth for e in examples],
            "fits": [e.fit for e in examples],
            "pictures": [e.picture for e in examples],
        }

    def units(self, batch: Batch) -> float:
        """Count the boxes that are learned, at least one a picture."""
        return float(sum(max(len(truth.boxes), 1) for truth in batch["truths"]))

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses over boxes; raise BadInput where a class is beyond the head."""
        images = batch["images"]
        said = model(images, [truth.to(images.device) for truth in batch["truths"]])
        losses: Mapping[str, Tensor] = said["losses"]
        total = torch.stack([value.float() for value in losses.values()]).sum()
        parts = {name: float(value.detach()) for name, value in losses.items()}
        return Losses(total, self.units(batch), parts, {k: v for k, v in said.items() if k != "losses"})

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return the boxes of each picture, px of the picture."""
        images = batch["images"]
        found = self._found(model(images), batch["fits"])
        pictures: list[Image | None] = batch["pictures"]
        for k, picture in enumerate(pictures):
            if picture is not None:
                found[k] = self._tiled(model, images, picture, found[k])
        return [self._boxes(one) for one in found]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was said."""
        amended = [self._amended(sample) for sample in samples]
        return detection.judge(amended, predictions, self.vocabulary.labels, resamples=resamples)

    def audit(self, batch: Batch) -> str:
        """Return the classes and how many boxes each has, and what is not learned from."""
        labels = self.vocabulary.labels
        truths: list[Truth] = batch["truths"]
        counts = torch.bincount(torch.cat([t.classes for t in truths]), minlength=len(labels)).tolist()
        said = ", ".join(f"{n} {label}" for label, n in zip(labels, counts, strict=True) if n) or "none"
        ignored = sum(len(t.ignored) for t in truths)
        rest = f"; {ignored} regions do not count" if ignored else ""
        return f"{len(truths)} pictures, {sum(counts)} boxes: {said}{rest}"

    def _amended(self, sample: Sample) -> Sample:
        """Return a sample with a region that does not count, as large as the picture, for each class without boxes in it."""
        names = [n for pattern, some in self.settings.unlabelled.items() if fnmatch(sample.id, pattern) for n in some]
        target = sample.target
        if not names or not isinstance(target, Objects):
            return sample
        width, height = sample.size
        if width <= 0 or height <= 0:
            raise BadInput(f"sample {sample.id!r}: its size is not known, which task.unlabelled needs")
        if any(t is not None for t in target.masks):
            raise BadInput(f"sample {sample.id!r}: has masks, which task.unlabelled does not know how to add to")
        whole = np.tile([0.0, 0.0, width, height], (len(names), 1))
        return replace(
            sample,
            target=Objects(
                boxes=readonly(np.concatenate((target.boxes, whole)), 4),
                labels=(*target.labels, *names),
                ids=(*target.ids, *([None] * len(names))),
                attributes=(*target.attributes, *({} for _ in names)),
                texts=(*target.texts, *({} for _ in names)),
                ignored=(*target.ignored, *([True] * len(names))),
                visible=readonly(np.append(target.visible, [np.nan] * len(names))),
            ),
        )

    def _truth(self, target: Objects | None, fit: Fit) -> Truth:
        """Return what is in the input: shares of it, without what has no class here or no area."""
        if target is None:
            target = Objects(boxes=readonly(np.empty((0, 4)), 4), labels=())
        w, h = fit.size
        inside = np.clip(target.boxes, 0.0, np.array([w, h, w, h], dtype=np.float64))
        placed = (inside * np.array(fit.scale * 2) + np.array(fit.offset * 2)) / np.array(
            [self.input.width, self.input.height] * 2
        )
        boxes = box_convert(torch.from_numpy(placed.astype(np.float32)).reshape(-1, 4), "xyxy", "cxcywh")
        number = {label: k for k, label in enumerate(self.vocabulary.labels)}
        classes = torch.tensor([number.get(label, EVERY) for label in target.labels], dtype=torch.long)
        ignored = torch.tensor(target.ignored, dtype=torch.bool)
        there = (boxes[:, 2:] > 0).all(dim=1)
        learned = there & ~ignored & (classes != EVERY)
        left = there & ignored
        return Truth(boxes[learned], classes[learned], boxes[left], classes[left])

    def _found(self, said: Mapping[str, Any], fits: Sequence[Fit]) -> list[Found]:
        """Return boxes of the picture, scores and classes, a picture each: each place or query says its best class."""
        best, classes = said["logits"].float().max(dim=2)
        scores = best.sigmoid()
        if "quality" in said:
            scores = scores * said["quality"].float().sigmoid()
        size = torch.tensor([self.input.width, self.input.height] * 2, device=scores.device)
        corners = box_convert(said["boxes"].float() * size, "cxcywh", "xyxy")
        found = []
        for k, fit in enumerate(fits):
            order = scores[k].argsort(descending=True, stable=True)[:CANDIDATES]
            order = order[scores[k][order] >= self.settings.score]
            if self.kind == "dense":
                kept = batched_nms(corners[k][order], scores[k][order], classes[k][order], self.settings.nms_iou)
                order = order[kept]
            order = order[: self.settings.at_most]
            boxes, sure, which = (t[k][order].cpu().numpy() for t in (corners, scores, classes))
            found.append(Found(fit.back(boxes.astype(np.float64)), readonly(sure), which.astype(np.intp)))
        return found

    def _tiled(self, model: nn.Module, like: Tensor, picture: Image, whole: Found) -> Found:
        """Return what the whole picture and its tiles show together."""
        size = (picture.shape[1], picture.shape[0])
        cuts = tiles.cut(size, self.settings.tiles, self.settings.overlap)
        shown_ = [prepare(one.of(picture), self.input) for one in cuts]
        images = torch.stack([torch.from_numpy(image) for image, _ in shown_]).to(like.device)
        found = self._found(model(images), [fit for _, fit in shown_])
        every = joined(whole, list(zip(cuts, found, strict=True)), size, self.settings.nms_iou)
        most = self.settings.at_most
        return Found(readonly(every.boxes[:most], 4), readonly(every.scores[:most]), every.classes[:most])

    def _boxes(self, found: Found) -> Boxes:
        return Boxes(found.boxes, found.scores, tuple(self.vocabulary.labels[c] for c in found.classes))


def _counted(target: Objects) -> list[str]:
    return [name for name, out in zip(target.labels, target.ignored, strict=True) if not out]
