"""The alarm word of JT/T 808 (message 0x0200, offset 0) on the rows of a fleet."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Text

MODULE, ANTENNA_OPEN, ANTENNA_SHORT, UNDERVOLTAGE, POWER_LOST = 4, 5, 6, 7, 8

NAMES: Mapping[int, Text] = MappingProxyType(
    {
        MODULE: Text("positioning module fault", "定位模块故障"),
        ANTENNA_OPEN: Text("antenna open or cut", "天线未接或被剪断"),
        ANTENNA_SHORT: Text("antenna short circuit", "天线短路"),
        UNDERVOLTAGE: Text("main supply undervoltage", "主电源欠压"),
        POWER_LOST: Text("main supply lost", "主电源掉电"),
    }
)


def words(fleet: Fleet, rows: Ints) -> Ints:
    """Return the alarm words (n,); 0 where none was sent."""
    if "alarms" not in fleet.reports.columns:
        return np.zeros(len(rows), dtype=np.int64)
    sent = fleet.column("alarms")[rows]
    return np.where(np.isfinite(sent), sent, 0.0).astype(np.int64)


def any_of(word: Ints, *bits: int) -> Bools:
    """Tell which words (n,) have at least one of these bits set."""
    return np.asarray((word & sum(1 << bit for bit in bits)) != 0)
