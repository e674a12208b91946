"""Who holds weights, gradients and optimiser states, and how they come together: one engine a way of sharing.

The loop speaks to an engine only. All of them take the mean of gradients over the processes that share the samples, so the loop gives each
process's loss times their number.
"""

import copy
import math
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]  # the package ships no types
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import CPUOffloadPolicy, FSDPModule, OffloadPolicy, fully_shard
from torch.distributed.tensor.experimental import implicit_replication

from roadstead.errors import BadSettings
from roadstead.registry import extra_named
from roadstead.train import checkpoints
from roadstead.train.batches import Shape
from roadstead.train.models import Built
from roadstead.train.recipe import Distributed
from roadstead.train.splitting import split

Optimiser = torch.optim.Optimizer
Hook = Callable[[], None] | None


class Engine(Protocol):
    """Takes the steps of one model. Every process calls the same methods in the same order."""

    model: nn.Module
    """What is called with batches."""

    def rates(self) -> Optimiser:
        """Return what has the `param_groups` whose rates count."""

    def micro(self, *, last: bool) -> AbstractContextManager[Any]:
        """Surround one micro-batch; processes exchange gradients with the last one of a step only, where they can wait."""

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a micro-batch."""

    def step(self, clip: float, before: Hook, after: Hook) -> float:
        """Take the step and forget the gradients; return their norm before clipping.

        `before` may change the gradients first; `after` is called when the weights have changed and the gradients are there still.
        """

    def skipped(self) -> bool:
        """Whether the last step was left out since fp16 overflowed."""

    def weights(self) -> dict[str, Tensor]:
        """Return what training changes, whole, by the names that the plain module has."""

    def put(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Put such weights back."""

    def save_states(self, folder: Path) -> None:
        """Write what the optimiser remembers; every process calls it."""

    def load_states(self, folder: Path) -> None:
        """Read what the optimiser remembers."""

    def plain(self) -> nn.Module:
        """Return the module without anything around it, with the weights of now."""


class Whole:
    """Every process has all of it (one process, or DDP): Accelerate. `parallel`: one process cuts batches over its GPUs."""

    def __init__(
        self, module: nn.Module, optimiser: Optimiser, accelerator: Accelerator, *, parallel: bool = False
    ) -> None:
        self.accelerator = accelerator
        spread: nn.Module = nn.DataParallel(module) if parallel else module
        self.model, self.optimiser = accelerator.prepare(spread, optimiser)
        self.learning = [p for group in self.optimiser.param_groups for p in group["params"]]

    def rates(self) -> Optimiser:
        """Return the optimiser."""
        return self.optimiser  # type: ignore[no-any-return]  # Accelerate's wrapper of one

    def micro(self, *, last: bool) -> AbstractContextManager[Any]:
        """Exchange gradients with the last micro-batch only."""
        return nullcontext() if last else self.accelerator.no_sync(self.model)

    def backward(self, loss: Tensor) -> None:
        """Add gradients."""
        self.accelerator.backward(loss)

    def step(self, clip: float, before: Hook, after: Hook) -> float:
        """Clip, step, forget."""
        if before is not None:
            before()
        norm = self.accelerator.clip_grad_norm_(self.learning, clip or math.inf)
        self.optimiser.step()
        if after is not None:
            after()
        self.optimiser.zero_grad()
        return math.nan if norm is None else float(norm)

    def skipped(self) -> bool:
        """Whether fp16 overflowed."""
        return bool(self.accelerator.optimizer_step_was_skipped)

    def weights(self) -> dict[str, Tensor]:
        """Return what training changes."""
        return checkpoints.changed(self.plain())

    def put(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Put weights back."""
        checkpoints.put(self.plain(), weights, where)

    def save_states(self, folder: Path) -> None:
        """Write the optimiser's states, once."""
        if self.accelerator.is_main_process:
            torch.save(self.optimiser.state_dict(), folder / checkpoints.OPTIMISER)

    def load_states(self, folder: Path) -> None:
        """Read the optimiser's states."""
        self.optimiser.load_state_dict(torch.load(folder / checkpoints.OPTIMISER, weights_only=True))

    def plain(self) -> nn.Module:
        """Return the module."""
        module: nn.Module = self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        return module


class Sharded:
    """Each process holds a part of tensors, as `spread` shares them out in place. The plain module is kept beside it on its device."""

    def __init__(
        self,
        module: nn.Module,
        make: Callable[[nn.Module], Optimiser],
        accelerator: Accelerator,
        spread: Callable[[nn.Module], None],
    ) -> None:
        self._plain = copy.deepcopy(module)
        spread(module)
        self.model = module
        self.optimiser = make(self.model)
        self.accelerator = accelerator
        self.learning = [p for group in self.optimiser.param_groups for p in group["params"]]

    def rates(self) -> Optimiser:
        """Return the optimiser."""
        return self.optimiser

    def micro(self, *, last: bool) -> AbstractContextManager[Any]:
        """Reduce gradients with the last micro-batch only."""
        if isinstance(self.model, FSDPModule):
            self.model.set_requires_gradient_sync(last)
        return nullcontext()

    def backward(self, loss: Tensor) -> None:
        """Add gradients."""
        loss.backward()  # type: ignore[no-untyped-call]  # so torch has it

    def step(self, clip: float, before: Hook, after: Hook) -> float:
        """Clip by the norm over all shards, step, forget."""
        if before is not None:
            before()
        with implicit_replication():
            norm: Any = nn.utils.clip_grad_norm_(self.learning, clip or math.inf)
            self.optimiser.step()
        if after is not None:
            after()
        self.optimiser.zero_grad()
        return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)

    def skipped(self) -> bool:
        """Never: fp16 is not sharded here."""
        return False

    def weights(self) -> dict[str, Tensor]:
        """Gather what training changes."""
        wanted = checkpoints.changed(self._plain)
        return {name: _gathered(value) for name, value in self.model.state_dict().items() if name in wanted}

    def put(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Share whole weights out."""
        from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict

        checkpoints.put(self._plain, weights, where)
        options = StateDictOptions(full_state_dict=True, strict=False)
        set_model_state_dict(self.model, {**self.model.state_dict(), **weights}, options=options)

    def save_states(self, folder: Path) -> None:
        """Gather and write the optimiser's states, so that any number of processes can go on."""
        from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict

        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        states = get_optimizer_state_dict(self.model, self.optimiser, options=options)
        if self.accelerator.is_main_process:
            torch.save(states, folder / checkpoints.OPTIMISER)

    def load_states(self, folder: Path) -> None:
        """Read and share out the optimiser's states."""
        from torch.distributed.checkpoint.state_dict import StateDictOptions, set_optimizer_state_dict

        states = torch.load(folder / checkpoints.OPTIMISER, weights_only=True)
        set_optimizer_state_dict(self.model, self.optimiser, states, options=StateDictOptions(full_state_dict=True))

    def plain(self) -> nn.Module:
        """Return the plain module with the gathered weights."""
        checkpoints.put(self._plain, self.weights(), "the shards")
        return self._plain


class Zero:
    """DeepSpeed ZeRO: optimiser states (1), gradients (2) and parameters (3) are shared out; `offload` keeps them off the GPU."""

    def __init__(
        self,
        module: nn.Module,
        optimiser: Optimiser,
        accelerator: Accelerator,
        settings: Distributed,
        cut: Shape,
        clip: float,
    ) -> None:
        if accelerator.device.type == "cpu":
            os.environ.setdefault("DS_ACCELERATOR", "cpu")
        with extra_named(f"distributed.kind {settings.kind!r}"):
            import deepspeed  # type: ignore[import-untyped]  # the package ships no types
        if accelerator.device.type == "cpu":
            deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False  # or it calls a compiler at run time
        stage = int(settings.kind[-1])
        zero: dict[str, Any] = {"stage": stage}
        if settings.offload:
            zero["offload_optimizer"] = {"device": "cpu"}
            if stage == 3:
                zero["offload_param"] = {"device": "cpu"}
        config = {
            "train_micro_batch_size_per_gpu": cut.micro,
            "gradient_accumulation_steps": cut.rounds,
            "gradient_clipping": clip,
            "zero_optimization": zero,
            "zero_allow_untested_optimizer": True,
            "zero_force_ds_cpu_optimizer": False,
            "bf16": {"enabled": accelerator.mixed_precision == "bf16"},
        }
        self._module, self._stage, self._rounds = module, stage, cut.rounds
        self._plain = copy.deepcopy(module) if stage == 3 else None
        self._engine, self._optimiser, _, _ = deepspeed.initialize(
            model=module, optimizer=optimiser, config=config, dist_init_required=False
        )
        self.model: nn.Module = self._engine
        self.accelerator = accelerator

    def rates(self) -> Optimiser:
        """Return DeepSpeed's optimiser."""
        return self._optimiser  # type: ignore[no-any-return]  # DeepSpeed's wrapper of one

    def micro(self, *, last: bool) -> AbstractContextManager[Any]:
        """Tell where the step ends."""
        self._engine.set_gradient_accumulation_boundary(last)
        return nullcontext()

    def backward(self, loss: Tensor) -> None:
        """Add gradients; DeepSpeed divides by the number of micro-batches, which the loop has done by units."""
        self._engine.backward(loss * self._rounds)

    def step(self, clip: float, before: Hook, after: Hook) -> float:  # noqa: ARG002  # set when it was made
        """Take the step; DeepSpeed clips and forgets."""
        if before is not None:
            raise BadSettings("optimiser.l1: gradients are not at hand under zero; use weight_decay")
        if after is not None:
            raise BadSettings(
                "method: ranks are given away by gradients, which are not at hand under zero; take ddp or fsdp"
            )
        self._engine.step()
        norm = self._engine.get_global_grad_norm()
        return math.nan if norm is None else float(norm)

    def skipped(self) -> bool:
        """Never: fp16 is not offered with zero here."""
        return False

    def weights(self) -> dict[str, Tensor]:
        """Gather what training changes."""
        with self._gathered():
            return {name: value.detach().clone() for name, value in checkpoints.changed(self._module).items()}

    def put(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Put whole weights back and tell the optimiser's own copies."""
        with self._gathered(modifier=0):
            checkpoints.put(self._module, weights, where)
        refresh = getattr(self._optimiser, "refresh_fp32_params", None)
        if refresh is not None:
            refresh()

    def save_states(self, folder: Path) -> None:
        """Write each process's share of the states."""
        self._engine.save_checkpoint(str(folder / "shards"))

    def load_states(self, folder: Path) -> None:
        """Read each process's share; only as many processes as wrote them can go on."""
        self._engine.load_checkpoint(str(folder / "shards"))

    def plain(self) -> nn.Module:
        """Return the module with whole weights."""
        if self._plain is not None:
            checkpoints.put(self._plain, self.weights(), "the shards")
            return self._plain
        return self._module

    def _gathered(self, modifier: int | None = None) -> AbstractContextManager[Any]:
        if self._stage < 3:
            return nullcontext()
        import deepspeed

        return deepspeed.zero.GatheredParameters(list(self._module.parameters()), modifier_rank=modifier)  # type: ignore[no-any-return]  # untyped


def engine(
    module: nn.Module,
    built: Built,
    make: Callable[[nn.Module], Optimiser],
    accelerator: Accelerator,
    settings: Distributed,
    cut: Shape,
    clip: float,
) -> Engine:
    """Return the engine that a recipe asks for; `make` makes the optimiser of a module."""
    if settings.kind == "fsdp":
        return Sharded(module, make, accelerator, lambda whole: _shard(whole, built, accelerator, settings))
    if settings.kind == "tensor":
        world = accelerator.num_processes
        return Sharded(module, make, accelerator, lambda whole: split(whole, accelerator.device.type, world))
    if settings.kind.startswith("zero"):
        return Zero(module, make(module), accelerator, settings, cut, clip)
    return Whole(module, make(module), accelerator, parallel=settings.kind == "data_parallel")


def _shard(module: nn.Module, built: Built, accelerator: Accelerator, settings: Distributed) -> None:
    """Share out every tensor, block by block (FSDP2); `replicas` groups of processes hold a whole copy each (hybrid sharding)."""
    world, replicas = accelerator.num_processes, settings.replicas
    if world % replicas or replicas == world > 1:
        raise BadSettings(f"distributed.replicas: {world} processes cannot be {replicas} groups that share a copy each")
    shape, names = ((world,), ("shard",)) if replicas == 1 else ((replicas, world // replicas), ("replica", "shard"))
    mesh = init_device_mesh(accelerator.device.type, shape, mesh_dim_names=names)
    if settings.offload and accelerator.device.type == "cpu":
        raise BadSettings(
            "distributed.offload: fsdp offloads from a GPU; everything is in the processor's memory already"
        )
    offload = CPUOffloadPolicy() if settings.offload else OffloadPolicy()
    for prefixes in built.blocks:
        for prefix in prefixes:
            part = _part(module, prefix)
            if part is not None and any(True for _ in part.parameters()):
                fully_shard(part, mesh=mesh, offload_policy=offload)
    fully_shard(module, mesh=mesh, offload_policy=offload)


def _part(module: nn.Module, prefix: str) -> nn.Module | None:
    try:
        return module.get_submodule(prefix)
    except AttributeError:
        return None


def _gathered(value: Any) -> Tensor:
    full: Tensor = value.full_tensor() if hasattr(value, "full_tensor") else value
    return full.detach().clone()
