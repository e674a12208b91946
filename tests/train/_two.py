"""Run by torchrun with several processes: trains one little recipe in every way of sharing that it is told."""

import sys
from pathlib import Path
from typing import Any

from _little import shared, table
from roadstead.settings import check
from roadstead.train import training
from roadstead.train.recipe import Recipe

OPTIONS: dict[str, dict[str, Any]] = {
    "": {},
    "offload": {"distributed__offload": True},
    "hybrid": {"distributed__replicas": 2},
}


def main() -> None:
    data, out, kinds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(",")
    for kind in kinds:
        sharing, _, option = kind.partition("+")[0].partition("-")
        changes: dict[str, Any] = {
            "budget__steps": 20,
            "budget__micro": 2,
            "distributed__kind": sharing,
            **OPTIONS[option],
        }
        changes |= shared(kind, data)
        recipe = check(Recipe, table(data, **changes), kind)
        training.train(recipe, data, out / kind)


if __name__ == "__main__":
    main()
