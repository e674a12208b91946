"""Pictures from files to tensors: what every task on pictures shares."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from roadstead.bundle.card import Input
from roadstead.bundle.prepare import prepare
from roadstead.dataset.classes import pixel_values
from roadstead.dataset.samples import Pixels, Sample
from roadstead.errors import BadInput
from roadstead.train.augment import Shown
from roadstead.types import Image


def shown(sample: Sample) -> Shown:
    """Read a sample's picture, (H, W, 3) uint8 RGB, and the classes of its pixels where it has them; raise BadInput."""
    if sample.media is None:
        raise BadInput(f"sample {sample.id!r}: has no picture")
    target = sample.target
    if isinstance(target, Pixels) and target.values is None and target.file is not None:
        target = Pixels(target.labels, values=pixel_values(target))
    return Shown(read(sample.media), target)


def read(file: Path) -> Image:
    """Return a picture as (H, W, 3) uint8 RGB; raise BadInput where it cannot be decoded."""
    try:
        data = np.fromfile(file, np.uint8)
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error}") from None
    image = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if len(data) else None
    if image is None:
        raise BadInput(f"{file}: is no picture that can be decoded")
    return image  # type: ignore[return-value]  # an array of uint8


def tensor(image: Image, spec: Input) -> torch.Tensor:
    """Return a picture as a model is shown it, (3, height, width) float32: the same way as when watching."""
    return torch.from_numpy(prepare(image, spec)[0])


def stacked(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return tensors of one shape as one batch."""
    return torch.stack(list(tensors))
