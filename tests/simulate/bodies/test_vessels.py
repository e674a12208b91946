"""Ships and the scenery of the waterside: sizes, names, what is written where, and that the truth covers what is drawn."""

import numpy as np
import pytest

from roadstead.simulate.bodies import plugins
from roadstead.simulate.bodies._hull import Hull, skin
from roadstead.simulate.bodies.bulk_carrier import BulkCarrier
from roadstead.simulate.bodies.cargo_ship import CargoShip
from roadstead.simulate.bodies.fishing_boat import FishingBoat
from roadstead.simulate.bodies.speedboat import Speedboat
from roadstead.simulate.world.body import Body, Triangles
from roadstead.simulate.world.stock import Stock
from roadstead.simulate.world.view import View
from roadstead.types import Floats

SHIPS = {
    "cargo_ship": ("cargo", (60, 110)),
    "container_ship": ("container", (100, 150)),
    "bulk_carrier": ("bulk", (50, 90)),
    "tug": ("tug", (25, 32)),
    "fishing_boat": ("fishing", (18, 30)),
    "speedboat": ("small_boat", (5, 8)),
}
SCENERY = ("crane", "container", "bollard", "buoy", "warehouse", "bridge", "bank", "skyline")


def made(sort: str, seed: int = 1, stock: Stock = "train") -> Body:
    return plugins.get(sort)().make(np.random.default_rng(seed), stock)


@pytest.mark.parametrize("sort", SHIPS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_vessel_is_what_it_is_called(sort: str, seed: int) -> None:
    body = made(sort, seed)
    kind, (short, long) = SHIPS[sort]
    assert (body.sort, body.label, body.attributes["kind"]) == (sort, "vessel", kind)
    assert body.attributes["load"] in ("loaded", "empty")
    assert short <= body.length_m <= long
    assert body.width_m < body.length_m * 0.4
    assert min(float(p.mesh.corners[:, 2].min()) for p in body.parts) < -0.25
    assert "name" in body.texts


@pytest.mark.parametrize("sort", [*SHIPS, *SCENERY])
@pytest.mark.parametrize("stock", ["train", "test"])
def test_bodies_are_light_and_the_same_for_a_seed(sort: str, stock: Stock) -> None:
    one, other = made(sort, 5, stock), made(sort, 5, stock)
    assert sum(len(p.mesh.triangles) for p in one.parts) <= 4000
    for a, b in zip(one.parts, other.parts, strict=True):
        assert np.array_equal(a.mesh.corners, b.mesh.corners)
        assert np.array_equal(a.mesh.triangles, b.mesh.triangles)
        if a.material.picture is not None and b.material.picture is not None:
            assert np.array_equal(a.material.picture, b.material.picture)
            assert a.material.picture.shape[0] <= 256
            assert a.material.picture.shape[1] <= 512
    assert one.texts == other.texts


@pytest.mark.parametrize("sort", SCENERY)
def test_scenery_asks_nobody(sort: str) -> None:
    assert made(sort).label == ""


@pytest.mark.parametrize("sort", SHIPS)
def test_nothing_is_shared_between_the_stocks(sort: str) -> None:
    tags = {stock: {t for seed in range(4) for t in made(sort, seed, stock).tags} for stock in ("train", "test")}
    assert tags["train"]
    assert tags["test"]
    assert not tags["train"] & tags["test"]


@pytest.mark.parametrize("sort", [s for s in SHIPS if s != "speedboat"])
def test_letters_stand_outside_and_are_read_from_outside(sort: str) -> None:
    body = made(sort, 4)
    sides = []
    for lettering in body.letterings:
        top_left, top_right, _, low_left = lettering.corners
        outward = np.cross(low_left - top_left, top_right - top_left)
        middle = lettering.corners.mean(axis=0)
        if abs(outward[1]) > abs(outward[0]):
            assert outward[1] * middle[1] > 0, lettering
            sides.append((lettering.kind, middle[1] > 0))
        else:
            assert outward[0] < 0
            assert middle[0] < -0.4 * body.length_m
        assert top_left[2] > low_left[2] > 0
        assert lettering.size_px is not None
    assert {("name", True), ("name", False)} <= set(sides)


def test_wishes_are_kept() -> None:
    rng = np.random.default_rng(0)
    boat = FishingBoat(name="浙岱渔12345").make(rng, "train")
    assert boat.texts["name"] == "浙岱渔12345"
    assert boat.texts["number"] == "12345"
    assert CargoShip(name="长城7", port="上海", loaded=False).make(rng, "train").texts == {
        "name": "长城7",
        "port": "上海",
    }
    one, three = (
        Speedboat(people=n, cabin=False, length_m=6.0).make(np.random.default_rng(2), "train") for n in (1, 3)
    )
    assert len(three.solids) == len(one.solids) + 2


def test_a_loaded_ship_lies_deeper() -> None:
    loaded, empty = (
        BulkCarrier(loaded=on, length_m=70, hold="hatches").make(np.random.default_rng(3), "train")
        for on in (True, False)
    )
    assert loaded.attributes["load"] == "loaded"
    assert empty.height_m - loaded.height_m > 1.5


def test_a_hull_is_even_on_both_sides_and_faces_outwards() -> None:
    hull = Hull(length_m=50, beam_m=9, freeboard_m=2.5, forecastle=(0.12, 1.5), poop=(0.2, 1.0))
    n = len(hull.stations)
    mesh = skin(hull, np.zeros(n), hull.rim(hull.stations))
    assert mesh.corners[:, 1].sum() == pytest.approx(0.0, abs=1e-9)
    a, b, c = (mesh.corners[mesh.triangles[:, k]] for k in range(3))
    normal, middle = np.cross(b - a, c - a), (a + b + c) / 3
    broad = np.abs(normal[:, 1]) > 1e-9
    assert (normal[broad, 1] * middle[broad, 1] >= 0).all()
    assert hull.share(hull.point(0.7, 1.0)[0], 1.0) == pytest.approx(0.7, abs=1e-3)


def test_the_rim_steps_up_to_the_forecastle() -> None:
    hull = Hull(length_m=80, beam_m=12, freeboard_m=3.0, bow_m=0.0, forecastle=(0.12, 2.0))
    assert hull.rim([0.5, 0.8, 0.95]) == pytest.approx([3.0, 3.0, 5.0])


@pytest.mark.parametrize("sort", [*SHIPS, "crane", "buoy", "container"])
@pytest.mark.parametrize("azimuth_deg", [-35.0, -90.0, 130.0])
def test_the_solids_cover_what_is_drawn(sort: str, azimuth_deg: float) -> None:
    body = made(sort, 6)
    far, angle = max(1.6 * max(body.length_m, body.height_m), 40.0), np.radians(azimuth_deg)
    view = View(
        at_m=(far * np.cos(angle), far * np.sin(angle), 0.12 * far), aim_m=(0, 0, body.height_m / 3), fov_deg=45
    )
    drawn = np.concatenate([_above(p.mesh.corners, p.mesh.triangles) for p in body.parts])
    seen, _ = view.project(drawn)
    covered, _ = view.project(np.concatenate(body.solids))
    assert seen.min(axis=0) == pytest.approx(covered.min(axis=0), abs=4.0)
    assert seen.max(axis=0) == pytest.approx(covered.max(axis=0), abs=4.0)


def _above(corners: Floats, triangles: Triangles) -> Floats:
    """Return the corners of what shows of some triangles above the water, cut where they dip into it."""
    kept = [corners[corners[:, 2] >= 0]]
    for i, j in ((0, 1), (1, 2), (2, 0)):
        a, b = corners[triangles[:, i]], corners[triangles[:, j]]
        dips = a[:, 2] * b[:, 2] < 0
        a, b = a[dips], b[dips]
        kept.append(a + (b - a) * (a[:, 2] / (a[:, 2] - b[:, 2]))[:, None])
    return np.concatenate(kept)
