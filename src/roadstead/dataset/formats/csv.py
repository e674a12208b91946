"""CSV: one sample a row; which column is what is a setting.

<folder>/samples.csv           or the only *.csv (also .tsv, .csv.gz), or the one that `file` names
<folder>/pictures/             what was copied when writing
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Len

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._columns import Columns, read_rows, to_rows
from roadstead.dataset.formats._rows import demand, left, read_table, split_files, unique, write_table
from roadstead.dataset.samples import Attributes, Label, Sample, Target, Text


@format_("csv", zh="CSV 表格标注")
@dataclass(frozen=True, slots=True, kw_only=True)
class Csv:
    """Labels, attributes, texts of pictures, or ways: a table with a row a sample (of ways: a row a point).

    `columns` names what is where, `file` the one file to read where there are others. An `attribute.<name>` column is an
    attribute without being named.
    """

    loses: ClassVar[frozenset[str]] = frozenset()
    targets: ClassVar[tuple[type[Target], ...]] = (Label, Attributes, Text)
    file: str = ""
    delimiter: Annotated[str, Len(1, 1)] = ","
    columns: Columns = field(default_factory=Columns)
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: missing_pictures (the sample is yielded without)."""
        return left(self._counts)

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield a sample a row, or a way of several; raise BadInput naming file and line."""
        for file, split in split_files(folder, (".csv", ".csv.gz", ".tsv"), self.file):
            rows = list(read_table(file, "\t" if file.suffix == ".tsv" else self.delimiter))
            yield from unique(read_rows(rows, self.columns, folder, split, self._counts), file)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write samples.csv, and copy pictures that do not lie in the folder."""
        every = list(samples)
        for sample in every:
            demand(sample, self.targets, "csv")
        rows = to_rows(every, self.columns, folder, flat=True)
        write_table(folder / (self.file or "samples.csv"), rows, self.delimiter)
