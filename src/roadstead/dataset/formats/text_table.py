"""Tables of texts: CSV or TSV with a text and its label, a text and what is to be written of it, or questions and answers.

<folder>/<split>.csv or .tsv, samples.csv; or the only one, or the one that `file` names
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._rows import (
    Row,
    by_split,
    demand,
    facts,
    left,
    maybe_text,
    number_of,
    of_facts,
    read_table,
    split_files,
    unique,
    write_table,
)
from roadstead.dataset.samples import Answer, Label, Sample, Split, Target, Text, kind
from roadstead.errors import BadInput


@format_("text_table", zh="文本表格（分类、摘要、问答）")
@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """Texts with labels, with what is to be written, or with questions.

    The settings name the columns: `text` is what is shown; a file with `question` holds questions (with `answer`, empty where
    the text does not say, and `start`, the character where it stands), one with `label` classes, one with `target` texts.
    """

    loses: ClassVar[frozenset[str]] = frozenset({"media", "way"})
    targets: ClassVar[tuple[type[Target], ...]] = (Label, Text, Answer)
    file: str = ""
    suffix: Literal[".csv", ".tsv"] = ".csv"
    text: str = "text"
    label: str = "label"
    target: str = "summary"
    question: str = "question"
    answer: str = "answer"
    start: str = "start"
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: unlabelled (an empty cell; yielded as still to label)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a row; raise BadInput naming file and line."""
        for file, split in split_files(folder, (".csv", ".tsv", ".csv.gz", ".tsv.gz"), self.file):
            yield from unique(self._samples(file, split), file)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write a table for each split; its samples have one sort of target."""
        for split, some in by_split(samples).items():
            kinds = sorted({kind(s.target) for s in some if s.target is not None})
            if len(kinds) > 1:
                raise BadInput(f"{folder}: a table carries one sort of target, not {' and '.join(kinds)}; write jsonl")
            for sample in some:
                demand(sample, self.targets, "text_table")
            name = f"{split or 'samples'}{self.suffix}"
            rows = [self._row(sample, blank=not kinds) for sample in some]
            write_table(folder / name, rows, "\t" if self.suffix == ".tsv" else ",")

    def _samples(self, file: Path, split: Split | None) -> Iterator[Sample]:
        rows = list(read_table(file, "\t" if ".tsv" in file.suffixes else ","))
        known = {name for _, row in rows[:1] for name in row}
        if rows and self.text not in known:
            raise BadInput(f"{rows[0][0]}: there is no column {self.text!r}; there are {', '.join(sorted(known))}")
        for number, (where, row) in enumerate(rows, start=1):
            target = self._target(row, known, where)
            self._counts["unlabelled"] += target is None
            name = maybe_text(row, "id", where) or f"{split or file.name.partition('.')[0]}/{number}"
            yield Sample(id=name, target=target, text=row[self.text], **facts(row, where, split))

    def _target(self, row: Row, known: Collection[str], where: str) -> Target | None:
        if self.question in known:
            start, said = row.get(self.start) or None, row.get(self.answer) or None
            at = None if start is None else int(number_of(start, f"{where}: {self.start}"))
            return Answer(row[self.question], said, at) if row[self.question] else None
        if self.label in known:
            return Label(row[self.label]) if row[self.label] else None
        if self.target in known:
            return Text(row[self.target]) if row[self.target] else None
        raise BadInput(
            f"{where}: has no column {self.question}, {self.label} or {self.target}; set one to what its column is called: "
            f"{', '.join(sorted(known))}"
        )

    def _row(self, sample: Sample, *, blank: bool) -> Row:
        row: Row = {"id": sample.id, self.text: sample.text}
        match sample.target:
            case Label(label=label):
                row[self.label] = label
            case Text(text=text):
                row[self.target] = text
            case Answer(question=question, text=said, start=start):
                row |= {self.question: question, self.answer: said or "", self.start: "" if start is None else start}
            case _ if blank:
                row[self.label] = ""
        return row | of_facts(sample)
