"""The measured values of an event and the limits they are held against, as people read them."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

UNITS = {
    "s": "s",
    "m": "m",
    "px": "px",
    "mps": "m/s",
    "kmh": "km/h",
    "deg": "°",
    "hz": "Hz",
    "m2": "m²",
    "px2": "px²",
    "kn": "kn",
}
"""The unit that the end of a value's name stands for."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One value: its name in the record, its name without the unit, the value, the unit, and whether it is a limit."""

    name: str
    label: str
    value: float | int | str | None
    unit: str
    limit: bool

    @property
    def shown(self) -> str:
        """The value with its unit; a dash for unknown."""
        if self.value is None:
            return "–"
        places = ".6f" if self.name in ("lat", "lon") else ".4g"
        number = f"{self.value:{places}}" if isinstance(self.value, float) else str(self.value)
        return f"{number}{'' if self.unit == '°' else ' '}{self.unit}".strip()

    def record(self) -> dict[str, Any]:
        """Return the fact for a JSON record."""
        return {"name": self.name, "label": self.label, "value": self.value, "unit": self.unit, "limit": self.limit}


def facts(measured: Mapping[str, float | int | str | None], settings: Collection[str]) -> tuple[Fact, ...]:
    """Return what was measured first, then the limits: values named like one of the rule's settings, or `limit_…`."""
    found = []
    for name, value in measured.items():
        head, _, tail = name.rpartition("_")
        unit = UNITS.get(tail, "") if head else ""
        label = (head if unit else name).replace("_", " ")
        known = None if isinstance(value, float) and not math.isfinite(value) else value
        found.append(Fact(name, label, known, unit, name in settings or name.startswith("limit_")))
    return tuple(sorted(found, key=lambda fact: fact.limit))
