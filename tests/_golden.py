"""Golden tracks: a way told by its points becomes the Track that a camera and a tracker would make of it.

A way is a list of (t_s, x, y), in px or in ground metres; between two points the speed is constant, two points at one
place are a stop. `Spoil` says what camera and tracker do to it. Everything is seeded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from roadstead.behaviours import Behaviour, Rule, judge
from roadstead.episodes import Episodes, Terms
from roadstead.geometry.homography import to_ground, to_image
from roadstead.types import Event, Evidence, Floats, Homography, Line, Mover, Scene, Space, Track, View, Vote, Zone

Way = Sequence[tuple[float, float, float]]

T0 = 1_767_225_600.0
"""When every way's clock starts: 2026-01-01 00:00 UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoil:
    """What is done to a perfect track: `gaps` are hidden intervals (start, end) s of the way, `misses` a share of 1."""

    fps: float = 5.0
    jitter_px: float = 0.0
    misses: float = 0.0
    gaps: tuple[tuple[float, float], ...] = ()
    seed: int = 0


CLEAN = Spoil()

SPOILS: Mapping[str, Spoil] = {
    "clean 25 fps": Spoil(fps=25),
    "clean 5 fps": CLEAN,
    "clean 2 fps": Spoil(fps=2),
    "jitter 25 fps": Spoil(fps=25, jitter_px=2.5),
    "jitter 5 fps": Spoil(jitter_px=3),
    "jitter 2 fps": Spoil(fps=2, jitter_px=3),
    "bad 25 fps": Spoil(fps=25, jitter_px=4, misses=0.15),
    "bad 5 fps": Spoil(jitter_px=4, misses=0.15),
    "bad 2 fps": Spoil(fps=2, jitter_px=3, misses=0.08),
}
"""The variants that every rule has to get right; add `gaps` to them with `hidden`."""


def hidden(spoil: Spoil, start_s: float, end_s: float) -> Spoil:
    """Return the same with one more occlusion."""
    return replace(spoil, gaps=(*spoil.gaps, (start_s, end_s)))


def camera(
    height_m: float = 10.0, pitch_deg: float = 25.0, focal_px: float = 1400.0, size: tuple[int, int] = (1920, 1080)
) -> Homography:
    """Return the exact ground calibration of a camera at (0, 0) that looks north (+y) and down by `pitch_deg`."""
    c, s = np.cos(np.deg2rad(pitch_deg)), np.sin(np.deg2rad(pitch_deg))
    f, (cx, cy) = focal_px, (size[0] / 2, size[1] / 2)
    to_picture = np.array(
        [
            [f, cx * c, cx * height_m * s],
            [0, cy * c - f * s, cy * height_m * s + f * height_m * c],
            [0, c, height_m * s],
        ]
    )
    matrix = np.linalg.inv(to_picture)
    return Homography(matrix / (matrix[2] @ (cx, size[1], 1)), 0.0)


CAMERA = camera()
"""Sees the ground from about 11 m to 90 m north of it; 10 m east is right of it."""


def track(
    way: Way,
    spoil: Spoil = CLEAN,
    *,
    name: str = "cam/1",
    label: str = "truck",
    space: Space = "px",
    size: tuple[float, float] | None = None,
    homography: Homography | None = None,
    attributes: Mapping[str, Vote] | None = None,
) -> Track:
    """Return the track of a way; `size` is the width and height of the box in the way's unit (80 x 60 px, 2.6 x 3 m).

    The way is that of the foot point. A way in metres needs a homography; with one, xy_m is what it makes of the
    spoilt boxes, as in life.
    """
    rng = np.random.default_rng(spoil.seed)
    t = _instants(way, spoil, rng)
    when, xs, ys = np.asarray(way, dtype=np.float64).T
    feet = np.column_stack((np.interp(t, when, xs), np.interp(t, when, ys)))
    w, h = size or ((80.0, 60.0) if space == "px" else (2.6, 3.0))
    sides = np.tile((w, h), (len(t), 1))
    if space == "m":
        assert homography is not None, "a way in metres needs a homography"
        half = np.array((0.5, 0.0))
        metre = to_image(homography, feet + half) - to_image(homography, feet - half)
        sides = sides * np.hypot(*metre.T)[:, None]
        feet = to_image(homography, feet)
    boxes = np.column_stack(
        (feet[:, 0] - sides[:, 0] / 2, feet[:, 1] - sides[:, 1], feet[:, 0] + sides[:, 0] / 2, feet[:, 1])
    )
    # the middle moves by jitter_px, and the sides breathe by less, as detectors do
    boxes += np.tile(rng.normal(0, spoil.jitter_px, (len(t), 2)), 2) + rng.normal(0, spoil.jitter_px / 3, (len(t), 4))
    marks = np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]))
    xy_m = None if homography is None else to_ground(homography, marks)
    born = float(T0 + t[0])
    return Track(name, name.partition("/")[0], label, born, T0 + t, boxes, np.full(len(t), 0.9), xy_m, attributes or {})


def _instants(way: Way, spoil: Spoil, rng: np.random.Generator) -> Floats:
    start, end = way[0][0], way[-1][0]
    t = start + np.arange(int((end - start) * spoil.fps) + 1) / spoil.fps
    keep = rng.random(len(t)) >= spoil.misses
    for a, b in spoil.gaps:
        keep &= (t < a) | (t >= b)
    return np.asarray(t[keep])


def upto(whole: Track, t: float) -> Track | None:
    """Return what was known of a track at t; None before it was born."""
    return _rows(whole, whole.t <= t)


def switched(whole: Track, at_s: float, new_id: str = "cam/2") -> tuple[Track, Track]:
    """Return the two tracks that an identity switch `at_s` seconds into the clock of the way makes of one."""
    before, after = _rows(whole, whole.t < T0 + at_s), _rows(whole, whole.t >= T0 + at_s)
    assert before is not None
    assert after is not None
    return before, replace(after, id=new_id, born=float(after.t[0]))


def _rows(whole: Track, keep: np.typing.NDArray[np.bool_]) -> Track | None:
    if not keep.any():
        return None
    xy_m = None if whole.xy_m is None else whole.xy_m[keep]
    return replace(whole, t=whole.t[keep], boxes=whole.boxes[keep], scores=whole.scores[keep], xy_m=xy_m)


def scene(*shapes: Zone | Line, homography: Homography | None = None, size: tuple[int, int] = (1920, 1080)) -> Scene:
    """Return a scene with these zones and lines."""
    zones = {s.name: s for s in shapes if isinstance(s, Zone)}
    lines = {s.name: s for s in shapes if isinstance(s, Line)}
    return Scene("cam", size, zones, lines, homography)


def zone(name: str, *corners: tuple[float, float], space: Space = "px") -> Zone:
    """Return a zone by its corners."""
    return Zone(name, np.array(corners, dtype=np.float64), space)


def views(tracks: Sequence[Track], where: Scene, *, paths: Sequence[Mover] = (), keep_s: float = 6.0) -> Iterator[View]:
    """Yield what a watch would see, twice a second, until `keep_s` after the last point; a track lives `keep_s` unseen."""
    ends = [float(m.t[-1]) for m in (*tracks, *paths)]
    start, end = min(float(m.t[0]) for m in (*tracks, *paths)), max(ends) + keep_s
    for t in start + np.arange(int((end - start) * 2) + 1) / 2:
        known = [k for k in (upto(whole, t) for whole in tracks) if k is not None and t - k.t[-1] <= keep_s]
        yield View(float(t), known, where, paths=[p for p in paths if p.t[0] <= t])


def watch(
    behaviour: Behaviour, tracks: Sequence[Track], where: Scene, *, paths: Sequence[Mover] = (), keep_s: float = 6.0
) -> list[Evidence]:
    """Return all evidence that a behaviour gives of tracks as they grow, asked twice a second as in a watch."""
    found: list[Evidence] = []
    for view in views(tracks, where, paths=paths, keep_s=keep_s):
        asked = (behaviour.check(mover, view) for mover in (*view.tracks, *view.paths))
        found += [evidence for evidence in asked if evidence is not None]
    return found


def acts(found: Sequence[Evidence], outcome: str = "violation") -> set[tuple[str, float]]:
    """Return the separate acts: each subject with each beginning (`since`, or the instant of the act)."""
    return {(e.subject, e.t if e.since is None else e.since) for e in found if e.outcome == outcome}


def events(behaviour: Behaviour, tracks: Sequence[Track], where: Scene, *, gap_s: float = 10.0) -> list[Event]:
    """Return the events that a watch makes of tracks as they grow: behaviour and episodes, asked twice a second."""
    rule = Rule(name="rule", kind="rule", behaviour=behaviour, gap_s=gap_s)
    episodes = Episodes("cam", [Terms("rule", "rule", gap_s)])
    changes = [c for view in views(tracks, where) for c in episodes.step(view.t, judge([rule], view))]
    changes += episodes.finish()
    return [c.event for c in changes if c.phase == "closed"]


def seconds(found: Sequence[Evidence]) -> list[float]:
    """Return the times of evidence on the way's clock."""
    return [e.t - T0 for e in found]
