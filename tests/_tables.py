"""Reports as a table in a file, as an authority exports them."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from roadstead.positions import Position


def write_table(path: Path, reports: Iterable[Position]) -> None:
    """Write reports as CSV: id, time (UTC), lat, lon, speed in km/h, course."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["id", "time", "lat", "lon", "speed_kmh", "course"])
        for p in reports:
            assert p.t is not None
            speed = "" if p.speed_mps is None else f"{p.speed_mps * 3.6:.2f}"
            when = datetime.fromtimestamp(p.t, UTC).isoformat()
            table.writerow([p.mover, when, f"{p.lat:.7f}", f"{p.lon:.7f}", speed, p.course_deg])
