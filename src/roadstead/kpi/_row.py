"""One row of the table of key figures, and how it is written."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from roadstead.kpi._formulas import Share, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures of one terminal, one operator, or all."""

    level: Literal["total", "operator", "terminal"]
    operator: str = ""
    terminal: str = ""
    plate: str = ""
    tally: Tally
    shares: Mapping[str, Share]


def called(row: Row) -> str:
    """Return what a row is of."""
    if row.level == "total":
        return "合计 total"
    return row.operator if row.level == "operator" else f"  {row.terminal} {row.plate}".rstrip()


def percent(share: Share) -> str:
    """Return a share as it is shown; a dash where there is none."""
    return "–" if share.value is None else f"{100 * share.value:.2f} %"


def width(text: str) -> int:
    """Return how many columns of a screen a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
