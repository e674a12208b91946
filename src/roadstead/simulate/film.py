"""Worlds as a folder: video, truth, what a detector would write, reports in step, data sets, and settings that run as they are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.dataset import masks
from roadstead.dataset.formats.coco import Coco
from roadstead.dataset.formats.mot import Mot
from roadstead.dataset.samples import Objects, Sample
from roadstead.dataset.truth import EventRow, FrameRow, InnocentRow, ReportFaultRow, Row, to_line
from roadstead.errors import BadInput
from roadstead.observations import signal_line
from roadstead.observations import to_line as observation_line
from roadstead.simulate.in_step import FEEDS, FeedTruth, reports_in_step
from roadstead.simulate.judging import detections
from roadstead.simulate.observed import Noise
from roadstead.simulate.settings import rules_of, toml, watch_tables
from roadstead.simulate.video import write_video
from roadstead.simulate.world import truth
from roadstead.simulate.world.world import World
from roadstead.sources._gaps import with_gaps_told
from roadstead.types import Detections, Image, Signal

if TYPE_CHECKING:  # the renderer is loaded where something is rendered
    from roadstead.simulate.footage import Footage

DETECTOR_FPS = 5.0
_SLOT_EDGE = 1e-6


Tell = Callable[[str, float, float], None]


def _silent(camera: str, done_s: float, all_s: float) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to write: the video (rendered, `quality` "fast" or "fine"), a still with masks every so many seconds (0: none), reports.

    `noise` is that of the written observations; `report_faults` are injected into the reports, those `before_s` the
    pictures and `after_s` too.
    """

    video: bool = True
    quality: Literal["fast", "fine"] = "fast"
    crf: int = 26
    stills_s: float = 2.0
    noise: Noise | None = None
    reports: bool = True
    report_faults: tuple[str, ...] = ()
    before_s: float = 1800.0
    after_s: float = 600.0


@dataclass(slots=True)
class Filmed:
    """What was written: files, pictures, boxes, reports, how many rows of truth of each kind; and acts that found no room."""

    files: list[Path] = field(default_factory=list)
    pictures: int = 0
    boxes: int = 0
    reports: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    unplayed: list[str] = field(default_factory=list)

    def count(self, row: Row) -> None:
        """Count one row of truth."""
        self.rows[row.row] = self.rows.get(row.row, 0) + 1


def film(
    worlds: Sequence[World], out: Path, wanted: Wanted | None = None, *, name: str = "", tell: Tell = _silent
) -> Filmed:
    """Write worlds (each of another camera) into a folder, made if it is not there; raise BadInput where it cannot be used.

    `tell` hears how many seconds of how many of each camera are rendered.
    """
    want = wanted or Wanted()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"{out}: cannot be the folder for a scene: {error.strerror}; choose another with --out"
        ) from error
    made = Filmed()
    called = rules_of(worlds)[1]
    feeds = (
        reports_in_step(worlds, want.report_faults, before_s=want.before_s, after_s=want.after_s)
        if want.reports
        else {}
    )
    with (
        (out / "truth.jsonl").open("w", encoding="utf-8") as told,
        (out / "observations.jsonl").open("w", encoding="utf-8") as observed,
    ):
        for world in worlds:
            made.unplayed += world.unplayed
            rows = _filmed(world, out, want, made, tell)
            for row in (*truth.heading(world), *truth.links(world, rows), *rows):
                if not (
                    isinstance(row, EventRow | InnocentRow) and row.view in FEEDS.values() and row.view not in feeds
                ):
                    told.write(to_line(_called(row, world, called)) + "\n")
                    made.count(row)
            slots = _slots(world, rows)
            for line in _log(detections(world, slots, want.noise, world.seed)):
                observed.write(line + "\n")
        for row in _report_faults(feeds):
            told.write(to_line(row) + "\n")
            made.count(row)
    made.files += [out / "truth.jsonl", out / "observations.jsonl"]
    sources = _feeds(feeds, out, made)
    _settings(worlds, out, want, sources, name or "-".join(dict.fromkeys(w.scene for w in worlds)), made)
    return made


def _called(row: Row, world: World, called: dict[tuple[str, str], str]) -> Row:
    """Return a row with its rule named as in the settings of all worlds together."""
    if isinstance(row, EventRow):
        return replace(row, rule=called.get((world.camera, row.rule), row.rule))
    return row


def _filmed(world: World, out: Path, want: Wanted, made: Filmed, tell: Tell) -> list[FrameRow]:
    """Render one world, or only reckon it; return what is true of its pictures."""
    if not want.video:
        rows = list(truth.frames(world))
        made.boxes += sum(len(row.seen) for row in rows)
        _mot(world, rows, out, made)
        return rows
    from roadstead.simulate.footage import Footage

    path = out / f"{world.camera}.mp4"
    with Footage.of(world, quality=want.quality) as footage:
        samples: list[Sample] = []
        stills = _stills(world, footage, out, want, samples, tell)
        made.pictures += write_video(path, stills, world.view.size, world.fps, crf=want.crf)
        rows = footage.rows
    made.boxes += sum(len(row.seen) for row in rows)
    made.files.append(path)
    if samples:
        folder = out / "coco" / world.camera
        Coco().write(samples, folder)
        made.files.append(folder / "annotations.json")
    _mot(world, rows, out, made)
    return rows


def _stills(
    world: World, footage: "Footage", out: Path, want: Wanted, samples: list[Sample], tell: Tell
) -> Iterator[tuple[float, Image]]:
    """Hand the pictures on, and keep one with masks every so often."""
    folder = out / "coco" / world.camera / "images"
    last = -np.inf
    for t, picture in footage.pictures():
        if want.stills_s > 0 and t - last >= want.stills_s - _SLOT_EDGE:
            last = t
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{world.camera}-{world.seed}-{round(t * 1000):07d}.jpg"
            cv2.imwrite(str(file), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])
            samples.append(sample(world, footage.row(t), file, footage.numbers(t)))
        tell(world.camera, t, world.seconds)
        yield t, picture


def sample(world: World, row: FrameRow, media: Path | None, numbers: npt.NDArray[np.int32] | None = None) -> Sample:
    """Return one picture of a world as a sample; `numbers` (h, w) says whose each pixel is and gives the masks.

    What shows by less than a tenth is there to be ignored.
    """
    known = {actor.id: (k + 1, actor) for k, actor in enumerate(world.actors)}
    seen = [s for s in row.seen if known[s.id][1].body.label]
    found = [known[s.id] for s in seen]
    return Sample(
        id=f"{world.camera}-{world.seed}-{round((row.t - world.begin) * 1000):07d}",
        size=world.view.size,
        media=media,
        origin="simulated",
        group=f"{world.scene}-{world.seed}",
        t=row.t,
        target=Objects(
            boxes=np.array([s.box for s in seen], dtype=np.float64).reshape(-1, 4),
            labels=tuple(actor.body.label for _, actor in found),
            masks=() if numbers is None else tuple(_mask(numbers == number) for number, _ in found),
            ids=tuple(actor.id for _, actor in found),
            attributes=tuple(actor.body.attributes for _, actor in found),
            texts=tuple(actor.body.texts for _, actor in found),
            ignored=tuple(s.visible < 0.1 for s in seen),
            visible=np.array([s.visible for s in seen], dtype=np.float64),
        ),
    )


def _mask(pixels: npt.NDArray[np.bool_]) -> masks.Mask | None:
    return masks.encode(pixels) if pixels.any() else None


def _mot(world: World, rows: Iterable[FrameRow], out: Path, made: Filmed) -> None:
    folder = out / "mot"
    Mot(fps=world.fps).write([replace(sample(world, row, None), group=world.camera) for row in rows], folder)
    made.files.append(folder)


def _slots(world: World, rows: Sequence[FrameRow]) -> Iterator[FrameRow]:
    """Return the pictures that a watch looks at: the first that the camera sends of every slot of a fifth of a second."""
    lost = [fault for fault in world.faults if fault.kind == "no_signal"]
    last = -1
    for row in rows:
        t = row.t - world.begin
        slot = int(t * DETECTOR_FPS + _SLOT_EDGE)
        if slot > last and not any(fault.start <= t + _SLOT_EDGE < fault.end for fault in lost):
            last = slot
            yield row


def _log(found: Iterable[Detections]) -> Iterator[str]:
    """Write what was found as a watch does: with the signal lost and returned where the camera gave no picture for a while."""
    for item in with_gaps_told(iter(found)):
        if isinstance(item, Signal):
            yield signal_line(item)
        elif isinstance(item, Detections):
            yield observation_line(item)


def _report_faults(feeds: dict[str, FeedTruth]) -> Iterator[ReportFaultRow]:
    for feed, known in feeds.items():
        for said in known.faults:
            yield ReportFaultRow(feed=feed, kind=said.anomaly, mover=said.mover, start=said.start, end=said.end)


def _feeds(feeds: dict[str, FeedTruth], out: Path, made: Filmed) -> dict[str, dict[str, Any]]:
    """Write the reports as they are sent; return the feeds' tables."""
    from roadstead.simulate.reports.write import written

    tables: dict[str, dict[str, Any]] = {}
    kinds = {"truck": "jt808_file", "vessel": "nmea"}
    for feed, known in feeds.items():
        path = written(out, known.label, known.reports, "wire")
        made.files.append(path)
        made.reports += len(known.reports)
        tables[feed] = {"label": known.label, "source": {"kind": kinds[known.label], "path": path.name}}
    return tables


def _settings(
    worlds: Sequence[World],
    out: Path,
    want: Wanted,
    feeds: dict[str, dict[str, Any]],
    name: str,
    made: Filmed,
) -> None:
    """Write the settings of a watch over the video, and of one over the recorded boxes."""
    replayed: dict[str, dict[str, Any]] = {w.camera: {"kind": "replay", "path": "observations.jsonl"} for w in worlds}
    filmed = {w.camera: {"kind": "video", "path": f"{w.camera}.mp4", "start": w.begin} for w in worlds}
    files = {"replay.toml": replayed, **({"watch.toml": filmed} if want.video else {})}
    for file, sources in files.items():
        tables = watch_tables(name, worlds, sources, feeds, detector={"kind": "motion"})
        path = out / file
        path.write_text(toml(tables, f"roadstead watch {file} --out run --fast"), encoding="utf-8")
        made.files.append(path)
