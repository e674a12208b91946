"""The real fine-tunings of examples/train, end to end, with their main figure before and after on held-out samples.

    ROADSTEAD_DATA=… python benchmarks/trainings.py [--runs FOLDER] [--only NAME…] [--fill]

Each recipe is run as its first lines say, one after the other; a run folder that is complete is taken as it is, one that was
interrupted goes on. Rows go to benchmarks/results/trainings.csv as they are made, and into docs/train.md (`--fill` does that alone).
Seconds are by the wall, on whatever else the machine did.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks/results/trainings.csv"
PAGE = ROOT / "docs/train.md"
BEGIN, END = "<!-- benchmarks/trainings.py begins -->", "<!-- benchmarks/trainings.py ends -->"
COLUMNS: tuple[str, ...] = (
    "recipe",
    "task",
    "method",
    "steps",
    "seconds",
    "peak_mb",
    "trainable",
    "parameters",
    "samples",
    "metric",
)
COLUMNS += ("before", "before_low", "before_high", "after", "low", "high", "perplexity_before", "perplexity")
RECIPES = (
    *("detect-road-vessel", "trucks-full", "trucks-head", "trucks-lora", "trucks-distil", "plates", "ways"),
    *("incidents-classes-full", "incidents-classes-lora", "incidents-classes-adapter", "incidents-classes-prefix"),
    *("incidents-names-full", "incidents-names-lora", "incidents-names-adapter", "incidents-names-prefix"),
    *("reports-lora-r8", "reports-lora-r16", "reports-qlora", "reports-prompt"),
    *(
        "chinese-classes",
        "contrast-captions",
        "little-pixels",
        "bert-fine-tuning",
        "resnet",
        "resnet-lora",
        "resnet-distilled",
    ),
)


def made(runs: Path, recipe: Path) -> dict[str, str]:
    """Make the data that a recipe names, where it is not there yet; return the settings that point to it."""
    text, data = recipe.read_text(encoding="utf-8"), runs / "data"
    chinese = recipe.stem.startswith("chinese")
    makers: dict[str, tuple[Path, list[str]]] = {
        "INCIDENTS": (data / ("zh" if chinese else "en"), ["incidents.py", *(["--language", "zh"] if chinese else [])]),
        "plates": (data / "plates", ["make_plates.py", "--count", "6000", *_crops()]),
        "contrast": (data / "captions", ["captions.py", "--draw", "640", "--out"]),
        "little": (data / "little-trucks", ["little_trucks.py"]),
    }
    found: dict[str, str] = {}
    for name, (folder, (program, *more)) in makers.items():
        if not (
            f"${{{name}}}" in text or recipe.stem.startswith(name) or (name == "little" and "little-trucks" in text)
        ):
            continue
        if not folder.is_dir():
            place = [*more, str(folder)] if more[-1:] == ["--out"] else [str(folder), *more]
            subprocess.run([sys.executable, str(ROOT / "examples" / program), *place], check=True)
        found[name] = str(folder)
    return found


def _crops() -> list[str]:
    data = Path(os.environ.get("ROADSTEAD_DATA", "")) / "plate"
    return [part for name in ("plates.jsonl", "plates_crops.csv") for part in ("--crops", str(data / name))]


def trained(runs: Path, name: str) -> Path:
    """Run a recipe, or go on with it, and return its folder."""
    recipe, folder = ROOT / "examples/train" / f"{name}.toml", runs / name
    if (folder / "after.json").is_file() and "ended" in json.loads((folder / "run.json").read_text(encoding="utf-8")):
        return folder
    places = made(runs, recipe)
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "INCIDENTS": places.get("INCIDENTS", "")}
    command = [sys.executable, "-m", "roadstead", "train", str(recipe), "--out", str(folder)]
    if (folder / "recipe.toml").is_file():
        command = [sys.executable, "-m", "roadstead", "train", str(folder), "--resume"]
    else:
        command += [part for setting in _settings(recipe, runs, places) for part in ("--set", setting)]
    subprocess.run(command, env=environment, check=True)
    return folder


def _settings(recipe: Path, runs: Path, places: Mapping[str, str]) -> list[str]:
    """Return settings that put folders made here in the place of those that the recipe's first lines make."""
    import tomllib

    table = tomllib.loads(recipe.read_text(encoding="utf-8"))
    made = []
    stages = enumerate(table.get("stages", ()))
    for where, data in [("data", table["data"]), *((f"stages.{k}.data", one.get("data", {})) for k, one in stages)]:
        for side in ("train", "val", "test"):
            for k, source in enumerate(data.get(side, ())):
                made += [f"{where}.{side}.{k}.folder={place}" for place in _places(source["folder"], places)]
    earlier = [("model", "weights"), ("method", "teacher")]
    named = [(part, key, str(table.get(part, {}).get(key, ""))) for part, key in earlier]
    return [*made, *(f"{part}.{key}={runs / Path(value).name}" for part, key, value in named if "runs/" in value)]


def _places(named: str, places: Mapping[str, str]) -> list[str]:
    """Return where the data lies that a recipe looks for in the folder `named`."""
    tail, folders = Path(named).name, [Path(folder) for name, folder in places.items() if name != "INCIDENTS"]
    return [] if "${" in named else [str(one if one.name == tail else one / tail) for one in folders]


def row(name: str, folder: Path) -> dict[str, Any]:
    """Return the figures of a finished run."""
    facts, after = (json.loads((folder / f"{file}.json").read_text(encoding="utf-8")) for file in ("run", "after"))
    before = (
        json.loads((folder / "before.json").read_text(encoding="utf-8")) if (folder / "before.json").is_file() else None
    )
    plan = (
        json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        if (folder / "plan.json").is_file()
        else {"stages": []}
    )
    main = after["main"]
    then = before["metrics"].get(main, {}) if before else {}
    now, stages = after["metrics"][main], plan["stages"]
    return {
        "recipe": name,
        "task": plan.get("task", after["task"]),
        "method": " then ".join(stage["method"] for stage in stages),
        "steps": facts["steps"],
        "seconds": round(facts["seconds"]),
        "peak_mb": round(facts["peak_mb"]),
        "trainable": stages[-1]["learning"] if stages else "",
        "parameters": stages[-1]["parameters"] if stages else "",
        "samples": after["samples"],
        "metric": main,
        **{k: _short(then.get(v)) for k, v in (("before", "value"), ("before_low", "low"), ("before_high", "high"))},
        **{k: _short(now.get(v)) for k, v in (("after", "value"), ("low", "low"), ("high", "high"))},
        "perplexity_before": _short(before["metrics"].get("perplexity", {}).get("value") if before else None),
        "perplexity": _short(after["metrics"].get("perplexity", {}).get("value")),
    }


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def keep(new: Mapping[str, Any]) -> None:
    """Put a row into the table in the order of the recipes."""
    rows = {old["recipe"]: old for old in kept()}
    rows[str(new["recipe"])] = {name: str(new[name]) for name in COLUMNS}
    part = RESULTS.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[name] for name in RECIPES if name in rows)
    part.replace(RESULTS)  # a table that cannot be written whole leaves the old one


def kept() -> list[dict[str, str]]:
    """Return the rows that are there."""
    if not RESULTS.is_file():
        return []
    with RESULTS.open(encoding="utf-8") as file:
        return [{name: row.get(name) or "" for name in COLUMNS} for row in csv.DictReader(file)]


def page(rows: Sequence[Mapping[str, str]]) -> str:
    """Return the table for people."""

    def figure(r: Mapping[str, str], value: str, low: str, high: str) -> str:
        return f"{r[value]} ({r[low]} to {r[high]})" if r[low] else r[value]

    lines = [
        "| recipe | figure | before | after | held-out samples | steps | seconds | MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        before, after = figure(r, "before", "before_low", "before_high"), figure(r, "after", "low", "high")
        if r["perplexity"]:
            before, after = f"{before}; perplexity {r['perplexity_before']}", f"{after}; perplexity {r['perplexity']}"
        lines.append(
            f"| `{r['recipe']}` | {r['metric']} | {before} | {after} | {r['samples']} | {r['steps']} | {r['seconds']} | {r['peak_mb']} |"
        )
    return "\n".join(lines)


def fill() -> None:
    """Write the table into the page."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{page(kept())}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=ROOT / "runs/trainings")
    parser.add_argument("--only", nargs="+", choices=RECIPES, default=RECIPES)
    parser.add_argument("--fill", action="store_true")
    given = parser.parse_args()
    failed = []
    for name in () if given.fill else given.only:
        try:
            keep(row(name, trained(given.runs.resolve(), name)))
        except subprocess.CalledProcessError as error:
            failed.append(f"{name}: {error}")
    fill()
    if failed:
        raise SystemExit("\n".join(failed))


if __name__ == "__main__":
    main()
