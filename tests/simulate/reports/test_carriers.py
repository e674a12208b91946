"""Faults injected into real traces are found too: taxis of Wuxi, delivery vans, vessels off the United States."""

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from roadstead.anomalies import plugins
from roadstead.geometry.geodesy import from_ground
from roadstead.positions import Position, Reports
from roadstead.simulate.reports.faults import inject
from roadstead.simulate.reports.suite import hit
from roadstead.track.fleet import fleet

pytestmark = pytest.mark.data
CASES = 40


def _taxis(data: Path) -> Reports:
    with (data / "gps" / "wuxi_taxi_5x.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Reports.of(_fix(r["name_id"], r["timestamp"], float(r["latitude"]), float(r["longitude"])) for r in rows)


def _vans(data: Path) -> Reports:
    """Metres about an arbitrary centre, dated before there was GPS: laid about a place in China, sixty years later."""
    with gzip.open(data / "gps" / "delivery_traces.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lat, lon = from_ground((31.2, 121.5), np.array([(float(r["x"]), float(r["y"])) for r in rows]))
    return Reports.of(
        _fix(r["trace"], r["timestamp"][:19].replace("1964", "2024"), float(a), float(b))
        for r, a, b in zip(rows, lat, lon, strict=True)
    )


def _vessels(data: Path) -> Reports:
    with gzip.open(data / "ais" / "noaa_20220103.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Reports.of(
        _fix(r["MMSI"], r["BaseDateTime"], float(r["LAT"]), float(r["LON"]), float(r["SOG"]) * 1852 / 3600, class_b=0.0)
        for r in rows
    )


def _fix(mover: str, when: str, lat: float, lon: float, speed: float | None = None, **extra: float) -> Position:
    t = datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()
    return Position(mover=mover, t=t, t_received=t + 1, lat=lat, lon=lon, speed_mps=speed, extra=extra)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("carrier", "label", "faults"),
    [
        (_taxis, "truck", ("zero_island", "out_of_range", "swapped_coordinates", "future_time", "repeated_time")),
        (
            _vans,
            "truck",
            ("zero_island", "jump", "out_of_range", "swapped_coordinates", "future_time", "repeated_time"),
        ),
        (_vessels, "vessel", ("zero_island", "jump", "out_of_range")),
    ],
)
def test_faults_in_real_traces(
    data: Path, carrier: Callable[[Path], Reports], label: str, faults: tuple[str, ...]
) -> None:
    real = carrier(data)
    share = {}
    for fault in faults:
        made, labels = inject(real, fault, label=label, cases=CASES)
        found = tuple(plugins.get(fault)().find(fleet(made, label)))
        assert len(labels) >= CASES, fault
        share[fault] = sum(hit(said, found) for said in labels) / len(labels)
    assert min(share.values()) >= 0.95, share
