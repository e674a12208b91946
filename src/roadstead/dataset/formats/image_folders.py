"""Folders of pictures: a folder's name is the class of what lies in it.

<folder>/<class>/…/a.jpg                samples without a split
<folder>/<split>/<class>/…/a.jpg        samples of a split: where every folder is called train, val (valid) or test
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import SUFFIXES, checked, named, placed
from roadstead.dataset.formats._rows import demand, left, split_named
from roadstead.dataset.samples import Label, Sample, Split, Target, kind
from roadstead.errors import BadInput


@format_("image_folders", zh="按类别分文件夹的图片")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFolders:
    """A picture's class is its folder, below a folder for its split or not."""

    loses: ClassVar[frozenset[str]] = frozenset({"size", "text", "way", "origin", "group", "t"})
    targets: ClassVar[tuple[type[Target], ...]] = (Label,)
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: other_files (no pictures; left out)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield pictures by split, class and name; raise BadInput where there is no folder with a picture."""
        top = _folders(folder)
        splits: list[tuple[Path, Split | None]] = [(f, split_named(f.name)) for f in top]
        sides = splits if top and all(side for _, side in splits) else [(folder, None)]
        found = [(file, of, side) for place, side in sides for of in _folders(place) for file in self._pictures(of)]
        if not found:
            raise BadInput(f"{folder}: holds no folders of pictures, one a class")
        names = named([(file, of) for file, of, _ in found], folder)
        for (file, of, side), name in zip(found, names, strict=True):
            yield Sample(id=name, target=Label(of.name), media=file, split=side)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Bring every picture into the folder of its split and class; raise BadInput where a sample has none."""
        every = list(samples)
        if len({s.split is None for s in every}) > 1:
            raise BadInput(f"{folder}: some samples have a split and some have none; give all of them one, or none")
        for sample in every:
            demand(sample, self.targets, "image_folders")
            if not isinstance(sample.target, Label) or sample.media is None:
                raise BadInput(f"sample {sample.id!r}: has {kind(sample.target)} or no picture; both are needed here")
            name = sample.target.label
            if "/" in name or "\\" in name or name.startswith("."):
                raise BadInput(f"{name!r} cannot be the name of a folder; rename the class")
            placed(sample.media, folder / (sample.split or "") / checked(name), checked(sample.id))

    def _pictures(self, folder: Path) -> list[Path]:
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        found = [p for p in files if p.suffix.lower() in SUFFIXES]
        self._counts["other_files"] += len(files) - len(found)
        return found


def _folders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")) if folder.is_dir() else []
