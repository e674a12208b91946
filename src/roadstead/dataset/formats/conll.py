"""CoNLL: one token a line with its tag in a column, sentences apart by an empty line.

    <folder>/<split>.conll (.bio, .iob, .iob2, .txt), samples.conll; or the only one, or the one that `file` names

Columns are set apart by a tab where a line has one, else by spaces. Lines `# id = …`, `# group = …` and so on before a sentence
say what is known of it, as CoNLL-U has it; other comments and -DOCSTART- lines are passed over.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
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
    of_facts,
    read_text,
    split_files,
    unique,
)
from roadstead.dataset.samples import Entities, Sample, Split, Target
from roadstead.dataset.tags import Scheme, broken, converted
from roadstead.errors import BadInput

SUFFIXES = (".conll", ".bio", ".iob", ".iob2", ".txt")
_TAG = re.compile(r"O|[BIES]-\S+")
_FACT = re.compile(r"#\s*(id|group|origin|t|width|height)\s*=\s*(.*)")


@format_("conll", zh="CoNLL 序列标注（BIO/BIOES）")
@dataclass(frozen=True, slots=True, kw_only=True)
class Conll:
    """Tokens with BIO or BIOES tags.

    `token` and `tag` are the columns, from 0, or from the last: -1. `scheme` is the one that tags are turned into when reading
    and writing; none: they stay. A broken sequence (an inside without a beginning) is refused, or with `broken = "repair"`
    begun there and counted.
    """

    loses: ClassVar[frozenset[str]] = frozenset({"size", "media", "text", "way"})
    targets: ClassVar[tuple[type[Target], ...]] = (Entities,)
    file: str = ""
    token: int = 0
    tag: int = -1
    scheme: Scheme | None = None
    broken: Literal["refuse", "repair"] = "refuse"
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: broken_sequences (sentences that were repaired)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a sentence, its text the tokens with spaces between; raise BadInput naming file and line."""
        for file, split in split_files(folder, SUFFIXES, self.file):
            sentences = enumerate(_sentences(read_text(file)), start=1)
            yield from unique((self._sample(file, split, k, *sentence) for k, sentence in sentences), file)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write a file for each split, two columns: token and tag."""
        for split, some in by_split(samples).items():
            text = "".join(self._written(sample) for sample in some)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{split or 'samples'}.conll").write_text(text, encoding="utf-8")

    def _sample(self, file: Path, split: Split | None, k: int, known: Row, lines: list[tuple[int, str]]) -> Sample:
        where = f"{file}: line {lines[0][0]}"
        pairs = [self._pair(line, f"{file}: line {number}") for number, line in lines]
        tokens, tags = tuple(token for token, _ in pairs), tuple(tag for _, tag in pairs)
        wrong = broken(tags)
        if wrong is not None:
            if self.broken == "refuse":
                at, why = wrong
                raise BadInput(f'{file}: line {lines[at][0]}: {why}; mend it, or set broken = "repair"')
            self._counts["broken_sequences"] += 1
        if self.scheme is not None or wrong is not None:
            tags = converted(tags, self.scheme or "bio")
        name = known.pop("id", "") or f"{split or file.stem}/{k}"
        return Sample(id=name, target=Entities(tokens, tags), text=" ".join(tokens), **facts(known, where, split))

    def _pair(self, line: str, where: str) -> tuple[str, str]:
        cells = line.split("\t") if "\t" in line else line.split()
        columns = len(cells)
        if not all(-columns <= k < columns for k in (self.token, self.tag)) or columns < 2:
            raise BadInput(f"{where}: has {columns} columns; token is column {self.token}, tag {self.tag}")
        return cells[self.token], cells[self.tag].strip()

    def _written(self, sample: Sample) -> str:
        demand(sample, self.targets, "conll")
        if not isinstance(sample.target, Entities):
            raise BadInput(f"sample {sample.id!r}: has no tags yet, and conll has no place for that; write jsonl")
        tokens, tags = sample.target.tokens, sample.target.tags
        known = {"id": sample.id, **of_facts(sample)}
        if not tokens or any(re.search(r"[\t\r\n]", str(t)) or not str(t).strip() for t in (*tokens, *known.values())):
            raise BadInput(
                f"sample {sample.id!r}: has no token, or an empty one, or one that holds a tab or a line's end"
            )
        tags = converted(tags, self.scheme) if self.scheme else tags
        head = "".join(f"# {name} = {value}\n" for name, value in known.items() if name not in ("width", "height"))
        return head + "".join(f"{token}\t{tag}\n" for token, tag in zip(tokens, tags, strict=True)) + "\n"


def _sentences(text: str) -> Iterator[tuple[Row, list[tuple[int, str]]]]:
    """Yield what is known of each sentence, and its lines with their numbers."""
    known: Row = {}
    lines: list[tuple[int, str]] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if not line.strip():
            if lines:
                yield known, lines
                known, lines = {}, []
        elif not lines and (fact := _FACT.fullmatch(line.strip())):
            known[fact[1]] = fact[2]
        elif not lines and line.startswith("#") and not _TAG.fullmatch(line.split()[-1]):
            continue
        elif not line.startswith("-DOCSTART-"):
            lines.append((number, line.rstrip("\r")))
