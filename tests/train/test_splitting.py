"""Two processes that hold half of each layer take the steps of one and keep the same mean; what cannot be split is refused."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor  # noqa: E402

from _language import LLAMA  # noqa: E402
from _split import STEPS, recipe  # noqa: E402
from roadstead.dataset.formats.jsonl import Jsonl  # noqa: E402
from roadstead.dataset.samples import Sample, Text  # noqa: E402
from roadstead.errors import BadSettings  # noqa: E402
from roadstead.train import checkpoints, training  # noqa: E402
from roadstead.train.runs import Run  # noqa: E402
from roadstead.train.splitting import split  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.timeout(400)]
KINDS = ("tensor", "fsdp")


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
    training.train(recipe(data, "none"), data, tmp_path / "none")
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, str(tests / "_split.py"), str(data), str(tmp_path), ",".join(KINDS)],
        env={**os.environ, "PYTHONPATH": f"{tests}:{tests.parent / 'src'}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=380,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    one = tmp_path / "none"
    assert len(rows(one, "loss")) == STEPS
    for kind in KINDS:
        two = tmp_path / kind
        alone, shared = weights(one), weights(two)
        assert alone.keys() == shared.keys(), kind
        assert max(float((alone[name] - shared[name]).abs().max()) for name in alone) < 1e-5, kind
        for key in ("loss", "grad_norm"):
            assert rows(two, key) == pytest.approx(rows(one, key), abs=1e-5), kind
        assert judged(two) == pytest.approx(judged(one), rel=1e-5), kind


def weights(folder: Path) -> dict[str, Tensor]:
    return checkpoints.load_weights(folder / "model" / checkpoints.WEIGHTS)


def judged(folder: Path) -> list[float]:
    """Return the validation losses, which are those of the mean."""
    return [row["loss"] for row in Run(folder).rows() if row["kind"] == "evaluation"]


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


@pytest.mark.parametrize(
    ("kind", "method", "sentence"),
    [
        ("tensor", "lora", "tensor splits the layers that lora changes"),
        ("zero3", "full", "under zero3 no process holds weights whose mean"),
    ],
)
def test_what_does_not_go_together_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, method: str, sentence: str
) -> None:
    data = texts(tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    other = recipe(data, kind).model_copy(update={"method": {"kind": method}})
    with pytest.raises(BadSettings, match=sentence):
        training.train(other, data, tmp_path / "run")
