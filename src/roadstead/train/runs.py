"""The folder of a training: what is in it, written so that a kill leaves nothing half.

recipe.toml        the recipe as it was run        run.json       where it came from, versions, threads, hashes
vocabulary.json    what the model answers          samples.json   which sample was on which side
plan.json          what was going to be done       checks.json    the self-checks before the first step
log.jsonl          steps and evaluations           before.json, after.json   reports
checkpoints/       <stage>/last, <stage>/best      model/, adapter/          what was learned
curves.png, report.html                            bundle/                   what ships
"""

import json
import platform
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from roadstead.dataset.samples import Sample
from roadstead.errors import BadInput
from roadstead.evaluate.reports import Report, from_record
from roadstead.train import vocabulary
from roadstead.train.recipe import Recipe, load
from roadstead.train.vocabulary import Vocabulary

RECIPE, RUN, LOG = "recipe.toml", "run.json", "log.jsonl"
_PACKAGES = (
    "roadstead",
    "torch",
    "torchvision",
    "transformers",
    "peft",
    "accelerate",
    "timm",
    "deepspeed",
    "bitsandbytes",
)


class Run:
    """One training's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, recipe: Recipe, base: Path) -> None:
        """Make the folder and write what is run; `base` is where the recipe's own relative paths are taken from.

        The recipe is written last: a folder that has one can be gone on with.
        """
        import tomli_w

        self.folder.mkdir(parents=True, exist_ok=True)
        table = recipe.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        for data in (table["data"], *(stage.get("data", {}) for stage in table.get("stages", ()))):
            for source in (source for side in ("train", "val", "test") for source in data.get(side, ())):
                source["folder"] = str(Path(source["folder"]).resolve())
        self.write(RUN, {"base": str(base.resolve()), "versions": _versions(), "python": platform.python_version()})
        self._text(RECIPE, tomli_w.dumps(table))

    def recipe(self) -> tuple[Recipe, Path]:
        """Return the recipe that was run, and where its relative paths are taken from; raise BadInput where this is no run."""
        if not (self.folder / RECIPE).is_file():
            raise BadInput(f"{self.folder}: is no folder of a training: it has no {RECIPE}")
        return load(self.folder / RECIPE), Path(self.read(RUN)["base"])

    def write(self, name: str, content: Any) -> None:
        """Write a JSON file whole or not at all."""
        self._text(name, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=True))

    def read(self, name: str) -> Any:
        """Read a JSON file; raise BadInput where it is missing or damaged."""
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"{self.folder / name}: cannot be read: {error}") from None

    def note(self, **facts: Any) -> None:
        """Add facts to run.json."""
        self.write(RUN, {**self.read(RUN), **facts})

    def log(self, row: Mapping[str, Any]) -> None:
        """Append a row to the log."""
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the log's rows; a last line that a kill cut off is left out."""
        file = self.folder / LOG
        if not file.is_file():
            return
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                return

    def cut_log(self, stage: str, step: int) -> None:
        """Drop the rows of a stage after a step: steps that were taken after the last checkpoint are taken again."""
        kept = [row for row in self.rows() if row.get("stage") != stage or row.get("step", 0) <= step]
        self._text(LOG, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept))

    def report(self, name: str) -> Report:
        """Return a report that was written ("before", "after")."""
        return from_record(self.read(f"{name}.json"))

    def keep_vocabulary(self, words: Vocabulary) -> None:
        """Write what the model answers."""
        self.write("vocabulary.json", words.record())

    def vocabulary(self) -> Vocabulary:
        """Return what the model answers."""
        return vocabulary.from_record(self.read("vocabulary.json"))

    def keep_samples(self, sides: Mapping[str, Sequence[Sample]]) -> None:
        """Write which sample is on which side."""
        self.write("samples.json", {side: [s.id for s in samples] for side, samples in sides.items()})

    def _text(self, name: str, text: str) -> None:
        part = self.folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(self.folder / name)


def peak_mb() -> float:
    """Return the most memory this process has had, MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
