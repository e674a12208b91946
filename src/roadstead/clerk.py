"""Keeps what a watch finds: the observation log, evidence, events with their alerts, clips, counts.

The order is what makes it survive a kill: pictures and record of an event are on disk before the event and its alerts are
committed, in one transaction, and only what is committed is sent.
"""

import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TextIO

import numpy as np

from roadstead import __version__, second_look
from roadstead.behaviours import plugins as behaviours
from roadstead.clips import Clips
from roadstead.config import CameraPlan, Plan
from roadstead.detect import Account, Detector
from roadstead.errors import BadInput, RecordingError
from roadstead.geometry.boxes import feet
from roadstead.geometry.lines import LineCounter
from roadstead.observations import signal_line, to_line
from roadstead.pipeline import BUILT_IN, TITLES_ZH, Step
from roadstead.record import evidence
from roadstead.record.annotate import Annotator
from roadstead.record.evidence import Provenance, RuleRecord
from roadstead.record.ring import Ring
from roadstead.report import CameraRun, EventCard, RunSummary
from roadstead.second_look import Looker
from roadstead.sources._av import masked
from roadstead.store.store import Filter, Store
from roadstead.types import Change, Event, Floats, Frame, Media, Scene, Signal, Text, View

RECENT_S = 3.0
"""How long analysed pictures are held, so that the picture of an act that is judged a moment later is still there."""
SAVE_EVERY_S = 5.0
"""An event that goes on is stored again so often."""
DATABASE = "roadstead.sqlite"
LINE_MARGIN = 0.25
"""How far beyond a line something must be to have crossed it, in box sides (the root of the box's area)."""
NO_PICTURES = "the source holds recorded detections, no pictures"
NO_VIDEO = "the source holds no video"


class Clerk:
    """Keeps what one camera's watch finds. `take` is called by the camera's thread; the desk cuts due clips from another."""

    def __init__(self, desk: "Desk", camera: CameraPlan, detector: Detector, annotator: Annotator | None) -> None:
        self.camera = camera.name
        self.counts: Counter[str] = Counter()
        self.clips = Clips(camera, desk.plan, desk.ring(camera.name))
        self.found: set[str] = set()
        self.signals: list[Signal] = []
        self.notes: tuple[Text, ...] = ()
        self.span: tuple[float, float] | None = None
        self._desk = desk
        self._annotator = annotator
        self._provenance = provenance(desk.plan, camera, detector)
        self._lines = [LineCounter(line) for line in camera.scene.lines.values() if line.space == "px"]
        self._recent: deque[Frame] = deque()
        self._open: dict[str, Event] = {}
        self._saved: dict[str, float] = {}
        self._lock = threading.Lock()

    def resume(self, at: float) -> None:
        """Close what an earlier run of a live camera left open, and take over the clips it had promised."""
        if not self.clips.live:
            return
        self._open.clear()
        self._saved.clear()
        for event in self._desk.close_left_open(self.camera, at=at):
            self.found.add(event.id)
            self.counts["events_closed_after_restart"] += 1
        for event, _ in self._desk.store.pending_clips():
            if event.camera == self.camera:
                self.clips.promise(replace(event, closed=True), event.end)

    def trouble(self, what: str) -> None:
        """Note what made the camera's watch begin anew."""
        self.counts["restarts"] += 1
        self._desk.problems.append(f"camera {self.camera}: {what}")

    def take(self, step: Step, *, at: float) -> None:
        """Keep what one picture led to; `at` is the time of the clock."""
        self._log(step)
        self._count_crossings(step)
        if step.frame is not None:
            self._recent.append(step.frame)
            while self._recent[0].t < step.t - RECENT_S:
                self._recent.popleft()
        for change in step.changes:
            self._change(change, step, at)
        if step.ended:
            self.counts["tracks"] += len(step.ended)
            self.counts.update(f"tracks_of_{track.label}" for track in step.ended)
            self._desk.store.save_tracks(step.ended)
        self.cut_due(step.t)
        self._annotate(step)

    def cut_due(self, now: float) -> None:
        """Cut the clips whose video is there; `now` is the time that the video has reached."""
        with self._lock:
            for promised in self.clips.due(now):
                clip = self.clips.cut(promised, evidence.clip_path(self._desk.out, promised.event.id))
                self.counts["clips_missing" if isinstance(clip, str) else "clips"] += 1
                event = self._desk.store.event(promised.event.id) or promised.event
                try:
                    media = evidence.add_clip(self._desk.out, event, clip)
                except RecordingError as error:
                    self._desk.problems.append(str(error))
                    media = (Media(event.id, "clip", "", None, f"{clip}" if isinstance(clip, str) else str(error)),)
                self._desk.store.add_media(media)

    def account_for(self, account: Account) -> None:
        """Take over what the detector did: totals for the summary and the store, sentences for the summary."""
        self.counts.update(account.counts)
        self.notes = account.notes

    def finish(self, watching: Mapping[str, int], source: Mapping[str, int], *, at: float) -> None:
        """Cut what was promised, finish the annotated video, and keep the totals."""
        self.cut_due(at if self.clips.live else float("inf"))
        if self._annotator is not None:
            self._annotator.close()
        self.counts.update({f"source_{name}": n for name, n in source.items()})
        self.counts.update(watching)
        self._desk.store.save_counters(self._desk.run, self.camera, self.counts, at=at)

    def account(self) -> CameraRun:
        """Return what the camera gave."""
        table = shown(self._desk.plan, self.camera)
        start, end = self.span or (None, None)
        return CameraRun(
            name=self.camera,
            source=" ".join(str(table[key]) for key in ("kind", "url", "path") if key in table),
            start=start,
            end=end,
            counts={name: n for name, n in self.counts.items() if n},
            signals=tuple(self.signals),
            notes=self.notes,
        )

    def _log(self, step: Step) -> None:
        if step.signal is not None:
            self.signals.append(step.signal)
            self.counts["signals_lost"] += not step.signal.ok
            self._desk.log(signal_line(step.signal))
        if step.detections is not None:
            self.span = (self.span[0] if self.span else step.t, step.t)
            self.counts["pictures"] += 1
            self.counts["boxes"] += len(step.detections)
            self._desk.log(to_line(step.detections, step.ids))

    def _count_crossings(self, step: Step) -> None:
        """Count what crosses the lines of the scene, whatever the rules say of it."""
        if step.seen is None or not self._lines:
            return
        rows = [i for i, track in enumerate(step.ids) if track is not None]
        boxes = step.seen.boxes[rows]
        ids, margins = [step.ids[i] for i in rows], _margins(boxes)
        for counter in self._lines:
            crossed = [
                c for who, (t, at) in step.earlier.items() for c in counter.recall(who, t, feet(at), _margins(at))
            ]
            for _, crossing in (*crossed, *counter.update(step.t, ids, feet(boxes), margins)):
                self.counts[f"{counter.line.name}_{'forward' if crossing.forward else 'backward'}"] += 1

    def _change(self, change: Change, step: Step, at: float) -> None:
        event = change.event
        if change.phase == "opened":
            self.found.add(event.id)
            self._open[event.id] = event
            self._saved[event.id] = event.end
            self.counts["events"] += 1
            media = self._stills(event, step)
            with self._lock:
                clip = Media(event.id, "clip", "", None, None if self.clips.possible else NO_VIDEO)
                if self.clips.possible:
                    self.clips.promise(event, event.end)
            media = (*(m for m in media if m.kind != "clip"), clip)
            self._desk.store.record([change], media, self._desk.told(event), at=at)
            if self._desk.looker is not None:
                self._desk.looker.ask(event)
        elif change.phase == "extended":
            self._open[event.id] = event
            if event.end - self._saved.get(event.id, event.end) >= SAVE_EVERY_S or event.id not in self._saved:
                self._saved[event.id] = event.end
                self._desk.store.record([change], at=at)
        else:
            self._close(change, step.t, at)

    def _close(self, change: Change, t: float, at: float) -> None:
        event = change.event
        self._open.pop(event.id, None)
        self._saved.pop(event.id, None)
        still_open = Change("extended", replace(event, closed=False))  # closed is said with its alerts, or not at all
        self._desk.store.record([still_open], at=at)
        with self._lock:
            self.clips.closed(event)
        self.cut_due(t)
        try:
            media = evidence.update(self._desk.out, event)
        except RecordingError as error:
            self._desk.problems.append(str(error))
            media = ()
        self._desk.store.record([change], media, self._desk.told(event), at=at)

    def _stills(self, event: Event, step: Step) -> tuple[Media, ...]:
        """Write the pictures and the record of an event that opened; what could not be written is said with it."""
        frame = min(self._recent, key=lambda f: abs(f.t - event.end), default=None)
        view = step.view or View(step.t, (), self._desk.scene(self.camera))
        try:
            why = f"the camera gave no picture in the last {RECENT_S:g} s" if self.clips.live else NO_PICTURES
            return evidence.write(self._desk.out, event, view, frame, self._provenance, no_picture=why)
        except RecordingError as error:
            self._desk.problems.append(str(error))
            self.counts["evidence_not_written"] += 1
            return (Media(event.id, "record", "", None, str(error)),)

    def _annotate(self, step: Step) -> None:
        if self._annotator is not None and step.frame is not None and step.seen is not None:
            totals = {"tracks": self.counts["tracks"], "events": self.counts["events"]} | {
                f"{c.line.name} {arrow}": n for c in self._lines for arrow, n in (("→", c.forward), ("←", c.backward))
            }
            self._annotator.add(step.frame, step.seen, step.ids, counts=totals, events=tuple(self._open.values()))


def _margins(boxes: Floats) -> Floats:
    """Return how far beyond a line each box (n, 4) must be to have crossed it (n,), px."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(LINE_MARGIN * np.sqrt(sides[:, 0] * sides[:, 1]))


class Accountant(Protocol):
    """Who can say what one camera or feed gave, and which events were found of it."""

    found: set[str]

    def account(self) -> CameraRun:
        """Return what it gave."""


class Desk:
    """What the clerks of a run share: folder, store, observation log, problems."""

    def __init__(self, plan: Plan, out: Path, store: Store, log: TextIO, run: str) -> None:
        self.plan = plan
        self.out = out
        self.store = store
        self.run = run
        self.problems: deque[str] = deque(maxlen=100)
        self.clerks: list[Clerk] = []
        self.feed_clerks: list[Accountant] = []
        self.videos: list[Path] = []
        self.looker: Looker | None = None
        self._log = log
        self._log_lock = threading.Lock()

    @classmethod
    @contextmanager
    def open(cls, plan: Plan, out: Path, *, started: float) -> "Iterator[Desk]":
        """Make the run folder and open what is kept in it; an observation log of an earlier run is set aside."""
        try:
            out.mkdir(parents=True, exist_ok=True)
            log_path = set_aside(out / "observations.jsonl")
        except OSError as error:
            raise BadInput(f"{out}: cannot be the run folder: {error.strerror}; choose another with --out") from error
        with ExitStack() as stack:
            store = stack.enter_context(Store.open(plan.watch.store.url or f"sqlite:///{out / DATABASE}"))
            log = stack.enter_context(log_path.open("w", encoding="utf-8"))
            yield cls(plan, out, store, log, datetime.fromtimestamp(started, UTC).strftime("%Y%m%dT%H%M%S.%fZ"))

    def clerk(self, camera: CameraPlan, detector: Detector, *, annotate: bool) -> Clerk:
        """Return the clerk of one camera."""
        annotator = None
        if annotate:
            self.videos.append(self.out / f"annotated-{camera.name}.mp4")
            annotator = Annotator(self.videos[-1], camera.scene, timezone=self.plan.watch.timezone)
        self.clerks.append(Clerk(self, camera, detector, annotator))
        return self.clerks[-1]

    def ring(self, camera: str) -> Ring:
        """Return the recording ring of a camera."""
        terms = self.plan.watch.record
        return Ring(self.out / "ring" / camera, terms.segment_s, terms.keep_s, round(terms.keep_gb * 1e9))

    def scene(self, camera: str) -> Scene:
        """Return what is known of a camera's view."""
        return next(c.scene for c in self.plan.cameras if c.name == camera)

    def told(self, event: Event) -> list[str]:
        """Return the names of the sinks that want to know of an event."""
        return [
            s.name
            for s in self.plan.sinks
            if event.outcome in s.outcomes and (s.rules is None or event.rule in s.rules)
        ]

    def log(self, line: str) -> None:
        """Append one line to the observation log."""
        with self._log_lock:
            self._log.write(line + "\n")
            self._log.flush()

    def cut_due(self, *, now: float) -> None:
        """Cut the due clips of live cameras, also of those that give no picture at the moment."""
        for clerk in self.clerks:
            if clerk.clips.live:
                clerk.cut_due(now)

    def finish(self, *, at: float) -> None:
        """Close what an earlier, interrupted run left open of these cameras and this one did not find again."""
        for camera in self.plan.cameras:
            self.close_left_open(camera.name, at=at)

    def close_left_open(self, camera: str, *, at: float) -> list[Event]:
        """Close a camera's open events in the store, tell the sinks, and return them."""
        left = [replace(event, closed=True) for event in self.store.events(Filter(camera=camera, closed=False))]
        for event in left:
            self.store.record([Change("closed", event)], sinks=self.told(event), at=at)
        return left

    def summary(self, *, started: float, ended: float) -> RunSummary:
        """Return what the run came to, as the report and the screen tell it."""
        everyone: list[Accountant] = [*self.clerks, *self.feed_clerks]
        found = [self.store.event(event) for clerk in everyone for event in clerk.found]
        events = sorted((event for event in found if event is not None), key=lambda e: (e.start, e.id))
        return RunSummary(
            name=self.plan.watch.name,
            software=__version__,
            settings_sha256=self.plan.sha256,
            started=started,
            ended=ended,
            timezone=self.plan.watch.timezone,
            cameras=[clerk.account() for clerk in everyone],
            events=[self._card(event) for event in events],
            deliveries={sink: asdict(tally) for sink, tally in self.store.tallies().items()},
            looks=self._looks(),
            videos=[str(video.relative_to(self.out)) for video in self.videos if video.exists()],
            problems=tuple(self.problems),
        )

    def _looks(self) -> dict[str, int]:
        """Return what second looks came to; what went wrong last is a problem of the run."""
        if self.looker is None:
            return {}
        if self.looker.problem is not None:
            self.problems.append(f"second look: {self.looker.problem}")
        return {"looked": 0, **self.looker.counts}

    def _card(self, event: Event) -> EventCard:
        try:
            record = evidence.read(self.out, event.id)
        except RecordingError:
            record = {}  # its media say why
        told = second_look.kept(self.out, event.id) if self.looker is not None else {}
        return EventCard(event=event, media=self.store.media(event.id), record=record, second_look=told)


def provenance(plan: Plan, camera: CameraPlan, detector: Detector) -> Provenance:
    """Return what decides a camera's events, for their evidence."""
    rules = {
        rule.name: RuleRecord(
            title=Text(rule.kind.replace("_", " "), behaviours.title(rule.kind)),
            settings={f.name: getattr(rule.behaviour, f.name) for f in fields(rule.behaviour)},  # type: ignore[arg-type]  # plug-ins are dataclasses
            classes=sorted(rule.classes),
            schedules=rule.schedules,
            gap_s=rule.gap_s,
        )
        for rule in camera.rules
    }
    built_in = {t.rule: RuleRecord(title=Text(t.kind.replace("_", " "), TITLES_ZH[t.kind])) for t in BUILT_IN}
    return Provenance(
        software=__version__,
        settings_sha256=plan.sha256,
        source=shown(plan, camera.name),
        detector={**camera.detector, **_chosen(detector), **detector.model},
        rules=rules | built_in,
        timezone=plan.watch.timezone,
    )


def _chosen(detector: Detector) -> dict[str, Any]:
    """Return the settings of a detector, and of one that it holds."""
    values = {f.name: getattr(detector, f.name) for f in fields(detector) if f.init}  # type: ignore[arg-type]  # plug-ins are dataclasses
    return {name: _chosen(value) if hasattr(value, "detect") else value for name, value in values.items()}


def shown(plan: Plan, camera: str) -> dict[str, Any]:
    """Return a camera's source table without passwords."""
    return hidden(plan.watch.cameras[camera].source)


def hidden(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a source's table without passwords."""
    secret = ("password", "token", "secret")
    shown = {name: "***" if any(word in name for word in secret) else value for name, value in table.items()}
    return {**shown, "url": masked(table["url"])} if "url" in table else shown


def set_aside(log: Path) -> Path:
    """Rename an observation log of an earlier run after the time it was last written; return the path, now free."""
    if log.exists() and log.stat().st_size:
        when = datetime.fromtimestamp(log.stat().st_mtime, UTC).strftime("%Y%m%dT%H%M%S")
        log.rename(log.with_name(f"observations-{when}.jsonl"))
    return log
