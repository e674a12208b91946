"""Position reports in step with the pictures: what the terminals and transponders of a world's actors send."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.positions import Reports
from roadstead.simulate.reports import track
from roadstead.simulate.reports._own import Label
from roadstead.simulate.reports.travel import Travel, extended
from roadstead.simulate.world.motion import ahead_of
from roadstead.simulate.world.world import Actor, World

FEEDS: Mapping[str, str] = {"truck": "trucks", "vessel": "vessels"}
"""The name of the feed of each class of mover."""
_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class FeedTruth:
    """All reports of one class of movers, in the order of reception, and the faults in them."""

    label: str
    reports: Reports
    faults: tuple[Label, ...]


def travel_of(world: World, actor: Actor) -> Travel:
    """Return the way of an actor for as long as it is in the world, in UTC epoch seconds."""
    motion = actor.motion
    t = np.append(np.arange(motion.start, motion.end, _EVERY_S), motion.end)
    state = motion.at(t)
    ahead = ahead_of(state.turn)
    heading = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 1])) % 360.0
    vessel = actor.reporter is not None and actor.reporter.kind == "vessel"
    return Travel(
        origin=world.origin,
        t=world.begin + t,
        xy_m=state.xyz_m[:, :2],
        speed_mps=state.speed_mps,
        course_deg=state.course_deg,
        heading_deg=heading if vessel else None,
    )


def reports_in_step(
    worlds: Sequence[World], faults: Iterable[str] = (), *, before_s: float = 1800.0, after_s: float = 600.0
) -> dict[str, FeedTruth]:
    """Return the reports of all worlds' actors that report, by feed; each goes on before and after the pictures.

    Faults are injected on demand, one a mover, as many as the movers offer an occasion for.
    """
    parts: dict[str, dict[str, Reports]] = {}
    for world in worlds:
        for actor in world.actors:
            if actor.reporter is None:
                continue
            seed = world.seed * 1009 + len(parts.get(actor.reporter.kind, {}))
            way = extended(travel_of(world, actor), actor.reporter.kind, before_s=before_s, after_s=after_s, seed=seed)
            parts.setdefault(actor.reporter.kind, {})[actor.reporter.id] = track.reported(
                way, actor.reporter, seed=world.seed
            )
    made = {}
    wanted = tuple(faults)
    for kind, own in parts.items():
        reports, labels = track.faulted(own, wanted, seed=worlds[0].seed)
        made[FEEDS[kind]] = FeedTruth(kind, reports, tuple(labels))
    return made
