"""A small network that reads one line of text: columns of a picture in, a character (or none) for each column out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import timm
import torch
from annotated_types import Ge, Gt, Le, Lt
from torch import Tensor, nn
from torch.nn import functional

from roadstead.bundle.card import Input
from roadstead.errors import BadInput
from roadstead.train import checkpoints
from roadstead.train.blocks import in_order
from roadstead.train.models import Built, family
from roadstead.train.models._timm import network
from roadstead.train.vocabulary import Vocabulary

OWN = "own"
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@family("text_recogniser", zh="文字识别网络（CTC）")
@dataclass(frozen=True, slots=True, kw_only=True)
class TextRecogniser:
    """A CRNN (Shi et al., 2015): convolutions, a sequence over columns, and a share of each character in every column.

    A picture becomes `height` px high; it is stretched to `width`, or keeps its shape and is filled up at the right
    ("letterbox", for texts of any length; one that is wider yet is made smaller as a whole). `backbone` "own" are a few
    convolutions, the first of `width_of` channels, with a step every 2 or 4 px (`stride`); `weights` goes on from the whole network of
    another run's folder (same settings, same characters). A name of timm takes that network up to `stride`, with `weights` as those of
    the family timm. `columns` is what looks along the line.
    """

    height: Literal[32, 48] = 32
    width: Annotated[int, Ge(32)] = 128
    resize: Literal["stretch", "letterbox"] = "letterbox"
    backbone: str = OWN
    weights: Literal["random", "package", "hub"] | Path = "random"
    stride: Annotated[int, Ge(2), Le(16)] = 4
    width_of: Annotated[int, Gt(0)] = 32
    columns: Literal["lstm", "transformer", "none"] = "lstm"
    hidden: Annotated[int, Gt(0)] = 128
    layers: Annotated[int, Gt(0)] = 1
    drop: Annotated[float, Ge(0), Lt(1)] = 0.1
    tasks: ClassVar[frozenset[str]] = frozenset({"text_recognition"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # there is one task
        """Return the network; raise BadInput where the vocabulary has no characters or timm no such network."""
        if not vocabulary.characters:
            raise BadInput("model: a text recogniser needs characters to read; the data has none")
        convolutions, channels, origin, licence = self._convolutions()
        along, wide = self._along(channels)
        module = Recogniser(convolutions, along, nn.Dropout(self.drop), nn.Linear(wide, vocabulary.outputs))
        if self.backbone == OWN and self.weights != "random":
            origin = _goes_on(module, self.weights)
        return Built(
            module=module,
            head=("head",),
            blocks=in_order(module, ("head",)),
            input=Input(
                width=self.width,
                height=self.height,
                mean=_MEAN,
                std=_STD,
                resize=self.resize,
                pad_value=0,
                pad_at="end",
            ),
            origin=origin,
            licence=licence,
        )

    def _convolutions(self) -> tuple[nn.Module, int, str, str]:
        if self.backbone == OWN:
            if self.stride not in (2, 4):
                raise BadInput("model.stride: the recogniser's own convolutions have a step every 2 or 4 px")
            return _own(self.width_of, wide=self.stride == 4), self.width_of * 6, "random", ""
        whole, origin, licence = network(self.backbone, self.weights, {})
        part: Any = timm.create_model(self.backbone, pretrained=False, features_only=True)
        reductions = part.feature_info.reduction()
        if self.stride not in reductions:
            raise BadInput(f"model.stride: {self.backbone} has strides {', '.join(map(str, reductions))}")
        place = reductions.index(self.stride)
        part = timm.create_model(self.backbone, pretrained=False, features_only=True, out_indices=(place,))
        fitting = {k: v for k, v in whole.state_dict().items() if k in part.state_dict()}
        if len(fitting) < len(part.state_dict()) and self.weights != "random":
            raise BadInput(f"model.backbone: the weights of {self.backbone} cannot be taken for a part of it")
        part.load_state_dict(fitting, strict=False)
        return First(part), int(part.feature_info.channels()[0]), origin, licence

    def _along(self, channels: int) -> tuple[nn.Module, int]:
        """Return what looks along the columns, and how many numbers it gives a column."""
        match self.columns:
            case "lstm":
                inner = nn.LSTM(channels, self.hidden, self.layers, batch_first=True, bidirectional=True)
                return Output(inner), 2 * self.hidden
            case "transformer":
                return Attending(channels, self.hidden, self.layers, self.drop), self.hidden
            case _:
                return nn.Identity(), channels


def _goes_on(module: nn.Module, weights: str | Path) -> str:
    """Put the weights of another run's recogniser into one, return where they are from; raise BadInput where they do not fit."""
    run = Path(weights)
    if not run.is_dir():
        raise BadInput(f"model.weights: {weights}: the recogniser's own convolutions go on from the folder of a run")
    found = checkpoints.load_weights(run / "model" / checkpoints.WEIGHTS)
    checkpoints.put(module, found, f"model.weights: {run}")
    return f"run {run.name}"


class Recogniser(nn.Module):
    """Gives logits (n, steps, characters + 1), the blank last, of pictures (n, 3, h, w)."""

    def __init__(self, convolutions: nn.Module, along: nn.Module, drop: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.convolutions, self.along, self.drop, self.head = convolutions, along, drop, head

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of every column."""
        seen = self.convolutions(images).mean(dim=2).transpose(1, 2)
        logits: Tensor = self.head(self.drop(self.along(seen)))
        return logits


class First(nn.Module):
    """The first of several outputs of a network."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, images: Tensor) -> Tensor:
        """Return the feature map (n, c, h, w)."""
        found: Tensor = self.inner(images)[0]
        return found


class Output(nn.Module):
    """The outputs of a recurrent layer without its state."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, steps: Tensor) -> Tensor:
        """Return (n, steps, hidden)."""
        found: Tensor = self.inner(steps)[0]
        return found


class Attending(nn.Module):
    """A transformer over columns; a convolution of three columns tells them what is beside them (no table of places)."""

    def __init__(self, channels: int, hidden: int, layers: int, drop: float) -> None:
        super().__init__()
        self.enter = nn.Linear(channels, hidden)
        self.beside = nn.Conv1d(hidden, hidden, 3, padding=1, groups=hidden)
        heads = next(n for n in (8, 4, 2, 1) if hidden % n == 0)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(hidden, heads, 2 * hidden, drop, batch_first=True, norm_first=True)
            for _ in range(layers)
        )

    def forward(self, steps: Tensor) -> Tensor:
        """Return (n, steps, hidden)."""
        now: Tensor = self.enter(steps)
        now = now + self.beside(now.transpose(1, 2)).transpose(1, 2)
        for layer in self.layers:
            now = layer(now)
        return now


class Block(nn.Module):
    """Two convolutions with a way around them (He et al., 2015); `stride` is that of height and width."""

    def __init__(self, channels: int, to: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.one = nn.Conv2d(channels, to, 3, stride, 1, bias=False)
        self.norm_one = nn.BatchNorm2d(to)
        self.two = nn.Conv2d(to, to, 3, 1, 1, groups=to, bias=False)
        self.norm_two = nn.BatchNorm2d(to)
        self.around = nn.Conv2d(channels, to, 1, bias=False) if channels != to else nn.Identity()
        self.stride = stride

    def forward(self, images: Tensor) -> Tensor:
        """Return (n, to, h / stride, w / stride)."""
        inner = self.norm_two(self.two(functional.relu(self.norm_one(self.one(images)))))
        around = functional.avg_pool2d(images, self.stride) if max(self.stride) > 1 else images
        return torch.relu(inner + self.around(around))


def _own(channels: int, *, wide: bool) -> nn.Module:
    """Return convolutions from (n, 3, h, w) to (n, 6 channels, h / 16, w / 2), or w / 4 where steps are `wide`."""
    stem: list[Any] = [nn.Conv2d(3, channels, 3, 2, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(
        nn.Sequential(*stem),
        Block(channels, 2 * channels, (2, 2 if wide else 1)),
        Block(2 * channels, 4 * channels, (2, 1)),
        Block(4 * channels, 4 * channels, (1, 1)),
        Block(4 * channels, 6 * channels, (2, 1)),
    )
