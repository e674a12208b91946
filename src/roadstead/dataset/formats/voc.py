"""PASCAL VOC: an XML file of boxes for each picture.

    <folder>/Annotations/….xml                      (or the XML files lie beside the pictures)
    <folder>/JPEGImages/…                           the pictures, by `filename`
    <folder>/ImageSets/Main/<split>.txt             names, one a line; a picture that none names has no split

Pixels are counted from 1, and a box's last pixel is inside, as the VOC development kit does. `difficult` objects are ignored
ones. Beyond VOC a picture may have `group` and `t`, and an object `attributes` as CVAT writes them.
"""

import math
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import checked, placed
from roadstead.dataset.formats._rows import demand, left, media_of, number_of, read_text, split_named, time_of
from roadstead.dataset.samples import Objects, Sample, Split, Target, objects
from roadstead.errors import BadInput


@format_("voc", zh="PASCAL VOC 标注")
@dataclass(frozen=True, slots=True, kw_only=True)
class Voc:
    """Boxes, one XML file a picture.

    `first_px` is the number of the first pixel: 0 for the many tools that write plain corners.
    """

    loses: ClassVar[frozenset[str]] = frozenset({"text", "way", "masks", "ids", "texts", "visible"})
    targets: ClassVar[tuple[type[Target], ...]] = (Objects,)
    first_px: Literal[0, 1] = 1
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: degenerate_boxes (no area; left out), missing_pictures (the sample is yielded without)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a file, by name; raise BadInput naming the file and what is wrong."""
        place = folder / "Annotations" if (folder / "Annotations").is_dir() else folder
        files = sorted(place.rglob("*.xml"))
        if not files:
            raise BadInput(f"{folder}: holds no XML file, neither in Annotations nor beside the pictures")
        splits = _splits(folder / "ImageSets" / "Main")
        for file in files:
            name = file.relative_to(place).with_suffix("").as_posix()
            yield self._sample(file, name, folder, splits.get(name) or splits.get(file.stem))

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write a file for each sample, the lists of splits, and bring the pictures into JPEGImages."""
        lists: dict[Split, list[str]] = {}
        for sample in samples:
            demand(sample, self.targets, "voc")
            file = folder / "Annotations" / f"{checked(sample.id)}.xml"
            picture = (
                f"{sample.id}.jpg" if sample.media is None else placed(sample.media, folder, f"JPEGImages/{sample.id}")
            )
            root = self._element(sample, picture.removeprefix("JPEGImages/"))
            ET.indent(root)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{ET.tostring(root, encoding='unicode')}\n", encoding="utf-8")
            if sample.split:
                lists.setdefault(sample.split, []).append(sample.id)
        for split, names in lists.items():
            file = folder / "ImageSets" / "Main" / f"{split}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")

    def _sample(self, file: Path, name: str, folder: Path, split: Split | None) -> Sample:
        try:
            root = ET.fromstring(file.read_text(encoding="utf-8-sig"))  # noqa: S314  # expat refuses what would swell
        except (OSError, UnicodeDecodeError, ET.ParseError) as error:
            raise BadInput(f"{file}: cannot be read as XML: {error}") from None
        if root.tag != "annotation":
            raise BadInput(f"{file}: is no VOC file: it begins with {root.tag!r}, not with annotation")
        size = [root.findtext(f"size/{side}") or "0" for side in ("width", "height")]
        picture = root.findtext("filename") or f"{name}.jpg"
        media = self._picture(picture, folder, file)
        when = root.findtext("t")
        return Sample(
            id=name,
            target=self._objects(root, str(file)),
            size=(int(number_of(size[0], f"{file}: width")), int(number_of(size[1], f"{file}: height"))),
            media=media,
            split=split,
            origin=root.findtext("source/database") or "",
            group=root.findtext("group") or "",
            t=time_of(when, f"{file}: t"),
        )

    def _picture(self, name: str, folder: Path, file: Path) -> Path | None:
        """Return the picture: in JPEGImages, below the folder itself, or beside its XML file."""
        unseen: Counter[str] = Counter()
        for place in (folder / "JPEGImages", folder, file.parent):
            found = media_of(name, place, str(file), unseen)
            if found is not None:
                return found
        self._counts["missing_pictures"] += 1
        return None

    def _objects(self, root: ET.Element, where: str) -> Objects:
        rows = []
        for k, each in enumerate(root.findall("object"), start=1):
            at = f"{where}: object {k}"
            x0, y0, x1, y1 = (number_of(each.findtext(f"bndbox/{n}"), f"{at}: {n}") for n in _CORNERS)
            box = (x0 - self.first_px, y0 - self.first_px, x1, y1)
            label = (each.findtext("name") or "").strip()
            if not label:
                raise BadInput(f"{at}: has no name")
            if box[2] <= box[0] or box[3] <= box[1]:
                self._counts["degenerate_boxes"] += 1
                continue
            named = {a.findtext("name") or "": a.findtext("value") or "" for a in each.findall("attributes/attribute")}
            rows.append((box, label, (each.findtext("difficult") or "0").strip() == "1", named))
        return Objects(
            boxes=[row[0] for row in rows],  # type: ignore[arg-type]  # lists become read-only arrays in Objects
            labels=tuple(row[1] for row in rows),
            ignored=tuple(row[2] for row in rows),
            attributes=tuple(row[3] for row in rows),
        )

    def _element(self, sample: Sample, picture: str) -> ET.Element:
        root = ET.Element("annotation")
        _put(root, "filename", picture)
        if sample.origin:
            _put(ET.SubElement(root, "source"), "database", sample.origin)
        size = ET.SubElement(root, "size")
        for side, value in zip(("width", "height", "depth"), (*sample.size, 3), strict=True):
            _put(size, side, str(value))
        if sample.group:
            _put(root, "group", sample.group)
        if sample.t is not None:
            _put(root, "t", repr(sample.t))
        found = objects(sample)
        for k, (x0, y0, x1, y1) in enumerate(found.boxes.tolist()):
            each = ET.SubElement(root, "object")
            _put(each, "name", found.labels[k])
            _put(each, "difficult", str(int(found.ignored[k])))
            box = ET.SubElement(each, "bndbox")
            for corner, value in zip(_CORNERS, (x0 + self.first_px, y0 + self.first_px, x1, y1), strict=True):
                _put(box, corner, _plain(value))
            if found.attributes[k]:
                table = ET.SubElement(each, "attributes")
                for name, text in found.attributes[k].items():
                    one = ET.SubElement(table, "attribute")
                    _put(one, "name", name)
                    _put(one, "value", text)
        return root


_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _plain(value: float) -> str:
    """Return a number without a needless fraction, as tools that read whole pixels need it."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else repr(value)


def _splits(folder: Path) -> dict[str, Split]:
    """Return the split of each name by the lists; lists of a class (`car_train.txt`) and of both (`trainval`) say nothing more."""
    found: dict[str, Split] = {}
    for file in sorted(folder.glob("*.txt")) if folder.is_dir() else ():
        split = split_named(file.stem)
        if split:
            found |= {line.strip(): split for line in read_text(file).splitlines() if line.strip()}
    return found
