"""Semantic segmentation: the class of every pixel of a picture of three or more bands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import cv2
import numpy as np
import torch
from annotated_types import Gt
from torch import Tensor, nn
from torch.nn import functional

from roadstead.bundle.card import Input
from roadstead.dataset.classes import IGNORED
from roadstead.dataset.masks import pixels_of
from roadstead.dataset.pictures import size_px
from roadstead.dataset.samples import Objects, Pixels, Sample, Target
from roadstead.errors import BadInput, BadSettings
from roadstead.evaluate.metrics import segmentation
from roadstead.evaluate.reports import Report
from roadstead.settings import build
from roadstead.train import losses
from roadstead.train.augment import OfBatch, Shown
from roadstead.train.losses import Loss
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.models import Built
from roadstead.train.pictures import shown, stack, stacked, tensor
from roadstead.train.tasks import Batch, Losses, task
from roadstead.train.vocabulary import Vocabulary

RGB = 3


@task("semantic_segmentation", zh="语义分割")
@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticSegmentation:
    """The class of every pixel.

    Samples have Pixels, or objects with masks, which are painted in their order upon `background`; an object that is ignored or
    has no mask leaves the pixels of its box uncounted. `labels` set the order of the classes; the samples' others follow.
    `channels` is the number of bands of the pictures. `also` are tables of losses that are added to the recipe's own.
    """

    targets: ClassVar[tuple[type[Target], ...]] = (Pixels, Objects)
    losses: ClassVar[tuple[str, ...]] = ("pixels",)

    labels: tuple[str, ...] = ()
    background: str = "background"
    channels: Annotated[int, Gt(0)] = RGB
    also: tuple[Mapping[str, Any], ...] = ()

    def vocabulary(self, samples: Sequence[Sample]) -> Vocabulary:
        """Return the classes; raise BadInput where there are fewer than two."""
        named = list(self.labels)
        for sample in samples:
            if isinstance(sample.target, Objects):
                named += [self.background, *sorted(set(sample.target.labels))]
            elif isinstance(sample.target, Pixels):
                named += sample.target.labels
        labels = tuple(dict.fromkeys(named))
        if not 2 <= len(labels) < IGNORED:
            raise BadInput(
                f"data: segmentation needs 2 to {IGNORED - 1} classes; found {', '.join(labels[:9]) or 'none'}"
            )
        return Vocabulary(labels=labels)

    def learner(self, built: Built, vocabulary: Vocabulary, loss: Loss | None, mix: Sequence[OfBatch]) -> "Segmenter":
        """Bind the task; raise BadSettings where model and task take different bands, or pictures would be mixed."""
        if built.input is None or built.input.resize != "stretch":
            raise BadInput("model: takes no pictures stretched to its size, so it cannot be trained for segmentation")
        if mix:
            raise BadSettings("augment: pictures cannot be mixed for segmentation; leave mixup and cutmix out")
        taken = next((p.shape[1] for p in built.module.parameters() if p.dim() == 4), self.channels)  # a convolution
        if taken != self.channels:
            raise BadSettings(f"task.channels: is {self.channels}, but the model takes {taken}: make both the same")
        more = [build(losses.plugins, table, f"task.also[{k}]") for k, table in enumerate(self.also)]
        for k, one in enumerate(more):
            if "pixels" not in one.of:
                raise BadSettings(f"task.also[{k}]: {self.also[k]['kind']} is no loss for pixels")
        return Segmenter(vocabulary, built.input, (loss or CrossEntropy(), *more), self.background, self.channels)


@dataclass(frozen=True, slots=True)
class Segmenter:
    """Shows pictures to a network and compares the class it says of every pixel; `criteria` are summed."""

    vocabulary: Vocabulary
    input: Input
    criteria: tuple[Loss, ...]
    background: str = "background"
    channels: int = RGB

    def load(self, sample: Sample) -> Shown:
        """Read a sample's picture and the classes of its pixels; objects stay objects until they are encoded."""
        return shown(sample, self.channels)

    def encode(self, loaded: Shown) -> tuple[Tensor, Tensor, tuple[int, int]]:
        """Return the picture (c, h, w), the classes (h, w) at the model's size, and the picture's own height and width."""
        size = loaded.image.shape[0], loaded.image.shape[1]
        spec = self.input
        image = tensor(loaded.image, spec) if self.channels == RGB else stack(loaded.image, spec)
        classes = self._indices(loaded.target, size)
        small = cv2.resize(classes, (spec.width, spec.height), interpolation=cv2.INTER_NEAREST_EXACT)
        return image, torch.from_numpy(np.asarray(small).astype(np.int64)), size

    def collate(self, examples: Sequence[tuple[Tensor, Tensor, tuple[int, int]]]) -> Batch:
        """Return images (n, c, h, w), classes (n, h, w) and the sizes of the pictures themselves."""
        images, classes, sizes = zip(*examples, strict=True)
        return {"images": stacked(images), "classes": stacked(classes), "sizes": list(sizes)}

    def units(self, batch: Batch) -> float:
        """Count the pictures that have a pixel that counts."""
        return float((batch["classes"] != IGNORED).flatten(1).any(dim=1).sum())

    def loss(self, model: nn.Module, batch: Batch) -> Losses:
        """Return the sum of the losses of the pictures."""
        logits = model(batch["images"])
        values = [criterion(logits, batch["classes"]).sum() for criterion in self.criteria]
        names = [type(criterion).__name__.lower() for criterion in self.criteria]
        parts = {name: float(value.detach()) for name, value in zip(names, values, strict=True)}
        return Losses(torch.stack(values).sum(), self.units(batch), parts, logits)

    def predict(self, model: nn.Module, batch: Batch) -> list[Any]:
        """Return the class of every pixel, one prediction a picture, each of its picture's own size."""
        logits = model(batch["images"]).float()
        return [
            segmentation.ClassMap(
                functional.interpolate(one[None], size, mode="bilinear", align_corners=False)[0]
                .argmax(dim=0)
                .cpu()
                .numpy()
                .astype(np.uint8)
            )
            for one, size in zip(logits, batch["sizes"], strict=True)
        ]

    def score(self, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 0) -> Report:
        """Judge what was said; objects are painted before."""
        painted = [self._painted(sample) for sample in samples]
        return segmentation.judge(painted, predictions, self.vocabulary.labels, resamples=resamples)

    def audit(self, batch: Batch) -> str:
        """Return the shares of the classes over the pixels of a batch that count."""
        counted = batch["classes"][batch["classes"] != IGNORED]
        counts = torch.bincount(counted, minlength=self.vocabulary.outputs).tolist()
        shares = ", ".join(
            f"{name} {n / max(len(counted), 1):.1%}" for name, n in zip(self.vocabulary.labels, counts, strict=True)
        )
        return f"{len(batch['classes'])} pictures, {len(counted) / max(batch['classes'].numel(), 1):.1%} of the pixels count: {shares}"

    def _indices(self, target: Target | None, size: tuple[int, int]) -> segmentation.Map:
        """Return the class of each pixel (height, width) in the vocabulary's order; raise BadInput where the sizes differ."""
        known = self.vocabulary.labels
        if isinstance(target, Objects):
            return paint(target, known, known.index(self.background) if self.background in known else IGNORED, size)
        if not isinstance(target, Pixels) or target.values is None:
            return np.full(size, IGNORED, np.uint8)
        if target.values.shape != size:
            raise BadInput(
                f"{target.file or 'a mask'}: has {target.values.shape[::-1]} px, its picture {size[::-1]}: they must be alike"
            )
        table = np.full(256, IGNORED, np.uint8)
        for k, name in enumerate(target.labels):
            table[k] = known.index(name) if name in known else IGNORED
        found: segmentation.Map = table[target.values]
        return found

    def _painted(self, sample: Sample) -> Sample:
        if not isinstance(sample.target, Objects):
            return sample
        wide, high = sample.size if all(sample.size) or sample.media is None else size_px(sample.media)
        return replace(sample, target=Pixels(self.vocabulary.labels, values=self._indices(sample.target, (high, wide))))


def paint(objects: Objects, labels: Sequence[str], background: int, size: tuple[int, int]) -> segmentation.Map:
    """Return the class of each pixel (height, width): objects in their order upon the background, 255 where it is not known."""
    values = np.full(size, background, np.uint8)
    for box, label, mask, ignored in zip(objects.boxes, objects.labels, objects.masks, objects.ignored, strict=True):
        if mask is None or ignored or label not in labels:
            x0, y0, x1, y1 = (round(v) for v in np.clip(box, 0, None))
            values[y0:y1, x0:x1] = IGNORED
        else:
            values[pixels_of(mask, (size[1], size[0])).astype(bool)] = labels.index(label)
    return values
