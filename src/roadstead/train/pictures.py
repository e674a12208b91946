"""Pictures from files to tensors: what every task on pictures shares."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch

from roadstead.bundle.card import Input
from roadstead.bundle.prepare import prepare
from roadstead.dataset.classes import pixel_values
from roadstead.dataset.samples import Pixels, Sample
from roadstead.errors import BadInput
from roadstead.train.augment import Shown
from roadstead.types import Image

Bands = npt.NDArray[Any]
"""(height, width, bands), integers or floats."""


def shown(sample: Sample, bands: int = 3) -> Shown:
    """Read a sample's picture, (H, W, 3) uint8 RGB, and the classes of its pixels where it has them; raise BadInput.

    A picture of another number of `bands` is (H, W, bands) of its file's own type.
    """
    if sample.media is None:
        raise BadInput(f"sample {sample.id!r}: has no picture")
    target = sample.target
    if isinstance(target, Pixels) and target.values is None and target.file is not None:
        target = Pixels(target.labels, values=pixel_values(target))
    return Shown(read(sample.media) if bands == 3 else read_bands(sample.media, bands), target)


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


def read_bands(file: Path, bands: int) -> Bands:
    """Return a picture of several bands as (H, W, bands), in the file's order; raise BadInput where it has others.

    Read are .npy files of (H, W, bands) and what OpenCV reads whole. Of a TIFF whose bands lie one after another, or are more
    than four, OpenCV reads a part: that is refused.
    """
    try:
        data = file.read_bytes()
        image = np.load(file, allow_pickle=False) if file.suffix == ".npy" else _decoded(data)
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: cannot be read: {error}") from None
    if image is None or image.ndim not in (2, 3) or image.dtype.kind not in "uif":
        raise BadInput(f"{file}: is no picture of (height, width, bands) that can be decoded; write it as .npy")
    image = image if image.ndim == 3 else image[:, :, None]
    held = _samples_per_pixel(data) or image.shape[2]
    if held != image.shape[2]:
        raise BadInput(f"{file}: holds {held} bands, of which {image.shape[2]} can be read; write it as .npy")
    if held != bands:
        raise BadInput(f"{file}: has {held} bands, the model takes {bands}: set task.channels and model.channels")
    return image


def tensor(image: Image, spec: Input) -> torch.Tensor:
    """Return a picture as a model is shown it, (3, height, width) float32: the same way as when watching."""
    return torch.from_numpy(prepare(image, spec)[0])


def stack(image: Bands, spec: Input) -> torch.Tensor:
    """Return a picture of several bands, (bands, height, width) float32: integers as shares of their type's largest number.

    Floats stay as they are; nan (no data) becomes 0. The picture is stretched to the model's size.
    """
    most = np.iinfo(image.dtype).max if image.dtype.kind in "ui" else 1
    values = np.nan_to_num(image.astype(np.float32) / np.float32(most))
    resized = [
        cv2.resize(values[..., k], (spec.width, spec.height), interpolation=cv2.INTER_LINEAR)
        for k in range(image.shape[2])
    ]
    return torch.from_numpy(np.stack(resized))


def stacked(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return tensors of one shape as one batch."""
    return torch.stack(list(tensors))


def _decoded(data: bytes) -> Bands | None:
    """Return a picture as OpenCV has it, colours turned from its BGR(A) to RGB(A); None where it cannot."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None or image.ndim == 2 or image.shape[2] not in (3, 4):
        return image
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB if image.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)


def _samples_per_pixel(data: bytes) -> int | None:
    """Return how many bands a TIFF says it has (tag 277; TIFF 6.0, section 8); None of other files."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return None
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    if at + 2 > len(data):
        return None
    (entries,) = struct.unpack_from(f"{order}H", data, at)
    for k in range(entries):
        if at + 2 + 12 * (k + 1) > len(data):
            return None
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", data, at + 2 + 12 * k)
        if tag == 277:  # SamplesPerPixel
            return int(value)
    return 1
