"""Two processes end where one does: DDP, FSDP2, and ZeRO 1 to 3, by gloo; methods with data or losses of their own too."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor  # noqa: E402

from _little import losses, pictures, shared, table  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import checkpoints, training  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.slow, pytest.mark.timeout(400)]
KINDS = (
    "ddp",
    "fsdp",
    "ddp+lora",
    "fsdp+lora",
    "ddp+rehearsal",
    "ddp+multitask",
    "ddp+distil",
    "zero1",
    "zero2",
    "zero3",
)


def alone(kind: str) -> str:
    """Return the name of the run by one process that one by two is compared with."""
    return f"one+{kind.partition('+')[2]}".rstrip("+")


def weights(folder: Path) -> dict[str, Tensor]:
    return checkpoints.load_weights(folder / "model" / checkpoints.WEIGHTS)


def together(home: Path, data: Path, kinds: Sequence[str], processes: int) -> None:
    """Train by so many processes in every way that is named."""
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
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


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train by one process, and by two in every way; the folder has a run of each."""
    home = tmp_path_factory.mktemp("two")
    data = pictures(home / "pictures")
    for name in {alone(kind) for kind in KINDS}:
        changes: dict[str, Any] = {"budget__steps": 20, **shared(name, data)}
        training.train(check(Recipe, table(data, **changes), name), data, home / name)
    together(home, data, [k for k in KINDS if not k.startswith("zero") or _deepspeed()], 2)
    return home


def _deepspeed() -> bool:
    from importlib.util import find_spec

    return find_spec("deepspeed") is not None


def test_two_processes_take_the_steps_of_one_and_log_them_once(runs: Path) -> None:
    kinds = [kind for kind in KINDS if (runs / kind).is_dir()]
    assert {kind for kind in KINDS if not kind.startswith("zero")} <= set(kinds)
    assert not _deepspeed() or kinds == list(KINDS)
    for kind in kinds:
        one, two = weights(runs / alone(kind)), weights(runs / kind)
        assert one.keys() == two.keys(), kind
        assert max(float((one[name] - two[name]).abs().max()) for name in one) < 1e-5, kind
        assert losses(runs / kind) == pytest.approx(losses(runs / alone(kind)), rel=1e-4, abs=1e-5), kind


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "processes"), [("fsdp-hybrid", 4), ("zero1-offload", 2), ("zero2-offload", 2), ("zero3-offload", 2)]
)
def test_groups_with_a_copy_each_and_offloading_change_nothing(tmp_path: Path, kind: str, processes: int) -> None:
    if kind.startswith("zero") and not _deepspeed():
        pytest.skip("DeepSpeed is not installed (pip install roadstead[sharded])")
    data = pictures(tmp_path / "pictures")
    training.train(check(Recipe, table(data, budget__steps=20), "one"), data, tmp_path / "one")
    together(tmp_path, data, [kind], processes)
    one, more = weights(tmp_path / "one"), weights(tmp_path / kind)
    assert max(float((one[name] - more[name]).abs().max()) for name in one) < 1e-5
