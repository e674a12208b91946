"""What of a truck's bed can be told from where, and which letters can be read: by geometry, on plain worlds."""

from typing import Any

import numpy as np
import pytest

from _plain_world import plain
from roadstead.simulate.bodies import plugins as bodies
from roadstead.simulate.sets import attributes, portraits, text
from roadstead.simulate.sets.portraits import Sitter
from roadstead.simulate.world.motion import standing
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor

_SIZE = (320, 240)
_HIGH, _LOW = (14.0, -12.0, 11.0), (30.0, 0.5, 1.6)
"""To the right of a truck that heads east and far above it; right before it and below its cab's roof."""


def _told(wishes: dict[str, Any], at_m: tuple[float, float, float], sort: str = "dump_truck") -> attributes.Told | None:
    maker: Any = bodies.get(sort)
    actor = Actor(
        id="sitter-1", body=maker(**wishes).make(np.random.default_rng(3), "train"), motion=standing(0, 9, (0, 0), 0.0)
    )
    world = plain(1, sorts=(), size=_SIZE)
    world = type(world)(**{name: getattr(world, name) for name in world.__slots__} | {"actors": (actor,)})
    view = portraits.aimed(at_m, (0, 0, 1.6), (9.0, 220.0), _SIZE)
    with portraits.studio(world, {1.0: view}, "fast") as studio:
        return attributes.judged(studio, Sitter(actor, 1, 1.0), view, 1.0)


@pytest.mark.parametrize(
    ("cover", "load", "told"),
    [
        ("sealed", "loaded", "covered"),
        ("open", "loaded", "uncovered"),
        ("absent", "loaded", "uncovered"),
        ("absent", "empty", "open_empty"),
    ],
)
def test_a_bed_is_told_from_above_and_not_from_before(cover: str, load: str, told: str) -> None:
    above = _told({"cover": cover, "load": load, "dirt": "clean"}, _HIGH)
    assert above is not None
    assert (above.cover, above.dirt, above.kind) == (told, "clean", "dump_truck")
    assert above.view == "front_quarter"
    before = _told({"cover": cover, "load": load, "dirt": "dirty"}, _LOW)
    assert before is None or before.cover == "cannot_tell"
    if load == "empty":
        assert before is not None
        assert before.view == "front"


def test_a_half_cover_is_told_where_its_open_quarter_shows_and_a_box_from_everywhere() -> None:
    behind = _told({"cover": "half", "load": "loaded", "dirt": "clean"}, (-14.0, 10.0, 11.0))
    assert behind is not None
    assert (behind.cover, behind.view) == ("uncovered", "rear_quarter")
    box = _told({}, _LOW, "box_truck")
    assert box is not None
    assert box.cover == "enclosed"


@pytest.mark.parametrize(("aside_m", "seen"), [(0.0, True), (4.0, True), (40.0, False)])
def test_letters_are_read_from_before_and_not_from_their_side(aside_m: float, *, seen: bool) -> None:
    car = bodies.get("car")().make(np.random.default_rng(5), "train")
    actor = Actor(id="sitter-1", body=car, motion=standing(0, 9, (0, 0), 0.0))
    world = plain(1, sorts=(), size=_SIZE)
    world = type(world)(**{name: getattr(world, name) for name in world.__slots__} | {"actors": (actor,)})
    plate = max(car.letterings, key=lambda one: float(one.corners[:, 0].mean()))
    middle = plate.corners.mean(axis=0)
    view = portraits.aimed(middle + np.array((9.0, aside_m, 1.0)), middle, (0.14, 24.0), _SIZE)
    with portraits.studio(world, {1.0: view}, "fast") as studio:
        found = text.shown(studio, Sitter(actor, 1, 1.0), plate, view, 1.0, 12.0)
        assert (found is not None) == seen
        if found is not None:
            assert 17 < found.height_px < 26
            assert found.corners_px[0, 0] < found.corners_px[1, 0]
            assert found.corners_px[0, 1] < found.corners_px[3, 1]
            assert text.rectified(studio.picture(1.0), found).shape[0] == text.HIGH_PX


def test_pixels_lead_back_to_where_they_lie() -> None:
    view = View(at_m=(3.0, -20.0, 6.0), aim_m=(0, 0, 1), fov_deg=40, size=(32, 24))
    points = np.array([(0.0, 0.0, 0.0), (1.0, 2.0, 0.5), (-2.0, 1.0, 2.0)])
    px, depth = view.project(points)
    for point, at, far in zip(points, px, depth, strict=True):
        pixels = np.zeros((24, 32), bool)
        row, column = int(at[1]), int(at[0])
        pixels[row, column] = True
        back = portraits.places_of(np.full((24, 32), far, np.float32), pixels, view)
        assert float(np.linalg.norm(back[0] - point)) < far / view.focal_px
