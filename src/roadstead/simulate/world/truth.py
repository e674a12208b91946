"""What is true in each picture of a world: boxes, who hides whom, places and speeds; reckoned, not rendered."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError

from roadstead.dataset.truth import EventRow, FaultRow, FrameRow, InnocentRow, LinkRow, ObjectRow, Row, SceneRow, Sight
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import matrices, yaw_turn
from roadstead.simulate.world.view import View, clipped
from roadstead.simulate.world.world import Actor, World
from roadstead.types import Floats

_CANVAS_PX = 480
_LEAST_PX = 4.0
"""What shows on less than this many px is not in the picture."""
_HARDLY_HIDDEN = 0.97

Shape = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Outline:
    """One body in one picture: number (0: scenery), distance, the outlines of its solids px, its whole box, and that within the picture."""

    number: int
    depth_m: float
    polygons: tuple[Shape, ...]
    box: Box
    inside: Box


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """An actor at an instant: its number, place (3,) m, rotation (3, 3), speed and course."""

    t: float
    number: int
    actor: Actor
    xyz_m: Floats
    matrix: Floats
    speed_mps: float
    course_deg: float


def _placed(number: int, actor: Actor, times: Sequence[float]) -> Iterator[_Placed]:
    """Yield where an actor is at those of some times at which it is there."""
    there = [t for t in times if actor.motion.there(t)]
    if there:
        state = actor.motion.at(there)
        turns, speeds, courses = matrices(state.turn), state.speed_mps.tolist(), state.course_deg.tolist()
        for k, t in enumerate(there):
            yield _Placed(t, number, actor, state.xyz_m[k], turns[k], speeds[k], courses[k])


@dataclass(slots=True, eq=False)
class Seer:
    """Reckons what one camera sees of a world."""

    world: World
    _points: dict[int, tuple[Floats, npt.NDArray[np.intp]]] = field(init=False, default_factory=dict)
    _scenery: dict[View, tuple[_Outline, ...]] = field(init=False, default_factory=dict)

    def sights(self, t: float, view: View | None = None) -> tuple[Sight, ...]:
        """Return who shows in the picture at t (s of the world), nearest first."""
        return self._sights([p for k, a in enumerate(self.world.actors) for p in _placed(k + 1, a, [t])], view)

    def over(self, times: Sequence[float]) -> Iterator[tuple[Sight, ...]]:
        """Yield who shows in the picture at each of some ascending times."""
        here: dict[float, list[_Placed]] = {}
        for k, actor in enumerate(self.world.actors):
            for place in _placed(k + 1, actor, times):
                here.setdefault(place.t, []).append(place)
        for t in times:
            yield self._sights(here.get(t, []), None)

    def _sights(self, present: Sequence[_Placed], view: View | None) -> tuple[Sight, ...]:
        seen = view or self.world.view
        outlines = {
            place.number: outline
            for place in present
            if (outline := self._outline(place.actor.body, place.xyz_m, place.matrix, place.number, seen)) is not None
        }
        if seen not in self._scenery:
            self._scenery = {seen: tuple(self._still(seen))}
        before = [s for s in self._scenery[seen] if any(_may_hide(s, o) for o in outlines.values())]
        canvas, scale = _painted([*outlines.values(), *before], seen)
        made = []
        for place in sorted((p for p in present if p.number in outlines), key=lambda p: outlines[p.number].depth_m):
            found = _showing(canvas, scale, outlines[place.number])
            if found is not None:
                made.append(
                    Sight(
                        id=place.actor.id,
                        box=found[0],
                        whole=outlines[place.number].inside,
                        visible=found[1],
                        xy_m=(float(place.xyz_m[0]), float(place.xyz_m[1])),
                        speed_mps=place.speed_mps,
                        course_deg=place.course_deg,
                    )
                )
        return tuple(made)

    def _still(self, view: View) -> Iterator[_Outline]:
        for fixture in self.world.place.fixtures:
            if fixture.hides:
                matrix = matrices(yaw_turn(fixture.yaw))[0]
                found = self._outline(fixture.body, np.asarray(fixture.at_m), matrix, 0, view)
                if found is not None:
                    yield found

    def _outline(self, body: Body, xyz: Floats, matrix: Floats, number: int, view: View) -> _Outline | None:
        if id(body) not in self._points:
            hulls = [_hull(solid) for solid in body.solids]
            self._points[id(body)] = (np.concatenate(hulls), np.cumsum([len(hull) for hull in hulls])[:-1])
        points, ends = self._points[id(body)]
        px, _ = view.project(points @ matrix.T + xyz)
        shapes = (part for part in np.split(px, ends) if np.isfinite(part).all())
        polygons = [cv2.convexHull(part.astype(np.float32))[:, 0].astype(np.float64) for part in shapes]
        if not polygons:
            return None
        box = _bounds(polygons)
        w, h = view.size
        if box[2] <= 0 or box[3] <= 0 or box[0] >= w or box[1] >= h:
            return None
        cut = box[0] < 0 or box[1] < 0 or box[2] > w or box[3] > h
        inside = [p for p in (clipped(p, (0.0, 0.0, w, h)) for p in polygons) if len(p)] if cut else polygons
        if not inside:
            return None
        middle = np.asarray(xyz) + np.array([0.0, 0.0, body.height_m / 2])
        far = float(np.linalg.norm(middle - np.asarray(view.at_m)))
        return _Outline(number, far, tuple(polygons), box, _bounds(inside))


def _hull(solid: Floats) -> Floats:
    try:
        return np.asarray(solid[ConvexHull(solid).vertices])
    except QhullError:
        return solid


def _may_hide(scenery: _Outline, outline: _Outline) -> bool:
    """Whether a piece of scenery stands nearer than a body and overlaps with it on the picture."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = scenery.inside, outline.inside
    return scenery.depth_m < outline.depth_m and ax0 < bx1 and bx0 < ax1 and ay0 < by1 and by0 < ay1


def _painted(outlines: Iterable[_Outline], view: View) -> tuple[npt.NDArray[np.int32], float]:
    """Paint the outlines from the farthest to the nearest; return whose each pixel is, and how many canvas px a px is."""
    scale = min(1.0, _CANVAS_PX / view.size[0])
    canvas = np.zeros((round(view.size[1] * scale), round(view.size[0] * scale)), np.int32)
    for outline in sorted(outlines, key=lambda o: -o.depth_m):
        for polygon in outline.polygons:
            near = np.clip(polygon * scale, -8000, 8000)
            cv2.fillConvexPoly(canvas, np.round(near * 16).astype(np.int32), outline.number, shift=4)
    return canvas, scale


def _showing(canvas: npt.NDArray[np.int32], scale: float, outline: _Outline) -> tuple[Box, float] | None:
    """Return the box of what shows of an outline, px, and the share that shows; None where nothing does."""
    x0, y0, x1, y1 = outline.inside
    if x1 - x0 < 1 or y1 - y0 < 1:
        return None
    a, b = max(0, int(x0 * scale)), max(0, int(y0 * scale))
    part = canvas[b : int(np.ceil(y1 * scale)) + 1, a : int(np.ceil(x1 * scale)) + 1] == outline.number
    own = _own_px(outline, scale)
    count = int(part.sum())
    if count / scale**2 < _LEAST_PX or own[0] == 0:
        return None
    inside = min(1.0, count / own[0])
    visible = min(1.0, inside * own[1])
    if inside >= _HARDLY_HIDDEN:
        return (x0, y0, x1, y1), visible
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    box = (
        max(x0, (a + columns[0]) / scale),
        max(y0, (b + rows[0]) / scale),
        min(x1, (a + columns[-1] + 1) / scale),
        min(y1, (b + rows[-1] + 1) / scale),
    )
    return (float(box[0]), float(box[1]), float(box[2]), float(box[3])), visible


def _own_px(outline: _Outline, scale: float) -> tuple[int, float]:
    """Return on how many canvas px an outline would show if nothing hid it, and which share of it lies in the picture."""
    x0, y0, x1, y1 = outline.inside
    a, b = int(x0 * scale), int(y0 * scale)
    alone = np.zeros((int(np.ceil(y1 * scale)) + 1 - b, int(np.ceil(x1 * scale)) + 1 - a), np.uint8)
    for polygon in outline.polygons:
        near = np.clip(polygon * scale - (a, b), -8000, 8000)
        cv2.fillConvexPoly(alone, np.round(near * 16).astype(np.int32), 1, shift=4)
    width, height = outline.box[2] - outline.box[0], outline.box[3] - outline.box[1]
    inside = (x1 - x0) * (y1 - y0) / max(width * height, 1e-9)
    return int(alone.sum()), min(1.0, inside)


def _bounds(polygons: Sequence[Shape]) -> Box:
    every = np.concatenate(polygons)
    (x0, y0), (x1, y1) = every.min(axis=0).tolist(), every.max(axis=0).tolist()
    return x0, y0, x1, y1


def frames(world: World, fps: float | None = None) -> Iterator[FrameRow]:
    """Yield what is true of each picture, at the world's own rate or another; times are UTC epoch seconds."""
    times = world.times if fps is None else np.arange(round(world.seconds * fps)) / fps
    instants = times.tolist()
    for t, seen in zip(instants, Seer(world).over(instants), strict=True):
        yield FrameRow(camera=world.camera, t=world.begin + t, seen=seen)


def heading(world: World) -> Iterator[Row]:
    """Yield the rows that come before the frames: the scene, its objects, what must be found, what is innocent, faults."""
    conditions = world.conditions
    yield SceneRow(
        camera=world.camera,
        scene=world.scene,
        seed=world.seed,
        begin=world.begin,
        seconds=world.seconds,
        fps=world.fps,
        size=world.view.size,
        assets=world.stock,
        conditions={
            "light": conditions.light,
            "weather": conditions.weather,
            "sun_height_deg": conditions.sun_height_deg,
            "sight_m": conditions.sight_m,
            "dirt": conditions.dirt,
            "wind_mps": conditions.wind_mps,
        },
    )
    for actor in world.actors:
        yield object_row(world, actor)
    yield from (_dated(one, world.begin) for one in world.events)
    yield from (_dated(one, world.begin) for one in world.innocents)
    yield from (_dated(one, world.begin) for one in world.faults)


def object_row(world: World, actor: Actor) -> ObjectRow:
    """Return what is true of an actor for as long as it is there."""
    body = actor.body
    return ObjectRow(
        camera=world.camera,
        id=actor.id,
        label=body.label,
        sort=body.sort,
        attributes=dict(body.attributes),
        texts=dict(body.texts),
        mover=actor.reporter.id if actor.reporter else None,
    )


def links(world: World, rows: Iterable[FrameRow]) -> Iterator[LinkRow]:
    """Yield who in the pictures is who in the reports, from the first to the last sight."""
    spans: dict[str, tuple[float, float]] = {}
    for row in rows:
        for sight in row.seen:
            spans[sight.id] = (spans.get(sight.id, (row.t, row.t))[0], row.t)
    for actor in world.actors:
        if actor.reporter is not None and actor.id in spans:
            start, end = spans[actor.id]
            yield LinkRow(camera=world.camera, object=actor.id, mover=actor.reporter.id, start=start, end=end)


def _dated(row: EventRow | InnocentRow | FaultRow, begin: float) -> Row:
    """Return a row with its times moved from seconds of the world to epoch seconds."""
    moved = {f.name: getattr(row, f.name) + begin for f in fields(row) if f.name in ("start", "end", "due")}
    return replace(row, **moved)
