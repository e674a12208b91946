"""Pictures with what is to be written of them: captions, plates.

<folder>/[<split>/]metadata.jsonl or metadata.csv     `file_name` and `text` (or `texts`, several of one picture)
<folder>/[<split>/]a.jpg, a.txt                       or a text file beside each picture
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import below, checked, named, placed
from roadstead.dataset.formats._rows import (
    Row,
    by_split,
    demand,
    facts,
    left,
    maybe_text,
    media_of,
    of_facts,
    read_lines,
    read_table,
    read_text,
    split_named,
    text_of,
    unique,
    write_lines,
)
from roadstead.dataset.samples import Sample, Split, Target, Text
from roadstead.errors import BadInput

_NAMES = ("metadata.jsonl", "captions.jsonl", "metadata.csv", "captions.csv")


@format_("image_text", zh="图文对")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImageText:
    """Pictures with texts. `image` and `text` name the columns; a picture with several texts becomes several samples of a group."""

    loses: ClassVar[frozenset[str]] = frozenset({"text", "way"})
    targets: ClassVar[tuple[type[Target], ...]] = (Text,)
    image: str = "file_name"
    text: str = "text"
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: missing_pictures (yielded without), pictures_without_text (beside others that have one; left out)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a text; raise BadInput naming file and line."""
        sides = [(p, split_named(p.name)) for p in sorted(folder.iterdir()) if p.is_dir()] if folder.is_dir() else []
        places: list[tuple[Path, Split | None]] = [(folder, None), *((p, side) for p, side in sides if side)]
        tables = [(place / name, side) for place, side in places for name in _NAMES if (place / name).is_file()]
        for file, side in tables:
            yield from unique(self._rows(file, side), file)
        if not tables:
            yield from self._beside(folder)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write metadata.jsonl for each split, and bring the pictures beside it; a sample needs its picture."""
        for split, some in by_split(samples).items():
            place = folder / (split or "")
            write_lines(place / "metadata.jsonl", [self._row(sample, place) for sample in some])

    def _row(self, sample: Sample, place: Path) -> Row:
        demand(sample, self.targets, "image_text")
        if sample.media is None:
            raise BadInput(f"sample {sample.id!r}: has no picture, and image_text needs one of every sample")
        row: Row = {self.image: placed(sample.media, place, checked(sample.id)), "id": sample.id}
        if isinstance(sample.target, Text):
            row[self.text] = sample.target.text
        return row | of_facts(sample)

    def _rows(self, file: Path, split: Split | None) -> Iterator[Sample]:
        for where, row in read_lines(file) if file.suffix == ".jsonl" else read_table(file, ","):
            name = text_of(row, self.image, where)
            media = media_of(name, file.parent, where, self._counts)
            texts = _texts(row, self.text, where)
            known: dict[str, Any] = facts(row, where, split)
            given = maybe_text(row, "id", where) or Path(name).with_suffix("").as_posix()
            if len(texts) > 1:
                known["group"] = known["group"] or given
            for k, text in enumerate(texts, start=1):
                own = given if len(texts) == 1 else f"{given}#{k}"
                yield Sample(id=own, target=None if text is None else Text(text), media=media, **known)

    def _beside(self, folder: Path) -> Iterator[Sample]:
        pictures = below(folder)
        told = [p for p in pictures if p.with_suffix(".txt").is_file()]
        if not told:
            raise BadInput(f"{folder}: holds neither {', '.join(_NAMES)} nor pictures with a .txt beside them")
        self._counts["pictures_without_text"] += len(pictures) - len(told)
        for file, name in zip(told, named([(p, folder) for p in told], folder), strict=True):
            text = read_text(file.with_suffix(".txt")).strip()
            parts = file.relative_to(folder).parts
            side = split_named(parts[0]) if len(parts) > 1 else None
            yield Sample(id=name, target=Text(text) if text else None, media=file, split=side)


def _texts(row: Row, key: str, where: str) -> list[str | None]:
    several = row.get(f"{key}s")
    if several is None:
        return [maybe_text(row, key, where) or None]
    if not isinstance(several, list) or not several or not all(isinstance(one, str) for one in several):
        raise BadInput(f"{where}: {key}s must be a list of texts")
    return list(several)
