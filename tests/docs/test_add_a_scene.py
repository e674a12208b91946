"""The scene of the how-to page can be built, and a watch finds in it what is true."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from roadstead.simulate import judging
from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.world import truth

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-scene.md"


@pytest.fixture(scope="module")
def scene() -> Any:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    scope: dict[str, Any] = {"__name__": "roadstead_page"}
    exec(compile(found[1], PAGE.name, "exec"), scope)
    return scope["CarPark"]()


def test_both_acts_are_played_and_found(scene: Any) -> None:
    world = scene.build(Order(seed=3, seconds=60.0, light="day", weather="clear"))
    assert [(e.rule, e.kind) for e in world.events] == [("barrier-kept-clear", "stopped")]
    assert [(i.kind, i.subject == world.events[0].subject) for i in world.innocents] == [("stopped", False)]
    _, events = judging.judged(world, list(truth.frames(world, judging.FPS)))
    assert [e.rule for e in events] == ["barrier-kept-clear"]
    assert events[0].told is not None
    assert events[0].told - world.begin - world.events[0].due == pytest.approx(0.0, abs=1.0)


def test_the_same_order_gives_the_same_world(scene: Any) -> None:
    one, other = (scene.build(Order(seed=5, seconds=40.0)) for _ in range(2))
    assert one.events == other.events
    assert one.settings == other.settings
    assert [a.id for a in one.actors] == [a.id for a in other.actors]
    for a, b in zip(one.actors, other.actors, strict=True):
        assert np.array_equal(a.motion.xyz_m, b.motion.xyz_m)


def test_the_stocks_have_other_cameras(scene: Any) -> None:
    heights = {
        stock: {scene.build(Order(seed=s, seconds=20.0, stock=stock, acts=())).view.at_m[2] for s in range(6)}
        for stock in ("train", "test")
    }
    assert heights["test"] == {9.0}
    assert not heights["train"] & heights["test"]
    assert "car_park" not in plugins.names()
