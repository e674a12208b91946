"""One sample of a data set: a picture and what is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np

from roadstead.dataset.masks import Mask
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

Target = Objects
"""What is known of a sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A picture of a data set: `media` is its file (None where only its target is known), `size` its width and height, px.

    `origin` says where it is from ("simulated", a data set's name); `group` (a vehicle, a camera, a day) is never split
    apart; `t` is when it was seen, UTC epoch seconds, where that is known.
    """

    id: str
    size: tuple[int, int]
    target: Target
    media: Path | None = None
    split: Split | None = None
    origin: str = ""
    group: str = ""
    t: float | None = None


def labels(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return every label that occurs, sorted."""
    return tuple(sorted({label for sample in samples for label in sample.target.labels}))


def _same(a: Any, b: Any) -> bool:
    return np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) else bool(a == b)
