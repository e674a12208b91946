"""What ships answers as what was trained does: exported, gated, opened by the watch's own code, and refused when it does not."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from _little import pictures, table  # noqa: E402
from roadstead import evaluating  # noqa: E402
from roadstead.bundle.folder import load  # noqa: E402
from roadstead.dataset.samples import Sample  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import checkpoints, convert, export, making, reloading  # noqa: E402
from roadstead.train.data import sides  # noqa: E402
from roadstead.train.gate import reference  # noqa: E402
from roadstead.train.leaving import Trained, leaving  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402
from roadstead.train.runs import Run  # noqa: E402

pytestmark = pytest.mark.torch


def trained(recipe: Recipe, folder: Path, base: Path) -> tuple[Run, Trained, tuple[Sample, ...], tuple[Sample, ...]]:
    """Return a run folder with a model that was made, not trained, and the samples of its recipe."""
    found = sides(recipe.data, recipe.seed)
    plan = making.task(recipe, base)
    words = plan.vocabulary(found.train)
    torch.manual_seed(0)
    built = making.model(recipe, base, words)
    learner = making.learner(recipe, plan, built, words, found.train)
    run = Run(folder)
    run.begin(recipe, base)
    run.keep_vocabulary(words)
    return run, Trained(recipe, built, built.module.eval(), learner), found.train, found.final


def shipped(recipe: Recipe, folder: Path, base: Path) -> tuple[Any, Trained, tuple[Sample, ...]]:
    run, made, train, held_out = trained(recipe, folder, base)
    done = export.export(run, made, train, held_out)
    assert done is not None
    assert json.loads((folder / "export.json").read_text())["format"] == done.format
    return done, made, held_out


def figures(made: Trained, bundle: Path, held_out: tuple[Sample, ...]) -> tuple[Any, Any]:
    """Return the figures of the trained model and of the bundle on the same samples."""
    learned = reference(made.module, made.learner, held_out, 4)
    shipped_ = evaluating.judge(evaluating.opened(bundle), held_out, resamples=0)
    return learned, shipped_.report


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def classes(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Trained, tuple[Sample, ...]]:
    recipe = check(Recipe, table(data, export__formats=["onnx", "openvino"]), "recipe")
    return shipped(recipe, tmp_path_factory.mktemp("runs") / "classes", data)


def test_a_classifier_ships_in_two_formats_and_its_figures_are_the_same(
    classes: tuple[Any, Trained, tuple[Sample, ...]],
) -> None:
    done, made, held_out = classes
    assert [v.passed for v in done.verdicts] == [True, True]
    assert done.format == "openvino"
    for folder in (done.folder, done.folder / "onnx"):
        card = load(folder).card
        assert card.task == "image_classification"
        assert card.labels == ("blue", "green", "red")
        assert card.metrics["openvino_p50_ms"] > 0
        learned, bundle = figures(made, folder, held_out)
        assert bundle.value == learned.value
        assert {n: m.value for n, m in bundle.metrics.items()} == pytest.approx(
            {n: m.value for n, m in learned.metrics.items()}, abs=1e-4
        )


def test_a_bundle_is_judged_without_torch(classes: tuple[Any, Trained, tuple[Sample, ...]], data: Path) -> None:
    done, _, _ = classes
    code = (
        "import sys\n"
        "for name in ('torch', 'torchvision', 'transformers', 'timm'): sys.modules[name] = None\n"
        "from roadstead.cli import main\n"
        f"sys.argv = ['roadstead', 'evaluate', {str(done.folder)!r}, {str(data)!r}, '--json']\n"
        "main()\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)
    found = json.loads(told.stdout)
    assert next(iter(found["reports"].values()))["samples"] == 24


def test_weights_that_were_spoiled_on_the_way_are_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = convert.onnx

    def spoilt(leaving: Any, file: Path, exporter: Any) -> None:
        module = torch.nn.Sequential(leaving.module, torch.nn.Linear(3, 3))
        write(replace(leaving, module=module), file, "torchscript")

    monkeypatch.setattr(convert, "onnx", spoilt)
    recipe = check(Recipe, table(data, export__formats=["onnx"]), "recipe")
    done, _, _ = shipped(recipe, tmp_path / "run", data)
    assert done.folder is None
    assert not (tmp_path / "run" / "bundle").exists()
    assert [v.exporter for v in done.verdicts] == ["torchscript", "dynamo"]
    assert all("outputs differ" in v.said for v in done.verdicts)
    assert "no format passed" in done.said[-1]


def test_int8_ships_where_it_passes(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("nncf")
    recipe = check(
        Recipe,
        table(
            data,
            export__formats=[],
            export__int8=True,
            export__calibration=8,
            export__most_loss=1.0,
            export__weights=True,
        ),
        "recipe",
    )
    done, made, held_out = shipped(recipe, tmp_path / "run", data)
    assert done.format == "int8"
    kept = checkpoints.load_weights(done.folder / checkpoints.WEIGHTS)
    assert set(kept) == set(made.module.state_dict())
    assert {value.dtype for value in kept.values() if value.is_floating_point()} == {torch.float16}
    assert evaluating.judge(evaluating.opened(done.folder), held_out, resamples=0).report.samples == len(held_out)


class Flipped(torch.nn.Module):  # type: ignore[misc,name-defined]  # torch may be missing, so it has no type here
    """Says of the last class what is true of the first."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, images: Any) -> Any:
        return self.inner(images).flip(1)


def test_int8_that_is_worse_falls_back_to_float_and_says_so(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = check(Recipe, table(data, export__int8=True, export__calibration=4), "recipe")
    run, made, train, held_out = trained(recipe, tmp_path / "run", data)
    head: Any = made.module.get_classifier()  # type: ignore[operator]  # every network of timm has it
    with torch.no_grad():  # it says blue of all, which is right more often than red
        head.weight.zero_()
        head.bias.copy_(torch.tensor([1.0, 0.0, -1.0]))
    kept: list[tuple[str, ...]] = []

    def spoilt(source: Path, file: Path, inputs: Any, *, transformer: bool, keep_float: tuple[str, ...] = ()) -> None:
        kept.append(tuple(keep_float))
        assert [one["images"].shape for one in inputs] == [(1, 3, 32, 32)] * 4
        leaving_ = leaving(made, held_out)
        convert.onnx(replace(leaving_, module=Flipped(made.module)), file.with_suffix(".onnx"), "torchscript")
        convert.openvino(file.with_suffix(".onnx"), file)

    monkeypatch.setattr(convert, "int8", spoilt)
    done = export.export(run, made, train, held_out)
    assert done is not None
    assert kept == [(), tuple(name.replace(".", "/") for name in made.built.head)]
    assert [(v.format, v.passed) for v in done.verdicts] == [("openvino", True), ("int8", False), ("int8", False)]
    assert done.format == "openvino"
    assert "the bundle is in float" in done.said[-1]
    assert load(done.folder).model.name == "model.xml"  # type: ignore[arg-type]  # there is a folder where there is a format


def test_a_run_without_an_export_table_makes_no_bundle(data: Path, tmp_path: Path) -> None:
    run, made, train, held_out = trained(check(Recipe, table(data), "recipe"), tmp_path / "run", data)
    assert export.export(run, made, train, held_out) is None


def test_a_run_is_read_back_as_it_was(data: Path, tmp_path: Path) -> None:
    from roadstead.train import training

    recipe = check(Recipe, table(data, method={"kind": "lora", "r": 2}, budget__steps=2), "recipe")
    outcome = training.train(recipe, data, tmp_path / "run")
    held_out = sides(recipe.data, recipe.seed).final
    whole, adapted = reloading.load(tmp_path / "run"), reloading.load(tmp_path / "run", adapters=True)
    assert outcome.after is not None
    image = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(whole.module(image), adapted.module.eval()(image), atol=1e-5)
    assert reloading.judged(whole, held_out, resamples=0).value == outcome.after.value
    assert np.isfinite(outcome.seconds)
