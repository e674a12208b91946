"""`card.toml`: what a model is, what it wants to be shown, and what its numbers mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Gt, Le, Len

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
class Thresholds:
    """From which score on a find is reported."""

    score: Annotated[float, Gt(0), Le(1)] = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything about a model that its file does not say. `sha256` is that of the model file."""

    name: Annotated[str, Len(1)]
    version: Annotated[str, Len(1)]
    task: Literal["detect"]
    labels: Annotated[tuple[str, ...], Len(1)]
    sha256: Annotated[str, Len(64, 64)]
    licence: Annotated[str, Len(1)]
    input: Input
    boxes: BoxOutput
    model: str = "model.onnx"
    thresholds: Thresholds = field(default_factory=Thresholds)
    trained_on: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


def read_card(path: Path) -> Card:
    """Read a card; raise BadBundle naming the file and the field."""
    try:
        table = read_toml(path)
        for name, kind in (("input", Input), ("boxes", BoxOutput), ("thresholds", Thresholds)):
            if name in table:
                table[name] = _part(kind, table[name], f"{path}: {name}")
        card = _part(Card, table, f"{path}: card")
    except BadSettings as error:
        raise BadBundle(str(error)) from error
    _consistent(card, path)
    return card


def _part(kind: type[T], values: Any, where: str) -> T:
    if not isinstance(values, Mapping):
        raise BadBundle(f"{where}: is {values!r:.40}, not a table")
    model = settings_of(kind)
    checked = check(model, values, where)
    return kind(**{name: getattr(checked, name) for name in model.model_fields})


def _consistent(card: Card, path: Path) -> None:
    wanted = 2 if card.boxes.kind == "set" else 1
    if len(card.boxes.outputs) != wanted:
        raise BadBundle(
            f"{path}: boxes.outputs: names {len(card.boxes.outputs)} outputs, but kind {card.boxes.kind!r} has {wanted}"
        )
    if len(set(card.labels)) != len(card.labels) or not all(card.labels):
        raise BadBundle(f"{path}: labels: every class needs a name of its own")
    for stride in card.boxes.strides:
        if card.input.width % stride or card.input.height % stride:
            raise BadBundle(
                f"{path}: boxes.strides: {stride} does not divide the input of {card.input.width} x {card.input.height}"
            )
    if Path(card.model).name != card.model:
        raise BadBundle(f"{path}: model: {card.model!r} has to be a file in the same folder")
