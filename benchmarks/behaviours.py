"""Every behaviour, end to end, on held-out worlds: detections replayed from truth, nothing rendered.

    python benchmarks/behaviours.py [--seeds 20] [--seconds 120] [--scenes a,b] [--processes 2]

Bars: precision and recall >= 0.98 for every behaviour, told <= 1 s after the rule could know; with the mistakes of a
detector on the boxes (10 % missed, 3 % jitter, false boxes) >= 0.95. Writes benchmarks/results/behaviours.csv and prints
what went wrong.
"""

import argparse
import csv
import pickle
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import cast

from roadstead.dataset.truth import EventRow, InnocentRow, Row
from roadstead.evaluate import scores
from roadstead.evaluate.events import Judged, Verdict, judge, pooled
from roadstead.evaluate.identities import identities
from roadstead.simulate import judging
from roadstead.simulate.in_step import FEEDS, reports_in_step
from roadstead.simulate.observed import MEASURED
from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.world import truth
from roadstead.simulate.world.world import World

RESULTS = Path(__file__).parent / "results" / "behaviours.csv"
FIRST_SEED = 500_000
"""Nothing was tuned on seeds from here on."""
CONDITIONS = {"truth": None, "mistakes": MEASURED}
BARS = {"truth": 0.98, "mistakes": 0.95}
DELAY_S = 1.0


def kinds_of(world: World) -> dict[str, str]:
    """Return the behaviour of each rule of a world."""
    tables = (*world.settings.get("rules", ()), *world.settings.get("feed_rules", ()))
    return {table["name"]: table["kind"] for table in tables}


def rows_of(world: World) -> tuple[list[Row], list[Row]]:
    """Return the truth of a world's pictures, and of its reports."""
    feeds = set(FEEDS.values())
    cameras, reported = list[Row](), list[Row]()
    for row in truth.heading(world):
        on_feed = isinstance(row, EventRow | InnocentRow) and row.view in feeds
        (reported if on_feed else cameras).append(row)
    return cameras, reported


Part = tuple[dict[str, list[tuple[str, Judged]]], list[str]]
"""Verdicts by condition, each with the behaviour of its rule; and the mistakes in words."""


def one_world(task: tuple[str, int, float, Path | None]) -> Part:
    """Judge one world under every condition, or take what was kept of it."""
    scene, seed, seconds, work = task
    kept = None if work is None else work / f"{scene}-{seed}-{seconds:g}.pickle"
    if kept is not None and kept.exists():
        return cast("Part", pickle.loads(kept.read_bytes()))
    made = judged_world(scene, seed, seconds)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(made))
    return made


def judged_world(scene: str, seed: int, seconds: float) -> Part:
    """Judge one world under every condition."""
    world = plugins.get(scene)().build(Order(seed=seed, seconds=seconds, stock="test"))
    frames = list(truth.frames(world, judging.FPS))
    seen, reported = rows_of(world)
    kinds = kinds_of(world)
    made: dict[str, list[tuple[str, Judged]]] = {}
    words = []
    for condition, noise in CONDITIONS.items():
        steps, events = judging.judged(world, frames, noise, seed)
        who = identities([(s.detections, s.ids) for s in steps if s.detections is not None], [*seen, *frames])
        found = judge(events, [*seen, *frames], identities=who)
        made[condition] = by_behaviour(found, kinds)
        words += [f"{condition} {scene} {seed}: {told(v, world.begin)}" for v in scores.mistakes(found)]
    if any(a.reporter is not None for a in world.actors) and world.settings.get("feed_rules"):
        feeds = reports_in_step([world])
        events = judging.judged_reports(world, feeds)
        asked = {r["name"] for r in world.settings["feed_rules"]}
        found = judge([e for e in events if e.rule in asked], [*seen[:1], *reported], identities={})
        made["reports"] = by_behaviour(found, kinds)
        words += [f"reports {scene} {seed}: {told(v, world.begin)}" for v in scores.mistakes(found)]
    return made, words


def by_behaviour(judged: Judged, kinds: dict[str, str]) -> list[tuple[str, Judged]]:
    """Split verdicts by the behaviour of their rule."""
    names = sorted({v.rule for v in judged.verdicts})
    return [
        (kinds.get(name, name), replace(judged, verdicts=tuple(v for v in judged.verdicts if v.rule == name)))
        for name in names
    ]


def told(verdict: Verdict, begin: float) -> str:
    """Say in one line what went wrong."""
    found, act = verdict.found, verdict.act
    parts = [verdict.what, verdict.rule]
    if act is not None:
        parts.append(
            f"truth {act.subject} {act.start - begin:.1f}-{act.end - begin:.1f} due {act.due - begin:.1f} ({act.note})"
        )
    if found is not None:
        parts.append(f"found {found.subject} {found.start - begin:.1f}-{found.end - begin:.1f}: {found.because.en}")
    if verdict.innocent is not None:
        parts.append(f"innocent: {verdict.innocent.note}")
    return "; ".join(parts)


def table(parts: Sequence[Part]) -> list[dict[str, str]]:
    """Return a row for each condition and behaviour."""
    rows = []
    for condition in (*CONDITIONS, "reports"):
        by_kind: dict[str, list[Judged]] = {}
        for made, _ in parts:
            for kind, judged in made.get(condition, ()):
                by_kind.setdefault(kind, []).append(judged)
        for kind in sorted(by_kind):
            together = pooled(by_kind[kind])
            one = scores.score(kind, together.verdicts)
            precision, recall = one.precision, one.recall
            rows.append(
                {
                    "condition": condition,
                    "behaviour": kind,
                    "true": str(one.true),
                    "matched": str(one.matched),
                    "false": str(one.false),
                    "on_innocent": str(one.innocent),
                    "duplicates": str(one.duplicates),
                    "insufficient": str(one.insufficient),
                    **{
                        f"{name}{part}": "" if getattr(s, at) is None else f"{getattr(s, at):.3f}"
                        for name, s in (("precision", precision), ("recall", recall))
                        for part, at in (("", "value"), ("_low", "low"), ("_high", "high"))
                    },
                    **{
                        f"delay_{name}_s": "" if one.delay_s(q) is None else f"{one.delay_s(q):.2f}"
                        for name, q in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
                    },
                }
            )
    return rows


def missed(row: dict[str, str]) -> bool:
    """Tell whether a row misses its bar."""
    bar = BARS.get(row["condition"], 0.98)
    low = any(row[name] and float(row[name]) < bar for name in ("precision", "recall"))
    late = row["condition"] == "truth" and row["delay_max_s"] and float(row["delay_max_s"]) > DELAY_S
    return bool(low or late)


def main() -> None:
    """Judge the worlds, write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="worlds of each scene, each of a seed of its own")
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--scenes", default="")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--work", type=Path, help="keep each world's verdicts here; a run that was cut off goes on from them"
    )
    parser.add_argument("--quiet", action="store_true", help="do not print the single mistakes")
    given = parser.parse_args()
    scenes = given.scenes.split(",") if given.scenes else list(plugins.names())
    tasks = [
        (scene, given.first + k * len(scenes) + i, given.seconds, given.work)
        for k in range(given.seeds)
        for i, scene in enumerate(scenes)
    ]
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(one_world, tasks))
    if not given.quiet:
        for _, words in parts:
            for line in words:
                print(line)
    rows = table(parts)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    for row in rows:
        print(
            "  ".join(f"{v:>6}" if k not in ("condition", "behaviour") else f"{v:<24}" for k, v in row.items()),
            "MISSED" if missed(row) else "",
        )
    sys.exit(1 if any(missed(row) for row in rows) else 0)


if __name__ == "__main__":
    main()
