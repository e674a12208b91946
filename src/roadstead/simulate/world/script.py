"""Who does what and when: actors are taken in only where they come too near to nobody."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from roadstead.dataset.truth import EventRow, InnocentRow
from roadstead.simulate.reports.track import Reporter
from roadstead.simulate.world.body import Body, Lamp
from roadstead.simulate.world.motion import Motion
from roadstead.simulate.world.world import Actor
from roadstead.types import Floats

_LOOK_S = 0.2


@dataclass(slots=True, eq=False)
class Script:
    """Collects a world's actors and what is true of them. Times are seconds of the world; `view` is the camera's name."""

    view: str
    seconds: float
    actors: list[Actor] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    innocents: list[InnocentRow] = field(default_factory=list)

    def fits(self, body: Body, motion: Motion, *, gap_m: float = 1.0, beside: tuple[str, ...] = ()) -> bool:
        """Whether a body on a motion never comes nearer than a gap to another actor, but to those named in `beside`."""
        for other in self.actors:
            if other.id in beside or other.motion.end < motion.start or other.motion.start > motion.end:
                continue
            if clearance_m(body, motion, other.body, other.motion) < gap_m:
                return False
        return True

    def add(
        self,
        name: str,
        body: Body,
        motion: Motion,
        *,
        lamps: Mapping[Lamp, tuple[tuple[float, float], ...]] | None = None,
        reporter: Reporter | None = None,
    ) -> Actor:
        """Take an actor in, whatever is near; its id is the name and a number: "truck-3"."""
        number = sum(a.id.rpartition("-")[0] == name for a in self.actors) + 1
        actor = Actor(id=f"{name}-{number}", body=body, motion=motion, lamps=lamps or {}, reporter=reporter)
        self.actors.append(actor)
        return actor

    def offer(
        self,
        name: str,
        body: Body,
        make: Callable[[float], Motion],
        starts: Floats,
        *,
        gap_m: float = 1.0,
        beside: tuple[str, ...] = (),
        lamps: Mapping[Lamp, tuple[tuple[float, float], ...]] | None = None,
        reporter: Reporter | None = None,
    ) -> Actor | None:
        """Take an actor in at the first of some starts at which it fits; None if it fits at none."""
        for start in np.asarray(starts, dtype=np.float64).tolist():
            motion = make(start)
            if self.fits(body, motion, gap_m=gap_m, beside=beside):
                return self.add(name, body, motion, lamps=lamps, reporter=reporter)
        return None

    def event(self, rule: str, kind: str, subject: str, start: float, end: float, due: float, note: str = "") -> None:
        """Say what must be found; what is due only after the end of the world is not asked for."""
        if due <= self.seconds:
            self.events.append(
                EventRow(
                    view=self.view,
                    rule=rule,
                    kind=kind,
                    subject=subject,
                    start=start,
                    end=min(end, self.seconds),
                    due=due,
                    note=note,
                )
            )

    def innocent(self, kind: str, subject: str, start: float, end: float, note: str) -> None:
        """Say what only looks like a violation."""
        self.innocents.append(InnocentRow(view=self.view, kind=kind, subject=subject, start=start, end=end, note=note))


def clearance_m(body: Body, motion: Motion, other: Body, other_motion: Motion) -> float:
    """Return the least distance between two bodies' footprints while both are there, m; below 0 they overlap.

    A footprint is taken as discs of the body's width along its length.
    """
    t = np.arange(max(motion.start, other_motion.start), min(motion.end, other_motion.end) + 1e-9, _LOOK_S)
    if not len(t):
        return float("inf")
    a, b = _discs(body, motion, t), _discs(other, other_motion, t)
    apart = np.linalg.norm(a[:, :, None, :] - b[:, None, :, :], axis=-1)
    return float(apart.min()) - (body.width_m + other.width_m) / 2


def _discs(body: Body, motion: Motion, t: Floats) -> Floats:
    """Return the middles (times, discs, 2) of the discs that a footprint is made of."""
    state = motion.at(t)
    reach = max(0.0, (body.length_m - body.width_m) / 2)
    along = np.linspace(-reach, reach, max(1, int(np.ceil(2 * reach / max(body.width_m, 0.5))) + 1))
    w, x, y, z = state.turn.T
    yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    ahead = np.column_stack((np.cos(yaw), np.sin(yaw)))
    return np.asarray(state.xyz_m[:, None, :2] + along[None, :, None] * ahead[:, None, :])
