"""What verdicts on events come to: precision, recall, delay and duplicates, by rule and together."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from roadstead.evaluate.events import Judged, Verdict, What
from roadstead.evaluate.intervals import Share, share

FALSE: tuple[What, ...] = ("false", "wrong_subject", "innocent")
"""What counts as wrongly found. A duplicate is told once too often, but it is not wrong."""
TOTAL = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One rule, or all together. `false` holds `wrong_subject` and `innocent`; `insufficient` is neither right nor wrong.

    `found` are the violations that were told: matched, duplicates and false. `delays_s` are those of matched events whose
    telling has a time.
    """

    rule: str
    true: int
    found: int
    matched: int
    duplicates: int
    false: int
    wrong_subject: int
    innocent: int
    insufficient: int
    delays_s: tuple[float, ...]

    @property
    def precision(self) -> Share:
        """Of what was told, once each, how much is right."""
        return share(self.matched, self.matched + self.false)

    @property
    def recall(self) -> Share:
        """Of what is true, how much was told."""
        return share(self.matched, self.true)

    def delay_s(self, quantile: float) -> float | None:
        """Return a quantile (0-1) of the delays; None where none is known."""
        return float(np.quantile(self.delays_s, quantile)) if self.delays_s else None

    def record(self) -> dict[str, Any]:
        """Return the score for JSON."""
        shares = {"precision": self.precision, "recall": self.recall}
        plain = {name: value for name, value in asdict(self).items() if name != "delays_s"}
        delays = {"median": self.delay_s(0.5), "p95": self.delay_s(0.95), "max": self.delay_s(1.0)}
        return {
            **plain,
            **{name: {"value": s.value, "low": s.low, "high": s.high} for name, s in shares.items()},
            "delay_s": {**delays, "of": len(self.delays_s)},
        }


def score(rule: str, verdicts: Sequence[Verdict]) -> Score:
    """Count verdicts under a name."""

    def n(*what: What) -> int:
        return sum(v.what in what for v in verdicts)

    return Score(
        rule=rule,
        true=n("matched", "missed"),
        found=n("matched", "duplicate", *FALSE),
        matched=n("matched"),
        duplicates=n("duplicate"),
        false=n(*FALSE),
        wrong_subject=n("wrong_subject"),
        innocent=n("innocent"),
        insufficient=n("insufficient"),
        delays_s=tuple(v.delay_s for v in verdicts if v.delay_s is not None),
    )


def scores(judged: Judged) -> tuple[Score, ...]:
    """Return the score of every rule, by name, and the total as the last."""
    rules = sorted({v.rule for v in judged.verdicts})
    each = [score(rule, [v for v in judged.verdicts if v.rule == rule]) for rule in rules]
    return (*each, score(TOTAL, judged.verdicts))


def notes(judged: Judged) -> tuple[str, ...]:
    """Return what a reader of the scores has to know, one sentence each."""
    made = []
    if judged.subjects_unknown:
        views = ", ".join(judged.subjects_unknown)
        made.append(f"{views}: matched whoever the subject was, as no observation log says which track is which object")
    if judged.elsewhere:
        made.append(f"{judged.elsewhere} events of cameras or feeds that the truth does not know are not judged")
    if judged.not_asked:
        made.append(f"not judged, as neither asked about nor in the truth: {_listed(judged.not_asked)}")
    if judged.faults_not_asked:
        made.append(
            f"camera faults that nothing here looks for are not counted as missed: {_listed(judged.faults_not_asked)}"
        )
    return tuple(made)


def mistakes(judged: Judged) -> tuple[Verdict, ...]:
    """Return what went wrong: missed, wrongly found, told twice, in the order of time."""
    wrong = [v for v in judged.verdicts if v.what in ("missed", "duplicate", *FALSE)]
    return tuple(sorted(wrong, key=_begin))


def record(judged: Judged) -> dict[str, Any]:
    """Return everything for JSON."""
    *each, total = scores(judged)
    return {
        "rules": [one.record() for one in each],
        "total": total.record(),
        "mistakes": [_mistake(v) for v in mistakes(judged)],
        "notes": list(notes(judged)),
    }


def _mistake(verdict: Verdict) -> dict[str, Any]:
    event, act, innocent = verdict.found, verdict.act, verdict.innocent
    return {
        "what": verdict.what,
        "rule": verdict.rule,
        "found": event and {k: getattr(event, k) for k in ("id", "camera", "subject", "start", "end")},
        "act": act and asdict(act),
        "innocent": innocent and asdict(innocent),
    }


def _begin(verdict: Verdict) -> tuple[float, str]:
    event = verdict.found or verdict.act
    return (0.0 if event is None else event.start), verdict.rule


def _listed(counts: Any) -> str:
    return ", ".join(f"{name} ({n})" for name, n in counts.items())
