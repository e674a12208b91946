"""How processes and devices share the work: the accelerator of a recipe."""

import os

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]  # the package ships no types

from roadstead.errors import BadSettings
from roadstead.train.recipe import Recipe


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
    if kind in ("ddp", "fsdp", "zero1", "zero2", "zero3") and world == 1:
        raise BadSettings(
            f"distributed.kind: {kind} shares the work of several processes: start them with `torchrun --nproc-per-node 2`"
        )
    if kind in ("data_parallel", "tensor", "pipeline"):
        _refuse(kind)
    mixed = "no" if compute.precision == "fp32" else compute.precision
    return Accelerator(mixed_precision=mixed, cpu=compute.device == "cpu" or not torch.cuda.is_available())


def _refuse(kind: str) -> None:
    """Say what is not to be had here."""
    if kind == "data_parallel" and torch.cuda.device_count() > 1:
        return
    reasons = {
        "data_parallel": f"needs two GPUs in one process, and there are {torch.cuda.device_count()}; ddp shares among processes",
        "tensor": "is not built: take fsdp or zero3, which share the weights as well",
        "pipeline": "is not built: take fsdp or zero3, which share the weights as well",
    }
    raise BadSettings(f"distributed.kind: {kind} {reasons[kind]}")
