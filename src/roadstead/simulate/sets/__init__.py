"""Data sets made of worlds: one file a task; a recipe says what is made."""

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from roadstead.errors import BadInput

if TYPE_CHECKING:  # the command line shall not wait for the renderer
    from roadstead.simulate.sets.made import Made, Tell
    from roadstead.simulate.sets.recipe import Recipe


class _Task(Protocol):
    def make(self, recipe: "Recipe", out: Path, tell: "Tell") -> "Made":
        """Make a data set of one task."""


def make(recipe: Path, out: Path, tell: "Tell | None" = None) -> "Made":
    """Make the data set of a recipe's TOML file in a folder that is empty or not there; `tell` hears how far it is.

    The same recipe gives the same labels and, on the same machine, the same pictures. Raises BadSettings for a recipe that does
    not fit, BadInput for a folder that cannot be used or a recipe that cannot be met.
    """
    from roadstead.simulate.sets.recipe import read

    asked = read(recipe)
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise BadInput(f"{out}: is not empty; choose another folder with --out")
    except OSError as error:
        raise BadInput(f"{out}: cannot be the folder of a data set: {error.strerror}; choose another") from error
    task = cast("_Task", importlib.import_module(f"roadstead.simulate.sets.{asked.task}"))
    return task.make(asked, out, tell or _told)


def _told(done: int, of: int) -> None:
    """Say on stderr how far it is, at each twentieth."""
    if done == of or done * 20 // of > (done - 1) * 20 // of:
        sys.stderr.write(f"\r{done} of {of} samples" + ("\n" if done == of else ""))
        sys.stderr.flush()
