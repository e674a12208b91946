"""Portraits: bodies that stand where somebody of a scene passes, each before cameras of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from roadstead.simulate.render.renderer import Quality, Studio
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, State, matrices, standing
from roadstead.simulate.world.script import clearance_m
from roadstead.simulate.world.truth import Seer
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, World
from roadstead.types import Floats

STANDS_S = 0.4
"""How long before and after its instant a body stands there."""
_LOOKS = 30
_ROAD = ("car", "bus", "truck")
_SHORTEST, _SHORTEST_AFLOAT = 0.55, 0.2
"""Who stands in another's place may be so much longer: the other has this share of its length."""
_GAP_M = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """A body that poses: its actor in the world, that actor's number among them, and when it is there."""

    actor: Actor
    number: int
    t: float

    @property
    def body(self) -> Body:
        """What it is."""
        return self.actor.body

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.actor.motion.at(self.t)

    @property
    def yaw(self) -> float:
        """Where it heads, rad from east counterclockwise."""
        ahead = matrices(self.state.turn)[0, :, 0]
        return float(np.arctan2(ahead[1], ahead[0]))

    def placed(self, points: npt.ArrayLike) -> Floats:
        """Return points (n, 3) of the body's frame in the world."""
        turn = matrices(self.state.turn)[0]
        return np.asarray(np.asarray(points, float).reshape(-1, 3) @ turn.T + self.state.xyz_m[0])

    def own(self, points_m: Floats) -> Floats:
        """Return points (n, 3) of the world in the body's frame."""
        return np.asarray((points_m - self.state.xyz_m[0]) @ matrices(self.state.turn)[0])


def seated(world: World, bodies: Sequence[Body], rng: np.random.Generator) -> tuple[World, tuple[Sitter, ...]]:
    """Put bodies where others of their class are seen at some instants, and take those others out; who finds no place is left out.

    Each stands at an instant of its own, among all who pass there then.
    """
    places = _places(world, rng)
    sitters: list[tuple[Actor, float]] = []
    gone: set[str] = set()
    for k, body in enumerate(bodies):
        for place, (source, t) in enumerate(places):
            if not _like(body, source.body) or any(abs(t - other) < 2.5 * STANDS_S for _, other in sitters):
                continue
            state = source.motion.at(t)
            ahead = matrices(state.turn)[0, :, 0]
            at = standing(t - STANDS_S, t + STANDS_S, state.xyz_m[0].tolist(), float(np.arctan2(ahead[1], ahead[0])))
            others = (o for o in world.actors if o.id != source.id and o.id not in gone and o.body.label)
            if not _beached(body, at, world) and all(
                clearance_m(body, at, other.body, other.motion) > _GAP_M for other in others
            ):
                sitters.append((Actor(id=f"sitter-{k + 1}", body=body, motion=at, lamps=source.lamps), t))
                gone.add(source.id)
                del places[place]
                break
    left = tuple(actor for actor in world.actors if actor.id not in gone)
    together = replace(world, actors=(*left, *(actor for actor, _ in sitters)))
    return together, tuple(Sitter(actor, len(left) + k + 1, t) for k, (actor, t) in enumerate(sitters))


def _places(world: World, rng: np.random.Generator) -> list[tuple[Actor, float]]:
    """Return who is seen when, in an order of chance."""
    seer, known = Seer(world), {actor.id: actor for actor in world.actors}
    last = max(world.seconds - 1.0, 1.5)
    found = [
        (known[sight.id], t)
        for t in np.linspace(0.5, last, _LOOKS).tolist()
        for sight in seer.sights(t)
        if sight.visible > 0.5
    ]
    return [found[k] for k in rng.permutation(len(found)).tolist()]


def _like(body: Body, other: Body) -> bool:
    """Whether a body may stand in another's place."""
    road = body.label in _ROAD and other.label in _ROAD
    share = _SHORTEST_AFLOAT if body.label == "vessel" else _SHORTEST
    return (road or body.label == other.label) and other.length_m > share * body.length_m


def _beached(body: Body, at: Motion, world: World) -> bool:
    """Whether a vessel would lie over something that stands there."""
    if body.label != "vessel":
        return False
    state = at.at(at.start)
    x, y = (v.ravel() for v in np.meshgrid(np.linspace(-0.5, 0.5, 9), (-0.5, 0.0, 0.5)))
    hull = np.column_stack((x * body.length_m, y * body.width_m, 0 * x)) @ matrices(state.turn)[0].T + state.xyz_m[0]
    return any(
        _within(fixture.body, point - fixture.at_m[:2], fixture.yaw, 0.0)
        for fixture in world.place.fixtures
        for point in hull[:, :2]
    )


def fits(view: View, world: World, t: float) -> bool:
    """Whether a camera hangs free: in no fixture and near nobody."""
    at = np.asarray(view.at_m)
    for fixture in world.place.fixtures:
        high = fixture.body.height_m + fixture.at_m[2] > at[2] - 0.5
        if high and _within(fixture.body, at[:2] - fixture.at_m[:2], fixture.yaw, 1.0):
            return False
    for actor in world.actors:
        if actor.motion.there(t):
            state = actor.motion.at(t)
            ahead = matrices(state.turn)[0, :, 0]
            if _within(actor.body, at[:2] - state.xyz_m[0, :2], float(np.arctan2(ahead[1], ahead[0])), 2.0):
                return False
    return True


def _within(body: Body, off_m: Floats, yaw: float, gap_m: float) -> bool:
    """Whether a place (2,) m off a body's middle lies over its footprint or nearer to it than a gap."""
    along = abs(off_m[0] * np.cos(yaw) + off_m[1] * np.sin(yaw)) - body.length_m / 2
    across = abs(off_m[1] * np.cos(yaw) - off_m[0] * np.sin(yaw)) - body.width_m / 2
    return bool(max(along, across) < gap_m)


def aimed(at_m: npt.ArrayLike, aim_m: npt.ArrayLike, extent: tuple[float, float], size: tuple[int, int]) -> View:
    """Return a camera at a place that sees `extent` (m, px): so many metres at what it is aimed at are so many px."""
    at, aim = np.asarray(at_m, float), np.asarray(aim_m, float)
    focal = extent[1] * float(np.linalg.norm(at - aim)) / extent[0]
    fov = float(np.clip(np.degrees(2 * np.arctan(size[1] / 2 / focal)), 1.0, 75.0))
    return View(at_m=tuple(at.tolist()), aim_m=tuple(aim.tolist()), fov_deg=fov, size=size)


def places_of(depth: npt.NDArray[np.float32], pixels: npt.NDArray[np.bool_], view: View) -> Floats:
    """Return where in the world (n, 3) m the chosen pixels of a picture of depths (h, w) m lie."""
    rows, columns = np.nonzero(pixels)
    far = depth[rows, columns].astype(np.float64)
    w, h = view.size
    x, y = (columns + 0.5 - w / 2) / view.focal_px, (h / 2 - rows - 0.5) / view.focal_px
    return np.asarray(np.column_stack((x * far, y * far, -far)) @ view.axes + np.asarray(view.at_m))


def studio(world: World, looks: Mapping[float, View], quality: Quality) -> Studio:
    """Open a studio whose camera stands elsewhere at each instant: `looks` are its views by time, and may still grow."""
    return Studio(world, quality=quality, view_at=lambda t: looks[t])
