"""One sample of a data set: a picture, a text or a way, and what is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from roadstead.dataset.masks import Mask
from roadstead.errors import BadInput
from roadstead.types import Floats, readonly

Split = Literal["train", "val", "test"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Objects:
    """What is in a picture, n objects: boxes (n, 4) xyxy px and their labels, each other column of n, or empty where unknown.

    `ids` name the same object over pictures; `visible` (n,) is the share of it that shows (0-1, nan where unknown);
    `ignored` marks what is neither right nor wrong to find (a crowd, too far away). `attributes` and `texts` are values by
    name, such as cover and plate.
    """

    boxes: Floats
    labels: tuple[str, ...]
    masks: tuple[Mask | None, ...] = ()
    ids: tuple[str | None, ...] = ()
    attributes: tuple[Mapping[str, str], ...] = ()
    texts: tuple[Mapping[str, str], ...] = ()
    ignored: tuple[bool, ...] = ()
    visible: Floats = field(default_factory=lambda: readonly(()))

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", readonly(self.boxes, 4))
        object.__setattr__(self, "visible", readonly(self.visible))
        n = len(self.labels)
        if len(self.boxes) != n:
            raise ValueError(f"{len(self.boxes)} boxes and {n} labels do not fit together")
        for name, blank in _BLANK.items():
            column = getattr(self, name)
            if len(column) == 0:
                filled = [blank] * n
                object.__setattr__(self, name, readonly(filled) if name == "visible" else tuple(filled))
            elif len(column) != n:
                raise ValueError(f"{n} boxes and {len(column)} {name} do not fit together")

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Objects):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash


_BLANK: Mapping[str, Any] = {
    "masks": None,
    "ids": None,
    "attributes": {},
    "texts": {},
    "ignored": False,
    "visible": float("nan"),
}
"""What stands for one object in a column that nothing is known of."""


@dataclass(frozen=True, slots=True)
class Label:
    """One class of a closed set."""

    label: str


@dataclass(frozen=True, slots=True)
class Attributes:
    """Values by name, such as cover and dirt; None: nobody can tell. A name that is missing was not looked at."""

    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """The class of every pixel: indices into `labels`, (height, width) uint8, 255 where it does not count.

    They lie in `file` (a picture of one channel) or are given as `values`.
    """

    labels: tuple[str, ...]
    file: Path | None = None
    values: npt.NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        if (self.file is None) == (self.values is None):
            raise ValueError("pixels lie in a file or are given, not both")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pixels):
            return NotImplemented
        if (self.labels, self.file) != (other.labels, other.file):
            return False
        return self.values is other.values or (
            self.values is not None and other.values is not None and np.array_equal(self.values, other.values)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be written: what stands in the picture, a caption, a summary, a translation."""

    text: str


@dataclass(frozen=True, slots=True)
class Entities:
    """Tokens and the tag of each, BIO or BIOES: "O", "B-PLATE", "I-PLATE"."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.tokens) != len(self.tags):
            raise ValueError(f"{len(self.tokens)} tokens and {len(self.tags)} tags do not fit together")


@dataclass(frozen=True, slots=True)
class Answer:
    """A question about the sample's text, and its answer: `text` from character `start` on; None: it is not in there."""

    question: str
    text: str | None
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat. A picture's place in `content` is `<image>`."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation; what the assistant says is what is learned."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Preference:
    """Two answers to one conversation, the better and the worse."""

    prompt: tuple[Message, ...]
    chosen: str
    rejected: str


Target = Objects | Label | Attributes | Pixels | Text | Entities | Answer | Chat | Preference
"""What is known of a sample."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sample:
    """What is shown: `media` (a picture's file), `text`, or `way`; and what is known of it, None where that is still to label.

    `size` is the picture's width and height, px, (0, 0) where there is none or it was not looked at; `way` (n, 3) is t (s),
    x and y (m). `origin` says where it is from ("simulated", a data set's name); `group` (a vehicle, a camera, a day) is
    never split apart; `t` is when it was seen, UTC epoch seconds, where that is known.
    """

    id: str
    target: Target | None
    size: tuple[int, int] = (0, 0)
    media: Path | None = None
    text: str = ""
    way: Floats | None = None
    split: Split | None = None
    origin: str = ""
    group: str = ""
    t: float | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sample):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash


def labels(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return every class that occurs among objects and labels, sorted."""
    found: set[str] = set()
    for sample in samples:
        match sample.target:
            case Objects(labels=several):
                found.update(several)
            case Label(label=one):
                found.add(one)
            case Pixels(labels=several):
                found.update(several)
    return tuple(sorted(found))


def objects(sample: Sample) -> Objects:
    """Return a sample's objects; raise BadInput where it has something else or nothing."""
    if not isinstance(sample.target, Objects):
        raise BadInput(f"sample {sample.id!r}: has {kind(sample.target)} where objects are needed")
    return sample.target


def kind(target: Target | None) -> str:
    """Return what sort of target this is, in small letters: "objects", "label", or "no target"."""
    return "no target" if target is None else type(target).__name__.lower()


def _same(a: Any, b: Any) -> bool:
    return np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) else bool(a == b)
