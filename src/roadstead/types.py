"""The words of the system: frozen values, numpy and the standard library only.

Times are UTC epoch seconds of the source. Picture coordinates are px, x to the right and y down; `xyxy` boxes are
left, top, right, bottom. Ground coordinates are metres east and north of the scene's origin. Unknown is None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
"""A read-only array of float64."""
Image = npt.NDArray[np.uint8]
"""(height, width, 3) uint8 RGB."""
Space = Literal["px", "m"]
"""Where a shape lies: on the picture, or on the ground."""
Outcome = Literal["violation", "insufficient"]
Phase = Literal["opened", "extended", "closed"]
Measured = Mapping[str, float | int | str | None]

_NOTHING: Mapping[str, "Vote"] = MappingProxyType({})


def readonly(values: npt.ArrayLike, columns: int | None = None) -> Floats:
    """Return float64 values as a read-only array, (n,) or (n, columns); copies unless it is one already."""
    array = np.asarray(values, dtype=np.float64)
    if columns is not None:
        array = array.reshape(-1, columns)
    if array.flags.writeable:
        array = array.copy() if array is values or array.base is not None else array
        array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True)
class Ref:
    """Marks a setting that names something of the scene: `Annotated[str, Ref("zone")]`; checked when the settings are read."""

    to: Literal["zone", "line", "way"]


@dataclass(frozen=True, slots=True)
class PlugIn:
    """Marks a setting that is a plug-in itself, given as a table with a kind: `Annotated[Detector, PlugIn("detect")]`."""

    folder: str


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages of the users."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one camera."""

    camera: str
    t: float
    image: Image
    t_received: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class Vote:
    """What several views of one track say of one attribute; label None is "cannot tell"."""

    label: str | None
    score: float
    views: int


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What a detector saw in one picture: boxes (n, 4) xyxy px, scores (n,), labels of n.

    `size` is the width and height of the picture, px. `votes` is empty, or holds each box's attributes as they were
    recorded (only a replay brings them).
    """

    camera: str
    t: float
    size: tuple[int, int]
    boxes: Floats
    scores: Floats
    labels: tuple[str, ...]
    votes: tuple[Mapping[str, Vote], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", readonly(self.boxes, 4))
        object.__setattr__(self, "scores", readonly(self.scores))
        n = len(self.boxes)
        if len(self.scores) != n or len(self.labels) != n or len(self.votes) not in (0, n):
            raise ValueError(
                f"{n} boxes, {len(self.scores)} scores, {len(self.labels)} labels and {len(self.votes)} votes do not fit together"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, keep: npt.ArrayLike) -> "Detections":
        """Return the rows that a boolean mask (n,) or a list of indices chooses."""
        rows = np.asarray(keep)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp)
        return Detections(
            self.camera,
            self.t,
            self.size,
            self.boxes[rows],
            self.scores[rows],
            tuple(self.labels[i] for i in rows),
            tuple(self.votes[i] for i in rows) if self.votes else (),
        )


class Mover(Protocol):
    """Anything whose way is known: a Track of a camera or a Path of reports. Behaviours see no more than this."""

    @property
    def id(self) -> str:
        """The identity, unique over cameras and days."""

    @property
    def label(self) -> str:
        """The class."""

    @property
    def t(self) -> Floats:
        """(n,) ascending times."""

    @property
    def attributes(self) -> Mapping[str, Vote]:
        """Voted attributes by name."""

    def points(self, space: Space) -> Floats | None:
        """(n, 2) positions on the picture or on the ground; None where that is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One object as a camera followed it, at most 5 points a second: t (n,), boxes (n, 4) px, xy_m (n, 2) or None.

    `born` is when it was first seen (the oldest points may be gone). `label` is the class most often seen.
    """

    id: str
    camera: str
    label: str
    born: float
    t: Floats
    boxes: Floats
    scores: Floats
    xy_m: Floats | None = None
    attributes: Mapping[str, Vote] = field(default_factory=lambda: _NOTHING)

    def __post_init__(self) -> None:
        object.__setattr__(self, "t", readonly(self.t))
        object.__setattr__(self, "boxes", readonly(self.boxes, 4))
        object.__setattr__(self, "scores", readonly(self.scores))
        if self.xy_m is not None:
            object.__setattr__(self, "xy_m", readonly(self.xy_m, 2))

    def points(self, space: Space) -> Floats | None:
        """Return the foot points, the middle of each box's lower edge (n, 2), on the picture or on the ground."""
        if space == "m":
            return self.xy_m
        return readonly(np.column_stack(((self.boxes[:, 0] + self.boxes[:, 2]) / 2, self.boxes[:, 3])))

    @property
    def size_px(self) -> float:
        """The side of a square as large as the middle (median) box, px."""
        sides = (self.boxes[:, 2:] - self.boxes[:, :2]).clip(min=0)
        return float(np.sqrt(np.median(sides[:, 0] * sides[:, 1])))


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """A named polygon (n >= 3, 2)."""

    name: str
    polygon: Floats
    space: Space = "px"

    def __post_init__(self) -> None:
        object.__setattr__(self, "polygon", readonly(self.polygon, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A named line from `start` to `end`; "forward" is from its left to its right, seen along it on the picture."""

    name: str
    start: tuple[float, float]
    end: tuple[float, float]
    space: Space = "px"


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A named way on the ground through (n >= 2, 2) points, m: a road, a permitted route, a fairway."""

    name: str
    points: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", readonly(self.points, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Homography:
    """Picture to ground: `matrix` (3, 3) maps (x px, y px, 1) to ground metres; `residual_m` is its error on the given pairs."""

    matrix: Floats
    residual_m: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule holds, in local time: weekdays (0 is Monday) and the minutes of the day [start, end); end < start runs past midnight."""

    timezone: str
    days: frozenset[int]
    start_min: int
    end_min: int


@dataclass(frozen=True, slots=True)
class Legal:
    """The legal text that a rule enforces, and its version."""

    reference: str
    version: str


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is known of a camera's view, or of a feed's ground, before anything moves.

    `size` is the picture size that px shapes are drawn on; `origin` the latitude and longitude of the ground's 0, 0.
    """

    camera: str
    size: tuple[int, int] | None = None
    zones: Mapping[str, Zone] = field(default_factory=dict)
    lines: Mapping[str, Line] = field(default_factory=dict)
    homography: Homography | None = None
    origin: tuple[float, float] | None = None
    ways: Mapping[str, Way] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """All that can be seen at one instant; `impaired` holds the reasons why the picture cannot be trusted now.

    `departed` are the tracks that ended lately (half a minute is enough): who passed by may have left the picture.
    """

    t: float
    tracks: Sequence[Track]
    scene: Scene
    paths: Sequence[Mover] = ()
    impaired: tuple[str, ...] = ()
    departed: Sequence[Track] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a rule found of one subject at one instant. `measured` has the unit in each name; `since` is when it began."""

    subject: str
    t: float
    outcome: Outcome
    score: float
    because: Text
    measured: Measured
    since: float | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One continuous finding: of one rule, on one subject. The id is made of camera, rule, subject, start and outcome alone.

    `told` is when it was first told as what it is, in the time it was judged by: the source's for a camera, ours for a
    live feed; None where a recording was judged as a whole, or by an older version.
    """

    id: str
    camera: str
    rule: str
    kind: str
    subject: str
    start: float
    end: float
    outcome: Outcome
    score: float
    because: Text
    measured: Measured
    legal: Legal | None = None
    told: float | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an event just now."""

    phase: Phase
    event: Event


@dataclass(frozen=True, slots=True)
class Media:
    """A file of an event's evidence: kind, path below the run folder, sha256 of its bytes, or why it is missing.

    With neither, it is still to come.
    """

    event: str
    kind: Literal["clip", "trigger", "overlay", "record", "reports"]
    path: str
    sha256: str | None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """A camera's picture stopped (`ok` False, with the reason) or came back, at t."""

    camera: str
    t: float
    ok: bool
    reason: str = ""
