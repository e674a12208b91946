"""Gap: a truck that should report does not (轨迹中断)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._causes import SilenceTerms, unaccounted
from roadstead.anomalies._silent_evidence import of_silence
from roadstead.positions import Fleet
from roadstead.types import Evidence, Ref


@anomaly("gap", zh="轨迹中断")
@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Found where a truck is silent for more than `intervals` of its usual intervals and `least_s`, also if it still is.

    In event time: what was stored and sent later closes the gap. A silence still open counts if the truck had been known
    for `least_s`. `measured["cause"]` is one of: antenna (it raised an alarm), power_cut (lost its supply and moved),
    device_off (switched off, but moved more than `moved_m`; insufficient if it lost its supply where it stands),
    tampering (it was on, nothing explains it, and at least three others were heard there meanwhile); and, as insufficient, network (its
    heartbeats went on, or what was stored covers only a part) and unexplained (fewer others to compare with, or no word
    on its ignition). No finding: switched off where it stands; a hole of coverage (a zone of `holes` that holds the last
    or the first place, or a cell of 1 km in which at least three movers and 30 % of all passes begin or end with a
    silence); an outage (`station_outage`, with its defaults).
    """

    whole_fleet: ClassVar[bool] = True

    intervals: Annotated[float, Gt(1)] = 5.0
    least_s: Annotated[float, Gt(0)] = 120.0
    moved_m: Annotated[float, Gt(0)] = 200.0
    holes: tuple[Annotated[str, Ref("zone")], ...] = ()

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each silence of a truck that is not accounted for."""
        terms = SilenceTerms(
            label="truck",
            factor=self.intervals,
            least_s=self.least_s,
            moved_m=self.moved_m,
            holes=self.holes,
            hole_deg=0.01,
            near_deg=0.02,
        )
        for silent in unaccounted(fleet, terms):
            yield of_silence(fleet, silent)
