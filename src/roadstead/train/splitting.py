"""Tensor parallel: the linear layers of a language model, split among the processes within each block.

Shoeybi et al. (Megatron-LM, 2019), by torch's own tensors that know where their parts lie. All processes see the same samples. What is not
split (embeddings, norms) every process has, and changes alike.
"""

from fnmatch import fnmatchcase
from typing import Any

from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

from roadstead.errors import BadSettings

STYLES = {"colwise": ColwiseParallel, "rowwise": RowwiseParallel}
"""Ways of splitting a layer, as transformers names them."""
_ELSE = "take fsdp or zero3, which share the weights of any model"


def split(module: nn.Module, device: str, world: int) -> None:
    """Split a model of transformers in place as its configuration plans; raise BadSettings where that cannot be."""
    config: Any = getattr(module, "config", None)
    plan = getattr(config, "base_model_tp_plan", None) or {}
    strange = sorted({*plan.values()} - {*STYLES})
    if not plan or strange:
        why = f"plans parts that are split by {strange[0]!r}" if strange else "has no plan of what can be split"
        raise BadSettings(f"distributed.kind: tensor splits language models; {type(module).__name__} {why}: {_ELSE}")
    for name in ("num_attention_heads", "num_key_value_heads"):
        if getattr(config, name, world) % world:
            raise BadSettings(
                f"distributed.kind: tensor gives each process whole heads; {getattr(config, name)} of {name} cannot be shared by {world}: "
                f"{_ELSE}"
            )
    prefix: str = module.base_model_prefix  # type: ignore[assignment]  # every model of transformers has it
    found = {
        name: STYLES[plan[which]]()
        for name, part in module.named_modules()
        for which in plan
        if fnmatchcase(name, f"{prefix}.{which}") and isinstance(part, nn.Linear)
    }
    if not found:
        raise BadSettings(
            f"distributed.kind: tensor finds none of the planned layers, since the method wraps them: {_ELSE}"
        )
    parallelize_module(module, init_device_mesh(device, (world,)), found)
