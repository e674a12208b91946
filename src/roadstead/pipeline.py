"""One whole watch, top to bottom: pictures in, steps out. Only this file knows the order of the stages."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from roadstead import registry
from roadstead.behaviours import Rule, judge
from roadstead.describe import Describer
from roadstead.detect import Detector
from roadstead.episodes import Episodes, Terms
from roadstead.track.tracker import Tracker
from roadstead.types import Change, Detections, Evidence, Floats, Frame, Scene, Signal, Text, Track, View, Vote

NO_SIGNAL = Terms("no_signal", "no_signal", gap_s=float("inf"))
STALE_CALIBRATION = Terms("stale_calibration", "stale_calibration", gap_s=5.0)
BUILT_IN = (NO_SIGNAL, STALE_CALIBRATION)
"""Findings of the watch itself, not of a behaviour: the picture is gone, or has another shape than the scene was drawn on."""

DEPARTED_S = 60.0
"""How long tracks that ended are shown to the rules."""

TITLES_ZH = {"no_signal": "视频信号丢失", "stale_calibration": "画面尺寸变化,标定失效"}


def title_zh(kind: str) -> str:
    """Return the Chinese title of what was found: of the watch itself, an anomaly or a behaviour; else the name as it is."""
    for where in ("anomalies", "behaviours"):
        if kind in registry.folder(where).names():
            return registry.folder(where).title(kind)
    return TITLES_ZH.get(kind, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """What one camera's pictures go through. `rules` are judged every `judge_s` seconds of picture time."""

    scene: Scene
    detector: Detector
    tracker: Tracker
    describers: Sequence[Describer] = ()
    rules: Sequence[Rule] = ()
    episodes: Episodes
    judge_s: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one picture led to.

    `detections` are on the picture as it came (they are what is logged), `seen` the same on the scene's picture size.
    `ids` name the track of each box; `earlier` tells of tracks that began with this picture where they were seen before it, as
    times (k,) and boxes (k, 4) on the scene's picture size. `view` is what was judged, None between two judgements.
    """

    t: float
    frame: Frame | None = None
    signal: Signal | None = None
    detections: Detections | None = None
    seen: Detections | None = None
    ids: tuple[str | None, ...] = ()
    view: View | None = None
    changes: Sequence[Change] = ()
    ended: tuple[Track, ...] = ()
    earlier: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)


class Show(Protocol):
    """What a running watch tells the person before it."""

    def step(self, camera: str, step: Step, total_s: float | None) -> None:
        """One more picture of one camera; `total_s` is the length of a file."""

    def problem(self, text: str) -> None:
        """What could not be done, one sentence."""


def watch(items: Iterable[Frame | Detections | Signal], stages: Stages) -> Iterator[Step]:
    """Detect, track, describe, judge, and join into events; the last step closes what is open at the end."""
    s = stages
    judged, t = None, 0.0
    departed: deque[Track] = deque()
    for item in items:
        t = item.t
        if isinstance(item, Signal):
            yield Step(t, signal=item, changes=_signal(s.episodes, item))
            continue
        frame = item if isinstance(item, Frame) else None
        detections = item if isinstance(item, Detections) else s.detector.detect(item)
        seen, impaired = on_scene(detections, s.scene)
        ids = s.tracker.assign(seen)
        instant = int(np.floor(t / s.judge_s))
        if instant == judged:
            yield Step(t, frame, None, detections, seen, ids, earlier=s.tracker.earlier)
            continue
        judged = instant
        tracks = s.tracker.tracks(t)
        if frame is not None:
            tracks = _described(s.describers, frame, tracks, seen, ids)
            detections = _with_votes(detections, ids, tracks)
        ended = s.tracker.finished()
        departed.extend(ended)
        while departed and departed[0].t[-1] < t - DEPARTED_S:
            departed.popleft()
        view = View(t, tracks, s.scene, impaired=impaired, departed=tuple(departed))
        changes = s.episodes.step(t, [*judge(s.rules, view), *_stale(s.scene, t, impaired)])
        yield Step(t, frame, None, detections, seen, ids, view, changes, ended, s.tracker.earlier)
    remaining = s.tracker.tracks(t)
    yield Step(t, changes=s.episodes.finish(), ended=(*s.tracker.finished(), *remaining))


def on_scene(detections: Detections, scene: Scene) -> tuple[Detections, tuple[str, ...]]:
    """Scale boxes to the picture size that the scene was drawn on; another aspect ratio makes the view impaired."""
    if scene.size is None or detections.size == scene.size:
        return detections, ()
    (w, h), (sw, sh) = detections.size, scene.size
    fx, fy = sw / w, sh / h
    impaired = () if abs(fx / fy - 1) < 0.02 else (f"the picture is {w} x {h}, the scene was drawn on {sw} x {sh}",)
    return replace(detections, size=scene.size, boxes=detections.boxes * (fx, fy, fx, fy)), impaired


def _described(
    describers: Sequence[Describer],
    frame: Frame,
    tracks: Sequence[Track],
    seen: Detections,
    ids: Sequence[str | None],
) -> tuple[Track, ...]:
    """Let the describers look at the tracks, shown as they lie on this picture; `seen` are the boxes on the scene's size."""
    if not describers:
        return tuple(tracks)
    rows = {name: row for row, name in enumerate(ids) if name is not None}
    scale = np.array([frame.size[0] / seen.size[0], frame.size[1] / seen.size[1]] * 2)
    shown: Sequence[Track] = [_with_box_of(seen, rows.get(t.id), t, scale) for t in tracks]
    for describer in describers:
        shown = describer.describe(frame, shown)
    return tuple(replace(t, attributes=told.attributes) for t, told in zip(tracks, shown, strict=True))


def _with_box_of(seen: Detections, row: int | None, track: Track, scale: Floats) -> Track:
    """Return a track with its boxes scaled, and the one of this picture last: a track has fewer points than there are pictures."""
    t, boxes, scores = track.t, track.boxes, track.scores
    if row is not None and t[-1] < seen.t:
        t, scores = np.append(t, seen.t), np.append(scores, seen.scores[row])
        boxes = np.concatenate((boxes, seen.boxes[row : row + 1]))
    return replace(track, t=t, boxes=boxes * scale, scores=scores, xy_m=None)


def _with_votes(detections: Detections, ids: Sequence[str | None], tracks: Sequence[Track]) -> Detections:
    """Write each track's attributes beside its box, so that a replay of the log judges the same."""
    by_id = {track.id: track.attributes for track in tracks if track.attributes}
    if not by_id:
        return detections
    none: dict[str, Vote] = {}
    return replace(detections, votes=tuple(by_id.get(i, none) if i else none for i in ids))


def _signal(episodes: Episodes, signal: Signal) -> Sequence[Change]:
    if signal.ok:
        return episodes.close(NO_SIGNAL.rule, signal.camera, signal.t)
    because = Text(f"{signal.camera} gives no picture: {signal.reason}", f"{signal.camera} 无视频信号:{signal.reason}")
    found = Evidence(signal.camera, signal.t, "violation", 1.0, because, {"reason": signal.reason}, rule=NO_SIGNAL.rule)
    return episodes.step(signal.t, [found])


def _stale(scene: Scene, t: float, impaired: tuple[str, ...]) -> Iterator[Evidence]:
    for reason in impaired:
        because = Text(f"Rules are suspended: {reason}", f"规则暂停:{reason}")
        yield Evidence(scene.camera, t, "violation", 1.0, because, {"reason": reason}, rule=STALE_CALIBRATION.rule)
