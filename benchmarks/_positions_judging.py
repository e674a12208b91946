"""Cleaning and judging of reports, ours beside movingpandas.

Cleaning: 20,000 places of one truck, 200 of them spikes of 2 to 40 km, to be kept within 150 km/h. Peer:
`OutlierCleaner(trajectory).clean(v_max=150, units=("km", "h"))`. Ours: the fleet (event time, defects, hypotheses, steps)
and every anomaly for trucks, from columns of reports to findings. Bar: 20 times the peer, and the kept places the same.

Judging: every anomaly together, with the making of the fleet, of AIS messages on one core. Bar: 40,000 a second, on a
simulated harbour day and, where the development data is there, on the NOAA day (88,532 reports, 8,894 vessels).
"""

import csv
import gzip
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from roadstead.anomalies import Check, examine, plugins
from roadstead.geometry.geodesy import from_ground, moved
from roadstead.positions import MOTIONS, Motion, Position, Reports
from roadstead.simulate.reports.fleet import vessels
from roadstead.track.fleet import FleetTerms, fleet

PEERS = ("movingpandas==0.23.0", "scipy", "annotated-types", "tzdata")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
RESULTS = Path(__file__).with_name("results") / "judging.csv"
POINTS, SPIKES, ROUNDS = 20_000, 200, 5
HOME = (31.2, 121.5)
T0 = 1_790_000_000.0
DATA = Path(os.environ.get("ROADSTEAD_DATA") or Path(__file__).parents[2] / "shared" / "data")
Row = dict[str, str]


def main() -> int:
    """Measure everything, print and keep the table, and tell whether a bar was missed."""
    if importlib.util.find_spec("movingpandas") is None or os.environ.get("OMP_NUM_THREADS") != "1":
        return again_with_peer()
    rows = [*cleaning(), *judging()]
    for found in rows:
        print("{measure:78} {value:>12} {bar:>10} {verdict}".format(**found))
    with RESULTS.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return int(any(found["verdict"] == "MISSED" for found in rows))


def again_with_peer() -> int:
    """Run this file again in an environment that has the peer, on one thread."""
    given = os.environ.get("ROADSTEAD_BENCH_ENV")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given or temporary) / "judging"
        python = folder / "bin" / "python"
        if not python.exists():
            print(f"making an environment with {PEERS[0]}", file=sys.stderr)
            venv.create(folder, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
        source = str(Path(__file__).resolve().parent.parent / "src")
        where = {**os.environ, **ONE_THREAD, "PYTHONPATH": source}
        return subprocess.run([python, __file__], env=where, check=False).returncode


def way() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return times, latitudes, longitudes of a truck that drives about the town, and which are spikes."""
    rng = np.random.default_rng(11)
    t = T0 + 10.0 * np.arange(POINTS)
    turn = np.cumsum(rng.normal(0, 0.08, POINTS))
    speed = np.clip(12 + np.cumsum(rng.normal(0, 0.4, POINTS)) % 10, 0, 22)
    steps = np.column_stack((np.sin(turn), np.cos(turn))) * (speed * 10)[:, None]
    lat, lon = from_ground(HOME, folded(np.cumsum(steps, axis=0)))
    spikes = np.sort(rng.choice(np.arange(10, POINTS - 10, 7), SPIKES, replace=False))
    lat[spikes], lon[spikes] = moved(
        lat[spikes], lon[spikes], rng.uniform(0, 360, SPIKES), rng.uniform(2e3, 4e4, SPIKES)
    )
    return t, lat, lon, spikes


def folded(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return places mirrored at the walls of a square of 60 km, so that a way stays in the town without a leap."""
    span = 60_000.0
    inside = np.abs((xy + span / 2) % (2 * span) - span)
    return np.asarray(inside - span / 2)


def cleaning() -> list[Row]:
    """Clean and judge one way, and let the peer clean it."""
    t, lat, lon, spikes = way()
    reports = Reports.of(
        Position(mover="truck", t=float(a), lat=float(b), lon=float(c)) for a, b, c in zip(t, lat, lon, strict=True)
    )
    terms = FleetTerms(motions={**MOTIONS, "truck": Motion(max_mps=150 / 3.6, sigma_m=7.5)})
    checks = [Check(name=n, kind=n, anomaly=plugins.get(n)()) for n in plugins.names()]
    kept: list[int] = []

    def ours() -> None:
        seen = fleet(reports, "truck", terms=terms)
        kept[:] = np.flatnonzero(seen.trusted).tolist()
        for _ in examine(checks, seen):
            pass

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import movingpandas as mpd  # type: ignore[import-not-found]  # only in the benchmark's own environment
        import pandas as pd  # type: ignore[import-untyped]  # see above

    frame = pd.DataFrame({"t": pd.to_datetime(t, unit="s"), "x": lon, "y": lat, "row": np.arange(POINTS)})
    trajectory = mpd.Trajectory(frame, traj_id=1, t="t", x="x", y="y", crs="EPSG:4326")
    left: list[int] = []

    def peer() -> None:
        cleaned = mpd.OutlierCleaner(trajectory).clean(v_max=150, units=("km", "h"))
        left[:] = cleaned.df["row"].tolist()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best_ours, best_peer = in_turns(ours, peer)
    truth = sorted(set(range(POINTS)) - set(spikes.tolist()))
    return [
        row("cleaning and judging, places/s", POINTS / best_ours, ""),
        row("movingpandas OutlierCleaner, places/s", POINTS / best_peer, ""),
        row("ratio", best_peer / best_ours, ">= 20"),
        row("places that ours keeps and should not, or the other way", len(set(kept) ^ set(truth)), "<= 0"),
        row("the same of the peer", len(set(left) ^ set(truth)), ""),
    ]


def judging() -> list[Row]:
    """Judge vessels by every anomaly."""
    found = [("a simulated harbour day", vessels(60, days=1, seed=7))]
    if (DATA / "ais" / "noaa_20220103.csv.gz").exists():
        found.append(("the NOAA day", noaa()))
    checks = [Check(name=n, kind=n, anomaly=plugins.get(n)()) for n in plugins.names()]
    made = []
    for name, reports in found:

        def ours(of: Reports = reports) -> None:
            for _ in examine(checks, fleet(of, "vessel")):
                pass

        times = [timed(ours) for _ in range(ROUNDS)]
        made.append(
            row(
                f"all {len(checks)} anomalies of {name} ({len(reports):,} messages), messages/s",
                len(reports) / statistics.median(times),
                ">= 40000",
            )
        )
    return made


def noaa() -> Reports:
    """Return the day of the development data, as position reports with what they carry."""
    made = []
    with gzip.open(DATA / "ais" / "noaa_20220103.csv.gz", "rt", encoding="utf-8") as file:
        for r in csv.DictReader(file):
            knots, course, heading = float(r["SOG"]), float(r["COG"]), float(r["Heading"])
            made.append(
                Position(
                    mover=r["MMSI"].zfill(9),
                    t=datetime.fromisoformat(r["BaseDateTime"]).replace(tzinfo=UTC).timestamp(),
                    lat=float(r["LAT"]),
                    lon=float(r["LON"]),
                    speed_mps=None if knots >= 102.2 else knots * 1852 / 3600,
                    course_deg=None if course >= 360 else course,
                    heading_deg=None if heading >= 360 else heading,
                    extra={"nav_status": float(r["Status"])} if r["Status"] else {},
                )
            )
    return Reports.of(made)


def in_turns(*runs: Callable[[], None]) -> list[float]:
    """Return the best seconds of each, run in turns."""
    return [min(times) for times in zip(*[[timed(run) for run in runs] for _ in range(ROUNDS)], strict=True)]


def timed(run: Callable[[], None]) -> float:
    """Return the seconds of processor time that a run takes."""
    start = time.process_time()
    run()
    return time.process_time() - start


def row(measure: str, value: float, bar: str) -> Row:
    """Return a row of the table, judged by its bar."""
    verdict = ""
    if bar:
        sign, limit = bar.split()
        verdict = "ok" if (value >= float(limit) if sign == ">=" else value <= float(limit)) else "MISSED"
    return {
        "measure": measure,
        "value": f"{value:,.2f}" if value < 1000 else f"{value:,.0f}",
        "bar": bar,
        "verdict": verdict,
    }


if __name__ == "__main__":
    sys.exit(main())
