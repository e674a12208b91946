"""Geofence: many points in many zones, ours beside shapely's STRtree.

    python benchmarks/_positions_geofence.py [--few]

100,000 points and 500 zones of 5 to 50 corners on 50 x 50 km, of three sizes: small (to 200 m; a point in 160 lies in one),
middle (to 1 km) and large (to 5 km; a point lies in three). Zones are prepared beforehand, the tree too. The tree is asked
`query(points, predicate="intersects")` on points that are already its own objects; making those of an array, which a stream
of positions needs each time, is measured beside it. Bar: ours, from the array, is at least half as fast as the query alone,
and finds the same pairs. All run in one process on one thread, in turns; the median of the rounds counts.

Exit code 1 where a bar is missed.
"""

import argparse
import csv
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import shapely

from roadstead.geometry.geofence import Geofence
from roadstead.types import Floats, Zone

RESULTS = Path(__file__).with_name("results") / "geofence.csv"
POINTS, ZONES, GROUND_M, ROUNDS, BAR = 100_000, 500, 50_000.0, 9, 0.5
SIZES_M: Mapping[str, float] = {"small": 200.0, "middle": 1000.0, "large": 5000.0}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", action="store_true", help="a tenth of the points, and write nothing")
    few = parser.parse_args().few
    rows = [row for size in SIZES_M for row in measured(size, POINTS // 10 if few else POINTS)]
    for row in rows:
        print("{measure:44} {value:>12} {unit:8} {bar:>8} {verdict}".format(**row))
    if not few:
        with RESULTS.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return int(any(row["verdict"] == "MISSED" for row in rows))


def polygon(rng: np.random.Generator, reach_m: float) -> Floats:
    n = int(rng.integers(5, 51))
    angle = np.sort(rng.uniform(0, 2 * np.pi, n))
    far = rng.uniform(0.3, 1.0) * reach_m * rng.uniform(0.5, 1.0, n)
    return np.asarray(rng.uniform(0, GROUND_M, 2) + far[:, None] * np.column_stack((np.cos(angle), np.sin(angle))))


def measured(size: str, n: int) -> list[dict[str, str]]:
    """Return the rows of the result for one size of zones."""
    rng = np.random.default_rng(0)
    polygons = [polygon(rng, SIZES_M[size]) for _ in range(ZONES)]
    points = rng.uniform(0, GROUND_M, (n, 2))
    fence = Geofence([Zone(str(k), corners, "m") for k, corners in enumerate(polygons)])
    tree = shapely.STRtree([shapely.Polygon(corners) for corners in polygons])
    made = shapely.points(points)
    theirs = set(zip(*tree.query(made, predicate="intersects").tolist(), strict=True))
    ours = set(zip(*(column.tolist() for column in fence.inside(points)), strict=True))
    cost = in_turns(
        {
            "geofence": lambda: fence.inside(points),
            "query": lambda: tree.query(made, predicate="intersects"),
            "points": lambda: shapely.points(points),
        }
    )
    ratio, whole = cost["query"] / cost["geofence"], (cost["query"] + cost["points"]) / cost["geofence"]
    different = len(ours ^ theirs)
    return [
        row(f"{size}: pairs that differ", str(different), f"of {len(theirs)}", "0", good=different == 0),
        row(f"{size}: geofence", f"{cost['geofence'] * 1e3:.1f}", "ms"),
        row(f"{size}: STRtree.query", f"{cost['query'] * 1e3:.1f}", "ms"),
        row(f"{size}: making its points", f"{cost['points'] * 1e3:.1f}", "ms"),
        row(f"{size}: speed over the query", f"{ratio:.2f}", "x", f">= {BAR}", good=ratio >= BAR),
        row(f"{size}: speed over points and query", f"{whole:.2f}", "x"),
    ]


def in_turns(runs: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of each."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in taken.items()}


def row(measure: str, value: str, unit: str, bar: str = "", *, good: bool = True) -> dict[str, str]:
    verdict = ("ok" if good else "MISSED") if bar else ""
    return {"measure": measure, "value": value, "unit": unit, "bar": bar, "verdict": verdict}


if __name__ == "__main__":
    sys.exit(main())
