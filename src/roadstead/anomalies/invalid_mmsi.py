"""Invalid MMSI: a vessel reports under a number that no ship is given (MMSI异常)."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from roadstead.anomalies import anomaly
from roadstead.anomalies._mmsi import form
from roadstead.anomalies._runs import evidence
from roadstead.anomalies._vessels import VESSEL
from roadstead.positions import Bools, Fleet
from roadstead.types import Evidence, Floats, Text

_WHY = MappingProxyType(
    {
        "digits": Text("it has not nine digits", "不是九位数字"),
        "form": Text("no station's number begins like that", "首位数字不属于任何台站类别"),
        "mid": Text("its country digits are allocated to nobody", "所含国家识别码未分配"),
        "group": Text("it is a group's call, under which nobody transmits", "属船舶组呼号码，不得用于发射"),
        "handheld": Text("it is a hand-held radio's", "属手持甚高频电台号码"),
        "sar_aircraft": Text("it is a rescue aircraft's, in a ship's messages", "属搜救航空器号码，却发送船舶报文"),
        "sart": Text("it is a distress beacon's (AIS-SART), in a ship's messages", "属搜救应答器号码，却发送船舶报文"),
        "man_overboard": Text(
            "it is a man-overboard beacon's, in a ship's messages", "属人员落水示位标号码，却发送船舶报文"
        ),
        "epirb": Text("it is an emergency beacon's (EPIRB), in a ship's messages", "属应急示位标号码，却发送船舶报文"),
        "amrd": Text(
            "it is a maritime radio device's, in a ship's messages", "属自主海上无线电设备号码，却发送船舶报文"
        ),
    }
)
_ALWAYS = frozenset({"digits", "form", "mid", "group", "handheld"})
_CLASS_A = (1, 2, 3)
_SHIP = (5, 18, 19, 24)
"""Messages of ships that neither beacons nor aircraft send (ITU-R M.1371-5: beacons send 1 and 14, aircraft 9)."""


@anomaly("invalid_mmsi", zh="MMSI异常")
@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidMmsi:
    """Found for a vessel whose number is no ship's: one finding a mover, over all its reports.

    The number has not nine digits, begins like no station's, or its country digits (MID) are not allocated; or it is of
    another kind of station (ITU-R M.585-9): a group of ships, a hand-held radio, and, where the messages are a ship's, a
    rescue aircraft or a beacon. Coast stations and aids to navigation are left to `aid_misuse`, craft of a parent
    ship (98) are ships. Identities that are not of digits alone, and terminals of JT/T 808, have no MMSI: nothing is said.
    """

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield every such mover."""
        message = fleet.column("message")
        for k, (name, label) in enumerate(zip(fleet.reports.movers, fleet.labels, strict=True)):
            if label not in VESSEL or not name.isdigit():
                continue
            kind = form(name)
            if kind not in _WHY:
                continue
            own = slice(int(fleet.start[k]), int(fleet.start[k + 1]))
            t, sent = fleet.t[own], message[own]
            rows = np.flatnonzero(np.isfinite(t) & ~(sent > 27)) + own.start
            if len(rows) and (kind in _ALWAYS or _of_ship(sent, kind).any()):
                why = _WHY[kind]
                because = Text(f"{name} is no ship's number: {why.en}", f"{name} 不是船舶识别码：{why.zh}")
                yield evidence(fleet, rows, because, {"mmsi": name, "fault": kind})


def _of_ship(message: Floats, kind: str) -> Bools:
    """Tell which messages a beacon or an aircraft does not send."""
    return np.isin(message, _SHIP if kind != "sar_aircraft" else (*_CLASS_A, *_SHIP))
