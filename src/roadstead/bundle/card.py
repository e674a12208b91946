"""`card.toml`: what a model is, what it wants to be shown, and what its numbers mean."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Gt, Le, Len, MinLen

from roadstead.errors import BadBundle, BadSettings
from roadstead.settings import check, read_toml, settings_of

CARD = "card.toml"

Three = tuple[float, float, float]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What the model is shown: (n, 3, height, width) float32, (pixel * scale - mean) / std in the order of `channels`.

    `scale` is what a pixel of 255 becomes before mean and std. A letterboxed picture keeps its shape; the rest is
    `pad_value` (0 to 255), at the right and below ("end") or all around ("centre").
    """

    width: Annotated[int, Gt(0)]
    height: Annotated[int, Gt(0)]
    channels: Literal["rgb", "bgr"] = "rgb"
    scale: Literal[1, 255] = 1
    mean: Three = (0.0, 0.0, 0.0)
    std: tuple[Annotated[float, Gt(0)], Annotated[float, Gt(0)], Annotated[float, Gt(0)]] = (1.0, 1.0, 1.0)
    resize: Literal["letterbox", "stretch"] = "stretch"
    pad_value: Annotated[int, Ge(0), Le(255)] = 114
    pad_at: Literal["end", "centre"] = "centre"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxOutput:
    """What the model answers, by the names of its outputs.

    "set" (D-FINE, DEIMv2, RT-DETR): logits (n, q, classes) and boxes (n, q, 4), centre and size as shares of the input.
    "dense" (YOLOX): one output (n, places, 5 + classes), box, objectness, classes. `strides` are those of the grids
    that the boxes are still relative to; none means that they are centre and size in px of the input already.
    `activation` is what still has to be done to the class scores (and the objectness).
    """

    kind: Literal["set", "dense"]
    outputs: Annotated[tuple[str, ...], Len(1, 2)]
    strides: tuple[Annotated[int, Gt(0)], ...] = ()
    nms_iou: Annotated[float, Gt(0), Le(1)] = 0.5
    activation: Literal["sigmoid", "none"] = "sigmoid"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextInput:
    """How a text becomes what a model is shown: `tokenizer` (a file of the package tokenizers) beside the card.

    `columns` are the model's inputs, (n, length) int64: input_ids, attention_mask and token_type_ids, those that it has, in its
    order. Texts are cut at `length` tokens and filled up with `pad`.
    """

    columns: Annotated[tuple[Literal["input_ids", "attention_mask", "token_type_ids"], ...], MinLen(1)]
    length: Annotated[int, Gt(2)]
    pad: Annotated[int, Ge(0)] = 0
    tokenizer: str = "tokenizer.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How rows of characters become a text (CTC, the blank last): see `bundle.reading`.

    `beam` 1 takes the likeliest path; `join_rows` puts the rows of a two-row plate side by side before.
    """

    beam: Annotated[int, Gt(0)] = 1
    join_rows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From which score on a find is reported."""

    score: Annotated[float, Gt(0), Le(1)] = 0.3


Task = Literal[
    "detect",
    "image_classification",
    "attributes",
    "semantic_segmentation",
    "text_recognition",
    "text_classification",
    "token_classification",
    "trajectory_classification",
    "language",
]
"""What a bundle's model does; "detect" are those that watch. "language" are saved as transformers reads them."""
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "detect": ("input", "boxes", "labels"),
    "image_classification": ("input", "labels"),
    "attributes": ("input", "attributes"),
    "semantic_segmentation": ("input", "labels"),
    "text_recognition": ("input", "characters"),
    "text_classification": ("text", "labels"),
    "token_classification": ("text", "labels"),
    "trajectory_classification": ("points", "labels"),
    "language": (),
}
"""What the card of each task has to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything about a model that its file does not say. `sha256` is that of the model file.

    Which of `labels` (classes or tags), `attributes` (the values of each, in the order of the model's outputs), `characters`,
    `input` (pictures), `boxes`, `text` and `points` (of a way) there are depends on the task. `temperatures` are what the numbers of
    an attribute are divided by before they become shares (1 where none is given), `asked_of` the labels of the things that it is
    asked of (all where none is given).
    """

    name: Annotated[str, Len(1)]
    version: Annotated[str, Len(1)]
    task: Task
    sha256: Annotated[str, Len(64, 64)]
    licence: Annotated[str, Len(1)]
    labels: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    temperatures: Mapping[str, Annotated[float, Gt(0)]] = field(default_factory=dict)
    asked_of: Mapping[str, Annotated[tuple[str, ...], MinLen(1)]] = field(default_factory=dict)
    characters: str = ""
    points: Annotated[int, Ge(0)] = 0
    input: Input | None = None
    boxes: BoxOutput | None = None
    text: TextInput | None = None
    reading: Reading = field(default_factory=Reading)
    model: str = "model.onnx"
    thresholds: Thresholds = field(default_factory=Thresholds)
    trained_on: str = ""
    notes: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def picture(self) -> Input:
        """What a picture has to look like; raise BadBundle where the model takes none."""
        if self.input is None:
            raise BadBundle(f"{self.name}: is a model for {self.task}, which takes no pictures")
        return self.input

    @property
    def output(self) -> BoxOutput:
        """What the model answers, as boxes; raise BadBundle where it is no detector."""
        if self.boxes is None:
            raise BadBundle(
                f"{self.name}: is a model for {self.task}, which finds no boxes; take a detector (task detect)"
            )
        return self.boxes


_PARTS: Mapping[str, type[Any]] = {
    "input": Input,
    "boxes": BoxOutput,
    "text": TextInput,
    "reading": Reading,
    "thresholds": Thresholds,
}


def read_card(path: Path) -> Card:
    """Read a card; raise BadBundle naming the file and the field."""
    try:
        table = read_toml(path)
        for name, kind in _PARTS.items():
            if name in table:
                table[name] = _part(kind, table[name], f"{path}: {name}")
        card = _part(Card, table, f"{path}: card")
    except BadSettings as error:
        raise BadBundle(str(error)) from error
    _consistent(card, path)
    return card


def record(card: Card) -> dict[str, Any]:
    """Return a card as TOML has it: what stands for nothing is left out."""
    made: dict[str, Any] = {}
    for one in dataclasses.fields(card):
        value = getattr(card, one.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = dataclasses.asdict(value)
        if isinstance(value, Mapping):
            value = {k: list(v) if isinstance(v, tuple) else v for k, v in value.items()}
        if value in (None, "", (), {}) or (one.name == "points" and not value):
            continue
        made[one.name] = list(value) if isinstance(value, tuple) else value
    if card.task != "text_recognition":
        made.pop("reading", None)
    if card.task != "detect":
        made.pop("thresholds", None)
    # a table has to stand behind the plain values
    return dict(sorted(made.items(), key=lambda item: isinstance(item[1], Mapping)))


def _part(kind: type[T], values: Any, where: str) -> T:
    if not isinstance(values, Mapping):
        raise BadBundle(f"{where}: is {values!r:.40}, not a table")
    model = settings_of(kind)
    checked = check(model, values, where)
    return kind(**{name: getattr(checked, name) for name in model.model_fields})


def _consistent(card: Card, path: Path) -> None:
    for name in _SHOWN[card.task]:
        if not getattr(card, name):
            raise BadBundle(f"{path}: {name}: is missing, which a model for {card.task} needs")
    if len(set(card.labels)) != len(card.labels) or not all(card.labels):
        raise BadBundle(f"{path}: labels: every class needs a name of its own")
    if len(set(card.characters)) != len(card.characters):
        raise BadBundle(f"{path}: characters: names a character twice")
    _asking(card, path)
    for name, file in (("model", card.model), ("text.tokenizer", card.text.tokenizer if card.text else "")):
        if Path(file).name != file:
            raise BadBundle(f"{path}: {name}: {file!r} has to be a file in the same folder")
    if card.boxes is not None and card.input is not None:
        _fitting(card.boxes, card.input, path)


def _asking(card: Card, path: Path) -> None:
    """Raise BadBundle where attributes are not two values or more, or something is said of one that is not there."""
    for name, values in card.attributes.items():
        if len(values) < 2 or len(set(values)) != len(values):
            raise BadBundle(f"{path}: attributes.{name}: needs two values or more, each of its own")
    for part in ("temperatures", "asked_of"):
        for name in getattr(card, part):
            if name not in card.attributes:
                there = ", ".join(card.attributes) or "none"
                raise BadBundle(f"{path}: {part}.{name}: there is no such attribute; there are: {there}")


def _fitting(boxes: BoxOutput, shown: Input, path: Path) -> None:
    wanted = 2 if boxes.kind == "set" else 1
    if len(boxes.outputs) != wanted:
        raise BadBundle(
            f"{path}: boxes.outputs: names {len(boxes.outputs)} outputs, but kind {boxes.kind!r} has {wanted}"
        )
    for stride in boxes.strides:
        if shown.width % stride or shown.height % stride:
            raise BadBundle(
                f"{path}: boxes.strides: {stride} does not divide the input of {shown.width} x {shown.height}"
            )
