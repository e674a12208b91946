"""JSON: a list of objects, one a sample; which key is what is a setting.

<folder>/samples.json          or the only *.json, or the one that `file` names
<folder>/pictures/             what was copied when writing
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._columns import Columns, read_rows, to_rows
from roadstead.dataset.formats._rows import Row, demand, left, read_text, split_files, unique
from roadstead.dataset.samples import Attributes, Label, Sample, Target, Text
from roadstead.errors import BadInput


@format_("json", zh="JSON 列表标注")
@dataclass(frozen=True, slots=True, kw_only=True)
class Json:
    """Labels, attributes, texts of pictures, or ways, as a JSON list. `columns` names the keys, `file` the one file to read."""

    loses: ClassVar[frozenset[str]] = frozenset()
    targets: ClassVar[tuple[type[Target], ...]] = (Label, Attributes, Text)
    file: str = ""
    columns: Columns = field(default_factory=Columns)
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: missing_pictures (the sample is yielded without)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample an object, or a way of several; raise BadInput naming file and entry."""
        for file, split in split_files(folder, (".json",), self.file):
            yield from unique(read_rows(_rows(file), self.columns, folder, split, self._counts), file)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write samples.json, and copy pictures that do not lie in the folder."""
        every = list(samples)
        for sample in every:
            demand(sample, self.targets, "json")
        rows = to_rows(every, self.columns, folder, flat=False)
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(rows, ensure_ascii=False, allow_nan=False, indent=1)
        (folder / (self.file or "samples.json")).write_text(f"{text}\n", encoding="utf-8")


def _rows(file: Path) -> list[tuple[str, Row]]:
    try:
        rows = json.loads(read_text(file))
    except ValueError as error:
        raise BadInput(f"{file}: is not JSON: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{file}: must be a JSON list of objects")
    return [(f"{file}: entry {k}", row) for k, row in enumerate(rows, start=1)]
