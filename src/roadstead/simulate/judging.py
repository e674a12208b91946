"""A world judged as a watch would judge it, from what a detector would have written of it; nothing is rendered."""

from collections.abc import Iterable, Mapping
from typing import Any

from roadstead import config, reporting
from roadstead.config import Plan
from roadstead.dataset.truth import FrameRow
from roadstead.episodes import Terms, first
from roadstead.findings import joined
from roadstead.pipeline import Step, watch
from roadstead.runner import NoPictures, stages_of
from roadstead.simulate.in_step import FeedTruth
from roadstead.simulate.observed import Noise, observed
from roadstead.simulate.settings import watch_tables
from roadstead.simulate.world import truth
from roadstead.simulate.world.world import World
from roadstead.types import Detections, Event

FPS = 5.0
_READERS = {"truck": "jt808_file", "vessel": "nmea"}


def plan_of(world: World, *, fps: float = FPS, feeds: Mapping[str, Mapping[str, Any]] | None = None) -> Plan:
    """Return the plan of a watch over one world whose camera is replayed."""
    source = {"kind": "replay", "path": "observations.jsonl"}
    tables = watch_tables(world.scene, [world], {world.camera: source}, feeds or {}, fps=fps)
    return config.plan({k: v for k, v in tables.items() if k != "alerts"}, None)


def detections(
    world: World, frames: Iterable[FrameRow], noise: Noise | None = None, seed: int = 0
) -> Iterable[Detections]:
    """Yield what a detector would have written of the pictures of a world."""
    objects = [truth.object_row(world, actor) for actor in world.actors]
    return observed(world.camera, world.view.size, objects, frames, noise, seed)


def judged(
    world: World, frames: Iterable[FrameRow], noise: Noise | None = None, seed: int = 0
) -> tuple[list[Step], list[Event]]:
    """Return the steps of a watch over a world, and its events in order of start."""
    plan = plan_of(world)
    stages = stages_of(plan, plan.cameras[0], NoPictures(), ())
    steps = list(watch(detections(world, frames, noise, seed), stages))
    found = {change.event.id: change.event for step in steps for change in step.changes}
    return steps, sorted(found.values(), key=lambda e: (e.start, e.id))


def judged_reports(world: World, feeds: Mapping[str, FeedTruth]) -> list[Event]:
    """Return what the rules and anomalies of a world's feeds find in its reports, all at once."""
    tables = {
        name: {"label": feed.label, "source": {"kind": _READERS[feed.label], "path": name}}
        for name, feed in feeds.items()
    }
    found: list[Event] = []
    for plan in plan_of(world, feeds=tables).feeds:
        stages = plan.stages
        kinds = {c.name: c.kind for c in stages.checks} | {r.name: r.kind for r in stages.rules}
        terms = {name: Terms(name, kind, plan.gaps[name]) for name, kind in kinds.items()}
        evidence = reporting.judged(feeds[plan.name].reports, stages).evidence
        found += [first(plan.name, terms[one.rule], one, None) for one in joined(evidence, terms)]
    return found
