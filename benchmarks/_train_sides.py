"""One side of `benchmarks/train.py` in a process of its own: prints losses, seconds a step and the most memory, as JSON.

    python benchmarks/_train_sides.py lora|detector ours|peer|profile FOLDER STEPS

Both sides have the same model with the same weights, the same encoded samples in the same order, collated by the same code, the
same optimiser (fused AdamW and clipping for LoRA; plain SGD for the detector, where a norm that is rounded otherwise chooses other queries; no decay), seeds a step and a row of log a step. Ours is `roadstead.train.training.train` as
the command line calls it, without self-checks and evaluations; the peer is the Trainer of transformers, with PEFT for LoRA.
"""

import json
import os
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset, Sampler

from roadstead.settings import check
from roadstead.train import loop, making, training
from roadstead.train.batches import Examples, Order, Pick
from roadstead.train.data import sides
from roadstead.train.models import Built
from roadstead.train.recipe import Recipe
from roadstead.train.tasks import Learner

LR = {"lora": 1e-3, "detector": 1e-5}
CLIP = {"lora": 1.0, "detector": 0.0}
OPTIMISER = {"lora": "adamw", "detector": "sgd"}
OPERATIONS = 15
BATCH = {"lora": 4, "detector": 4}


def recipe(case: str, folder: Path, steps: int) -> Recipe:
    """Return the recipe of a case; `folder` holds its data."""
    common: dict[str, Any] = {
        "name": case,
        "data": {"train": [{"folder": str(folder), "format": {"kind": "jsonl"}}], "val_share": 0.0, "cache_mb": 0},
        "optimiser": {"kind": OPTIMISER[case], "lr": LR[case], "weight_decay": 0.0, "momentum": 0.0},
        "schedule": {"kind": "constant", "warmup": 0},
        "budget": {"batch": BATCH[case], "steps": steps, "clip": CLIP[case]},
        "evaluation": {"before": False, "every": 1e9},
        "checks": {"skip": ["trainable", "unmasked", "audit", "head", "accumulation", "overfit", "merge", "resume"]},
        "compute": {"device": "cpu", "threads": 1},
    }
    if case == "lora":
        own = {
            "task": {"kind": "instruction_tuning", "length": 256},
            "model": {"kind": "transformers_causal"},
            "method": {"kind": "lora", "r": 8, "alpha": 16.0},
        }
    else:
        own = {
            "task": {"kind": "object_detection"},
            "model": {"kind": "transformers_detector", "name": "dfine_n", "width": 320, "height": 320},
        }
    return check(Recipe, {**common, **own}, case)


def parts(plan: Recipe, base: Path) -> tuple[Built, nn.Module, Learner, Examples, Order]:
    """Return what both sides train: the model with fixed weights, and its samples in their order."""
    found = sides(plan.data, plan.seed)
    task = making.task(plan, base)
    words = task.vocabulary(found.train)
    torch.manual_seed(plan.seed)
    built = making.model(plan, base, words)
    learner = making.learner(plan, task, built, words, found.train)
    return built, built.module, learner, Examples(found.train, learner), Order(np.ones(len(found.train)), plan.seed)


def fix(module: nn.Module) -> None:
    """Give both sides the same first matrices of LoRA, whatever drew them, and scores of places that are far apart.

    From random weights those scores tie, and rounding would choose the detector's queries.
    """
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "lora_A" in name:
                parameter.copy_(_drawn(name[name.index("layers") :], parameter) * 0.02)
            elif name.endswith("enc_score_head.weight"):
                parameter.copy_(_drawn("enc_score_head", parameter))


def _drawn(name: str, like: torch.Tensor) -> torch.Tensor:
    return torch.randn(like.shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode())))


class Clock:
    """Takes time, loss and the most memory so far after each step: what is saved and merged at the end is not counted."""

    def __init__(self) -> None:
        self.wall, self.cpu, self.losses = [time.perf_counter()], [time.process_time()], list[float]()
        self.peak_mb = 0.0

    def step(self, loss: float) -> None:
        """Note the end of a step."""
        self.wall.append(time.perf_counter())
        self.cpu.append(time.process_time())
        self.losses.append(loss)
        status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        self.peak_mb = int(next(line.split()[1] for line in status if line.startswith("VmHWM"))) / 1024


def ours(plan: Recipe, folder: Path) -> Clock:
    """Train with Roadstead."""
    clock = Clock()
    prepared = loop.Loop.__init__

    def fixed(self: loop.Loop, *args: Any) -> None:
        fix(args[0].module)
        prepared(self, *args)

    loop.Loop.__init__ = fixed  # type: ignore[method-assign,assignment]  # the same first weights as the peer's

    def say(row: dict[str, Any]) -> None:
        if row["kind"] == "step":
            clock.step(row["loss"])

    training.train(plan, folder, folder / f"run-{os.getpid()}", say=say)
    return clock


class _Drawn(Dataset[Any]):
    def __init__(self, examples: Examples, order: Order) -> None:
        self.examples, self.order = examples, order

    def __len__(self) -> int:
        return 10**6

    def __getitem__(self, place: int) -> Any:
        return self.examples[Pick(place, self.order[place])]


class _InOrder(Sampler[int]):
    def __iter__(self) -> Iterator[int]:
        return iter(range(10**6))

    def __len__(self) -> int:
        return 10**6


def peer(case: str, plan: Recipe, folder: Path) -> Clock:
    """Train with the Trainer of transformers, and PEFT."""
    from transformers import Trainer, TrainerCallback, TrainingArguments

    _, module, learner, examples, order = parts(plan, folder)
    model: Any = module.net if case == "detector" else module
    if case == "lora":
        from peft import LoraConfig, get_peft_model

        model.config.use_cache = False
        model = get_peft_model(
            model, LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
        )
    fix(model)
    clock = Clock()

    def lora(some: list[Any]) -> dict[str, Any]:
        batch = learner.collate(some)
        labels = batch["targets"].roll(1, dims=1)
        labels[:, 0] = -100
        return {"input_ids": batch["input_ids"], "labels": labels}

    def detector(some: list[Any]) -> dict[str, Any]:
        batch = learner.collate(some)
        labels = [{"class_labels": t.classes, "boxes": t.boxes} for t in batch["truths"]]
        return {"pixel_values": batch["images"], "labels": labels}

    class Peer(Trainer):
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return _InOrder()

        def training_step(self, *args: Any, **kwargs: Any) -> Any:
            torch.manual_seed(loop._seed(plan.seed, self.state.global_step, 0))
            loss = super().training_step(*args, **kwargs)
            self.said = float(loss)
            return loss

    class Ends(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.step(trainer.said)

    arguments = TrainingArguments(
        output_dir=str(folder / f"peer-{os.getpid()}"),
        per_device_train_batch_size=plan.budget.batch,
        max_steps=plan.budget.steps or 0,
        learning_rate=plan.optimiser.lr,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        optim="adamw_torch_fused" if case == "lora" else "sgd",
        max_grad_norm=CLIP[case],
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        seed=plan.seed,
    )
    collate = lora if case == "lora" else detector
    trainer = Peer(
        model=model, args=arguments, train_dataset=_Drawn(examples, order), data_collator=collate, callbacks=[Ends()]
    )
    clock.wall[0], clock.cpu[0] = time.perf_counter(), time.process_time()
    trainer.train()
    return clock


def profile(plan: Recipe, folder: Path) -> list[dict[str, Any]]:
    """Return the operations that a step of ours spends most time in, and their share of it."""
    built, _, learner, examples, order = parts(plan, folder)
    module = making.method(plan, folder).prepare(built)
    batch = learner.collate([examples[Pick(k, order[k])] for k in range(plan.budget.batch)])

    def step() -> None:
        losses = learner.loss(module, batch)
        (losses.total / losses.units).backward()  # type: ignore[no-untyped-call]  # so torch has it

    step()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as taken:
        step()
    found = sorted(taken.key_averages(), key=lambda one: -one.self_cpu_time_total)
    whole = sum(one.self_cpu_time_total for one in found)
    return [
        {"operation": one.key, "share": round(one.self_cpu_time_total / whole, 4), "calls": one.count}
        for one in found[:OPERATIONS]
    ]


def main() -> None:
    case, side, folder, steps = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    plan = recipe(case, folder, steps)
    if side == "profile":
        print("RESULT " + json.dumps({"operations": profile(plan, folder)}))
        return
    clock = ours(plan, folder) if side == "ours" else peer(case, plan, folder)
    print(
        "RESULT "
        + json.dumps(
            {
                "losses": clock.losses,
                "wall_s": np.diff(clock.wall).tolist(),
                "cpu_s": np.diff(clock.cpu).tolist(),
                "peak_mb": clock.peak_mb,
            }
        )
    )


if __name__ == "__main__":
    main()
