"""Tensor parallel: two processes that hold half of each layer take the steps of one; what cannot be split is refused."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from _language import LLAMA  # noqa: E402
from _split import STEPS, recipe  # noqa: E402
from roadstead.dataset.formats.jsonl import Jsonl  # noqa: E402
from roadstead.dataset.samples import Sample, Text  # noqa: E402
from roadstead.errors import BadSettings  # noqa: E402
from roadstead.train import checkpoints, training  # noqa: E402
from roadstead.train.runs import Run  # noqa: E402
from roadstead.train.splitting import split  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.timeout(400)]


def texts(folder: Path) -> Path:
    """Write sums of two numbers."""
    several = [Text(f"{k} and {k} are {2 * k}") for k in range(12)]
    Jsonl().write(
        [Sample(id=f"{k}", target=one, split="train" if k < 8 else "val") for k, one in enumerate(several)], folder
    )
    return folder


@pytest.mark.slow
def test_two_processes_that_split_layers_end_where_one_does_also_after_a_kill(tmp_path: Path) -> None:
    data = texts(tmp_path)
    training.train(recipe(data, "none"), data, tmp_path / "one")
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, str(tests / "_split.py"), str(data), str(tmp_path / "two")],
        env={**os.environ, "PYTHONPATH": f"{tests}:{tests.parent / 'src'}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=380,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = (checkpoints.load_weights(tmp_path / name / "model" / checkpoints.WEIGHTS) for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert max(float((one[name] - two[name]).abs().max()) for name in one) < 1e-5
    losses, norms = ([rows(tmp_path / name, key) for name in ("one", "two")] for key in ("loss", "grad_norm"))
    assert len(losses[0]) == STEPS
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    assert norms[1] == pytest.approx(norms[0], abs=1e-5)
    assert Run(tmp_path / "two").read("after.json") == Run(tmp_path / "one").read("after.json")


def rows(folder: Path, key: str) -> list[float]:
    return [row[key] for row in Run(folder).rows() if row["kind"] == "step"]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (LLAMA, "1 of num_key_value_heads cannot be shared by 2"),
        ({"model_type": "gpt2", "n_embd": 32, "n_layer": 1, "n_head": 2}, "has no plan of what can be split"),
    ],
)
def test_what_cannot_be_split_is_refused(config: dict[str, Any], sentence: str) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    kind: Any = AutoModelForCausalLM
    module = kind.from_config(AutoConfig.for_model(**{**config, "vocab_size": 40}))
    with pytest.raises(BadSettings, match=sentence):
        split(module, "cpu", 2)


def test_only_whole_models_are_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = texts(tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    lora = recipe(data, "tensor").model_copy(update={"method": {"kind": "lora"}})
    with pytest.raises(BadSettings, match="tensor splits the layers that lora changes"):
        training.train(lora, data, tmp_path / "run")
