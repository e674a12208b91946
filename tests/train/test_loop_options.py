"""What a recipe may ask of the loop besides: R-drop, gradient checkpointing, compiled models."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor, nn  # noqa: E402
from torch.nn.modules.module import register_module_forward_hook  # noqa: E402

from _language import BERT  # noqa: E402
from _little import apart, losses, pictures, table, text_table, texts  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import checkpoints, training  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures(tmp_path_factory.mktemp("pictures"))


def trained(made: dict[str, Any], folder: Path) -> dict[str, Tensor]:
    training.train(check(Recipe, made, folder.name), folder, folder)
    return checkpoints.load_weights(folder / "model" / checkpoints.WEIGHTS)


def test_r_drop_changes_what_dropout_makes_of_a_training_and_nothing_without(data: Path, tmp_path: Path) -> None:
    for drop in (0.0, 0.5):
        changes: dict[str, Any] = {"model__drop": drop, "budget__steps": 12, "evaluation__keep": "last"}
        plain = trained(table(data, **changes), tmp_path / f"plain{drop}")
        held = trained(table(data, optimiser__r_drop=1.0, **changes), tmp_path / f"held{drop}")
        one, other = losses(tmp_path / f"plain{drop}"), losses(tmp_path / f"held{drop}")
        if not drop:
            assert other == pytest.approx(one, abs=1e-6)
            assert apart(plain, held) < 1e-6
            continue
        assert apart(plain, held) > 1e-4
        assert sum(other[-4:]) < 0.7 * sum(other[:4])


@pytest.mark.parametrize("split", ["val", "none"])
def test_the_mean_of_the_last_weights_is_what_is_left_where_no_best_is_kept(
    split: str, data: Path, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {"budget__ema": 0.9, "evaluation__keep": "last"}
    if split == "none":
        source = {"folder": str(data), "format": {"kind": "image_folders"}, "split": "train"}
        changes = {"budget__ema": 0.9, "data": {"train": [source], "val_share": 0.0}}
    left = trained(table(data, **changes), tmp_path / "run")
    last = tmp_path / "run" / "checkpoints" / "little" / "last"
    mean = checkpoints.load_weights(last / checkpoints.MEAN)
    assert apart({name: left[name] for name in mean}, mean) == 0
    assert apart(left, checkpoints.load_weights(last / checkpoints.WEIGHTS)) > 0


@pytest.mark.parametrize("kind", ["timm", "transformers_encoder"])
def test_gradient_checkpointing_takes_the_same_steps(kind: str, data: Path, tmp_path: Path) -> None:
    dropped = {"hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.2}
    if kind == "timm":
        made = table(data, model__drop=0.2)
    else:
        made = text_table(texts(tmp_path / "texts"), model__config={**BERT, **dropped})
    with counted() as plain_calls:
        plain = trained({**made}, tmp_path / "plain")
    with counted() as calls:
        again = trained({**made, "compute": {"device": "cpu", "checkpointing": True}}, tmp_path / "again")
    assert apart(plain, again) < 1e-6
    assert losses(tmp_path / "again") == pytest.approx(losses(tmp_path / "plain"), abs=1e-6)
    assert len(calls) > len(plain_calls)  # parts were asked again in the backward pass


@pytest.mark.parametrize(
    "backend",
    [
        pytest.param("aot_eager", marks=pytest.mark.slow),
        pytest.param(
            "inductor",
            marks=[
                pytest.mark.long,  # it compiles C++ for minutes
                pytest.mark.timeout(900),
                pytest.mark.skipif(shutil.which(os.environ.get("CXX", "g++")) is None, reason="needs a C++ compiler"),
            ],
        ),
    ],
)
def test_a_compiled_model_takes_the_same_steps(
    backend: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[nn.Module] = []
    own = nn.Module.compile

    def compile_(module: nn.Module) -> None:
        compiled.append(module)
        own(module, backend=backend)

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(nn.Module, "compile", compile_)
    made = table(data, model={"kind": "timm", "name": "test_vit", "size": 32})
    plain = trained({**made}, tmp_path / "plain")
    assert not compiled
    fast = trained({**made, "compute": {"device": "cpu", "compile": True}}, tmp_path / "fast")
    (module,) = compiled
    assert module._compiled_call_impl is None  # what ships is traced from its own code
    assert apart(plain, fast) < 1e-5
    assert losses(tmp_path / "fast") == pytest.approx(losses(tmp_path / "plain"), abs=1e-5)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the kinds of the modules that are asked meanwhile."""
    asked: list[str] = []
    hook = register_module_forward_hook(lambda module, *_: asked.append(type(module).__name__))
    try:
        yield asked
    finally:
        hook.remove()
