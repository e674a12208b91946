import numpy as np
import pytest

from roadstead.dataset.truth import to_line
from roadstead.errors import BadInput
from roadstead.simulate import judging
from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.scenes._by_sight import Shapes, met, spans
from roadstead.simulate.scenes._quay_place import LAYOUTS as BASINS
from roadstead.simulate.scenes._river_place import LAYOUTS as BENDS
from roadstead.simulate.scenes._sighting import Sighting
from roadstead.simulate.scenes.anchorage import _LAYOUTS as ROADS
from roadstead.simulate.world import truth
from roadstead.simulate.world.script import clearance_m
from roadstead.simulate.world.stock import of
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import World

SCENES = ("quay", "river_bend", "anchorage")
_WORLDS: dict[tuple[str, int], World] = {}


def world(scene: str, seed: int = 3, **more: object) -> World:
    made = _WORLDS.get((scene, seed))
    if made is None or more:
        made = plugins.get(scene)().build(Order(seed=seed, seconds=60.0, **more))  # type: ignore[arg-type]
        _WORLDS[scene, seed] = made
    return made


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
def test_the_same_order_gives_the_same_world(scene: str) -> None:
    order = Order(seed=11, seconds=20.0)
    one, other = (plugins.get(scene)().build(order) for _ in range(2))
    assert [to_line(row) for row in truth.heading(one)] == [to_line(row) for row in truth.heading(other)]
    for a, b in zip(one.actors, other.actors, strict=True):
        assert np.array_equal(a.motion.xyz_m, b.motion.xyz_m)


@pytest.mark.parametrize("scene", SCENES)
def test_nobody_overlaps_and_everybody_who_matters_is_there(scene: str) -> None:
    made = world(scene)
    for k, one in enumerate(made.actors):
        for other in made.actors[k + 1 :]:
            assert clearance_m(one.body, one.motion, other.body, other.motion) > 0
    known = {a.id for a in made.actors} | {a.reporter.id for a in made.actors if a.reporter}
    rules = {rule["name"]: rule["kind"] for key in ("rules", "feed_rules") for rule in made.settings[key]}
    for event in made.events:
        assert event.subject in known
        assert rules[event.rule] == event.kind
        assert event.start <= event.due
        assert event.due <= made.seconds or event.view == "vessels"
    assert {i.subject for i in made.innocents} <= known


@pytest.mark.parametrize("scene", SCENES)
def test_a_watch_takes_its_settings(scene: str) -> None:
    made = world(scene)
    plan = judging.plan_of(made)
    assert len(plan.cameras[0].rules) == len(made.settings["rules"])
    homography = plan.cameras[0].scene.homography
    assert homography is not None
    assert homography.residual_m < 0.5
    assert len(made.settings["camera"]["calibration"]["image_px"]) >= 6
    feeds = {"vessels": {"source": {"kind": "nmea", "path": "vessels.nmea"}, "label": "vessel"}}
    assert len(judging.plan_of(made, feeds=feeds).feeds[0].rules) == len(made.settings["feed_rules"])


@pytest.mark.parametrize("layouts", [BASINS, BENDS, ROADS])
def test_places_of_the_stocks_differ(layouts: tuple[object, ...]) -> None:
    train, test = of(layouts, "train"), of(layouts, "test")
    assert len(layouts) >= 4
    assert not {id(x) for x in train} & {id(x) for x in test}


@pytest.mark.parametrize(("scene", "act", "kind"), [
    ("quay", "entrance", "line_crossing"),
    ("quay", "crane_lane", "stopped"),
    ("river_bend", "wrong_side", "wrong_way"),
    ("river_bend", "crash_stop", "sudden_manoeuvre"),
    ("anchorage", "circling", "loitering"),
])  # fmt: skip
def test_an_act_that_is_ordered_happens(scene: str, act: str, kind: str) -> None:
    made = plugins.get(scene)().build(Order(seed=5, seconds=90.0, acts=(act,)))
    assert kind in {event.kind for event in made.events}


def test_an_unknown_act_is_refused() -> None:
    with pytest.raises(BadInput, match=r"no act 'dance'; it has: no_go"):
        plugins.get("quay")().build(Order(acts=("dance",)))


def test_ships_report_and_small_boats_do_not() -> None:
    for scene in SCENES:
        for actor in world(scene).actors:
            assert (actor.reporter is not None) == (actor.body.label == "vessel" and actor.body.sort != "speedboat")
            if actor.reporter is not None:
                assert actor.reporter.id[:3] in ("412", "413", "414")
                assert len(actor.reporter.id) == 9
                assert (actor.reporter.static.name or "").isascii()


# What the rules mean.

VIEW = View(at_m=(0.0, -40.0, 40.0), aim_m=(0.0, 20.0, 0.0), fov_deg=60.0)
SHAPES = Shapes(
    view=VIEW,
    zones={"bay": np.array([(-10.0, 10.0), (10.0, 10.0), (10.0, 30.0), (-10.0, 30.0)])},
    lines={"east": np.array([(-5.0, 0.0), (5.0, 0.0)])},
)


def seen(xy: np.ndarray, size_px: float = 12.0) -> Sighting:
    """A mover at places (n, 2) m, five times a second."""
    px, _ = VIEW.project(np.column_stack((xy, np.zeros(len(xy)))))
    boxes = np.column_stack((px[:, 0] - size_px / 2, px[:, 1] - size_px, px[:, 0] + size_px / 2, px[:, 1]))
    return Sighting(np.arange(len(xy)) / 5.0, boxes, xy)


def straight(start: tuple[float, float], end: tuple[float, float], seconds: float) -> np.ndarray:
    return np.linspace(start, end, round(seconds * 5) + 1)


INTO = np.concatenate((straight((0, -5), (0, 20), 10.0), np.tile((0.0, 20.0), (100, 1))))
AGAINST = straight((20, 5), (-20, 5), 16.0)


@pytest.mark.parametrize(("table", "way", "start", "due"), [
    ({"kind": "no_go_vessel_area", "zone": "bay", "dwell_s": 4.0}, INTO, 6.0, 10.0),
    ({"kind": "loitering", "zone": "bay", "seconds": 12.0}, INTO, 6.0, 18.0),
    ({"kind": "zone_entry", "zone": "bay", "min_inside_s": 1.0}, INTO, 6.0, 7.0),
    ({"kind": "zone_exit", "zone": "bay", "min_outside_s": 2.0}, INTO[::-1], 24.0, 26.0),
    ({"kind": "anchoring", "zone": "bay", "radius_m": 4.0, "min_s": 12.0}, INTO, 6.8, 18.8),
    ({"kind": "stopped", "zone": "bay", "seconds": 8.0, "tolerance_m": 1.0}, INTO, 9.6, 17.6),
    ({"kind": "speeding", "limit_kmh": 5.0, "over_s": 2.0}, AGAINST, 0.0, 2.0),
    ({"kind": "wrong_way", "along": "east", "zone": "bay", "distance_m": 8.0}, AGAINST + np.array((0.0, 15.0)), 4.0, 7.2),
])  # fmt: skip
def test_what_a_rule_means(table: dict[str, object], way: np.ndarray, start: float, due: float) -> None:
    for slack in (-1, 0, 1):
        assert len(spans(table, seen(way), SHAPES, slack)) == 1, slack
    (found,) = spans(table, seen(way), SHAPES)
    assert found.start == pytest.approx(start, abs=0.45)
    assert found.due == pytest.approx(due, abs=0.45)


@pytest.mark.parametrize("table", [
    {"kind": "no_go_vessel_area", "zone": "bay", "dwell_s": 22.0},
    {"kind": "loitering", "zone": "bay", "seconds": 28.0},
])  # fmt: skip
def test_a_borderline_case_is_told_apart(table: dict[str, object]) -> None:
    assert len({len(spans(table, seen(INTO), SHAPES, slack)) for slack in (-1, 1)}) == 2


def test_two_that_lie_beside_each_other_have_met() -> None:
    table = {"kind": "rendezvous", "distance_m": 12.0, "max_speed_mps": 0.8, "min_s": 15.0}
    other = seen(np.tile((5.0, 22.0), (len(INTO), 1)))
    (found,) = met(table, seen(INTO), other, SHAPES)
    assert found.start == pytest.approx(10.0, abs=4.0)
    assert not met(table, seen(INTO), seen(other.xy_m + np.array((30.0, 0.0))), SHAPES)
    assert not met({**table, "outside": ["bay"]}, seen(INTO), other, SHAPES)
