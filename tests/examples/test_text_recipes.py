"""Every recipe of texts runs, with tiny models in place of those with weights: two steps, and reports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch
pytest.importorskip("torch")

from _language import BERT, LLAMA  # noqa: E402
from roadstead.train.recipe import load  # noqa: E402
from roadstead.train.training import train  # noqa: E402

ROOT = Path(__file__).parents[2]
RECIPES = sorted(
    path.stem
    for pattern in ("incidents-*", "reports-*", "chinese-*", "qa", "summaries")
    for path in (ROOT / "examples/train").glob(f"{pattern}.toml")
)
ALL = ["unmasked", "audit", "head", "accumulation", "overfit", "merge", "resume"]
SMALL = (
    *("budget.batch=2", "budget.micro=2", "budget.steps=2", "evaluation.at_most=2", "evaluation.resamples=5"),
    *(f"checks.skip={json.dumps(ALL)}", "evaluation.before=false"),
)


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("incidents")
    done = subprocess.run(
        [sys.executable, ROOT / "examples/incidents.py", folder, "--train", "24", "--val", "4", "--test", "4"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def little(kind: str) -> tuple[str, ...]:
    """Return the settings that put a tiny model in place of the one with weights."""
    config = {**BERT, "max_position_embeddings": 256} if kind == "transformers_encoder" else LLAMA
    return (
        'model.weights="random"',
        *(
            f"model.config.{key}={json.dumps(value)}"
            for key, value in {**config, "max_position_embeddings": 1024}.items()
        ),
        *(("task.length=1000", "task.allow_unknown=true") if kind == "transformers_causal" else ()),
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_runs(name: str, incidents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTS", str(incidents))
    monkeypatch.setenv("ROADSTEAD_CACHE", str(tmp_path / "cache"))
    path = ROOT / "examples/train" / f"{name}.toml"
    recipe = load(path)
    settings = [*SMALL, *(() if recipe.model.get("weights") == "random" else little(recipe.model["kind"]))]
    if "new_tokens" in recipe.task:
        settings.append("task.new_tokens=2")
    outcome = train(load(path, settings), path.parent, tmp_path / "run")
    assert outcome.steps == 2
    assert outcome.after is not None
    assert outcome.after.samples == 2
    assert recipe.name == name


def test_there_is_a_recipe_for_each_task_and_method() -> None:
    assert {"qa", "summaries", "chinese-texts", "reports-preferences", "reports-prompt"} <= set(RECIPES)
    assert {
        f"incidents-{use}-{how}" for use in ("classes", "names") for how in ("full", "lora", "adapter", "prefix")
    } <= set(RECIPES)
