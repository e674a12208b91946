"""What is reckoned of a picture: who shows, by how much, where; and who stands in front of whom."""

from dataclasses import replace

import numpy as np
import pytest

from _studio import block
from roadstead.simulate.world import truth
from roadstead.simulate.world.body import Body, box_corners
from roadstead.simulate.world.motion import Driving, drive, smooth_path, standing
from roadstead.simulate.world.script import Script, clearance_m
from roadstead.simulate.world.stock import choose, of
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, Conditions, Fixture, Place, World

CAR = block("car", 4.5, 1.8, 1.5, (1, 1, 1))
WALL = block("", 8.0, 0.5, 4.0, (1, 1, 1))
VIEW = View(at_m=(0, -20, 2), aim_m=(0, 20, 1), fov_deg=40)


def world(*placed: tuple[Body, float, float], fixtures: tuple[Fixture, ...] = ()) -> World:
    actors = tuple(
        Actor(id=f"{body.label}-{k}", body=body, motion=standing(0, 10, (x, y), 0.0))
        for k, (body, x, y) in enumerate(placed)
    )
    return World(
        scene="test",
        camera="test",
        seed=0,
        stock="train",
        begin=1000.0,
        seconds=2.0,
        fps=5.0,
        view=VIEW,
        place=Place(grounds=(), fixtures=fixtures),
        conditions=Conditions(),
        actors=actors,
        events=(),
    )


def test_a_box_is_the_projection_of_the_whole_body() -> None:
    (sight,) = truth.Seer(world((CAR, 0, 10))).sights(1.0)
    px, _ = VIEW.project(np.add(CAR.solids[0], (0, 10, 0)))
    assert sight.box == pytest.approx((*px.min(axis=0), *px.max(axis=0)))
    assert sight.box == sight.whole
    assert sight.visible == pytest.approx(1.0, abs=0.02)
    assert sight.xy_m == (0, 10)


@pytest.mark.parametrize(("near_x", "least", "most"), [(0.0, 0.0, 0.35), (2.4, 0.3, 0.8), (6.0, 0.98, 1.0)])
def test_who_stands_in_front_hides(near_x: float, least: float, most: float) -> None:
    sights = {s.id: s for s in truth.Seer(world((CAR, near_x, 0), (CAR, 0, 6))).sights(1.0)}
    assert sights["car-0"].visible > 0.97
    far = sights.get("car-1")
    share = 0.0 if far is None else far.visible
    assert least <= share <= most


def test_scenery_hides_unless_it_is_said_not_to() -> None:
    for hides, many in ((True, 0), (False, 1)):
        wall = Fixture(WALL, (0, 0, 0), hides=hides)
        assert len(truth.Seer(world((CAR, 0, 10), fixtures=(wall,))).sights(1.0)) == many


def test_boxes_are_cut_at_the_edge_and_what_is_outside_is_not_seen() -> None:
    sights = {s.id: s for s in truth.Seer(world((CAR, 12.5, 0), (CAR, 60, 0), (CAR, 0, -40))).sights(1.0)}
    assert list(sights) == ["car-0"]
    assert sights["car-0"].box[2] == VIEW.size[0]
    assert 0.1 < sights["car-0"].visible < 0.95


def test_what_is_out_of_the_picture_does_not_make_the_box_higher() -> None:
    mast = np.add(box_corners(0.3, 0.3, 12.0), (3.0, 0.0, 0.0))
    ship = replace(CAR, length_m=8.0, solids=(box_corners(8.0, 1.8, 1.5), mast))
    (sight,) = truth.Seer(world((ship, 12.5, 0))).sights(1.0)
    hull, _ = VIEW.project(np.add(box_corners(8.0, 1.8, 1.5), (12.5, 0.0, 0.0)))
    assert sight.box[1] == pytest.approx(hull[:, 1].min(), abs=12)
    assert sight.box[2] == VIEW.size[0]


def test_rows_have_epoch_times_and_links_only_of_who_reports() -> None:
    frames = list(truth.frames(world((CAR, 0, 10)), 5))
    assert [f.t for f in frames] == pytest.approx([1000 + k / 5 for k in range(10)])
    assert list(truth.links(world((CAR, 0, 10)), frames)) == []
    rows = list(truth.heading(world((CAR, 0, 10))))
    assert [r.row for r in rows] == ["scene", "object"]


def test_footprints_keep_their_distance() -> None:
    ahead = drive(smooth_path([(0, 0), (100, 0)]), Driving(speed_mps=10), 0.0)
    beside = drive(smooth_path([(0, 3.5), (100, 3.5)]), Driving(speed_mps=10), 0.0)
    later = ahead.delayed(2.0)
    assert clearance_m(CAR, ahead, CAR, beside) == pytest.approx(3.5 - 1.8, abs=0.1)
    assert clearance_m(CAR, ahead, CAR, later) < 20 - 4
    assert clearance_m(CAR, ahead, CAR, ahead) < 0
    assert clearance_m(CAR, ahead, CAR, ahead.delayed(500)) == float("inf")


def test_a_script_takes_in_who_fits_and_drops_what_is_due_too_late() -> None:
    script = Script("camera", 60.0)
    first = script.offer("car", CAR, lambda t: standing(t, 60, (0, 0), 0.0), np.array([0.0]))
    assert first is not None
    assert first.id == "car-1"
    assert script.offer("car", CAR, lambda t: standing(t, 60, (1, 0), 0.0), np.array([0.0, 5.0])) is None
    script.event("stopped", "stopped", first.id, 0, 60, due=61)
    script.event("stopped", "stopped", first.id, 0, 90, due=30)
    assert [(e.due, e.end) for e in script.events] == [(30, 60)]


def test_stocks_share_nothing() -> None:
    options = list(range(11))
    assert set(of(options, "train")) | set(of(options, "test")) == set(options)
    assert not set(of(options, "train")) & set(of(options, "test"))
    rng = np.random.default_rng(0)
    assert {choose(rng, options, "test") for _ in range(50)} == set(of(options, "test"))
