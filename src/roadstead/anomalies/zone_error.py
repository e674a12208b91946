"""Zone error: the device's clock is right but in another time zone, such as UTC sent as Beijing time (时区错误)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt, Interval

from roadstead.anomalies import anomaly
from roadstead.anomalies._clocks import ZONE_S, ClockTerms, clocks, dated
from roadstead.positions import Fleet
from roadstead.types import Evidence, Text


@anomaly("zone_error", zh="时区错误")
@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneError:
    """Found where device times are 8 h off those of reception, to `within_s`, or off by another zone, to 2 min.

    For at least three reports in the order of reception, over a minute. -8 h is UTC sent as China's time, +8 h the
    shift applied twice; the other zones are those in use, with their quarters of an hour, seen from `home_h` hours east
    of UTC. Such reports are this anomaly's alone: clock_skew, future_time and out_of_order leave them out. Backfilled
    reports are not judged. The finding is dated by the time of reception.
    """

    within_s: Annotated[float, Gt(0)] = ZONE_S
    home_h: Annotated[float, Interval(ge=-12, le=14)] = 8.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of such reports."""
        for clock in clocks(fleet, ClockTerms(zone_s=self.within_s, home_h=self.home_h)):
            if clock.case != "zone":
                continue
            hours = clock.zone_h
            because = Text(
                f"{len(clock.rows)} reports in a row whose device time is {hours:+g} h off that of reception "
                f"({-clock.lag_s:+.0f} s): {_meaning_en(hours)}",
                f"连续 {len(clock.rows)} 条上报的终端时间与接收时间相差 {hours:+g} 小时"
                f"（{-clock.lag_s:+.0f} 秒）：{_meaning_zh(hours)}",
            )
            measured = {
                "offset_s": -clock.lag_s,
                "zone_offset_h": hours,
                "residual_s": -clock.lag_s - hours * 3600.0,
                "limit_s": self.within_s,
            }
            yield dated(fleet, clock, because, measured, 1.0)


def _meaning_en(hours: float) -> str:
    if hours == -8:
        return "UTC sent as local time"
    return "the zone's shift applied twice" if hours == 8 else "the clock of another time zone"


def _meaning_zh(hours: float) -> str:
    if hours == -8:
        return "将世界时当作北京时间上报"
    return "时区偏移被重复加算" if hours == 8 else "使用了其他时区的时间"
