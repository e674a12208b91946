"""The attribute model that ships opens, knows the values that rules ask for, and asks nobody for what he has not."""

from pathlib import Path

import numpy as np

import roadstead
from roadstead.behaviours.dirty_body import DirtyBody
from roadstead.behaviours.uncovered_load import UncoveredLoad
from roadstead.bundle.folder import load
from roadstead.describe.attributes import AttributeVotes
from roadstead.types import Frame, Track

BUNDLE = Path(roadstead.__file__).parent / "models" / "attributes"


def test_it_knows_what_the_rules_ask_for() -> None:
    card = load(BUNDLE).card
    assert set(UncoveredLoad().labels) < set(card.attributes["cover"])
    assert set(DirtyBody().labels) < set(card.attributes["dirt"])
    assert sum(file.stat().st_size for file in BUNDLE.iterdir()) < 6e6


def test_it_votes_on_lorries_and_vessels_as_each_is_asked() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (200, 320, 3), dtype=np.uint8)
    box = np.array([[40.0, 40.0, 180.0, 150.0]])
    tracks = [
        Track(label, "gate", label, 0.0, np.array([1.0]), box, np.array([0.9])) for label in ("truck", "vessel", "car")
    ]
    seen = AttributeVotes(path=BUNDLE).describe(Frame("gate", 1.0, picture), tracks)
    assert [sorted(one.attributes) for one in seen] == [["cover", "dirt", "kind", "load"], ["vessel_kind"], []]
