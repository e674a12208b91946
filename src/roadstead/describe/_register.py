"""A register of known plates or names: what is read is looked up in it, and near ones are told; nothing is ever replaced."""

import csv
from dataclasses import dataclass
from pathlib import Path

from roadstead.describe._ballot import distance
from roadstead.errors import BadInput


@dataclass(frozen=True, slots=True)
class Register:
    """Known texts. `near` is how many edits away one may be to be told of, `at_most` how many are told."""

    known: frozenset[str]
    near: int = 2
    at_most: int = 5

    def __contains__(self, text: str) -> bool:
        return text in self.known

    def candidates(self, text: str) -> tuple[str, ...]:
        """Return known texts that a text may be a misreading of, nearest first; none where it is known itself."""
        if text in self.known:
            return ()
        some = [one for one in self.known if abs(len(one) - len(text)) <= self.near]
        found = sorted((edits, one) for one in some if (edits := distance(text, one)) <= self.near)
        return tuple(one for _, one in found[: self.at_most])


def read(file: Path, column: str, near: int) -> Register:
    """Read a table (CSV, UTF-8) with a column of texts; raise BadInput where there is no such file or column, or no text in it."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            if column not in (rows.fieldnames or ()):
                raise BadInput(f"{file}: has no column {column!r}; its columns are {', '.join(rows.fieldnames or ())}")
            known = frozenset(text for row in rows if (text := (row[column] or "").strip()))
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{file}: is not UTF-8; save the register as a UTF-8 table") from None
    if not known:
        raise BadInput(f"{file}: column {column!r} is empty; a register without a text finds nothing")
    return Register(known, near)
