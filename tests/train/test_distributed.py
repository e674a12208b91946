"""Two processes end where one does: DDP, FSDP2, and ZeRO 1 to 3, on processors by gloo."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor  # noqa: E402

from _little import pictures, table  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import checkpoints, training  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402
from roadstead.train.runs import Run  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("distributed")]
KINDS = ("ddp", "fsdp", "ddp+lora", "fsdp+lora", "zero1", "zero2", "zero3")


def weights(folder: Path) -> dict[str, Tensor]:
    return checkpoints.load_weights(folder / "model" / checkpoints.WEIGHTS)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train by one process, and by two in every way; the folder has a run of each."""
    home = tmp_path_factory.mktemp("two")
    data = pictures(home / "pictures")
    for name in ("", "+lora"):
        changes: dict[str, Any] = {"method": {"kind": "lora", "r": 2}} if name else {}
        training.train(check(Recipe, table(data, budget__steps=20, **changes), "one"), data, home / f"one{name}")
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    kinds = [k for k in KINDS if not k.startswith("zero") or _deepspeed()]
    done = subprocess.run(
        [*command, str(tests / "train" / "_two.py"), str(data), str(home), ",".join(kinds)],
        env={
            **os.environ,
            "PYTHONPATH": f"{tests}:{tests.parent / 'src'}",
            "OMP_NUM_THREADS": "1",
            "DS_ACCELERATOR": "cpu",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=380,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return home


def _deepspeed() -> bool:
    from importlib.util import find_spec

    return find_spec("deepspeed") is not None


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_end_with_the_weights_of_one(runs: Path, kind: str) -> None:
    if kind.startswith("zero") and not _deepspeed():
        pytest.skip("DeepSpeed is not installed")
    one, two = weights(runs / f"one{'+lora' if 'lora' in kind else ''}"), weights(runs / kind)
    assert one.keys() == two.keys()
    assert max(float((one[name] - two[name]).abs().max()) for name in one) < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_they_log_the_same_losses_once(runs: Path, kind: str) -> None:
    if kind.startswith("zero") and not _deepspeed():
        pytest.skip("DeepSpeed is not installed")

    def losses(name: str) -> list[float]:
        return [row["loss"] for row in Run(runs / name).rows() if row["kind"] == "step"]

    assert losses(kind) == pytest.approx(losses(f"one{'+lora' if 'lora' in kind else ''}"), abs=1e-5)
