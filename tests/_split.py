"""Run by torchrun with two processes: trains a little language model in some ways of splitting, kills it in the middle, and goes on."""

import sys
from pathlib import Path
from typing import Any

from _language import LLAMA
from roadstead.settings import check
from roadstead.train import training
from roadstead.train.loop import Loop
from roadstead.train.recipe import Recipe

STEPS, KILLED = 8, 5


class Killed(Exception):
    """Ends a training in the middle."""


def recipe(folder: Path, kind: str) -> Recipe:
    """Return the recipe of a model with a head for each process, which also keeps a mean of its weights."""
    return check(
        Recipe,
        {
            "name": kind,
            "data": {"train": [{"folder": str(folder), "format": {"kind": "jsonl"}}], "allow_leakage": True},
            "task": {"kind": "causal_language_modelling", "length": 24},
            "model": {
                "kind": "transformers_causal",
                "weights": "random",
                "config": {**LLAMA, "num_key_value_heads": 2, "tie_word_embeddings": False},
            },
            "optimiser": {"kind": "sgd", "lr": 0.05, "weight_decay": 0.01},
            "budget": {"batch": 4, "micro": 2, "steps": STEPS, "minutes": 60, "ema": 0.8},
            "evaluation": {"resamples": 0, "before": False, "every": 1.0},
            "checks": {"skip": ["accumulation", "overfit", "resume"]},
            "compute": {"device": "cpu"},
            "distributed": {"kind": kind},
            "logging": {"report": False},
        },
        "recipe",
    )


def main() -> None:
    data, out, kinds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(",")
    loops: Any = Loop
    step = loops.step

    def killed(loop: Loop, batches: Any) -> dict[str, Any]:
        if loop.progress.step == KILLED:
            raise Killed
        row: dict[str, Any] = step(loop, batches)
        return row

    for kind in kinds:
        loops.step = killed  # both processes end at the same step
        try:
            training.train(recipe(data, kind), data, out / kind)
        except Killed:
            loops.step = step
            training.train(recipe(data, kind), data, out / kind, resume=True)


if __name__ == "__main__":
    main()
