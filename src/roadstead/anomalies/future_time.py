"""Future time: a report is dated later than it was received (时间超前)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._clocks import FUTURE_S, ClockTerms, clocks, dated
from roadstead.anomalies._runs import sureness
from roadstead.positions import Fleet
from roadstead.types import Evidence, Text


@anomaly("future_time", zh="时间超前")
@dataclass(frozen=True, slots=True, kw_only=True)
class FutureTime:
    """Found where the device time of a report is more than `ahead_s` after its reception; one such report is enough.

    Backfilled or not: nothing is sent before it is measured. Where the lead is a time zone's, for three reports or
    more, it is zone_error's; less than `ahead_s`, it is clock_skew's. The finding is dated by the time of reception.
    """

    ahead_s: Annotated[float, Gt(0)] = FUTURE_S

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run, in the order of reception, of such reports."""
        for clock in clocks(fleet, ClockTerms(future_s=self.ahead_s)):
            if clock.case != "future":
                continue
            ahead_s = -clock.lag_s
            because = Text(
                f"{len(clock.rows)} reports dated {ahead_s:.0f} s after their reception, more than {self.ahead_s:.0f} s",
                f"连续 {len(clock.rows)} 条上报的终端时间超前接收时间 {ahead_s:.0f} 秒，超过 {self.ahead_s:.0f} 秒",
            )
            measured = {"ahead_s": ahead_s, "limit_s": self.ahead_s}
            yield dated(fleet, clock, because, measured, sureness(ahead_s, self.ahead_s))
