"""How processes and devices share the work: the accelerator of a recipe."""

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
    mixed = "no" if compute.precision == "fp32" else compute.precision
    return Accelerator(mixed_precision=mixed, cpu=compute.device == "cpu" or not torch.cuda.is_available())
