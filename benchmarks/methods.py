"""What each method of tuning costs and brings: parameters, adapter, time, memory and score, on three tasks.

    ROADSTEAD_DATA=… python benchmarks/methods.py [--only TASK…] [--methods ROW…] [--again] [--fill]

Every row is a training of its own in a process of its own, on one thread, with as many steps as the others of its task, by the
recipes of examples/train. Rows are added to benchmarks/results/methods.csv as they are made; rows that are there are left alone
(unless `--again`), so it goes on where it was stopped. `--fill` only writes the table into docs/methods.md. Seconds are those of the
processor, so that what else runs counts less; memory is the most that the process had, judging included.

    trucks     attributes of lorries, EfficientNet-Lite0 with ImageNet weights, 96 px (needs ROADSTEAD_DATA)
    incidents  violations of made-up reports, all-MiniLM-L6-v2
    reports    made-up reports into fields, SmolLM2-135M-Instruct out of a Q4_1 file; judged by perplexity
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks/results/methods.csv"
PAGE = ROOT / "docs/methods.md"
BEGIN, END = "<!-- benchmarks/methods.py begins -->", "<!-- benchmarks/methods.py ends -->"
COLUMNS = (
    *("task", "method", "steps", "batch", "trainable", "parameters", "adapter_bytes", "seconds_a_step", "peak_mb"),
    *("metric", "samples", "before", "before_low", "before_high", "after", "low", "high", "why"),
)
PATIENCE_S = 1500.0
TEXTS = ["--train", "240", "--val", "20", "--test", "120"]
QUIET = (
    'checks.skip=["trainable","unmasked","audit","head","accumulation","overfit","merge","resume"]',
    *("evaluation.every=1000.0", "evaluation.loss=false", 'evaluation.keep="last"', "evaluation.resamples=500"),
    *("compute.threads=1", 'compute.device="cpu"', "export.formats=[]"),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the table: the recipe it is tuned by where a row names none, and what all rows have in common."""

    recipe: str
    settings: tuple[str, ...]
    rows: Mapping[str, tuple[str, tuple[str, ...]]]
    """By the method's name in the table: a recipe ("" for the task's), and settings."""


def _method(table: str, *more: str) -> tuple[str, tuple[str, ...]]:
    return "", (f"method={table}", *more)


_RATE = "optimiser.lr={}".format
_HEAD = "optimiser.head_lr=5e-3"
TASKS = {
    "trucks": Task(
        "trucks-full",
        ("model.size=96", "budget={batch = 16, steps = 40}", "augment=[{kind = 'flip'}]"),
        {
            "full": _method("{kind = 'full'}", _RATE(5e-4), _HEAD),
            "head only": _method("{kind = 'partial', only = 'head'}", _RATE(5e-3)),
            "norms only": _method("{kind = 'partial', only = 'norms'}", _RATE(2e-3), _HEAD),
            "biases only": _method("{kind = 'partial', only = 'bias'}", _RATE(2e-3), _HEAD),
            "last 3 blocks": _method("{kind = 'partial', last = 3}", _RATE(5e-4), _HEAD),
            "unfreeze": _method("{kind = 'unfreeze'}", _RATE(5e-4), _HEAD),
            "lora r 8": _method("{kind = 'lora', r = 8, alpha = 16}", _RATE(2e-4), _HEAD),
            "dora r 8": _method("{kind = 'dora', r = 8, alpha = 16}", _RATE(2e-4), _HEAD),
            "adalora r 8": _method("{kind = 'adalora', r = 8}", _RATE(1e-3), _HEAD),
            "ia3": _method("{kind = 'ia3'}", _RATE(5e-3), _HEAD),
            "adapter": _method("{kind = 'adapter', reduction = 8.0}", _RATE(1e-3), _HEAD),
            "rehearsal (pull)": _method("{kind = 'rehearsal', pull = 0.01}", _RATE(5e-4), _HEAD),
            "distil (features of itself)": _method(
                "{kind = 'distil', labels = 1.0, logits = 0.0, features = 0.1}", _RATE(5e-4), _HEAD
            ),
            "qlora r 8": _method("{kind = 'qlora', r = 8}", _RATE(2e-3), _HEAD),
            "prefix": _method("{kind = 'prefix'}", _RATE(5e-3), _HEAD),
            "prompt": _method("{kind = 'prompt'}", _RATE(1e-1), _HEAD),
            "p_tuning": _method("{kind = 'p_tuning'}", _RATE(2e-3), _HEAD),
        },
    ),
    "incidents": Task(
        "incidents-classes-full",
        ("budget={batch = 8, steps = 40}",),
        {
            "full": ("", ()),
            "head only": _method("{kind = 'partial', only = 'head'}", _RATE(5e-3)),
            "biases only": ("incidents-classes-bitfit", ()),
            "unfreeze": ("incidents-classes-unfreeze", ()),
            "lora r 8": ("incidents-classes-lora", ()),
            "dora r 8": ("incidents-classes-dora", ()),
            "qlora r 8": _method("{kind = 'qlora', r = 8, targets = 'all-linear'}", _RATE(1e-3)),
            "adalora r 8": ("incidents-classes-adalora", ()),
            "ia3": ("incidents-classes-ia3", ()),
            "adapter": ("incidents-classes-adapter", ()),
            "prefix": ("incidents-classes-prefix", ()),
            "prompt": ("incidents-classes-prompt", ()),
            "p_tuning": ("incidents-classes-p-tuning", ()),
            "rehearsal (pull)": _method("{kind = 'rehearsal', pull = 0.01}"),
        },
    ),
    "reports": Task(
        "reports-lora-r8",
        ("budget={batch = 4, micro = 2, steps = 8}", "task.write=false", "evaluation.at_most=24", "evaluation.batch=4"),
        {
            "lora r 8": ("", ()),
            "lora r 16": ("reports-lora-r16", ()),
            "qlora r 8": ("reports-qlora", ()),
            "ia3": _method("{kind = 'ia3'}", _RATE(1e-2)),
            "prefix": _method("{kind = 'prefix', tokens = 16}", _RATE(1e-2)),
            "prompt": ("reports-prompt", ()),
            "p_tuning": _method("{kind = 'p_tuning', tokens = 16}", _RATE(2e-3)),
        },
    ),
}


def one(task: str, method: str, folder: Path) -> dict[str, Any]:
    """Train one row in this process and return its figures; a method that does not fit says why."""
    os.environ.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE")
    from roadstead.errors import RoadsteadError
    from roadstead.train.recipe import load
    from roadstead.train.runs import Run
    from roadstead.train.training import train

    plan = TASKS[task]
    recipe, settings = plan.rows[method]
    path = ROOT / f"examples/train/{recipe or plan.recipe}.toml"
    first = method == next(iter(plan.rows))
    judged = f"evaluation.before={'true' if first else 'false'}"  # it is the same for all
    read = load(path, [*QUIET, judged, *plan.settings, *settings])
    row: dict[str, Any] = {"task": task, "method": method, "steps": read.budget.steps, "batch": read.budget.batch}
    times: list[float] = []

    def hear(said: dict[str, Any]) -> None:
        if said["kind"] in ("stage", "step"):
            times.append(time.process_time())
        found = re.search(r"([\d,]+) of ([\d,]+) parameters learn", str(said.get("said", "")))
        if found:
            row["trainable"], row["parameters"] = (int(value.replace(",", "")) for value in found.groups())

    try:
        outcome = train(read, path.parent, folder, say=hear)
    except RoadsteadError as error:
        return {**row, "why": str(error)}
    adapters = list((folder / "adapter").rglob("*.safetensors")) if (folder / "adapter").is_dir() else []
    row["adapter_bytes"] = sum(file.stat().st_size for file in adapters) if adapters else ""
    row["seconds_a_step"] = f"{(times[-1] - times[0]) / (len(times) - 1):.3f}"
    row["peak_mb"] = round(float(Run(folder).read("run.json")["peak_mb"]))
    if outcome.before is not None:
        before = outcome.before.metrics[outcome.before.main]
        row |= {"before": before.value, "before_low": before.low, "before_high": before.high}
    if outcome.after is not None:
        after = outcome.after.metrics[outcome.after.main]
        row |= {"metric": outcome.after.main, "samples": outcome.after.samples, "after": after.value}
        row |= {"low": after.low, "high": after.high}
    return {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()}


def measured(task: str, method: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Run one row in a process of its own; what fails otherwise than by a refusal is said, too."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--one", task, method, folder]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env=dict(environment), timeout=PATIENCE_S
            )
        except subprocess.TimeoutExpired:
            return {"task": task, "method": method, "why": f"not done after {PATIENCE_S:.0f} s"}
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode or not lines:
            last = (done.stderr.strip() or "no output").splitlines()[-1]
            return {"task": task, "method": method, "why": f"failed: {last}"}
        row: dict[str, Any] = json.loads(lines[-1])
        return row


def known() -> list[dict[str, str]]:
    """Return the rows that were measured before."""
    if not RESULTS.is_file():
        return []
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keep(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write all rows in the order of the table."""
    order = [(task, method) for task, plan in TASKS.items() for method in plan.rows]
    found = {(row["task"], row["method"]): row for row in rows}
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(found[key] for key in order if key in found)


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return the rows as Markdown, a table a task."""
    parts = []
    for task, plan in TASKS.items():
        some = [row for row in rows if row["task"] == task]
        fitting = [row for row in some if not row["why"]]
        if not fitting:
            continue
        first = fitting[0]
        before = _interval(first["before"], first["before_low"], first["before_high"])
        parts.append(
            f"**{task}**: {first['steps']} steps of {first['batch']}; {first['metric']} on {first['samples']} held-out "
            f"samples, before: {before}\n"
        )
        parts.append("| method | trainable | adapter, KB | s a step | peak MB | " + first["metric"] + " |")
        parts.append("|---|---|---|---|---|---|")
        for row in fitting:
            size = f"{int(row['adapter_bytes']) / 1000:,.0f}" if row["adapter_bytes"] else "none"
            score = _interval(row["after"], row["low"], row["high"])
            cells = (f"{int(row['trainable']):,}", size, f"{float(row['seconds_a_step']):.2f}", row["peak_mb"], score)
            parts.append(f"| {row['method']} | " + " | ".join(cells) + " |")
        parts.append("")
        parts += [f"- not {row['method']}: {row['why'].removeprefix('method: ')}" for row in some if row["why"]]
        later = [method for method in plan.rows if method not in {row["method"] for row in some}]
        parts += [f"- not measured yet: {', '.join(later)}"] * bool(later)
        parts += [""] * (parts[-1] != "")
    return "\n".join(parts).strip()


def _interval(value: str, low: str, high: str) -> str:
    if not value:
        return "not measured"
    said = f"{float(value):.3f}"
    return f"{said} ({float(low):.3f} to {float(high):.3f})" if low and high else said


def fill(rows: Sequence[Mapping[str, str]]) -> None:
    """Put the table into the page of methods, between its marks."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{table(rows)}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def main() -> None:
    """Measure what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--methods", nargs="+", default=[], help="these rows alone, by their names in the table")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--fill", action="store_true", help="write the page from what is there, and measure nothing")
    parser.add_argument("--one", nargs=3, metavar=("TASK", "METHOD", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one[0], asked.one[1], Path(asked.one[2]) / "run")))
        return
    with tempfile.TemporaryDirectory() as folder:
        if not asked.fill:
            made = [sys.executable, str(ROOT / "examples/incidents.py"), folder, *TEXTS]
            subprocess.run(made, check=True, capture_output=True)
        environment = {**os.environ, "INCIDENTS": folder, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
        for task in () if asked.fill else asked.only:
            if task == "trucks" and "ROADSTEAD_DATA" not in os.environ:
                print("trucks: left out, ROADSTEAD_DATA is not set")
                continue
            for method in TASKS[task].rows:
                there = any((r["task"], r["method"]) == (task, method) for r in known())
                if (there and not asked.again) or (asked.methods and method not in asked.methods):
                    continue
                row = measured(task, method, environment)
                keep([*(r for r in known() if (r["task"], r["method"]) != (task, method)), row])
                print(", ".join(f"{k} {v}" for k, v in row.items() if v not in ("", None)), flush=True)
    fill(known())


if __name__ == "__main__":
    main()
