"""Several models or data sets side by side, and whether what differs is more than chance."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from roadstead.evaluate.bootstrap import Difference, quantiles
from roadstead.evaluate.reports import Measured, Report

LOWER = frozenset({"cer", "perplexity", "calibration_error", "invented", "text_median_rank", "image_median_rank"})
"""Figures of which less is better."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of several reports, by their names; a report that does not have it is left out. `main`: it is what some choose by."""

    figure: str
    main: bool
    values: Mapping[str, Measured]


def table(reports: Mapping[str, Report]) -> tuple[Row, ...]:
    """Return a row for each figure that any report has: first those that reports choose by, then in the order they come."""
    mains = dict.fromkeys(report.main for report in reports.values())
    figures = dict.fromkeys([*mains, *(figure for report in reports.values() for figure in report.metrics)])
    return tuple(
        Row(figure, figure in mains, {name: r.metrics[figure] for name, r in reports.items() if figure in r.metrics})
        for figure in figures
    )


def difference(before: Report, after: Report, figure: str) -> Difference:
    """Return how much larger a figure is after than before, with an interval where both kept their resamples.

    Where both drew the same samples, each draw gives one difference (a paired bootstrap: what is hard about a sample is hard for
    both and falls out). Else the draws are of different samples and are taken as independent.
    """
    a, b = before.metrics.get(figure), after.metrics.get(figure)
    if a is None or b is None or a.value is None or b.value is None:
        return Difference(None)
    paired = bool(before.drawn) and before.drawn == after.drawn
    one, other = (np.array(r.draws.get(figure, ()), dtype=np.float64) for r in (before, after))
    n = min(len(one), len(other))
    if not paired and n:
        # Two data sets that happen to be of one size and seed drew by the same numbers: put them out of step.
        other = np.roll(other[:n], n // 2)
    limits = quantiles((other[:n] - one[:n]).tolist()) if n else None
    low, high = limits or (None, None)
    return Difference(b.value - a.value, low, high, paired)


def better(report: Report, figure: str) -> bool:
    """Return whether more of a figure is better."""
    return report.higher if figure == report.main else figure not in LOWER


def verdict(before: Report, after: Report, figure: str | None = None) -> str:
    """Say in one sentence what became of a figure (none: the main one), and whether it is more than chance."""
    name = figure or after.main
    found = difference(before, after, name)
    if found.value is None:
        return f"{name}: there is nothing to compare."
    a, b = before.metrics[name].value, after.metrics[name].value
    told = f"{name} went from {a:.4g} to {b:.4g}"
    if found.low is None or found.high is None:
        return f"{told}; there are too few samples, or no resamples, to say whether that is more than chance."
    span = f"{found.value:+.3g} ({found.low:+.3g} to {found.high:+.3g})"
    how = "" if found.paired else " The two were not measured on the same samples."
    if not found.distinguishable:
        return f"{told}: {span}, not distinguishable from chance.{how}"
    good = (found.value > 0) == better(after, name)
    return f"{told}: {span}, {'better' if good else 'worse'} by more than chance.{how}"
