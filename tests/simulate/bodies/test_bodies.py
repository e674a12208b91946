"""What holds for everything that has a body."""

from functools import lru_cache

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from roadstead.simulate.bodies import plugins
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.stock import Stock
from roadstead.types import Floats

NAMES = plugins.names()
LABELS = {"person", "motorcycle", "car", "bus", "truck", "vessel", "debris", ""}
VALUES = {
    "cover": {"covered", "uncovered", "open_empty", "enclosed"},
    "cover_form": {"sealed", "half", "open", "absent"},
    "dirt": {"clean", "dirty"},
    "load": {"loaded", "empty"},
}
BUDGET = {
    "truck": 3000,
    "bus": 1500,
    "car": 1500,
    "motorcycle": 1500,
    "person": 1000,
    "debris": 1000,
    "vessel": 4000,
    "": 4000,
}
SEEN_FROM_M = -0.2
"""What lies lower is under the ground or the water."""


@lru_cache(maxsize=256)
def made(name: str, seed: int = 0, stock: Stock = "train") -> Body:
    return plugins.get(name)().make(np.random.default_rng(seed), stock)


def tags(name: str, stock: Stock) -> frozenset[str]:
    return frozenset(tag for seed in range(2) for tag in made(name, seed, stock).tags)


def corners_of(body: Body) -> Floats:
    return np.concatenate([part.mesh.corners for part in body.parts])


def afloat(body: Body) -> bool:
    """Whether it reaches below the water, where nothing is seen; thin masts may stand out of its solids."""
    return bool(corners_of(body)[:, 2].min() < SEEN_FROM_M)


def beyond(points: Floats, solid: Floats) -> Floats:
    """Return how far points (n, 3) lie outside of a convex solid, m, (n,): at most, for beside an edge it is farther."""
    faces = ConvexHull(solid).equations
    return np.asarray((points @ faces[:, :3].T + faces[:, 3]).max(axis=1))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_generator_state_makes_the_same_body(name: str) -> None:
    one, again = made(name, 3), plugins.get(name)().make(np.random.default_rng(3), "train")
    assert (one.tags, one.attributes, one.texts) == (again.tags, again.attributes, again.texts)
    assert len(one.parts) == len(again.parts)
    for a, b in zip(one.parts, again.parts, strict=True):
        assert np.array_equal(a.mesh.corners, b.mesh.corners)
        assert np.array_equal(a.mesh.triangles, b.mesh.triangles)
        assert (a.material.picture is None) == (b.material.picture is None)
        if a.material.picture is not None and b.material.picture is not None:
            assert np.array_equal(a.material.picture, b.material.picture)


@pytest.mark.parametrize("name", NAMES)
def test_no_asset_of_training_is_used_for_testing(name: str) -> None:
    assert not tags(name, "train") & tags(name, "test")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_what_its_file_says(name: str) -> None:
    for seed in range(3):
        body = made(name, seed)
        assert body.sort == name
        assert body.label in LABELS
        assert sum(len(part.mesh.triangles) for part in body.parts) <= BUDGET[body.label]
        for key, value in body.attributes.items():
            assert value in VALUES.get(key, {value})
        if body.label == "truck":
            assert {"cover", "dirt"} <= body.attributes.keys()


@pytest.mark.parametrize("name", NAMES)
def test_its_meshes_can_be_drawn(name: str) -> None:
    for part in made(name).parts:
        mesh = part.mesh
        assert np.isfinite(mesh.corners).all()
        assert mesh.triangles.min() >= 0
        assert mesh.triangles.max() < len(mesh.corners)
        if mesh.uv is not None:
            assert np.isfinite(mesh.uv).all()
        if part.material.picture is not None:
            height, width, channels = part.material.picture.shape
            assert channels == 3
            assert max(height, width) <= 1024


@pytest.mark.parametrize("name", NAMES)
def test_its_solids_reach_as_far_as_its_parts(name: str) -> None:
    for seed in range(3):
        body = made(name, seed)
        corners, solids = corners_of(body), np.concatenate(body.solids)
        near = 0.3 if afloat(body) else 0.02
        seen = corners[corners[:, 2] >= SEEN_FROM_M]
        assert np.abs(solids.max(axis=0) - seen.max(axis=0)).max() <= near
        assert (solids.min(axis=0)[:2] <= seen.min(axis=0)[:2] + near).all()
        assert (solids.min(axis=0)[:2] >= corners.min(axis=0)[:2] - near).all()
        if not afloat(body):
            out = np.min([beyond(seen, solid) for solid in body.solids if np.ptp(solid, axis=0).min() > 1e-6], axis=0)
            assert out.max() <= 0.1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_on_it_is_on_it(name: str) -> None:
    body = made(name)
    for lettering in body.letterings:
        assert lettering.corners.shape == (4, 3)
        assert lettering.text
        corners = corners_of(body)
        assert (lettering.corners >= corners.min(axis=0) - 0.05).all()
        assert (lettering.corners <= corners.max(axis=0) + 0.05).all()


@pytest.mark.parametrize("name", NAMES)
def test_its_size_is_that_of_its_parts(name: str) -> None:
    body = made(name)
    corners = corners_of(body)
    assert body.height_m == pytest.approx(corners[:, 2].max(), abs=0.6)
    if body.label not in ("", "vessel"):
        assert body.length_m == pytest.approx(np.ptp(corners[:, 0]), abs=0.02)
        assert corners[:, 2].min() >= -0.03
        assert abs(corners[:, 0].max() + corners[:, 0].min()) < 0.02
