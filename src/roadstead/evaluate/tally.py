"""From what is counted once a sample to a report: figures with intervals, by class and by slice.

Every metric here is a function of sums over samples, or of samples with weights. So each sample is judged once, and a resample
costs only the adding up.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from roadstead.dataset.samples import Sample, Target, kind
from roadstead.errors import BadInput
from roadstead.evaluate.bootstrap import draws, independent, measured
from roadstead.evaluate.intervals import share
from roadstead.evaluate.reports import Example, Measured, Report

Counts = npt.NDArray[np.float64]
"""(n,) how often each sample counts: 1 each for the whole, as often as drawn in a resample."""
Column = npt.NDArray[np.float64]
"""(n,) one number a sample."""
Key = tuple[str, str]
"""A class ("" for the whole) and the name of a figure."""
Slices = Literal["none", "origin", "group"]
WORST = 20
"""So many worst samples stand in a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What is known of n judged samples.

    `figures` gives figures for any counts (nan where there is none). `shares` are figures that are hits (n,) over cases (n,).
    `cases` says what other figures rest on, where that is not the samples.
    """

    n: int
    figures: Callable[[Counts], Mapping[Key, float]] = field(default=lambda _: {})
    shares: Mapping[Key, tuple[Column, Column]] = field(default_factory=dict)
    cases: Mapping[Key, Column] = field(default_factory=dict)

    def __call__(self, counts: Counts) -> dict[Key, float]:
        """Return every figure for these counts."""
        shares = {key: ratio(float(hits @ counts), float(of @ counts)) for key, (hits, of) in self.shares.items()}
        return {**shares, **self.figures(counts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How sure a report has to say it is, and of what it may tell apart. Columns of n, or None where there is nothing to tell."""

    resamples: int = 500
    seed: int = 0
    ids: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    slices: tuple[str, ...] | None = None


def asked(samples: Sequence[Sample], *, resamples: int, seed: int, slices: Slices) -> Asked:
    """Return what the samples say of themselves: a sample without a group is one of its own."""
    groups = tuple(sample.group or f"\0{sample.id}" for sample in samples)
    by = {"none": None, "origin": [s.origin for s in samples], "group": [s.group for s in samples]}[slices]
    return Asked(
        resamples=resamples,
        seed=seed,
        ids=tuple(sample.id for sample in samples),
        groups=groups if len(set(groups)) < len(groups) else None,
        slices=tuple(by) if by is not None and len(set(by)) > 1 else None,
    )


def kept(asked: Asked, indices: Sequence[int]) -> Asked:
    """Return what is asked of some of the samples alone."""

    def some(column: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if column is None else tuple(column[i] for i in indices)

    return replace(asked, ids=some(asked.ids), groups=some(asked.groups), slices=some(asked.slices))


def report(
    task: str, tally: Tally, asked: Asked, *, main: str, higher: bool = True, notes: Sequence[str] = (), **parts: Any
) -> Report:
    """Return the report of a tally; `parts` are the other fields of a Report."""
    found, drawn = measure(tally, asked)
    slices: dict[str, dict[str, Measured]] = {}
    for name in sorted(set(asked.slices or ())):
        within = np.flatnonzero([s == name for s in asked.slices or ()])
        of_slice, _ = measure(tally, asked, within)
        slices[name] = {figure: value for (of, figure), value in of_slice.items() if not of}
    classes: dict[str, dict[str, Measured]] = {}
    for (of, figure), value in found.items():
        if of:
            classes.setdefault(of, {})[figure] = value
    return Report(
        task=task,
        samples=tally.n,
        metrics={figure: value for (of, figure), value in found.items() if not of},
        main=main,
        higher=higher,
        per_class=classes,
        per_slice=slices,
        notes=tuple(notes),
        draws={figure: tuple(_short(v) for v in values) for (of, figure), values in drawn.items() if not of},
        drawn=_fingerprint(tally.n, asked) if drawn else "",
        **parts,
    )


def measure(
    tally: Tally, asked: Asked, within: npt.NDArray[np.intp] | None = None
) -> tuple[dict[Key, Measured], dict[Key, list[float]]]:
    """Return every figure with its interval, of all samples or those `within`, and the figures in every resample.

    Shares of independent cases, one a sample, get their exact interval (`evaluate.intervals`). Where a sample or a group has several cases
    it is the bootstrap's; but where all agree that one has no width, and the exact one of as many cases as there are samples or
    groups stands in.
    """
    chosen = np.arange(tally.n) if within is None else within
    groups = None if asked.groups is None else [asked.groups[i] for i in chosen]
    values = tally(_counts(chosen, tally.n))
    drawn: dict[Key, list[float]] = {}
    if independent(len(chosen), groups) > 1:
        for some in draws(len(chosen), groups=groups, resamples=asked.resamples, seed=asked.seed):
            for key, value in tally(_counts(chosen[some], tally.n)).items():
                drawn.setdefault(key, []).append(value)
    found = {}
    for key, value in values.items():
        of = tally.shares[key][1] if key in tally.shares else tally.cases.get(key)
        cases = len(chosen) if of is None else round(float(of[chosen].sum()))
        found[key] = measured(value, drawn.get(key, ()), of=cases)
        if key in tally.shares and asked.resamples:
            found[key] = _share(found[key], tally.shares[key], chosen, groups)
    return found, drawn


def ratio(part: float, whole: float) -> float:
    """Return a share; nan of nothing."""
    return part / whole if whole else float("nan")


def matching(samples: Sequence[Sample], predictions: Sequence[Any], *kinds: type[Target]) -> tuple[str, ...]:
    """Check that samples and predictions fit together and that every target is of one of these kinds."""
    if len(samples) != len(predictions):
        raise ValueError(f"{len(samples)} samples and {len(predictions)} predictions do not fit together")
    for sample in samples:
        if not isinstance(sample.target, kinds):
            wanted = " or ".join(k.__name__.lower() for k in kinds)
            raise BadInput(f"sample {sample.id!r}: has {kind(sample.target)} where {wanted} is needed to judge")
    return tuple(sample.id for sample in samples)


def worst(
    ids: Sequence[str] | None, badness: Sequence[float], said: Sequence[str], true: Sequence[str]
) -> tuple[Example, ...]:
    """Return the worst samples, worst first: those with a badness above 0. Without ids they are named by their place."""
    order = np.argsort(-np.asarray(badness, dtype=np.float64), kind="stable")
    return tuple(
        Example(ids[i] if ids is not None else str(i), float(badness[i]), said[i], true[i])
        for i in order[:WORST].tolist()
        if badness[i] > 0
    )


def _share(
    value: Measured, columns: tuple[Column, Column], chosen: npt.NDArray[np.intp], groups: Sequence[str] | None
) -> Measured:
    hits, of = (column[chosen] for column in columns)
    if value.value is None:
        return value
    if groups is None and of.max() <= 1:
        exact = share(round(float(hits.sum())), round(float(of.sum())))
    elif value.low is None and value.value in {0.0, 1.0}:
        cases = len({groups[i] if groups else str(i) for i in np.flatnonzero(of).tolist()})
        exact = share(cases if value.value else 0, cases)
    else:
        return value
    return Measured(value.value, exact.low, exact.high, value.of)


def _counts(indices: npt.NDArray[np.intp], n: int) -> Counts:
    return np.bincount(indices, minlength=n).astype(np.float64)


def _short(value: float) -> float | None:
    """Seven digits are enough to compare by and keep a report small; JSON has no nan."""
    return None if np.isnan(value) else float(f"{value:.7g}")


def _fingerprint(n: int, asked: Asked) -> str:
    """Name what was drawn: reports with equal names were resampled alike, sample by sample."""
    parts = (n, asked.resamples, asked.seed, asked.ids, asked.groups)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
