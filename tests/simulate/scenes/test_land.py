"""The land scenes: a junction, a site gate, an expressway."""

import json
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from roadstead.errors import BadInput
from roadstead.simulate.judging import plan_of
from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.scenes import _gate_place as gates
from roadstead.simulate.scenes import _junction_place as junctions
from roadstead.simulate.scenes import _motorway_place as motorways
from roadstead.simulate.world import paint, stock
from roadstead.simulate.world.script import clearance_m
from roadstead.simulate.world.truth import Seer
from roadstead.simulate.world.world import Actor, World

SCENES = ("junction", "site_gate", "motorway")
ACTS = {
    "junction": ("right_turn_no_stop", "right_turn_full_stop", "spilling"),
    "site_gate": ("uncovered", "zone_entry", "sealed_clean"),
    "motorway": ("speeding", "wrong_way", "short_stop"),
}


@pytest.fixture(autouse=True, scope="module")
def _plain() -> Iterator[None]:
    """Leave the ground unpainted: nothing here looks at it."""
    with pytest.MonkeyPatch.context() as patch:
        for place in (junctions, gates, motorways):
            patch.setattr(place, "_ground", lambda *_: paint.Canvas((-1, -1, 1, 1), 2, np.random.default_rng(0)))
        yield


@cache
def world(name: str, seed: int = 1, size: tuple[int, int] = (960, 540)) -> World:
    return plugins.get(name)().build(Order(seed=seed, seconds=40.0, acts=ACTS[name], size=size))


def known(actor: Actor) -> tuple[object, ...]:
    return actor.id, actor.body.sort, actor.motion.t.tobytes(), actor.motion.xyz_m.tobytes(), actor.reporter


@pytest.mark.parametrize("name", SCENES)
def test_the_same_order_gives_the_same_world(name: str) -> None:
    one = world(name)
    again = plugins.get(name)().build(Order(seed=1, seconds=40.0, acts=ACTS[name]))
    assert [known(a) for a in one.actors] == [known(a) for a in again.actors]
    assert (one.events, one.innocents, one.view, one.conditions) == (
        again.events,
        again.innocents,
        again.view,
        again.conditions,
    )
    assert json.dumps(one.settings) == json.dumps(again.settings)


@pytest.mark.parametrize("name", SCENES)
def test_nobody_runs_into_anybody(name: str) -> None:
    some = [a for a in world(name).actors if a.body.label != "debris"]
    for k, one in enumerate(some):
        for other in some[k + 1 :]:
            if one.motion.start < other.motion.end and other.motion.start < one.motion.end:
                assert clearance_m(one.body, one.motion, other.body, other.motion) > 0.0, (one.id, other.id)


@pytest.mark.parametrize("name", SCENES)
def test_who_does_something_is_seen_doing_it(name: str) -> None:
    made = world(name)
    seer = Seer(made)
    assert made.events
    for event in made.events:
        times = np.arange(max(event.start, 0.2), min(event.due + 0.6, made.seconds), 0.5)
        shown = [next((s.visible for s in seer.sights(t) if s.id == event.subject), 0.0) for t in times.tolist()]
        assert np.median(shown) > 0.5, event


@pytest.mark.parametrize("name", SCENES)
def test_times_are_in_order_and_within_the_world(name: str) -> None:
    made = world(name)
    ids = {a.id for a in made.actors}
    for event in made.events:
        assert event.subject in ids
        assert 0.0 <= event.start <= event.end <= made.seconds
        assert event.start <= event.due <= made.seconds
    assert {i.subject for i in made.innocents} <= ids


@pytest.mark.parametrize("name", SCENES)
def test_the_settings_are_those_of_a_watch(name: str) -> None:
    made = world(name)
    plan = plan_of(made)
    scene = plan.cameras[0].scene
    assert scene.homography is not None
    assert scene.homography.residual_m < 0.5
    assert {e.rule for e in made.events} <= {r.name for r in plan.cameras[0].rules}
    assert len(made.settings["camera"]["calibration"]["image_px"]) >= 6


@pytest.mark.parametrize("name", SCENES)
def test_every_size_of_picture_can_be_drawn_on(name: str) -> None:
    plan_of(world(name, 2, (1280, 720)))


@pytest.mark.parametrize("name", SCENES)
def test_every_dump_truck_reports(name: str) -> None:
    trucks = [a for a in world(name).actors if a.body.sort == "dump_truck"]
    phones = [a.reporter.id for a in trucks if a.reporter is not None]
    assert len(phones) == len(trucks) == len(set(phones))
    assert all(len(p) == 11 and p.startswith("13") for p in phones)


@pytest.mark.parametrize("place", [junctions, gates, motorways])
def test_some_layouts_are_kept_for_testing(place: object) -> None:
    layouts = place.LAYOUTS  # type: ignore[attr-defined]  # each has them
    train, test = ({one.name for one in stock.of(layouts, s)} for s in ("train", "test"))
    assert len(layouts) >= 4
    assert test
    assert not train & test
    assert train | test == {one.name for one in layouts}


@pytest.mark.parametrize("name", SCENES)
def test_an_act_that_no_scene_has_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="has no act 'flying'"):
        plugins.get(name)().build(Order(acts=("flying",)))


def test_what_is_lost_lies_on_the_road_at_the_end() -> None:
    made = world("junction")
    event = next(e for e in made.events if e.kind == "spilling")
    lumps = [a for a in made.actors if a.body.sort == "debris"]
    assert lumps
    assert all(a.motion.end >= made.seconds for a in lumps)
    rested = [a.motion.at([event.due, made.seconds]) for a in lumps]
    assert all(np.allclose(s.xyz_m[0], s.xyz_m[1], atol=0.05) for s in rested)
    assert made.actor(event.subject).body.attributes["load"] == "loaded"
