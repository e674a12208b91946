"""What of a trained model goes into a bundle: a module of plain inputs and outputs, and the card that says what they mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from roadstead.bundle.card import BoxOutput, Card, Reading, TextInput
from roadstead.dataset.samples import Sample
from roadstead.errors import BadInput
from roadstead.train import reading
from roadstead.train.models import Built
from roadstead.train.models._detecting import exportable, output
from roadstead.train.recipe import Recipe
from roadstead.train.tasks import Batch, Learner

UNKNOWN = "0" * 64
"""Stands for the hash of a model file that is still to be written."""
LANGUAGE = frozenset(
    {
        "causal_language_modelling",
        "instruction_tuning",
        "preference_tuning",
        "question_answering",
        "sequence_to_sequence",
        "vision_language",
    }
)
"""Tasks whose models are saved as transformers reads them."""
UNFOLDED = ("adapter", "prefix", "prompt", "p_tuning")
"""Methods whose result is no part of a plain model."""
_TASKS: Mapping[str, Any] = {"object_detection": "detect"}
_TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished training: `module` is the merged model, `learner` its task bound to it."""

    recipe: Recipe
    built: Built
    module: nn.Module
    learner: Learner


@dataclass(frozen=True, slots=True)
class Leaving:
    """A module ready to be converted.

    `module` takes `inputs` (names, in order) and returns `outputs`; `examples` are inputs of two samples. `longest` says whether the
    second dimension is free too. `files` lie beside the model file, by name. `keep_float` are parts of the names of
    layers that quantising may have to leave alone.
    """

    module: nn.Module
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    examples: tuple[Tensor, ...]
    card: Card
    longest: bool = False
    transformer: bool = False
    files: tuple[tuple[str, str], ...] = ()
    keep_float: tuple[str, ...] = ()


class OfTokens(nn.Module):
    """A text encoder that takes its columns one by one, by their order, and returns logits."""

    def __init__(self, inner: nn.Module, columns: Sequence[str]) -> None:
        super().__init__()
        self.inner, self.columns = inner, tuple(columns)

    def forward(self, *values: Tensor) -> Tensor:
        """Return the logits of texts."""
        logits: Tensor = self.inner(**dict(zip(self.columns, values, strict=True))).logits
        return logits


def leaving(trained: Trained, samples: Sequence[Sample], trained_on: str = "") -> Leaving:
    """Return what can be converted; raise BadInput in one sentence where a task's models cannot.

    `samples` give the examples (two are taken; of one sample it is taken twice).
    """
    recipe, built, learner = trained.recipe, trained.built, trained.learner
    task = str(recipe.task["kind"])
    if task not in _OF:
        raise BadInput(
            f"export: there is no bundle for {task}; model/weights.safetensors in the run folder is what ships"
        )
    some = [samples[0], samples[min(1, len(samples) - 1)]]
    batch = learner.collate([learner.encode(learner.load(one)) for one in some])
    trained.module.eval()
    made = _OF[task](trained, batch)
    words = learner.vocabulary
    facts = {
        "name": recipe.export.name or recipe.name,
        "version": recipe.export.version,
        "task": _TASKS.get(task, task),
        "sha256": UNKNOWN,
        "licence": built.licence or "not stated",
        "labels": words.labels,
        "attributes": words.attributes,
        **_of_attributes(recipe, words.attributes),
        "characters": words.characters,
        "trained_on": trained_on,
        "notes": built.notes,
    }
    return Leaving(**{**made, "card": Card(**{**facts, **made["card"]}), "keep_float": _parts(built, trained.module)})


def _of_attributes(recipe: Recipe, there: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what the recipe adds to the card of attributes; raise BadInput where it names one that is not there."""
    made: dict[str, Mapping[str, Any]] = {
        "temperatures": recipe.export.temperatures,
        "asked_of": recipe.export.asked_of,
    }
    for part, table in made.items():
        stray = sorted(set(table) - set(there))
        if stray:
            raise BadInput(
                f"export.{part}: there is no attribute {stray[0]!r}; there are: {', '.join(there) or 'none'}"
            )
    return made


def _pictures(trained: Trained, batch: Batch) -> dict[str, Any]:
    """Return what every task on pictures shares."""
    images: Tensor = batch["images"]
    if images.shape[1] != 3:
        raise BadInput(
            f"export: bundles show pictures of 3 bands, this model takes {images.shape[1]}; nothing was exported"
        )
    return {
        "module": trained.module,
        "inputs": ("images",),
        "outputs": ("logits",),
        "examples": (images,),
        "card": {"input": trained.built.input},
        "transformer": any(isinstance(part, nn.MultiheadAttention) for part in trained.module.modules())
        or any("Attention" in type(part).__name__ for part in trained.module.modules()),
    }


def _boxes(trained: Trained, batch: Batch) -> dict[str, Any]:
    settings: Any = trained.learner.settings  # type: ignore[attr-defined]  # the learner of object_detection has them
    boxes: BoxOutput = output(trained.module, settings.nms_iou)
    made = _pictures(trained, batch)
    return {
        **made,
        "module": exportable(trained.module),
        "outputs": boxes.outputs,
        "card": {"input": trained.built.input, "boxes": boxes},
        "transformer": boxes.kind == "set",
    }


def _lines(trained: Trained, batch: Batch) -> dict[str, Any]:
    read = Reading(beam=trained.recipe.task.get("beam", 1), join_rows=trained.recipe.task.get("join_rows", False))
    made = _pictures(trained, batch)
    return {**made, "card": {**made["card"], "reading": read}}


def _texts(trained: Trained, batch: Batch) -> dict[str, Any]:
    tokenizer: Any = trained.built.processor
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise BadInput("export: the model's tokenizer is none of the package tokenizers, so a bundle cannot carry it")
    columns = reading.inputs(batch)
    spec = TextInput(
        columns=tuple(columns),  # type: ignore[arg-type]  # reading.COLUMNS
        length=trained.learner.length,  # type: ignore[attr-defined]  # learners of texts have it
        pad=tokenizer.pad_token_id,
        tokenizer=_TOKENIZER,
    )
    return {
        "module": OfTokens(trained.module, tuple(columns)),
        "inputs": tuple(columns),
        "outputs": ("logits",),
        "examples": tuple(columns.values()),
        "card": {"text": spec},
        "longest": True,
        "transformer": True,
        "files": ((_TOKENIZER, tokenizer.backend_tokenizer.to_str()),),
    }


def _ways(trained: Trained, batch: Batch) -> dict[str, Any]:
    ways: Tensor = batch["ways"]
    return {
        "module": trained.module,
        "inputs": ("ways",),
        "outputs": ("logits",),
        "examples": (ways,),
        "card": {"points": int(ways.shape[2])},
    }


_OF: Mapping[str, Callable[[Trained, Batch], dict[str, Any]]] = {
    "object_detection": _boxes,
    "image_classification": _pictures,
    "attributes": _pictures,
    "semantic_segmentation": _pictures,
    "text_recognition": _lines,
    "text_classification": _texts,
    "token_classification": _texts,
    "trajectory_classification": _ways,
}


def _parts(built: Built, module: nn.Module) -> tuple[str, ...]:
    """Return parts of the names of the head's layers and of decoders, as they stand in a converted graph."""
    decoders = {name for name, _ in module.named_modules() if name.rpartition(".")[2] == "decoder"}
    return tuple(sorted({name.replace(".", "/") for name in (*built.head, *decoders)}))


def save_language(trained: Trained, folder: Path) -> Card:
    """Save a merged model and its tokenizer as transformers reads them; raise BadInput where there is no plain model to save."""
    recipe, built, module = trained.recipe, trained.built, trained.module
    kind = str(recipe.method["kind"])
    if kind in UNFOLDED:
        raise BadInput(f"export: what {kind} has learned is no part of a plain model; the run folder is what ships")
    model: Any = module
    if not hasattr(model, "save_pretrained"):
        raise BadInput(
            f"export: a {type(module).__name__} is no model that transformers saves; the run folder is what ships"
        )
    model.save_pretrained(folder)
    if hasattr(built.processor, "save_pretrained"):
        built.processor.save_pretrained(folder)
    return Card(
        name=recipe.export.name or recipe.name,
        version=recipe.export.version,
        task="language",
        sha256=UNKNOWN,
        licence=built.licence or "not stated",
        model="model.safetensors",
        notes=built.notes,
    )
