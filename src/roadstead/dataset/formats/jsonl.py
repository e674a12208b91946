"""JSON Lines: one sample a line, with every sort of target and nothing lost. The keys are told in docs/datasets.md.

<folder>/samples.jsonl, train.jsonl, val.jsonl, test.jsonl      samples without a split, and of each
<folder>/pictures/, <folder>/masks/                             what was copied when writing
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, get_args

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import checked, placed
from roadstead.dataset.formats._rows import (
    Row,
    by_split,
    facts,
    left,
    maybe_text,
    media_of,
    of_facts,
    read_lines,
    split_files,
    text_of,
    unique,
    write_lines,
)
from roadstead.dataset.formats._targets import from_row, to_row, way_of
from roadstead.dataset.samples import Sample, Split, Target
from roadstead.errors import BadInput


@format_("jsonl", zh="JSON Lines 样本（本系统交换格式）")
@dataclass(frozen=True, slots=True, kw_only=True)
class Jsonl:
    """Every sort of target, one JSON object a line. `file` names the one file to read, where there are others."""

    loses: ClassVar[frozenset[str]] = frozenset()
    targets: ClassVar[tuple[type[Target], ...]] = get_args(Target)
    file: str = ""
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: missing_pictures (the sample is yielded without)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a line; raise BadInput naming file and line."""
        for file, split in split_files(folder, (".jsonl",), self.file):
            yield from unique((self._sample(row, where, folder, split) for where, row in read_lines(file)), file)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write a file for each split."""
        for split, some in by_split(samples).items():
            write_lines(folder / f"{split or 'samples'}.jsonl", [_row(sample, folder) for sample in some])

    def _sample(self, row: Row, where: str, folder: Path, split: Split | None) -> Sample:
        unknown = row.keys() - _KEYS
        if unknown:
            raise BadInput(f"{where}: has an unknown key {min(unknown)!r}; there are {', '.join(sorted(_KEYS))}")
        return Sample(
            id=text_of(row, "id", where),
            target=from_row(row.get("target"), f"{where}: target", folder),
            media=media_of(maybe_text(row, "media", where), folder, where, self._counts),
            text=maybe_text(row, "text", where),
            way=way_of(row.get("way"), where),
            **facts(row, where, split),
        )


_KEYS = frozenset(["id", "media", "text", "way", "target", "split", "group", "origin", "t", "width", "height"])


def _row(sample: Sample, folder: Path) -> Row:
    row: Row = {"id": sample.id}
    if sample.media is not None:
        row["media"] = placed(sample.media, folder, f"pictures/{checked(sample.id)}")
    if sample.text:
        row["text"] = sample.text
    if sample.way is not None:
        row["way"] = sample.way.tolist()
    target = to_row(sample, folder)
    return {**row, **({} if target is None else {"target": target}), **of_facts(sample)}
