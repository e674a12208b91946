"""MOTChallenge: objects followed through the pictures of a sequence.

    <folder>/labels.txt                     the classes, one a line, the first is 1 (not there: MOTChallenge's own)
    <folder>/<sequence>/seqinfo.ini         name, rate, length and size; `begin` is the first picture's time, where known
    <folder>/<sequence>/img1/000001.jpg     the pictures
    <folder>/<sequence>/gt/gt.txt           picture, object, left, top, width, height, counts (0: ignored), class, visible
    <folder>/<sequence>/gt/ids.txt          what the objects are called, one a line (not there: by their numbers)

Sequences of a split lie in `train/`, `val/` or `test/`. Pictures, objects and pixels are numbered from 1.
"""

import configparser
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args

from annotated_types import Gt

from roadstead.dataset.formats import format_
from roadstead.dataset.formats._pictures import checked, placed, there
from roadstead.dataset.samples import Objects, Sample, Split, Target, labels, objects
from roadstead.errors import BadInput

CHALLENGE = (
    "pedestrian,person on vehicle,car,bicycle,motorbike,non motorized vehicle,static person,distractor,occluder,"
    "occluder on the ground,occluder full,reflection,crowd"
)
"""The classes of MOT16, MOT17 and MOT20, from 1."""


@format_("mot", zh="MOTChallenge 跟踪标注")
@dataclass(frozen=True, slots=True, kw_only=True)
class Mot:
    """Boxes with identities, sequence by sequence: a group is a sequence, `fps` its pictures a second when writing.

    `labels` set the order of the classes when writing; others come after.
    """

    loses: ClassVar[frozenset[str]] = frozenset({"id", "origin", "text", "way", "masks", "attributes", "texts"})
    targets: ClassVar[tuple[type[Target], ...]] = (Objects,)
    fps: Annotated[float, Gt(0)] = 10.0
    labels: tuple[str, ...] = ()
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals of reading: degenerate_boxes (no area or not finite; left out), missing_pictures (yielded without)."""
        return {name: n for name, n in self._counts.items() if n}

    def read(self, folder: Path) -> Iterator[Sample]:
        """Yield every picture of every sequence, in order; raise BadInput naming file and line."""
        splits: tuple[Split | None, ...] = (None, *get_args(Split))
        found = [(file, s) for s in splits for file in sorted((folder / (s or "")).glob("*/seqinfo.ini"))]
        if not found:
            raise BadInput(f"{folder}: holds no sequence (a folder with seqinfo.ini)")
        classes = _lines(folder / "labels.txt") or tuple(CHALLENGE.split(","))
        for file, split in found:
            yield from self._sequence(file, split, classes)

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write a folder a group. Samples need a time (or come one after the other) and every object an id.

        Sequences that lie in the folder already stay, and so do the numbers of their classes.
        """
        sequences: dict[tuple[Split | None, str], list[Sample]] = {}
        for sample in samples:
            sequences.setdefault((sample.split, sample.group or "sequence"), []).append(sample)
        every = labels([sample for some in sequences.values() for sample in some])
        folder.mkdir(parents=True, exist_ok=True)
        classes = tuple(dict.fromkeys((*_lines(folder / "labels.txt"), *self.labels, *every)))
        _write_lines(folder / "labels.txt", classes)
        for (split, group), some in sequences.items():
            if "/" in group:
                raise BadInput(f"{group!r} cannot be the name of a sequence: leave out the slash")
            self._write_sequence(some, folder / (split or "") / checked(group), classes)

    def _sequence(self, file: Path, split: Split | None, classes: Sequence[str]) -> Iterator[Sample]:
        info = _Info.read(file)
        folder = file.parent
        gt = folder / "gt" / "gt.txt"
        names = _lines(folder / "gt" / "ids.txt")
        rows: list[list[_Row]] = [[] for _ in range(info.length)]
        for number, line in enumerate(_lines(gt), start=1):
            row = _Row.read(line, f"{gt}: line {number}")
            if not 1 <= row.picture <= info.length or not 1 <= row.label <= len(classes):
                raise BadInput(f"{gt}: line {number}: there is no picture {row.picture}, or no class {row.label}")
            if names and not 1 <= row.id <= len(names):
                raise BadInput(f"{gt}: line {number}: ids.txt has no line {row.id}")
            rows[row.picture - 1].append(row)
        for k, seen in enumerate(rows):
            media = there(folder / info.pictures / f"{k + 1:06d}{info.suffix}")
            self._counts["missing_pictures"] += media is None
            yield Sample(
                id=f"{folder.name}/{k + 1:06d}",
                size=info.size,
                target=self._objects(seen, classes, names),
                media=media,
                split=split,
                group=folder.name,
                t=info.begin + k / info.fps,
            )

    def _objects(self, rows: "Sequence[_Row]", classes: Sequence[str], names: Sequence[str]) -> Objects:
        kept = [r for r in rows if all(map(math.isfinite, r.box)) and r.box[2] > r.box[0] and r.box[3] > r.box[1]]
        self._counts["degenerate_boxes"] += len(rows) - len(kept)
        return Objects(
            boxes=[row.box for row in kept],  # type: ignore[arg-type]  # lists become read-only arrays in Objects
            labels=tuple(classes[row.label - 1] for row in kept),
            ids=tuple(names[row.id - 1] if names else str(row.id) for row in kept),
            ignored=tuple(not row.counts for row in kept),
            visible=[row.visible for row in kept],  # type: ignore[arg-type]  # see above
        )

    def _write_sequence(self, samples: Sequence[Sample], folder: Path, classes: Sequence[str]) -> None:
        if len({sample.size for sample in samples}) > 1:
            raise BadInput(f"{folder.name}: its pictures are of several sizes; a sequence has one")
        begin = next((s.t for s in samples if s.t is not None), 0.0)
        frames = [k if s.t is None else round((s.t - begin) * self.fps) for k, s in enumerate(samples)]
        if len(set(frames)) < len(frames) or min(frames) < 0:
            raise BadInput(
                f"{folder.name}: two pictures fall on one at {self.fps:g} a second; set fps, or sort by time"
            )
        ids: dict[str, int] = {}
        lines = []
        suffixes = set()
        for frame, sample in zip(frames, samples, strict=True):
            if sample.media:
                suffixes.add(_placed(sample.media, folder / "img1", f"{frame + 1:06d}"))
            lines += list(_to_lines(frame + 1, sample, ids, classes))
        (folder / "gt").mkdir(parents=True, exist_ok=True)
        _write_lines(folder / "gt" / "gt.txt", lines)
        _write_lines(folder / "gt" / "ids.txt", ids)
        if len(suffixes) > 1:
            raise BadInput(f"{folder.name}: its pictures are {' and '.join(sorted(suffixes))}; a sequence has one kind")
        suffix = suffixes.pop() if suffixes else ".jpg"
        _Info(begin, self.fps, max(frames) + 1, samples[0].size, "img1", suffix).write(folder)


@dataclass(frozen=True, slots=True)
class _Info:
    """What seqinfo.ini says: time of the first picture s, pictures a second, how many, width and height px, where they lie."""

    begin: float
    fps: float
    length: int
    size: tuple[int, int]
    pictures: str
    suffix: str

    @classmethod
    def read(cls, file: Path) -> "_Info":
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(file.read_text(encoding="utf-8"))
            table = parser["Sequence"]
            info = cls(
                begin=float(table.get("begin", "0")),
                fps=float(table["frameRate"]),
                length=int(table["seqLength"]),
                size=(int(table["imWidth"]), int(table["imHeight"])),
                pictures=checked(table.get("imDir", "img1")),
                suffix=table.get("imExt", ".jpg"),
            )
        except (OSError, KeyError, ValueError, configparser.Error) as error:
            raise BadInput(f"{file}: says no rate, length and size of a sequence: {error}") from None
        if not (info.fps > 0 and info.length >= 0 and min(info.size) > 0 and math.isfinite(info.begin)):
            raise BadInput(f"{file}: rate, length and size must be above 0")
        return info

    def write(self, folder: Path) -> None:
        rows = {
            "name": folder.name,
            "imDir": self.pictures,
            "frameRate": f"{self.fps!r}" if self.fps % 1 else f"{self.fps:.0f}",
            "seqLength": self.length,
            "imWidth": self.size[0],
            "imHeight": self.size[1],
            "imExt": self.suffix,
            "begin": repr(float(self.begin)),
        }
        _write_lines(folder / "seqinfo.ini", ["[Sequence]", *(f"{key}={value}" for key, value in rows.items())])


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of gt.txt, the box as corners from 0."""

    picture: int
    id: int
    box: tuple[float, float, float, float]
    counts: bool
    label: int
    visible: float

    @classmethod
    def read(cls, line: str, where: str) -> "_Row":
        try:
            picture, number, left, top, width, height, counts, label, visible = map(float, line.split(","))
            whole = int(picture), int(number), int(label)
        except (ValueError, OverflowError) as error:
            raise BadInput(
                f"{where}: needs 9 numbers: picture, object, left, top, width, height, counts, class, visible ({error})"
            ) from None
        x, y = left - 1, top - 1
        shows = visible if 0 <= visible <= 1 else math.nan
        return cls(whole[0], whole[1], (x, y, x + width, y + height), counts != 0, whole[2], shows)


def _placed(media: Path, folder: Path, name: str) -> str:
    """Bring a picture into its place and return its suffix."""
    path = Path(placed(media, folder, name))
    if path.stem != name:
        raise BadInput(f"{media}: must be called {name}{media.suffix} there, or lie elsewhere to be copied")
    return path.suffix


def _to_lines(number: int, sample: Sample, ids: dict[str, int], classes: Sequence[str]) -> Iterator[str]:
    found = objects(sample)
    for k, (x0, y0, x1, y1) in enumerate(found.boxes.tolist()):
        name = found.ids[k]
        if name is None:
            raise BadInput(f"{sample.id}: object {k + 1} has no id; MOT needs one of every object")
        visible: Any = -1 if math.isnan(found.visible[k]) else float(found.visible[k])
        cells = (number, ids.setdefault(name, len(ids) + 1), x0 + 1, y0 + 1, x1 - x0, y1 - y0)
        yield ",".join(str(c) for c in (*cells, int(not found.ignored[k]), classes.index(found.labels[k]) + 1, visible))


def _lines(file: Path) -> tuple[str, ...]:
    """Return the lines of a file that are not empty; none where it is not there."""
    try:
        return tuple(line for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}: cannot be read: {error}") from None


def _write_lines(file: Path, lines: Iterable[str]) -> None:
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
