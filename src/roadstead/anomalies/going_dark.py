"""Going dark: a vessel under way or at anchor stops transmitting (AIS关闭)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._causes import SilenceTerms, unaccounted
from roadstead.anomalies._silent_evidence import of_silence
from roadstead.positions import Fleet
from roadstead.types import Evidence, Ref

_ALONE = 1.15


@anomaly("going_dark", zh="AIS关闭")
@dataclass(frozen=True, slots=True, kw_only=True)
class GoingDark:
    """Found where a vessel is silent for more than `intervals` of the interval expected, and `warn_s`, also if it still is.

    The interval is that of its class and speed (ITU-R M.1371), or its own usual one where this is longer, since not
    every message is received. A silence still open counts if it had been known for `warn_s`. From `alert_s` on (two hours, the rule of the
    maritime safety administration of Nantong) it is a violation if at least three others were heard there meanwhile
    (`measured["cause"]` "tampering"); shorter, or with fewer ("unexplained"), it is insufficient. No finding: one with
    fewer that is less than 15 % longer than the limit, since at the edge of the range messages are lost in a row; a vessel
    that was moored, or stood without saying its status, and is still silent or comes back within `moved_m`; a hole of
    coverage, the edge of the range included (a zone of `holes`, or a cell of 5 km in which at least five vessels and
    30 % of all passes begin or end with a silence, or one that it would have reached on its course within `warn_s`); an
    outage (`station_outage`, with its defaults).
    """

    whole_fleet: ClassVar[bool] = True

    intervals: Annotated[float, Gt(1)] = 10.0
    warn_s: Annotated[float, Gt(0)] = 1800.0
    alert_s: Annotated[float, Gt(0)] = 7200.0
    moved_m: Annotated[float, Gt(0)] = 1000.0
    holes: tuple[Annotated[str, Ref("zone")], ...] = ()

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each silence of a vessel that is not accounted for."""
        terms = SilenceTerms(
            label="vessel",
            factor=self.intervals,
            least_s=self.warn_s,
            moved_m=self.moved_m,
            holes=self.holes,
            hole_deg=0.05,
            near_deg=0.1,
            hole_movers=5,
            alone_factor=_ALONE,
            ahead_s=(self.warn_s / 4, self.warn_s / 2, self.warn_s),
        )
        for silent in unaccounted(fleet, terms):
            yield of_silence(fleet, silent, outcome="violation" if silent.seconds >= self.alert_s else "insufficient")
