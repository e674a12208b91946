"""Run by torchrun with two processes: trains one little recipe in every way of sharing, and once more after a kill."""

import sys
from pathlib import Path

from _little import shared, table
from roadstead.settings import check
from roadstead.train import training
from roadstead.train.recipe import Recipe


class Killed(Exception):
    """Ends a training in the middle."""


def main() -> None:
    data, out, kinds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(",")
    for kind in kinds:
        sharing = kind.partition("+")[0]
        changes = {"budget__steps": 20, "budget__micro": 2, "distributed__kind": sharing, **shared(kind, data)}
        recipe = check(Recipe, table(data, **changes), kind)
        training.train(recipe, data, out / kind)


if __name__ == "__main__":
    main()
