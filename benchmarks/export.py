"""What the gate says of a set detector that has learned something: ONNX, OpenVINO, and INT8 with the decoder quantised and in float.

    python benchmarks/export.py [--steps N]

DEIMv2-Atto from random weights at 160 px learns drawn pictures for N steps (one thread), then leaves through the gate. INT8 is made whole
and with head and decoder in float, whatever the gate says of the first, and both are judged. Writes results/export.csv. Exit code 1 where
ONNX or OpenVINO is refused.
"""

import argparse
import csv
import tempfile
from dataclasses import replace
from pathlib import Path

from roadstead.dataset.formats.jsonl import Jsonl
from roadstead.settings import check
from roadstead.train import convert, training
from roadstead.train.data import at_most, sides
from roadstead.train.export import FILE, FOLDER, seal
from roadstead.train.gate import Gate, Verdict, reference
from roadstead.train.leaving import Trained, leaving
from roadstead.train.recipe import Recipe
from roadstead.train.reloading import load
from roadstead.train.runs import Run
from train import pictures

RESULTS = Path(__file__).parent / "results" / "export.csv"
RUN = "run"
SIDE, CALIBRATION = 160, 128


def recipe(folder: Path, steps: int) -> Recipe:
    """Return the recipe; `folder` holds its data."""
    return check(
        Recipe,
        {
            "name": "drawn",
            "data": {"train": [{"folder": str(folder), "format": {"kind": "jsonl"}}], "val_share": 0.25},
            "task": {"kind": "object_detection"},
            "model": {"kind": "transformers_detector", "name": "deimv2_atto", "width": SIDE, "height": SIDE},
            "optimiser": {"lr": 2e-3, "weight_decay": 1e-4},
            "budget": {"batch": 8, "steps": steps, "clip": 0.1},
            "evaluation": {"before": False, "every": 1e9, "resamples": 0, "loss": False},
            "checks": {"skip": ["overfit"]},
            "compute": {"device": "cpu", "threads": 1},
            "export": {"formats": ["onnx", "openvino"]},
            "logging": {"report": False},
        },
        "recipe",
    )


def quantised(folder: Path, trained: Trained) -> list[Verdict]:
    """Return what the gate says of INT8 made whole, and with head and decoder in float."""
    found = sides(trained.recipe.data, trained.recipe.seed)
    out = leaving(trained, found.final)
    gate = Gate(
        out,
        trained.learner,
        found.final,
        reference(trained.module, trained.learner, found.final, 8),
        trained.recipe.export,
    )
    bundle = gate.opened(folder / RUN / FOLDER, "openvino")
    inputs = [{"images": bundle.show(one).inputs["images"]} for one in at_most(found.train, CALIBRATION, 0)]
    made = []
    for how, keep in (("whole", ()), ("head and decoder in float", out.keep_float)):
        target = folder / how
        target.mkdir()
        convert.int8(
            folder / RUN / FOLDER / "model.xml", target / "model.xml", inputs, transformer=True, keep_float=keep
        )
        seal(replace(out.card, model="model.xml"), target)
        made.append(gate.judge(target, "int8", how, ("openvino",)))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=400)
    steps = parser.parse_args().steps
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Jsonl().write(pictures(folder, 256), folder)
        outcome = training.train(recipe(folder, steps), folder, folder / RUN)
        attempts = Run(folder / RUN).read(FILE)["attempts"]
        if outcome.after is None or not all(one["passed"] for one in attempts):
            raise SystemExit(f"refused: {[one['said'] for one in attempts]}")
        attempts += [verdict.record() for verdict in quantised(folder, load(folder / RUN))]
    columns = (
        "format",
        "exporter",
        "passed",
        "difference",
        "again",
        "metric",
        "value",
        "reference",
        "samples",
        "bytes",
    )
    rows = [
        {"steps": steps, **{name: one[name] for name in columns}, "p50_ms": round(one["speed"][0]["p50_ms"], 2)}
        for one in attempts
    ]
    for row in rows:
        print(row)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
