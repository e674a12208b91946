"""YOLO: a text file of boxes or outlines for each picture, as shares of its width and height.

    <folder>/data.yaml                              `names`, and where the pictures of each split lie
    <folder>/classes.txt                            names, one a line: read where there is no data.yaml
    <folder>/images/<split>/a.jpg, labels/<split>/a.txt     also <split>/images; images/ alone: samples without a split

A line is a class (from 0) with the middle, width and height of a box, or with the corners of an outline.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import below, checked, named, placed
from roadstead.dataset.formats._rows import demand, left, number_of, read_text
from roadstead.dataset.masks import Mask, Polygons
from roadstead.dataset.pictures import size_px
from roadstead.dataset.samples import Objects, Sample, Split, Target, labels, objects
from roadstead.errors import BadInput, MissingExtra

_KEYS: Mapping[Split, tuple[str, ...]] = {"train": ("train",), "val": ("val", "valid"), "test": ("test",)}


@format_("yolo", zh="YOLO 标注")
@dataclass(frozen=True, slots=True, kw_only=True)
class Yolo:
    """Boxes as shares of the picture; an outline is read as a mask and the box around it.

    `labels` set the order of the classes when writing; others come after. With `outlines` an object whose mask is one outline
    is written as that instead of its box.
    """

    loses: ClassVar[frozenset[str]] = frozenset(
        {"text", "way", "origin", "group", "t", "masks", "ids", "attributes", "texts", "ignored", "visible"}
    )
    targets: ClassVar[tuple[type[Target], ...]] = (Objects,)
    labels: tuple[str, ...] = ()
    outlines: bool = False
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading.

        pictures_without_labels (no text file: nothing is in it), degenerate_boxes (no area; left out), unreadable_pictures
        (their size, and so their boxes, cannot be told; left out), labels_without_picture (left out).
        """
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a picture; raise BadInput naming file and line."""
        names, described = _described(folder)
        found: list[tuple[Path, Path, Split | None]] = []
        for split, places in _places(folder, described):
            taken = {file for file, _, _ in found}
            found += [(file, place, split) for place in places for file in below(place) if file not in taken]
        texts = {text for place in {row[1] for row in found} for text in _beside(place / "a").parent.rglob("*.txt")}
        self._counts["labels_without_picture"] += len(texts - {_beside(file) for file, _, _ in found})
        if not found:
            raise BadInput(
                f"{folder}: holds no pictures, neither in images/ nor in images/<split>/ nor in <split>/images/"
            )
        for (file, _, split), name in zip(found, named([row[:2] for row in found], folder), strict=True):
            size = size_px(file)
            if min(size) <= 0:
                self._counts["unreadable_pictures"] += 1
                continue
            yield Sample(id=name, target=self._objects(_beside(file), names, size), size=size, media=file, split=split)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write data.yaml and classes.txt, and a text file beside each picture; a sample needs its picture and size."""
        every = list(samples)
        for sample in every:
            demand(sample, self.targets, "yolo")
        classes = (*self.labels, *(name for name in labels(every) if name not in self.labels))
        for sample in every:
            if sample.media is None or min(sample.size) <= 0:
                raise BadInput(f"sample {sample.id!r}: YOLO needs a picture and its size, and one is missing")
            place = Path("images") / (sample.split or "")
            name = placed(sample.media, folder, f"{place}/{checked(sample.id)}")
            file = _beside(folder / name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{line}\n" for line in self._lines(sample, classes)), encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        sides = [side for side in get_args(Split) if any(s.split == side for s in every)]
        paths = [f"{side}: images/{side}" for side in sides] or ["train: images"]
        table = [
            *paths,
            "names:" if classes else "names: {}",
            *(f"  {k}: {json.dumps(n, ensure_ascii=False)}" for k, n in enumerate(classes)),
        ]
        (folder / "data.yaml").write_text("".join(f"{line}\n" for line in table), encoding="utf-8")
        (folder / "classes.txt").write_text("".join(f"{name}\n" for name in classes), encoding="utf-8")

    def _objects(self, file: Path, names: Sequence[str], size: tuple[int, int]) -> Objects:
        if not file.is_file():
            self._counts["pictures_without_labels"] += 1
            return Objects(boxes=(), labels=())  # type: ignore[arg-type]  # becomes an array
        rows = []
        for number, line in enumerate(read_text(file).splitlines(), start=1):
            if line.strip():
                box, label, mask = _object(line.split(), names, size, f"{file}: line {number}")
                if box[2] > box[0] and box[3] > box[1]:
                    rows.append((box, label, mask))
                else:
                    self._counts["degenerate_boxes"] += 1
        return Objects(
            boxes=np.array([row[0] for row in rows]).reshape(-1, 4),
            labels=tuple(row[1] for row in rows),
            masks=tuple(row[2] for row in rows),
        )

    def _lines(self, sample: Sample, classes: Sequence[str]) -> Iterator[str]:
        found, (width, height) = objects(sample), sample.size
        for k, (x0, y0, x1, y1) in enumerate(found.boxes.tolist()):
            mask = found.masks[k]
            if self.outlines and isinstance(mask, Polygons) and len(mask.rings) == 1:
                shares = (mask.rings[0] / (width, height)).ravel().tolist()
            else:
                shares = [(x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height]
            yield " ".join([str(classes.index(found.labels[k])), *(f"{share:.12g}" for share in shares)])


def _object(
    cells: Sequence[str], names: Sequence[str], size: tuple[int, int], where: str
) -> tuple[tuple[float, float, float, float], str, Mask | None]:
    """Return box px, class and outline of one line."""
    if not cells[0].isdigit() or int(cells[0]) >= len(names):
        raise BadInput(f"{where}: there is no class {cells[0]!r:.20}; the last is {len(names) - 1}")
    values = [number_of(cell, where) for cell in cells[1:]]
    label, (width, height) = names[int(cells[0])], size
    if len(values) == 4:
        x, y, w, h = values
        return ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height), label, None
    if len(values) < 6 or len(values) % 2:
        raise BadInput(f"{where}: needs a class with 4 numbers of a box, or with 3 corners of an outline or more")
    ring = np.array(values).reshape(-1, 2) * (width, height)
    (x0, y0), (x1, y1) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
    return (x0, y0, x1, y1), label, Polygons((ring,))


def _beside(picture: Path) -> Path:
    """Return a picture's text file: the last folder `images` of its path is `labels` there."""
    parts = list(picture.parts)
    if "images" in parts:
        parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
    return Path(*parts).with_suffix(".txt")


def _described(folder: Path) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """Return the classes and what else data.yaml says; raise BadInput where nothing names the classes."""
    file = next((f for f in (folder / "data.yaml", folder / "dataset.yaml") if f.is_file()), None)
    if file is None:
        if not (folder / "classes.txt").is_file():
            raise BadInput(f"{folder}: holds neither data.yaml nor classes.txt, which name YOLO's classes")
        return tuple(line for line in read_text(folder / "classes.txt").splitlines() if line.strip()), {}
    try:
        import yaml  # type: ignore[import-untyped]  # the package ships no types
    except ModuleNotFoundError:
        raise MissingExtra(
            f"{file} needs pyyaml: pip install 'roadstead[train]', or write a classes.txt instead"
        ) from None
    try:
        content = yaml.safe_load(read_text(file))
    except yaml.YAMLError as error:
        raise BadInput(f"{file}: is not YAML: {' '.join(str(error).split())}") from None
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, dict) and sorted(names) == list(range(len(names))):
        names = [names[k] for k in range(len(names))]
    if not isinstance(names, list):
        raise BadInput(f"{file}: names must list the classes, or number them from 0")
    return tuple(str(name) for name in names), content


def _places(folder: Path, described: Mapping[str, Any]) -> list[tuple[Split | None, list[Path]]]:
    """Return the folders of pictures of each split: where data.yaml says (below the folder), or where they usually lie."""
    found: list[tuple[Split | None, list[Path]]] = []
    for split, keys in _KEYS.items():
        said = [value for key in keys for value in _listed(described.get(key))]
        usual = [path for key in keys for path in (f"images/{key}", f"{key}/images")]
        paths = [folder / checked(path) for path in (*(s.removeprefix("../").removeprefix("./") for s in said), *usual)]
        there = [path for path in dict.fromkeys(paths) if path.is_dir() and path != folder / "images"]
        if there:
            found.append((split, there))
    return [*found, (None, [folder / "images"])]


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
