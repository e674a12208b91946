"""The table of key figures: as text, as CSV, as a picture."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from roadstead.errors import RecordingError
from roadstead.kpi._formulas import Kpi
from roadstead.kpi._picture import picture
from roadstead.kpi._row import Row, called, percent, width


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All figures: the total first, then operators, then terminals, by name; `outside` positions lie in no slot."""

    rows: Sequence[Row]
    kpis: Mapping[str, Kpi]
    since: float | None
    until: float | None
    outside: int = 0

    def of(self, level: str) -> list[Row]:
        """Return the rows of a level."""
        return [row for row in self.rows if row.level == level]

    def text(self, most: int = 40) -> str:
        """Return the table for a screen, of terminals `most`; the last line says how many more there are."""
        heads = ["", "n", *(f"{kpi.name.zh} {kpi.name.en}" for kpi in self.kpis.values())]
        groups, terminals = [r for r in self.rows if r.level != "terminal"], self.of("terminal")
        cells = [heads] + [
            [called(row), str(row.tally.terminals), *(percent(row.shares[k]) for k in self.kpis)]
            for row in groups + terminals[:most]
        ]
        widths = [max(width(line[i]) for line in cells) for i in range(len(heads))]
        lines = [
            "  ".join(_padded(c, w, left=i == 0) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
            for line in cells
        ]
        if len(terminals) > most:
            lines.append(f"… {len(terminals) - most} more terminals 另有 {len(terminals) - most} 个终端")
        return "\n".join(line.rstrip() for line in lines) + "\n"

    def write_csv(self, path: Path) -> Path:
        """Write every row with numerators and denominators, as UTF-8 with a mark that Excel knows; raise RecordingError."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        heads = ["层级 level", "企业 operator", "终端 terminal", "车牌 plate", "终端数 terminals"]
        for kpi in self.kpis.values():
            name = f"{kpi.name.zh} {kpi.name.en}"
            heads += [f"{name} %", f"{name} 分子 numerator", f"{name} 分母 denominator"]
        writer.writerow(heads)
        for row in self.rows:
            cells = [row.level, _cell(row.operator), _cell(row.terminal), _cell(row.plate), str(row.tally.terminals)]
            for name in self.kpis:
                share = row.shares[name]
                cells += [
                    "" if share.value is None else f"{100 * share.value:.4f}",
                    f"{share.of:.10g}",
                    f"{share.all:.10g}",
                ]
            writer.writerow(cells)
        return _written(path, text.getvalue().encode("utf-8-sig"))

    def write_picture(self, path: Path, most: int = 40) -> Path:
        """Write an SVG of a bar for each figure of the total and of `most` operators; raise RecordingError."""
        operators = self.of("operator")
        shown = [*self.of("total"), *operators[:most]]
        return _written(path, picture(shown, self.kpis, len(operators) - len(operators[:most])).encode())


def _written(path: Path, data: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise RecordingError(
            f"{path}: the key figures cannot be written: {error.strerror}; free space or choose another folder"
        ) from error
    return path


def _cell(text: str) -> str:
    """Return text that a spreadsheet takes for no formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _padded(text: str, columns: int, *, left: bool) -> str:
    blank = " " * (columns - width(text))
    return text + blank if left else blank + text
