"""Pictures of a world agree with its truth, repeat, and answer to light and weather."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from _studio import SIZE, needs_gl, river, road
from roadstead.simulate.bodies.cargo_ship import CargoShip
from roadstead.simulate.world.motion import standing
from roadstead.simulate.world.truth import Seer
from roadstead.simulate.world.world import LIGHTS, WEATHERS, Light, Weather, World
from roadstead.types import Image

T = 4.0


def pictured(world: World, *times: float) -> list[Image]:
    from roadstead.simulate.render.renderer import Studio

    with Studio(world) as studio:
        return [studio.picture(t) for t in times]


@needs_gl
def test_a_picture_repeats_whatever_was_asked_before() -> None:
    for world in (road("night", "rain"), river()):
        first, again = pictured(world, T, T + 1.0), pictured(world, T + 3.0, T)
        assert first[0].shape == (SIZE[1], SIZE[0], 3)
        assert first[0].dtype == np.uint8
        assert (first[0] == again[1]).all()
        assert (first[0] != first[1]).any()


@needs_gl
def test_whose_a_pixel_is_agrees_with_the_boxes_of_the_truth() -> None:
    from roadstead.simulate.render.renderer import Studio

    world = road(size=(640, 360))
    with Studio(world) as studio:
        numbers = studio.numbers(T)
        depth = studio.depth(T)
    sights = {s.id: s for s in Seer(world).sights(T)}
    assert len(sights) == len(world.actors)
    for k, actor in enumerate(world.actors):
        rows, columns = np.nonzero(numbers == k + 1)
        drawn = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)
        assert overlap(drawn, np.array(sights[actor.id].box)) >= 0.9
        far = np.linalg.norm(np.array([*sights[actor.id].xy_m, 0.75]) - world.view.at_m)
        assert np.median(depth[rows, columns]) == pytest.approx(far, rel=0.12)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Return the intersection over the union of two boxes xyxy."""
    inner = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return float(inner / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inner))


@needs_gl
@pytest.mark.parametrize("light", LIGHTS)
def test_every_light_and_weather_can_be_drawn(light: Light) -> None:
    for weather in WEATHERS:
        sight = {"clear": 20_000.0, "rain": 2000.0, "fog": 150.0, "haze": 1200.0}[weather]
        (picture,) = pictured(road(light, weather, sight_m=sight, size=(160, 90)), T)
        assert 4 < picture.mean() < 235
        assert picture.std() > 3


@needs_gl
def test_the_night_is_darker_than_dusk_and_dusk_than_day() -> None:
    day, dusk, night = (pictured(road(light), T)[0].mean() for light in ("day", "dusk", "night"))
    assert night < 0.7 * dusk
    assert dusk < 0.8 * day


@needs_gl
@pytest.mark.parametrize("weather", ["fog", "haze"])
def test_fog_and_haze_take_the_contrast_from_what_is_far(weather: Weather) -> None:
    clear, thick = pictured(road(), T)[0], pictured(road("day", weather, sight_m=160.0), T)[0]
    wall, sky = (slice(30, 50), slice(140, 180)), (slice(0, 5), slice(0, 320))
    assert abs(difference(thick, wall, sky)) < 0.4 * abs(difference(clear, wall, sky))


def difference(picture: Image, a: tuple[slice, slice], b: tuple[slice, slice]) -> float:
    return float(picture[a].mean() - picture[b].mean())


@needs_gl
def test_water_moves_and_land_does_not() -> None:
    first, then = (p.astype(int) for p in pictured(river(), T, T + 1.0))
    moved = np.abs(first - then).max(axis=2)
    quay, water = moved[168:, 100:220], moved[110:135, 100:220]
    assert (quay <= 2).all()
    assert (water > 2).mean() > 0.5


@needs_gl
def test_the_sun_casts_shadows_and_clouds_do_not() -> None:
    from roadstead.simulate.render.renderer import Studio

    darkest = []
    for light in ("day", "overcast"):
        still = road(light)
        world = replace(still, conditions=replace(still.conditions, sun_azimuth_deg=90.0, sun_height_deg=30.0))
        with Studio(world) as studio:
            picture, numbers = studio.picture(T).astype(float).mean(axis=2), studio.numbers(T)
        ground = picture[100:170][numbers[100:170] == 0]
        darkest.append(float((ground < 0.75 * np.median(ground)).mean()))
    assert darkest[0] > 1.5 * darkest[1]


@needs_gl
def test_the_camera_may_turn_while_it_looks() -> None:
    from roadstead.simulate.render.renderer import Studio

    world = road()
    with Studio(world, view_at=lambda t: world.view.turned(2.0 if t > T else 0.0, 0.0, 0.0)) as studio:
        before, after = studio.numbers(T), studio.numbers(T + 0.01)
    shift = np.nonzero(after == 1)[1].mean() - np.nonzero(before == 1)[1].mean()
    place = world.actors[0].motion.at(T).xyz_m
    seen = [view.project(place)[0][0, 0] for view in (world.view, world.view.turned(2.0, 0.0, 0.0))]
    assert abs(shift) > 5
    assert shift == pytest.approx(seen[1] - seen[0], rel=0.15)


@needs_gl
@pytest.mark.parametrize("name", ["nonsense", "glfw"])
def test_a_machine_that_cannot_draw_is_told_what_to_install(name: str) -> None:
    code = "from roadstead.simulate.render.renderer import Studio; from _studio import road; Studio(road())"
    environment = {**os.environ, "MUJOCO_GL": name, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("DISPLAY", None)
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "BadInput" in ended.stderr
    assert "apt install libosmesa6" in ended.stderr


@needs_gl
def test_a_vessel_of_which_nothing_is_said_carries_lights_at_night() -> None:
    from roadstead.simulate.render.lamps import Lamps
    from roadstead.simulate.render.light import look_of

    cases: tuple[tuple[Light, int], ...] = (("day", 0), ("night", 2))
    for light, burn in cases:
        world = river(light)
        glows = Lamps(world, look_of(world.conditions)).glows(T, world.view)
        assert sum(g.at_m[1] > 50.0 for g in glows) == burn


@needs_gl
@pytest.mark.parametrize("yaw", [-np.pi / 2, np.pi / 2])
def test_the_sidelights_of_a_ship_with_its_house_aft_show_ahead_and_astern(yaw: float) -> None:
    from roadstead.simulate.render.lamps import Lamps
    from roadstead.simulate.render.light import look_of

    night = river("night")
    body = CargoShip(length_m=80.0).make(np.random.default_rng(1), "train")
    ship = replace(night.actors[0], body=body, motion=standing(0.0, 30.0, (0.0, 120.0), yaw))
    world = replace(night, actors=(ship,))
    burning = [g.colour for g in Lamps(world, look_of(world.conditions)).glows(T, world.view) if g.at_m[1] > 50.0]
    assert len(burning) == 4
    assert sum(red > 5 * green for red, green, _ in burning) == 1
    assert sum(green > 5 * red for red, green, _ in burning) == 1
