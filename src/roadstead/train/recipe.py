"""A recipe: one TOML file that says what is learned, from what, how, and what is made of it.

Tables with `kind` are plug-ins (task, model, method, loss, augmentations, the data's format); their other keys are the
plug-in's own settings. Everything else is here. An unknown key is refused by name.
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field, model_validator

from roadstead.errors import BadSettings
from roadstead.settings import Settings, check, read_toml

Table = dict[str, Any]
"""A plug-in's table: `kind` and its own settings."""


class Source(Settings):
    """Where samples lie: a folder in a format. `take` keeps so many of them (by chance, from `seed`); none: all."""

    folder: Path
    format: Table = Field(default_factory=lambda: {"kind": "coco"})
    split: Literal["train", "val", "test"] | None = None
    take: Annotated[int, Gt(0)] | None = None


class Data(Settings):
    """What is learned from and judged on.

    Samples keep the split they have. Without val (or test) samples a share of the training samples becomes them, whole groups
    at a time (`by`). `val` and `test` name other places for them. A group on two sides is leakage, an error unless
    `allow_leakage`. `class_map` renames classes ("" leaves a class out).
    """

    train: tuple[Source, ...] = Field(min_length=1)
    val: tuple[Source, ...] = ()
    test: tuple[Source, ...] = ()
    val_share: Annotated[float, Ge(0), Lt(1)] = 0.2
    test_share: Annotated[float, Ge(0), Lt(1)] = 0.0
    by: Literal["group", "sample"] = "group"
    sampling: Literal["natural", "balanced", "repeat_factor"] = "natural"
    repeat_threshold: Annotated[float, Gt(0), Le(1)] = 0.1
    class_map: dict[str, str] = Field(default_factory=dict)
    allow_leakage: bool = False
    cache_mb: Annotated[int, Ge(0)] = 512
    workers: Annotated[int, Ge(0)] = 0


class Optimiser(Settings):
    """How steps are taken.

    `layer_decay` multiplies the rate once for each block further from the head; `head_lr` is the new
    head's own rate. `l1` is a penalty on the size of weights, added to the loss per step; `r_drop` weighs how much two
    passes with other dropout differ (Liang et al., 2021).
    """

    kind: Literal["sgd", "adam", "adamw", "adagrad", "rmsprop", "adafactor", "adamw_8bit"] = "adamw"
    lr: Annotated[float, Gt(0)] = 1e-3
    head_lr: Annotated[float, Gt(0)] | None = None
    weight_decay: Annotated[float, Ge(0)] = 0.01
    decay_norms: bool = False
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.9
    nesterov: bool = False
    betas: tuple[Annotated[float, Ge(0), Lt(1)], Annotated[float, Ge(0), Lt(1)]] = (0.9, 0.999)
    eps: Annotated[float, Gt(0)] = 1e-8
    layer_decay: Annotated[float, Gt(0), Le(1)] = 1.0
    l1: Annotated[float, Ge(0)] = 0.0
    r_drop: Annotated[float, Ge(0)] = 0.0


class Schedule(Settings):
    """How the rate changes. `warmup` is a share of all steps (below 1) or a number of them; `end` the last rate's share."""

    kind: Literal[
        "constant",
        "step",
        "exponential",
        "cosine",
        "cosine_restarts",
        "one_cycle",
        "linear",
        "polynomial",
        "reduce_on_plateau",
    ] = "cosine"
    warmup: Annotated[float, Ge(0)] = 0.05
    end: Annotated[float, Ge(0), Le(1)] = 0.0
    every: Annotated[float, Gt(0)] = 0.3
    factor: Annotated[float, Gt(0), Lt(1)] = 0.1
    power: Annotated[float, Gt(0)] = 2.0
    cycles: Annotated[int, Gt(0)] = 3
    patience: Annotated[int, Ge(0)] = 2


class Budget(Settings):
    """How long, and how much at once.

    `batch` samples make one step, over all processes; `micro` of them are computed at once by one process (as memory allows;
    none: all of them), so the same recipe takes the same steps on any machine. Training ends with the first of `epochs`,
    `steps` and `minutes`, or when `patience` evaluations brought nothing better. Gradients longer than `clip` are shortened to
    it (0: they are not).
    """

    batch: Annotated[int, Gt(0)] = 32
    micro: Annotated[int, Gt(0)] | None = None
    epochs: Annotated[float, Gt(0)] | None = None
    steps: Annotated[int, Gt(0)] | None = None
    minutes: Annotated[float, Gt(0)] | None = None
    patience: Annotated[int, Gt(0)] | None = None
    clip: Annotated[float, Ge(0)] = 1.0
    ema: Annotated[float, Gt(0), Lt(1)] | None = None

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.epochs is None and self.steps is None:
            raise ValueError("say how long: set epochs or steps")
        if self.micro is not None and self.batch % self.micro:
            raise ValueError(f"a batch of {self.batch} cannot be computed {self.micro} at a time: make it a multiple")
        return self


class Compute(Settings):
    """How it is computed. `precision` bf16 and fp16 are mixed: weights stay in fp32. `threads` 0: what the machine has."""

    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    channels_last: bool = False
    checkpointing: bool = False
    compile: bool = False
    threads: Annotated[int, Ge(0)] = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"


class Distributed(Settings):
    """How several processes or devices share the work; `accelerate launch` or torchrun start them.

    "auto" is ddp where there are several processes and nothing else is said. `offload` moves optimiser states (zero 1, 2)
    and parameters (zero 3, fsdp) to the processor's memory. `replicas` groups of processes hold a whole copy each (fsdp). "tensor" splits the layers of a language model within each block (method full only);
    all processes see the same samples.
    """

    kind: Literal["auto", "none", "data_parallel", "ddp", "fsdp", "zero1", "zero2", "zero3", "tensor", "pipeline"] = (
        "auto"
    )
    offload: bool = False
    replicas: Annotated[int, Gt(0)] = 1

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.offload and self.kind not in ("fsdp", "zero1", "zero2", "zero3"):
            raise ValueError(f"offload is for fsdp and zero1 to 3; {self.kind} keeps everything where it is")
        if self.replicas > 1 and self.kind != "fsdp":
            raise ValueError(f"replicas are for fsdp; with {self.kind} every process has a copy already")
        return self


class Evaluation(Settings):
    """When and how it is judged.

    `every` is a share of an epoch (or many); the best by `metric` is kept (none: the task's;
    `keep` last: the last).

    `resamples` are those of the bootstrap that gives the intervals; `before` judges the untuned model too; `loss` takes the loss on the judged
    samples as well (it runs the model once more).
    """

    every: Annotated[float, Gt(0)] = 1.0
    metric: str | None = None
    batch: Annotated[int, Gt(0)] | None = None
    resamples: Annotated[int, Ge(0)] = 500
    before: bool = True
    loss: bool = True
    at_most: Annotated[int, Gt(0)] | None = None
    keep: Literal["best", "last"] = "best"


class Checks(Settings):
    """The self-checks before the first step; each can be left out by name, and that is written into the report."""

    skip: tuple[
        Literal["trainable", "unmasked", "audit", "augment", "head", "accumulation", "overfit", "merge", "resume"], ...
    ] = ()
    overfit_steps: Annotated[int, Ge(0)] = 60


class Export(Settings):
    """The bundle.

    `int8` quantises with `calibration` samples of the training data; the gate refuses a bundle whose main figure
    on held-out data is worse by more than `most_loss`, or whose outputs differ by more than `tolerance`. `weights` lays the trained
    weights beside the model, in half precision, so that somebody else can go on from the bundle. `temperatures` and `asked_of` go into
    the card of a model for attributes: what the numbers of an attribute are divided by, and the labels of tracks that it is asked of.
    """

    formats: tuple[Literal["onnx", "openvino"], ...] = ()
    int8: bool = False
    calibration: Annotated[int, Gt(0)] = 128
    tolerance: Annotated[float, Gt(0)] = 1e-3
    most_loss: Annotated[float, Ge(0)] = 0.01
    weights: bool = False
    name: str | None = None
    version: str = "1"
    temperatures: dict[str, Annotated[float, Gt(0)]] = Field(default_factory=dict)
    asked_of: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Logging(Settings):
    """Where steps are told besides log.jsonl in the run folder, every so many steps; `report` draws curves and writes the page.

    `mlflow` is the address of its store: a server, or sqlite:///mlflow.db.
    """

    every: Annotated[int, Gt(0)] = 1
    tensorboard: bool = False
    mlflow: str | None = None
    report: bool = True


class Stage(Settings):
    """One stage of several: what it says takes the place of what the recipe says; tables are laid over key by key."""

    name: str
    method: Table | None = None
    data: Table = Field(default_factory=dict)
    augment: tuple[Table, ...] | None = None
    loss: Table | None = None
    optimiser: Table = Field(default_factory=dict)
    schedule: Table = Field(default_factory=dict)
    budget: Table = Field(default_factory=dict)


class Recipe(Settings):
    """Everything of one training.

    A relative path is taken from the recipe's folder; `${NAME}` in the folder of data is that variable of the environment.
    """

    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    seed: Annotated[int, Ge(0)] = 0
    data: Data
    task: Table
    model: Table
    method: Table = Field(default_factory=lambda: {"kind": "full"})
    augment: tuple[Table, ...] = ()
    loss: Table | None = None
    optimiser: Optimiser = Field(default_factory=Optimiser)
    schedule: Schedule = Field(default_factory=Schedule)
    budget: Budget
    compute: Compute = Field(default_factory=Compute)
    distributed: Distributed = Field(default_factory=Distributed)
    evaluation: Evaluation = Field(default_factory=Evaluation)
    checks: Checks = Field(default_factory=Checks)
    export: Export = Field(default_factory=Export)
    logging: Logging = Field(default_factory=Logging)
    stages: tuple[Stage, ...] = ()


def load(path: Path, settings: Sequence[str] = ()) -> Recipe:
    """Read a recipe and change it by `a.b=value` settings; raise BadSettings naming the file and the field."""
    table = read_toml(path)
    for setting in settings:
        set_(table, setting)
    return check(Recipe, _placed(table, path.parent), str(path))


def set_(table: dict[str, Any], setting: str) -> None:
    """Set `a.b=value` in a table; the value is read as TOML, and as a text where it is none. Lists take an index: `stages.0.lr`."""
    name, equals, text = setting.partition("=")
    if not equals or not name:
        raise BadSettings(f"--set {setting}: write it as table.key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *way, last = name.split(".")
    place: Any = table
    for part in way:
        place = _inner(place, part, setting)
    if isinstance(place, list):
        _inner(place, last, setting)
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise BadSettings(f"--set {setting}: {'.'.join(way)} is no table")


def stages(recipe: Recipe) -> tuple[tuple[str, Recipe], ...]:
    """Return the recipe of each stage by its name; a recipe without stages is its own only one."""
    if not recipe.stages:
        return ((recipe.name, recipe),)
    made = []
    whole = recipe.model_dump(exclude={"stages"}, exclude_unset=True)
    for stage in recipe.stages:
        own = stage.model_dump(exclude={"name"}, exclude_unset=True, exclude_none=True)
        laid = {**whole, **{name: _laid(whole.get(name), value) for name, value in own.items()}}
        made.append((stage.name, check(Recipe, laid, f"stage {stage.name!r}")))
    return tuple(made)


def _laid(below: Any, above: Any) -> Any:
    """Lay a table over another; another plug-in (`kind`) takes the whole place."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    if "kind" in above and above.get("kind") != below.get("kind"):
        return above
    return {**below, **above}


def _inner(place: Any, part: str, setting: str) -> Any:
    if isinstance(place, list):
        if not part.isdigit() or int(part) >= len(place):
            raise BadSettings(f"--set {setting}: there is no entry {part} in a list of {len(place)}")
        return place[int(part)]
    if isinstance(place, dict):
        return place.setdefault(part, {})
    raise BadSettings(f"--set {setting}: {part} is looked for in a value that is no table")


def _placed(table: dict[str, Any], base: Path) -> dict[str, Any]:
    """Take the data's folders from the recipe's folder where they are relative."""

    def source(one: Any) -> Any:
        if isinstance(one, dict) and isinstance(one.get("folder"), str):
            return {**one, "folder": base / _expanded(one["folder"])}
        return one

    def data(one: Any) -> Any:
        if not isinstance(one, dict):
            return one
        return {
            k: [source(s) for s in v] if isinstance(v, list) and k in ("train", "val", "test") else v
            for k, v in one.items()
        }

    placed = {**table, "data": data(table["data"])} if "data" in table else dict(table)
    if isinstance(placed.get("stages"), list):
        placed["stages"] = [
            {**s, "data": data(s["data"])} if isinstance(s, dict) and "data" in s else s for s in placed["stages"]
        ]
    return placed


def _expanded(folder: str) -> str:
    """Put variables of the environment in; raise BadSettings naming one that is not set."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise BadSettings(
                f"data: {folder}: the variable {match[1]} is not set: export it, or --set data.train.0.folder=…"
            )
        return os.environ[match[1]]

    return re.sub(r"\$\{(\w+)\}", value, folder)
