"""COCO: one JSON file of pictures, objects and classes.

    <folder>/annotations.json + images/                              samples without a split
    <folder>/annotations/instances_<split>.json + <split>/           samples of a split; also `<split>2017`
    <folder>/<split>.json                                            read, not written

A picture's `file_name` is looked for in its split's folder and below <folder> itself.

Beyond COCO's own keys a picture may have `sample`, `group`, `origin` and `t`, an object `track_id`, `attributes`, `texts` and
`visible`; other readers pass over them.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, get_args

from roadstead.dataset import masks
from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import checked, placed, there
from roadstead.dataset.masks import Mask, Polygons, Rle
from roadstead.dataset.samples import Objects, Sample, Split, Target, labels, objects
from roadstead.errors import BadInput

_SPLIT = re.compile(r"(?:instances_)?(train|val|test)(.*)")
_PLAIN = tuple(f"{split}.json" for split in get_args(Split))
Rows = list[dict[str, Any]]


@format_("coco", zh="COCO 标注")
@dataclass(frozen=True, slots=True, kw_only=True)
class Coco:
    """Boxes, masks, classes and more as COCO's instances. `labels` set the order of the classes when writing; others come after."""

    loses: ClassVar[frozenset[str]] = frozenset({"text", "way"})
    targets: ClassVar[tuple[type[Target], ...]] = (Objects,)
    labels: tuple[str, ...] = ()
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading.

        degenerate_boxes (no area or not finite; left out), boxes_beyond_picture (kept), degenerate_polygons (less than
        three corners; left out), missing_pictures (the sample is yielded without).
        """
        return {name: n for name, n in self._counts.items() if n}

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield every sample in the order of the files' images; raise BadInput naming file and entry."""
        found = sorted([*(folder / "annotations").glob("instances_*.json"), *map(folder.joinpath, _PLAIN)])
        files = [(file, m) for file in found if file.is_file() and (m := _SPLIT.fullmatch(file.stem))]
        if (plain := folder / "annotations.json").is_file():
            yield from self._samples(plain, (folder / "images", folder), None)
        elif not files:
            raise BadInput(
                f"{folder}: holds neither annotations.json nor annotations/instances_<split>.json nor <split>.json"
            )
        for file, match in files:
            split = next(s for s in get_args(Split) if s == match[1])
            yield from self._samples(file, (folder / f"{match[1]}{match[2]}", folder), split)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write a file for the samples of each split, and copy pictures that do not lie in their place."""
        by_split: dict[Split | None, list[Sample]] = {}
        for sample in samples:
            by_split.setdefault(sample.split, []).append(sample)
        every = labels([sample for some in by_split.values() for sample in some])
        classes = (*self.labels, *(name for name in every if name not in self.labels))
        for split, some in by_split.items():
            file = folder / (f"annotations/instances_{split}.json" if split else "annotations.json")
            content = _content(some, folder / (split or "images"), classes)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")

    def _samples(self, file: Path, pictures: Sequence[Path], split: Split | None) -> Iterator[Sample]:
        content = _loaded(file)
        classes = _by_id(content["categories"], f"{file}: categories")
        images = _by_id(content["images"], f"{file}: images")
        of_image: dict[Any, Rows] = {image: [] for image in images}
        for row in content["annotations"]:
            if row.get("image_id") not in of_image or row.get("category_id") not in classes:
                raise BadInput(f"{file}: annotation {row.get('id')} names an image or a category that is not there")
            of_image[row["image_id"]].append(row)
        for number, image in images.items():
            where = f"{file}: image {number}"
            name = _text(image, "file_name", where)
            size = (_side(image, "width", where), _side(image, "height", where))
            media = next((path for place in pictures if (path := there(place / checked(name)))), None)
            stem = str(Path(name).with_suffix(""))
            self._counts["missing_pictures"] += media is None
            yield Sample(
                id=str(
                    image.get("sample") or (stem if not split or stem.startswith(f"{split}/") else f"{split}/{stem}")
                ),
                size=size,
                target=self._objects(of_image[number], classes, size, where),
                media=media,
                split=split,
                origin=str(image.get("origin", "")),
                group=str(image.get("group", "")),
                t=None if image.get("t") is None else _number(image["t"], f"{where}: t"),
            )

    def _objects(self, rows: Rows, classes: Mapping[Any, Any], size: tuple[int, int], where: str) -> Objects:
        kept: Rows = []
        boxes: list[tuple[float, float, float, float]] = []
        for row in rows:
            box = _box(row, f"{where}: annotation {row.get('id')}")
            if not all(map(math.isfinite, box)) or box[2] <= box[0] or box[3] <= box[1]:
                self._counts["degenerate_boxes"] += 1
                continue
            self._counts["boxes_beyond_picture"] += min(box) < 0 or box[2] > size[0] or box[3] > size[1]
            kept.append(row)
            boxes.append(box)
        return Objects(
            boxes=boxes,  # type: ignore[arg-type]  # lists become read-only arrays in Objects
            labels=tuple(_text(classes[row["category_id"]], "name", where) for row in kept),
            masks=tuple(
                self._mask(row.get("segmentation"), size, f"{where}: annotation {row.get('id')}") for row in kept
            ),
            ids=tuple(None if row.get("track_id") is None else str(row["track_id"]) for row in kept),
            attributes=tuple(_table(row, "attributes", where) for row in kept),
            texts=tuple(_table(row, "texts", where) for row in kept),
            ignored=tuple(bool(row.get("iscrowd")) for row in kept),
            visible=[_number(row.get("visible", math.nan), where) for row in kept],  # type: ignore[arg-type]  # as boxes
        )

    def _mask(self, value: Any, size: tuple[int, int], where: str) -> Mask | None:
        if not value:
            return None
        try:
            if isinstance(value, dict):
                return _rle(value, size)
            rings = [[(float(x), float(y)) for x, y in zip(r[::2], r[1::2], strict=True)] for r in value]
        except BadInput as error:
            raise BadInput(f"{where}: {error}") from None
        except (KeyError, TypeError, ValueError):
            raise BadInput(f"{where}: its segmentation is neither run lengths nor polygons") from None
        whole = [ring for ring in rings if len(ring) >= 3]
        self._counts["degenerate_polygons"] += len(rings) - len(whole)
        return Polygons(tuple(whole)) if whole else None  # type: ignore[arg-type]  # lists become arrays in Polygons


def _content(samples: Sequence[Sample], pictures: Path, classes: Sequence[str]) -> dict[str, Any]:
    """Return the JSON of some samples."""
    images: Rows = []
    annotations: Rows = []
    number = {name: i for i, name in enumerate(classes, start=1)}
    for i, sample in enumerate(samples, start=1):
        name = placed(sample.media, pictures, sample.id) if sample.media else checked(sample.id)
        extra = {"sample": sample.id, "group": sample.group, "origin": sample.origin, "t": sample.t}
        image = {"id": i, "file_name": name, "width": sample.size[0], "height": sample.size[1]}
        images.append(image | {key: value for key, value in extra.items() if value not in (None, "")})
        for row in _rows(objects(sample), number):
            annotations.append({"id": len(annotations) + 1, "image_id": i, **row})
    categories = [{"id": i, "name": name} for name, i in number.items()]
    return {"images": images, "annotations": annotations, "categories": categories}


def _rows(objects: Objects, number: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for k, (x0, y0, x1, y1) in enumerate(objects.boxes.tolist()):
        mask, visible = objects.masks[k], float(objects.visible[k])
        extra = {
            "segmentation": None if mask is None else _segmentation(mask),
            "track_id": objects.ids[k],
            "attributes": dict(objects.attributes[k]) or None,
            "texts": dict(objects.texts[k]) or None,
            "visible": None if math.isnan(visible) else visible,
        }
        yield {
            "category_id": number[objects.labels[k]],
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": (x1 - x0) * (y1 - y0) if mask is None else masks.area_px(mask),
            "iscrowd": int(objects.ignored[k]),
            **{key: value for key, value in extra.items() if value is not None},
        }


def _segmentation(mask: Mask) -> Any:
    if isinstance(mask, Polygons):
        return [ring.ravel().tolist() for ring in mask.rings]
    return {"size": [mask.size[1], mask.size[0]], "counts": masks.to_text(mask.counts)}


def _rle(value: Mapping[str, Any], size: tuple[int, int]) -> Rle:
    height, width = value["size"]
    counts = value["counts"]
    if (width, height) != size:
        raise BadInput(f"its mask is {width} x {height} px, the picture {size[0]} x {size[1]}")
    return Rle(size, masks.from_text(counts) if isinstance(counts, str) else tuple(int(n) for n in counts))


def _loaded(file: Path) -> dict[str, Rows]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: cannot be read as JSON: {error}") from None
    for key in ("images", "annotations", "categories"):
        rows = content.get(key) if isinstance(content, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadInput(f"{file}: is no COCO file of instances: {key} must be a list of objects")
    return content  # type: ignore[no-any-return]  # looked at above


def _by_id(rows: Rows, where: str) -> dict[Any, dict[str, Any]]:
    found = {row.get("id"): row for row in rows if isinstance(row.get("id"), int | str)}
    if len(found) != len(rows):
        raise BadInput(f"{where}: each needs an id of its own")
    return found


def _box(row: Mapping[str, Any], where: str) -> tuple[float, float, float, float]:
    """Return the corners of COCO's left, top, width and height."""
    values = row.get("bbox")
    if not isinstance(values, list) or len(values) != 4:
        raise BadInput(f"{where}: bbox must hold left, top, width and height")
    x, y, width, height = (_number(value, f"{where}: bbox") for value in values)
    return x, y, x + width, y + height


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{where}: {str(value)!r:.60} is not a number")
    return float(value)


def _side(row: Mapping[str, Any], name: str, where: str) -> int:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise BadInput(f"{where}: {name} must be a whole number of pixels")
    return value


def _text(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{where}: {name} is missing")
    return value


def _table(row: Mapping[str, Any], name: str, where: str) -> dict[str, str]:
    value = row.get(name) or {}
    if not isinstance(value, dict):
        raise BadInput(f"{where}: annotation {row.get('id')}: {name} must be values by name")
    return {str(key): str(inner) for key, inner in value.items()}
