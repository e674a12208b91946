"""Evidence of one mover's silence."""

from dataclasses import replace

import numpy as np

from roadstead.anomalies._causes import Silent
from roadstead.anomalies._runs import evidence, sureness
from roadstead.positions import Fleet
from roadstead.types import Evidence, Measured, Outcome, Text


def of_silence(fleet: Fleet, silent: Silent, *, outcome: Outcome = "violation") -> Evidence:
    """Return evidence that begins with the last report before and ends with the first one after, or now."""
    back = silent.after >= 0
    rows = np.array([silent.before, silent.after] if back else [silent.before])
    known = np.isfinite(silent.moved_m)
    where = f", and came back {silent.moved_m:.0f} m away" if known else ""
    where_zh = f",恢复时位移 {silent.moved_m:.0f} 米" if known else ""
    still, still_zh = ("", "") if back else (" and still is", ",至今未恢复")
    because = Text(
        f"Silent for {silent.seconds:.0f} s{still} (limit {silent.limit_s:.0f} s, usual interval {silent.expected_s:.0f} s){where}: {silent.why.en}",
        f"中断 {silent.seconds:.0f} 秒{still_zh}(限值 {silent.limit_s:.0f} 秒,通常间隔 {silent.expected_s:.0f} 秒){where_zh}:{silent.why.zh}",
    )
    measured: Measured = {
        "silent_s": round(silent.seconds, 3),
        "limit_s": round(silent.limit_s, 3),
        "expected_s": round(silent.expected_s, 3),
        "moved_m": round(silent.moved_m, 1) if known else None,
        "cause": silent.cause,
        "neighbours": silent.neighbours,
        "open": int(not back),
    }
    doubtful = silent.cause in ("network", "unexplained") or (silent.cause == "device_off" and not silent.moved)
    judged: Outcome = "insufficient" if doubtful else outcome
    score = sureness(silent.seconds, silent.limit_s) if judged == "violation" else 0.5
    found = evidence(fleet, rows, because, measured, score=score, outcome=judged)
    return replace(found, t=float(fleet.t[silent.before]) + silent.seconds)
