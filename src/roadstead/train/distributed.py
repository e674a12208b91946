"""How processes and devices share the work: the accelerator of a recipe."""

import os

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]  # the package ships no types

from roadstead.errors import BadSettings
from roadstead.train.recipe import Distributed, Recipe


def accelerator(recipe: Recipe) -> Accelerator:
    """Return the accelerator of a recipe; raise BadSettings where this machine cannot compute as it says."""
    compute = recipe.compute
    if compute.threads:
        torch.set_num_threads(compute.threads)
    if compute.precision == "fp16" and not torch.cuda.is_available():
        raise BadSettings("compute.precision: fp16 needs a GPU; bf16 and fp32 work on a processor")
    kind, world = recipe.distributed.kind, int(os.environ.get("WORLD_SIZE", "1"))
    if kind == "none" and world > 1:
        raise BadSettings(
            f"distributed.kind: none, but {world} processes were started; start one, or say ddp, fsdp or zero1 to 3"
        )
    if kind in ("ddp", "fsdp", "zero1", "zero2", "zero3", "tensor") and world == 1:
        raise BadSettings(
            f"distributed.kind: {kind} shares the work of several processes: start them with `torchrun --nproc-per-node 2`"
        )
    if kind == "tensor" and recipe.method["kind"] != "full":
        raise BadSettings(
            f"distributed.kind: tensor splits the layers that {recipe.method['kind']} changes: take fsdp, or the method full"
        )
    if kind == "zero3" and recipe.budget.ema:
        raise BadSettings(
            "budget.ema: under zero3 no process holds weights whose mean could be kept: take zero2 or fsdp"
        )
    if kind in ("data_parallel", "pipeline"):
        _refuse(kind)
    mixed = "no" if compute.precision == "fp32" else compute.precision
    return Accelerator(mixed_precision=mixed, cpu=compute.device == "cpu" or not torch.cuda.is_available())


def sharers(settings: Distributed, accelerator: Accelerator) -> tuple[int, int]:
    """Return among how many processes samples are shared, and which this one is; under tensor parallel all see the same ones."""
    if settings.kind == "tensor":
        return 1, 0
    return accelerator.num_processes, accelerator.process_index


def _refuse(kind: str) -> None:
    """Say what is not to be had here."""
    if kind == "data_parallel" and torch.cuda.device_count() > 1:
        return
    reasons = {
        "data_parallel": f"needs two GPUs in one process, and there are {torch.cuda.device_count()}; ddp shares among processes",
        "pipeline": "is not built, since tasks take their losses from a whole model's outputs: take fsdp, zero3 or tensor, which share "
        "the weights as well",
    }
    raise BadSettings(f"distributed.kind: {kind} {reasons[kind]}")
