"""The whole way from pictures to events: rendered, encoded, watched, and held against the truth.

    python benchmarks/pixels.py [--models] [--seeds 10] [--first 200000] [--scenes a,b] [--processes 2] [--work runs/pixels]
                                [--pictures docs/simulate]

Worlds of test-only assets, 60 s at 10 pictures/s, H.264 at crf 26. Without `--models` the motion detector watches: it knows no
classes, so that the rules lose theirs, but for those on attributes: nothing describes then, so that every one of those is missed.
With `--models` the detector and the describer of attributes that ship do. Rules on reports are
another matter and left out. What is done stays in the work folder, a file a world, and is not done again.

Writes benchmarks/results/pixels.csv (a row a behaviour) and pixels_errors.csv (the most frequent mistakes, each with a
picture), or pixels_models.csv and pixels_models_errors.csv. The bar for the models: precision and recall of 0.9 for each rule.
"""

import argparse
import csv
import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from _pixel_errors import ATTRIBUTES, Record, Watched, drawn, instant, side_px, why, words, write_jpeg
from roadstead import config
from roadstead.dataset.truth import EventRow, InnocentRow, ObjectRow, Row
from roadstead.evaluate import found, scores
from roadstead.evaluate.events import Act, Verdict, judge
from roadstead.evaluate.identities import identities
from roadstead.pipeline import Step, watch
from roadstead.runner import stages_of
from roadstead.simulate.footage import Footage
from roadstead.simulate.in_step import FEEDS
from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.settings import watch_tables
from roadstead.simulate.video import write_video
from roadstead.simulate.world import truth
from roadstead.simulate.world.world import World
from roadstead.sources.video import Video
from roadstead.types import Frame

RESULTS = Path(__file__).parent / "results"
FIRST_SEED = 200_000
"""Nothing was tuned on seeds from here on."""
SHOWN = 5
"""So many of the most frequent mistakes get a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One world to be made and watched."""

    scene: str
    seed: int
    seconds: float
    size: tuple[int, int]
    fps: float
    work: str
    models: bool

    @property
    def kept(self) -> Path:
        """Where its results are."""
        return Path(self.work) / f"{self.scene}-{self.seed}{'-models' if self.models else ''}.json"


def done(task: Task) -> dict[str, Any] | None:
    """Return the results of a task that was done with the same settings."""
    if not task.kept.is_file():
        return None
    kept: dict[str, Any] = json.loads(task.kept.read_text(encoding="utf-8"))
    return kept if kept["task"] == json.loads(json.dumps(asdict(task))) else None


def one_world(task: Task) -> dict[str, Any]:
    """Make and watch one world, unless that was done; return and keep its verdicts and mistakes."""
    if (kept := done(task)) is not None:
        return kept
    began, cpu = time.perf_counter(), time.process_time()
    order = Order(seed=task.seed, seconds=task.seconds, fps=task.fps, size=task.size, stock="test")
    world = plugins.get(task.scene)().build(order)
    video = task.kept.with_suffix(".mp4")
    with Footage.of(world) as footage:
        write_video(video, footage.pictures(), world.view.size, world.fps)
        frames = footage.rows
    rendered = time.process_time()
    steps = watched(world, video, models=task.models)
    seen = time.process_time()
    rows: list[Row] = [*(row for row in truth.heading(world) if not on_feed(row)), *frames]
    who = identities([(s.detections, s.ids) for s in steps if s.detections is not None], rows)
    usually = {track: one.during(-np.inf, np.inf) for track, one in who.get(world.camera, {}).items()}
    events = {change.event.id: change.event for step in steps for change in step.changes}
    verdicts = judge(events.values(), rows, identities=who)
    record = Record(
        [Watched(s.t, s.seen.boxes, s.ids) for s in steps if s.seen is not None],
        frames,
        usually,
        {row.id: row.sort for row in rows if isinstance(row, ObjectRow)},
        suspicions(verdicts.verdicts, usually),
    )
    kinds = {rule["name"]: rule["kind"] for rule in world.settings["rules"]}
    made = {
        "task": json.loads(json.dumps(asdict(task))),
        "light": world.conditions.light,
        "weather": world.conditions.weather,
        "render_cpu_s": round(rendered - cpu, 1),
        "watch_cpu_s": round(seen - rendered, 1),
        "took_s": round(time.perf_counter() - began, 1),
        "verdicts": [row_of(v, kinds) for v in verdicts.verdicts],
        "mistakes": list(mistakes(task, world, video, scores.mistakes(verdicts), record, kinds)),
    }
    task.kept.write_text(json.dumps(made, ensure_ascii=False, indent=1), encoding="utf-8")
    return made


def suspicions(verdicts: Sequence[Verdict], who: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return of which rules which objects were only suspected."""
    events = [v.found for v in verdicts if v.what == "insufficient" and v.found is not None]
    return {(e.rule, who.get(e.subject, e.subject)) for e in events}


def on_feed(row: Row) -> bool:
    """Tell whether a row is about what only reports show."""
    return isinstance(row, EventRow | InnocentRow) and row.view in FEEDS.values()


def watched(world: World, video: Path, *, models: bool) -> list[Step]:
    """Watch the video of a world as a camera's file."""
    source = {"kind": "video", "path": str(video.resolve()), "start": world.begin}
    detector = {"kind": "bundle", "path": "shipped/road-vessel"} if models else {"kind": "motion"}
    tables = watch_tables(world.scene, [world], {world.camera: source}, {}, detector=detector)
    if models:
        tables["describers"] = [{"kind": "attributes", "path": "shipped/attributes"}]
    for rule in () if models else tables["rules"]:
        if rule["kind"] not in ATTRIBUTES:
            rule.pop("classes", None)
    plan = config.plan({k: v for k, v in tables.items() if k != "alerts"}, None)
    made = config.make_describers(plan)
    stages = stages_of(plan, plan.cameras[0], config.make_detector(plan, plan.cameras[0]), made)
    frames = Video(camera=world.camera, path=video, start=world.begin, fps=plan.watch.analysis.fps).read()
    return [replace(step, frame=None) for step in watch(frames, stages)]


def row_of(verdict: Verdict, kinds: dict[str, str]) -> dict[str, Any]:
    """Return a verdict for JSON."""
    return {
        "what": verdict.what,
        "kind": kinds.get(verdict.rule, verdict.rule),
        "found": verdict.found and asdict(verdict.found),
        "act": verdict.act and asdict(verdict.act),
        "innocent": verdict.innocent and asdict(verdict.innocent),
    }


def of_row(row: dict[str, Any]) -> Verdict:
    """Return the verdict that was kept, under the name of its behaviour."""
    return Verdict(
        what=row["what"],
        rule=row["kind"],
        found=row["found"] and found.of_row(row["found"], "verdict"),
        act=row["act"] and Act(**row["act"]),
        innocent=row["innocent"] and InnocentRow(**row["innocent"]),
    )


def mistakes(
    task: Task, world: World, video: Path, wrong: Sequence[Verdict], record: Record, kinds: dict[str, str]
) -> Sequence[dict[str, Any]]:
    """Write a picture of each mistake and return what there is to say of it."""
    shots = list(Video(camera=world.camera, path=video, start=world.begin, fps=world.fps).read()) if wrong else []
    made = []
    for k, verdict in enumerate(wrong):
        kind = kinds.get(verdict.rule, verdict.rule)
        reason = why(verdict, kind, record)
        caption = words(verdict, kind, reason, world.begin)
        frame: Frame = min(shots, key=lambda f: abs(f.t - instant(verdict)))
        path = task.kept.with_name(f"{task.kept.stem}-{k}.jpg")
        where = f"{caption}\n{task.scene}, seed {task.seed}, {world.conditions.light}, {world.conditions.weather}"
        write_jpeg(path, drawn(frame.image, verdict, record, where))
        made.append(
            {
                "what": verdict.what,
                "kind": kind,
                "why": reason,
                "caption": caption,
                "picture": path.name,
                "side_px": round(side_px(verdict, record), 1),
            }
        )
    return made


def table(parts: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Return a row for each behaviour, and the total."""
    verdicts = [of_row(row) for part in parts for row in part["verdicts"]]
    names = sorted({v.rule for v in verdicts})
    each = [scores.score(name, [v for v in verdicts if v.rule == name]) for name in names]
    rows = []
    for one in (*each, scores.score(scores.TOTAL, verdicts)):
        shares = {
            f"{name}{part}": "" if getattr(share, at) is None else f"{getattr(share, at):.3f}"
            for name, share in (("precision", one.precision), ("recall", one.recall))
            for part, at in (("", "value"), ("_low", "low"), ("_high", "high"))
        }
        delays = {"p50": one.delay_s(0.5), "p95": one.delay_s(0.95)}
        counts = ("true", "found", "matched", "false", "wrong_subject", "innocent", "duplicates", "insufficient")
        rows.append(
            {
                "behaviour": one.rule,
                **{name: str(getattr(one, name)) for name in counts},
                **shares,
                **{f"delay_{name}_s": "" if value is None else f"{value:.2f}" for name, value in delays.items()},
            }
        )
    return rows


def frequent(parts: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the most frequent mistakes: of what kind, of which behaviour, how often, why, and the clearest picture of one."""
    every = [{**m, "folder": part["task"]["work"], **_at(part)} for part in parts for m in part["mistakes"]]
    counted = Counter((m["what"], m["kind"]) for m in every)
    rows = []
    for rank, ((what, kind), many) in enumerate(counted.most_common(SHOWN), start=1):
        mine = [m for m in every if (m["what"], m["kind"]) == (what, kind)]
        reasons = Counter(m["why"] for m in mine).most_common()
        shown = max((m for m in mine if m["why"] == reasons[0][0]), key=lambda m: m["side_px"])
        rows.append(
            {
                "rank": str(rank),
                "what": what,
                "behaviour": kind,
                "times": str(many),
                "why": "; ".join(f"{reason} ({n})" for reason, n in reasons),
                "shown": f"{shown['scene']} {shown['seed']}: {shown['caption']}".replace("\n", ". "),
                "source": f"{shown['folder']}/{shown['picture']}",
            }
        )
    return rows


def _at(part: dict[str, Any]) -> dict[str, Any]:
    return {name: part["task"][name] for name in ("scene", "seed")}


def write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write a table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def progress(part: dict[str, Any], parts: Sequence[dict[str, Any]], many: int, processes: int) -> str:
    """Say what a world took, and how long the rest may take."""
    left_min = sum(p["took_s"] for p in parts) / len(parts) * (many - len(parts)) / processes / 60
    return (
        f"{part['task']['scene']} {part['task']['seed']}: {part['render_cpu_s']} s of CPU to render, "
        f"{part['watch_cpu_s']} s to watch, {part['took_s']} s in all; some {left_min:.0f} min to go"
    )


def asked() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", action="store_true", help="watch with the models that ship")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--fps", type=float, default=10.0)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--scenes", default="")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path("runs/pixels"))
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder of the tables")
    parser.add_argument("--pictures", type=Path, help="where error-1.jpg and so on go")
    return parser.parse_args()


def main() -> None:
    """Make and watch the worlds; write and print the tables."""
    given = asked()
    os.environ.setdefault("LP_NUM_THREADS", "1")
    scenes = given.scenes.split(",") if given.scenes else list(plugins.names())
    width, height = (int(side) for side in given.size.split("x"))
    given.work.mkdir(parents=True, exist_ok=True)
    tasks = [
        Task(
            scene=s,
            seed=given.first + k,
            seconds=given.seconds,
            size=(width, height),
            fps=given.fps,
            work=str(given.work),
            models=given.models,
        )
        for k in range(given.seeds)
        for s in scenes
    ]
    new = sum(done(task) is None for task in tasks)
    print(f"{len(tasks)} worlds, {new} of them new", flush=True)
    parts: list[dict[str, Any]] = []
    began = time.perf_counter()
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool:
        for part in pool.map(one_world, tasks):
            parts.append(part)
            print(progress(part, parts, len(tasks), given.processes), flush=True)
    rows, errors = table(parts), frequent(parts)
    name = "pixels_models" if given.models else "pixels"
    write(given.out / f"{name}.csv", rows)
    if errors:
        write(given.out / f"{name}_errors.csv", [{k: v for k, v in row.items() if k != "source"} for row in errors])
    if given.pictures is not None:
        for row in errors:
            (given.pictures / f"{'models-' if given.models else ''}error-{row['rank']}.jpg").write_bytes(
                Path(row["source"]).read_bytes()
            )
    for row in rows:
        print("  ".join(f"{v:<24}" if k == "behaviour" else f"{v:>6}" for k, v in row.items()))
    for row in errors:
        print(*row.values(), sep="; ")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
