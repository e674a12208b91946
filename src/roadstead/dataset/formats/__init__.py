"""How data sets lie in folders: one file a format."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Protocol

from roadstead.dataset.samples import Sample, Target
from roadstead.registry import Registry


class Format(Protocol):
    """A frozen dataclass whose fields are its settings.

    `loses` names the fields of Sample and of Objects that it has no place for; the others come back as they were written.
    `targets` are the sorts of targets that it carries; writing any other raises BadInput.
    """

    loses: ClassVar[frozenset[str]]
    targets: ClassVar[tuple[type[Target], ...]]

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of what was read: what was left out, and what is odd and was kept."""

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield the samples of a folder; raise BadInput naming the file where it is not of this format."""

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write samples into a folder, pictures beside them (one that lies in its place is left there); raise BadInput."""


plugins: Registry[Format] = Registry("dataset.formats", "format")
format_ = plugins
