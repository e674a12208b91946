"""Wishes that bodies of the land fulfil, what is written on them, and that their truth is what is drawn."""

import re
from typing import Any

import numpy as np
import pytest

from _studio import needs_gl
from roadstead.simulate.bodies import plugins
from roadstead.simulate.bodies._plates import drawn, number
from roadstead.simulate.fonts import available
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import standing
from roadstead.simulate.world.truth import Seer
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, Conditions, Place, World

PLATE = re.compile(r"^[\u4e00-\u9fff][A-HJ-NP-Z]·[0-9A-HJ-NP-Z]{5,6}$")


def make(name: str, seed: int = 0, **wishes: Any) -> Body:
    return plugins.get(name)(**wishes).make(np.random.default_rng(seed), "train")


@pytest.mark.parametrize(
    ("cover", "load", "shown"),
    [
        ("sealed", "loaded", "covered"),
        ("sealed", "empty", "covered"),
        ("half", "loaded", "uncovered"),
        ("half", "empty", "open_empty"),
        ("open", "loaded", "uncovered"),
        ("open", "empty", "open_empty"),
        ("absent", "loaded", "uncovered"),
        ("absent", "empty", "open_empty"),
    ],
)
def test_a_dump_truck_is_as_it_was_wished(cover: str, load: str, shown: str) -> None:
    for dirt in ("clean", "dirty"):
        body = make("dump_truck", 5, cover=cover, load=load, dirt=dirt, plate="沪A·12345")
        assert dict(body.attributes) == {
            "kind": "dump_truck",
            "cover": shown,
            "cover_form": cover,
            "load": load,
            "dirt": dirt,
        }
        assert body.texts == {"plate": "沪A·12345", "number": "沪A12345"}


def test_only_what_is_loaded_and_not_closed_shows_a_heap() -> None:
    for seed in range(2):
        heaps = {
            (cover, load): any(tag.startswith("heap:") for tag in make("dump_truck", seed, cover=cover, load=load).tags)
            for cover in ("sealed", "half", "open", "absent")
            for load in ("loaded", "empty")
        }
        assert [key for key, heap in heaps.items() if heap] == [(c, "loaded") for c in ("half", "open", "absent")]


def test_a_dirty_truck_is_muddier_than_a_clean_one() -> None:
    for seed in range(2):
        sides = {}
        for dirt in ("clean", "dirty"):
            body = make("dump_truck", seed, cover="sealed", load="loaded", dirt=dirt)
            pictures = [part.material.picture for part in body.parts if part.material.picture is not None]
            side = next(p for p in pictures if p.shape == (128, 512, 3)).astype(float)
            sides[dirt] = np.abs(side[80:].mean(axis=(0, 1)) - side[:30].mean(axis=(0, 1))).sum()
        assert sides["dirty"] > sides["clean"] + 20


def test_trucks_are_of_the_size_of_trucks() -> None:
    for seed in range(6):
        body = make("dump_truck", seed)
        assert 7.8 <= body.length_m <= 10.8
        assert 2.4 <= body.width_m <= 2.6
        assert 2.7 <= body.height_m <= 3.9


def test_plates_follow_the_standard() -> None:
    rng = np.random.default_rng(1)
    ordinary = [number(rng, "train") for _ in range(200)]
    electric = [number(rng, "train", electric=True) for _ in range(200)]
    assert all(PLATE.match(text) for text in ordinary + electric)
    assert {len(text) for text in ordinary} == {8}
    assert {len(text) for text in electric} == {9}
    assert all(text[3] in "DF" for text in electric)
    assert all(sum(sign.isalpha() for sign in text[3:]) <= 2 for text in ordinary)
    kept = {number(rng, "test")[0] for _ in range(300)}
    assert not kept & {text[0] for text in ordinary + electric}


def test_plates_have_their_colours() -> None:
    font = available("train")[0]
    rear, blue, green = (drawn("沪A·12345", form, font).astype(int) for form in ("yellow_rear", "blue", "green"))
    assert rear.shape == (128, 256, 3)
    assert blue.shape == (80, 256, 3)
    assert (rear[64, 10] - (242, 184, 20)).__abs__().max() <= 2
    assert blue[70, 60, 2] > 2 * blue[70, 60, 0]
    assert green[74, 100, 1] > green[74, 100, 0]
    assert (drawn("沪A·12345", "blue", font) != drawn("沪A·12346", "blue", font)).any()


def test_lamps_are_where_they_belong() -> None:
    for name in ("dump_truck", "mixer", "box_truck", "bus", "car"):
        body = make(name)
        place = {part.lamp: part.mesh.corners.mean(axis=0) for part in body.parts if part.lamp}
        assert set(place) == {"head", "tail", "brake", "left", "right"}, name
        assert place["head"][0] > 0 > place["tail"][0]
        assert place["left"][1] > 0 > place["right"][1]


@pytest.mark.parametrize(
    ("name", "wishes"),
    [
        *(("car", {"form": form}) for form in ("saloon", "suv", "hatchback", "van")),
        *(("motorcycle", {"form": form}) for form in ("motorcycle", "scooter", "e_bike", "delivery")),
        *(("pedestrian", {"role": role, "umbrella": True}) for role in ("passer_by", "worker", "guard")),
        *(("debris", {"form": form}) for form in ("lump", "gravel", "plank", "brick")),
        *(
            ("building", {"form": form, "length_m": 20.0})
            for form in ("flats", "office", "shops", "shed", "unfinished")
        ),
        *(("tree", {"form": form, "height_m": 6.0}) for form in ("broad", "slender", "palm", "shrub")),
        *(
            ("fence", {"form": form, "length_m": 8.0})
            for form in ("hoarding", "railing", "mesh", "concrete", "guardrail")
        ),
        *(("sign", {"form": form}) for form in ("speed", "no_stopping", "no_entry", "direction", "gantry", "board")),
        *(("traffic_light", {"state": state}) for state in ("red", "amber", "green")),
        *(("gate", {"open": up, "title": "滨江工地"}) for up in (True, False)),
    ],
)
def test_every_form_can_be_made(name: str, wishes: dict[str, Any]) -> None:
    body = make(name, 2, **wishes)
    assert body.parts
    if "length_m" in wishes:
        assert body.length_m == pytest.approx(wishes["length_m"], abs=0.8)
    if "height_m" in wishes:
        assert body.height_m == pytest.approx(wishes["height_m"], abs=1.0)


@needs_gl
def test_the_boxes_of_the_truth_are_those_of_the_picture() -> None:
    from roadstead.simulate.render.renderer import Studio

    places = {
        "dump_truck": (-11.0, 2.0), "mixer": (1.0, 3.0), "box_truck": (13.0, 4.0), "bus": (-8.0, 15.0), "car": (-13.0, -6.0),
        "motorcycle": (-2.0, -7.0), "pedestrian": (2.0, -7.0), "debris": (5.0, -7.0),
    }  # fmt: skip
    actors = tuple(
        Actor(id=name, body=make(name, 7), motion=standing(0.0, 1.0, at, 0.5)) for name, at in places.items()
    )
    world = World(
        scene="yard", camera="yard", seed=1, stock="train", begin=0.0, seconds=1.0, fps=10.0,
        view=View(at_m=(0.0, -30.0, 8.0), aim_m=(0.0, 3.0, 1.0), fov_deg=40.0),
        place=Place(grounds=()), conditions=Conditions(), actors=actors, events=(),
    )  # fmt: skip
    with Studio(world) as studio:
        numbers = studio.numbers(0.5)
    sights = {sight.id: sight for sight in Seer(world).sights(0.5)}
    assert len(sights) == len(actors)
    for k, actor in enumerate(actors):
        rows, columns = np.nonzero(numbers == k + 1)
        shown = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        if sights[actor.id].visible > 0.97:
            assert np.abs(shown - sights[actor.id].box).max() <= 3.0, actor.id
