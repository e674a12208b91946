"""How many injected faults and deeds are found, and how much is found in clean days.

    python benchmarks/injection.py [DAYS] [CASES]

Writes benchmarks/results/injection.csv, a row for every fault of reporting (an anomaly must find it) and every deed (a
rule must find it), by class of mover: the share found at 1.2 times the threshold, and, where there is a threshold, at
0.8 times; for faults that were made with their anomaly in view the share of a second, independent form; and what the
anomaly or rule of that name finds in DAYS clean mover-days (default 500 of either class).
"""

import csv
import sys
from collections import Counter
from pathlib import Path

from roadstead.simulate.reports import conduct
from roadstead.simulate.reports.deeds import DEEDS
from roadstead.simulate.reports.faults import FAULTS, OTHER_FORMS
from roadstead.simulate.reports.suite import Recall, World, false_findings, pairs, recall, row, world

RESULTS = Path(__file__).parent / "results" / "injection.csv"
CLASSES = ("truck", "vessel")


def faults(
    worlds: dict[str, tuple[World, ...]], false: dict[str, Counter[str]], days: int, cases: int
) -> list[dict[str, str]]:
    """Return the rows of the faults of reporting."""
    rows = []
    for name, label in pairs():
        kind, many = FAULTS[name], 4 if FAULTS[name].wide else cases
        at = recall(name, worlds[label], cases=many)
        below = recall(name, worlds[label], cases=many, severity=0.8) if kind.graded else None
        form = next(
            (form for form in OTHER_FORMS if form.startswith(f"{name},") and label in OTHER_FORMS[form].classes), None
        )
        other: Recall | None = None if form is None else recall(form, worlds[label], cases=cases)
        rows.append(row("fault", at, below=below, other=other, false=false[label][name], days=days))
    return rows


def deeds(false: dict[str, Counter[str]], days: int, cases: int) -> list[dict[str, str]]:
    """Return the rows of the deeds."""
    return [
        row(
            "deed",
            conduct.recall(name, cases=cases),
            below=conduct.recall(name, cases=cases, severity=0.8),
            false=false[deed.label][deed.rule],
            days=days,
        )
        for name, deed in DEEDS.items()
    ]


def main(days: int = 500, cases: int = 40) -> None:
    """Write and print the table."""
    worlds = {
        "truck": tuple(world("truck", 60, seed=seed) for seed in (0, 1)),
        "vessel": tuple(world("vessel", 100, seed=seed) for seed in (0, 1)),
    }
    of_faults = {label: false_findings(label, days) for label in CLASSES}
    rows = faults(worlds, of_faults, days, cases)
    of_deeds = {label: conduct.false_findings(label, days) for label in CLASSES}
    rows += deeds(of_deeds, days, cases)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    for one in rows:
        print("  ".join(f"{value:<24}" if name == "name" else f"{value:>8}" for name, value in one.items()))
    for what, counted in (("anomalies", of_faults), ("rules", of_deeds)):
        for label in CLASSES:
            n = counted[label].total()
            print(f"{label}, {what}: {n} false findings in {days} clean days, {n / days:.4f} a day")


if __name__ == "__main__":
    main(*(int(given) for given in sys.argv[1:]))
