"""Which column of a table, or which value of a message, is which field of a report."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from roadstead.errors import BadInput
from roadstead.positions import COLUMNS

SpeedUnit = Literal["kmh", "mps", "knots"]

MPS: Mapping[str, float] = MappingProxyType({"kmh": 1 / 3.6, "mps": 1.0, "knots": 1852 / 3600})
"""Metres per second of one of each unit."""

_KNOWN = (
    *("altitude_m", "satellites", "ignition", "nav_status", "class_b"),
    *("mileage_m", "recorder_mps", "turn_deg_min"),
)

ABOUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "mover": (
            *("mmsi", "mover", "uniqueid", "deviceid", "terminalid", "terminalno", "terminalphone", "simno", "imei"),
            *("vehicleid", "vehicleno", "plate", "plateno", "platenumber", "carno", "taxiid", "shipid", "nameid"),
            *("车牌号", "车牌号码", "车牌", "终端手机号", "终端号", "设备号", "设备编号", "trackid", "trace", "id"),
        ),
        "t": (
            *("basedatetime", "gpstime", "fixtime", "devicetime", "timestamp", "datetime", "time", "t", "ts"),
            *("定位时间", "gps时间", "上报时间", "采集时间", "时间"),
        ),
        "t_received": ("treceived", "servertime", "receivetime", "receivedat", "接收时间", "入库时间"),
        "lat": ("lat", "latitude", "纬度"),
        "lon": ("lon", "lng", "long", "longitude", "经度"),
        "speed": (
            *("sog", "speed", "speedmps", "speedkmh", "speedkph", "speedknots", "speedkn", "velocity"),
            *("速度", "车速", "行驶速度", "航速", "对地航速"),
        ),
        "course": ("cog", "course", "bearing", "direction", "方向", "方向角", "航向", "对地航向", "航迹向"),
        "heading": ("heading", "trueheading", "hdg", "船首向", "船艏向"),
        "name": ("vesselname", "shipname", "devicename", "name", "船名"),
        "call_sign": ("callsign", "呼号"),
        "imo": ("imo", "imonumber"),
        "kind": ("vesseltype", "shiptype", "船舶类型"),
        "length": ("length", "船长"),
        "beam": ("width", "beam", "船宽"),
        "draught": ("draft", "draught", "吃水"),
        "destination": ("destination", "目的地"),
        "device": ("device", "model", "terminalmodel", "终端型号"),
        "altitude_m": ("altitudem", "altitude", "alt", "ele", "elevation", "海拔", "高程"),
        "satellites": ("satellites", "sat", "sats", "卫星数"),
        "ignition": ("ignition", "acc"),
        "nav_status": ("navstatus", "navigationalstatus", "status", "航行状态"),
        "class_b": ("classb", "transceiverclass"),
        "mileage_m": ("mileagem",),
        "recorder_mps": ("recordermps",),
        "turn_deg_min": ("turndegmin", "rot", "rateofturn"),
    }
    | {name: () for name in COLUMNS if name not in _KNOWN}
)
"""For each field of a report that can be named in `columns`: the names it is known by, the likelier first.

Compared in small letters, without blanks, `_`, `-` and `.`, and without what stands in brackets. Fields without a name
here have to be named in the settings: what others call "accuracy", "load" or "status" is mostly something else.
"""

_BRACKETS = re.compile(r"[((\[][^))\]]*[))\]]")
_UNITS = (
    (re.compile(r"km/?h|kph|公里|千米", re.IGNORECASE), "kmh"),
    (re.compile(r"m/s|mps|米/秒", re.IGNORECASE), "mps"),
    (re.compile(r"knot|kn\b|\bkts?\b|节|^sog$", re.IGNORECASE), "knots"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How the values of one table or message are read: our field by their name; what one of its speeds is in m/s.

    `mps` is None where nothing tells the unit. `ais`: by its names this is a table of AIS reports, so that the values
    which AIS defines as "not available" mean just that.
    """

    at: Mapping[str, str]
    mps: float | None
    ais: bool


def plain(name: str) -> str:
    """Return a name as names are compared.

    >>> plain(" Speed_(km/h)")
    'speed'
    """
    return re.sub(r"[\s_\-.]", "", _BRACKETS.sub("", name)).casefold()


def bind(names: Iterable[str], columns: Mapping[str, str], speed_unit: SpeedUnit | None) -> Plan:
    """Find the fields among names: by `columns` (ours to theirs), and the rest by what it is usually called.

    Of a dotted name its last part counts, and shorter ones go first. Raises BadInput for a field that there is not, or
    a column that is not there.
    """
    theirs = sorted(names, key=lambda name: name.count("."))
    demand_fields(columns)
    for field, name in columns.items():
        if name not in theirs:
            raise BadInput(f"there is no column {name!r} for {field}; there are: {', '.join(theirs)[:400]}")
    known: dict[str, str] = {}
    for name in theirs:
        if name not in columns.values():
            known.setdefault(plain(name.rpartition(".")[2]), name)
    at = dict(columns)
    for field, usual in ABOUT.items():
        found = next((known[u] for u in usual if u in known), None)
        if field not in at and found is not None:
            at[field] = found
    ais = plain(at.get("mover", "")) == "mmsi"
    if not ais and plain(at.get("nav_status", "")) == "status" and "nav_status" not in columns:
        del at["nav_status"]
    return Plan(MappingProxyType(at), _mps(at.get("speed"), speed_unit), ais)


def demand_fields(columns: Mapping[str, str]) -> None:
    """Refuse a mapping that names a field which no report has."""
    for field in columns:
        if field not in ABOUT:
            raise BadInput(f"columns.{field}: no report has such a field; there are: {', '.join(ABOUT)}")


def _mps(name: str | None, speed_unit: SpeedUnit | None) -> float | None:
    if speed_unit is not None:
        return MPS[speed_unit]
    last = (name or "").rpartition(".")[2]
    return next((MPS[unit] for pattern, unit in _UNITS if pattern.search(last)), None)
