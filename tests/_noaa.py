"""The day of real AIS in the development data (NOAA MarineCadastre), as reports."""

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path

from roadstead.positions import Position, Reports, Static

_KNOT_MPS = 1852 / 3600


def _number(text: str, *unknown: float) -> float | None:
    return None if text == "" or float(text) in unknown else float(text)


def _static(row: dict[str, str]) -> Static:
    kind = _number(row["VesselType"])
    imo = _number(row["IMO"].removeprefix("IMO"))
    return Static(
        name=row["VesselName"] or None,
        call_sign=row["CallSign"] or None,
        imo=None if imo is None else int(imo),
        kind=None if kind is None else int(kind),
        length_m=_number(row["Length"], 0),
        beam_m=_number(row["Width"], 0),
        draught_m=_number(row["Draft"], 0),
    )


def noaa(data: Path) -> Reports:
    """Return the 88,532 reports of 8,894 movers on 3 January 2022."""
    positions = []
    with gzip.open(data / "ais" / "noaa_20220103.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            speed = _number(row["SOG"], 102.3)
            extra = {"class_b": float(row["TransceiverClass"] == "B")}
            if row["Status"]:
                extra["nav_status"] = float(row["Status"])
            positions.append(
                Position(
                    mover=row["MMSI"],
                    t=datetime.fromisoformat(row["BaseDateTime"]).replace(tzinfo=UTC).timestamp(),
                    lat=float(row["LAT"]),
                    lon=float(row["LON"]),
                    speed_mps=None if speed is None else speed * _KNOT_MPS,
                    course_deg=_number(row["COG"], 360.0),
                    heading_deg=_number(row["Heading"], 511),
                    static=_static(row),
                    raw=number,
                    extra=extra,
                )
            )
    return Reports.of(positions)
