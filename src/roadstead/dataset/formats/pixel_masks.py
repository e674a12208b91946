"""Pictures and, for each, a picture of one channel that says the class of every pixel.

<folder>/classes.txt                            names, one a line, the first is 0; 255 does not count
<folder>/images/a.jpg, masks/a.png              samples without a split
<folder>/<split>/images/a.jpg, masks/a.png      samples of a split
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from roadstead.dataset.classes import IGNORED, pixel_values
from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import below, checked, named, placed, there
from roadstead.dataset.formats._rows import demand, left, read_text, split_named
from roadstead.dataset.pictures import size_px
from roadstead.dataset.samples import Pixels, Sample, Split, Target
from roadstead.errors import BadInput


@format_("pixel_masks", zh="像素掩码标注")
@dataclass(frozen=True, slots=True, kw_only=True)
class PixelMasks:
    """Classes of pixels, in PNG files called like their pictures. `images` and `masks` are the folders' names."""

    loses: ClassVar[frozenset[str]] = frozenset({"text", "way", "origin", "group", "t"})
    targets: ClassVar[tuple[type[Target], ...]] = (Pixels,)
    images: str = "images"
    masks: str = "masks"
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: pictures_without_mask (yielded as still to label), masks_without_picture (left out)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a picture; raise BadInput where classes.txt or the pictures are missing."""
        if not (folder / "classes.txt").is_file():
            raise BadInput(f"{folder}: holds no classes.txt, which names the classes of pixels")
        labels = tuple(line.strip() for line in read_text(folder / "classes.txt").splitlines() if line.strip())
        sides: list[tuple[Path, Split | None]] = [(folder, None)]
        sides += [(p, side) for p in sorted(folder.iterdir()) if p.is_dir() and (side := split_named(p.name))]
        found = [(file, place / self.images, side) for place, side in sides for file in below(place / self.images)]
        if not found:
            raise BadInput(f"{folder}: holds no pictures in {self.images}/ nor in <split>/{self.images}/")
        for (file, place, side), name in zip(found, named([row[:2] for row in found], folder), strict=True):
            mask = there(place.parent / self.masks / file.relative_to(place).with_suffix(".png"))
            self._counts["pictures_without_mask"] += mask is None
            target = None if mask is None else Pixels(labels, file=mask)
            yield Sample(id=name, target=target, size=size_px(file), media=file, split=side)
        masks = sum(len(below(place / self.masks)) for place, _ in sides)
        self._counts["masks_without_picture"] += masks - (len(found) - self._counts["pictures_without_mask"])

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write classes.txt and the masks, and bring the pictures beside them; a sample needs its picture."""
        every = list(samples)
        for sample in every:
            demand(sample, self.targets, "pixel_masks")
        named_by = [s.target.labels for s in every if isinstance(s.target, Pixels)]
        labels = tuple(dict.fromkeys(name for some in named_by for name in some))
        for sample in every:
            if sample.media is None:
                raise BadInput(f"sample {sample.id!r}: has no picture, and pixels belong to one")
            place = folder / (sample.split or "")
            name = placed(sample.media, place, f"{self.images}/{checked(sample.id)}")
            if isinstance(sample.target, Pixels):
                mask = place / self.masks / Path(name).relative_to(self.images).with_suffix(".png")
                _write(sample.target, mask, labels)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "classes.txt").write_text("".join(f"{name}\n" for name in labels), encoding="utf-8")


def _write(pixels: Pixels, file: Path, labels: Sequence[str]) -> None:
    """Write a mask by the folder's classes; one that lies in its place and is right already stays."""
    import cv2

    table = np.full(IGNORED + 1, IGNORED, dtype=np.uint8)
    table[: len(pixels.labels)] = [labels.index(name) for name in pixels.labels]
    values = table[pixel_values(pixels)]
    if file.is_file() and np.array_equal(pixel_values(Pixels(tuple(labels), file=file)), values):
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(cv2.imencode(".png", values)[1].tobytes())
