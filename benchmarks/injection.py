"""How many injected faults are found and how much is found in clean days: `python benchmarks/injection.py [DAYS] [CASES]`.

Writes benchmarks/results/injection.csv: every fault at 1.2 times its threshold, by class of mover; and beside it what the
anomaly of that name finds in DAYS clean mover-days (default 500 of either class).
"""

import csv
import sys
from collections import Counter
from pathlib import Path

from roadstead.simulate.suite import false_findings, pairs, recall, table, world

RESULTS = Path(__file__).parent / "results" / "injection.csv"


def main(days: int = 500, cases: int = 40) -> None:
    worlds = {
        "truck": tuple(world("truck", 60, seed=seed) for seed in (0, 1)),
        "vessel": tuple(world("vessel", 100, seed=seed) for seed in (0, 1)),
    }
    recalls = [
        recall(fault, worlds[label], cases=4 if fault == "station_outage" else cases) for fault, label in pairs()
    ]
    false: dict[str, Counter[str]] = {label: false_findings(label, days) for label in worlds}
    rows = table(recalls, false, dict.fromkeys(worlds, days))
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    for row in rows:
        print("  ".join(f"{value:<24}" if name == "fault" else f"{value:>8}" for name, value in row.items()))
    for label, counted in false.items():
        print(f"{label}: {counted.total()} false findings in {days} clean days, {counted.total() / days:.4f} a day")


if __name__ == "__main__":
    main(*(int(given) for given in sys.argv[1:]))
