"""Station outage: many movers fall silent at the same moment, because what hears them does (基站/接收机中断)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.anomalies import anomaly
from roadstead.anomalies._outages import Outage, OutageTerms, outages
from roadstead.anomalies._runs import evidence, sureness
from roadstead.anomalies._silence import silences
from roadstead.positions import Fleet
from roadstead.types import Evidence, Measured, Text

_WHAT = {
    "peer": Text("the receiving station {0}", "接收站 {0}"),
    "feed": Text("the whole feed", "全部数据源"),
    "area": Text("the {0}", "区域 {0}"),
}


@anomaly("station_outage", zh="基站/接收机中断")
@dataclass(frozen=True, slots=True, kw_only=True)
class StationOutage:
    """Found once where at least `movers` fall silent together for more than `least_s`.

    That is a peer, or all of the feed, that brings nothing any more though so many movers had been heard by it within two
    of their intervals; or, for all but vessels, an area (neighbouring cells of 5 km) in which at least `share` of all that had been heard fall
    silent at the same moment. The subject is the name of the peer, "feed", or "area" and its middle. Trucks that had
    switched off don't count.
    """

    whole_fleet: ClassVar[bool] = True

    movers: Annotated[int, Ge(2)] = 5
    least_s: Annotated[float, Gt(0)] = 120.0
    share: Annotated[float, Gt(0), Le(1)] = 0.8

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each outage, from the last report before it to the first one after, or to now."""
        silent = silences(fleet)
        if len(silent) < self.movers:
            return
        terms = OutageTerms(movers=self.movers, least_s=self.least_s, share=self.share)
        for outage in outages(fleet, silent, terms):
            rows = np.sort(silent.before[outage.members])
            yield self._evidence(fleet, outage, rows)

    def _evidence(
        self, fleet: Fleet, outage: Outage, rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    ) -> Evidence:
        movers = len(np.unique(fleet.mover[rows]))
        lasted = outage.end - outage.begin
        what = _WHAT[outage.what]
        because = Text(
            f"{movers} of {outage.heard} movers fell silent together for {lasted:.0f} s (limits {self.movers} movers, {self.least_s:g} s): {what.en.format(outage.name)} was down",
            f"{outage.heard} 个目标中有 {movers} 个同时中断 {lasted:.0f} 秒(限值 {self.movers} 个、{self.least_s:g} 秒):{what.zh.format(outage.name)}中断",
        )
        measured: Measured = {
            "cause": "station",
            "scope": outage.what,
            "movers": movers,
            "heard_movers": outage.heard,
            "limit_movers": self.movers,
            "lasted_s": round(lasted, 3),
            "limit_s": self.least_s,
        }
        found = evidence(fleet, rows, because, measured, score=sureness(lasted, self.least_s), since=outage.begin)
        return replace(found, subject=outage.name, t=outage.end)
