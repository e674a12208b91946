"""Clock skew: the device's clock is steadily off the time of reception (时钟偏差)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._clocks import SKEW_S, ClockTerms, clocks, dated
from roadstead.anomalies._runs import sureness
from roadstead.positions import Fleet
from roadstead.types import Evidence, Text

_HOUR_S, _DAY_S = 3600.0, 86400.0
_ROLLOVER_S = 1024 * 7 * _DAY_S
"""The week number of GPS has 10 bits: it begins anew after 1024 weeks."""
_NEAR_S = 60.0

Cause = Literal["seconds", "whole hours", "whole days", "-1024 weeks"]

_ZH = {"seconds": "秒级偏差", "whole hours": "整小时偏差", "whole days": "整日偏差", "-1024 weeks": "GPS 周数翻转"}


@anomaly("clock_skew", zh="时钟偏差")
@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSkew:
    """Found where device times are off those of reception by more than `off_s`, steadily.

    For at least five reports over a minute, in the order of reception; backfilled reports do not count. Steady is a lag
    that stays within 15 s of its median and drifts by no more than 1 in 1000, so that a queue let go at once (whose lag
    falls with every report) is none. A lead beyond 600 s is future_time's, a lag or lead of another time zone
    zone_error's. Named are the seconds, whole hours or days, and -1024 weeks of a receiver whose week number began
    anew. The finding is dated by the time of reception.
    """

    off_s: Annotated[float, Gt(0)] = SKEW_S

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of such reports."""
        for clock in clocks(fleet, ClockTerms(skew_s=self.off_s)):
            if clock.case != "skew":
                continue
            cause = _cause(abs(clock.lag_s))
            because = Text(
                f"the device's clock is {abs(clock.lag_s):.0f} s {'behind' if clock.lag_s > 0 else 'ahead'} for "
                f"{len(clock.rows)} reports, more than {self.off_s:.0f} s ({cause})",
                f"终端时钟{'落后' if clock.lag_s > 0 else '超前'} {abs(clock.lag_s):.0f} 秒，持续 "
                f"{len(clock.rows)} 条上报，超过 {self.off_s:.0f} 秒（{_ZH[cause]}）",
            )
            measured = {"offset_s": -clock.lag_s, "limit_s": self.off_s, "cause": cause}
            yield dated(fleet, clock, because, measured, sureness(abs(clock.lag_s), self.off_s))


def _cause(off_s: float) -> Cause:
    """Name what makes a clock be off by so many seconds.

    >>> _cause(72.0), _cause(86_410.0), _cause(1024 * 7 * 86400 + 2.0)
    ('seconds', 'whole days', '-1024 weeks')
    """
    if abs(off_s - _ROLLOVER_S) <= _DAY_S:
        return "-1024 weeks"
    for name, unit_s in (("whole days", _DAY_S), ("whole hours", _HOUR_S)):
        times = round(off_s / unit_s)
        if times and abs(off_s - times * unit_s) <= _NEAR_S:
            return "whole days" if name == "whole days" else "whole hours"
    return "seconds"
