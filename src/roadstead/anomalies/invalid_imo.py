"""Invalid IMO number: the last digit doesn't fit the others, so nobody was given that number (IMO 校验位错误)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from roadstead.anomalies import anomaly
from roadstead.anomalies._imo import check_digit, valid
from roadstead.anomalies._runs import evidence, runs
from roadstead.anomalies._statics import codes
from roadstead.anomalies._vessels import vessels
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Text


@anomaly("invalid_imo", zh="IMO 校验位错误")
@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidImo:
    """Found where a vessel gives an IMO number with a wrong check digit, or one of fewer than seven digits; not for 0 (none)."""

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield for each vessel and wrong number the reports that carry it, from the first to the last in a row."""
        values, said = codes(fleet, "imo")
        wrong = np.array([not valid(int(v)) for v in values] + [False], dtype=bool)
        if not wrong.any():
            return
        rows = vessels(fleet, said >= 0)
        for run in runs(fleet, rows, wrong[said[rows]]):
            for part in np.split(run, np.flatnonzero(np.diff(said[run])) + 1):
                yield self._evidence(fleet, part, int(values[said[part[0]]]))

    def _evidence(self, fleet: Fleet, rows: Ints, imo: int) -> Evidence:
        due = check_digit(imo)
        if due is None:
            because = Text(f"IMO {imo} has fewer than seven digits", f"IMO 号 {imo} 不足七位")
        else:
            because = Text(
                f"IMO {imo} ends in {imo % 10} where its check digit would be {due}",
                f"IMO 号 {imo} 末位为 {imo % 10}，校验位应为 {due}",
            )
        return evidence(fleet, rows, because, {"imo": imo, "check_digit": due})
