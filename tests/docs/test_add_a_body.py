"""The body of the how-to page can be made."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from roadstead.simulate.bodies import plugins

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-body.md"


@pytest.fixture(scope="module")
def plugin() -> Any:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    exec(compile(found[1], PAGE.name, "exec"), {"__name__": "roadstead_page"})
    return plugins.get("tricycle")


def test_it_is_what_was_wished(plugin: Any) -> None:
    for dirt in ("clean", "dirty"):
        body = plugin(dirt=dirt).make(np.random.default_rng(1), "train")
        assert dict(body.attributes) == {"kind": "tricycle", "cover": "open_empty", "dirt": dirt}
        assert body.length_m == pytest.approx(2.5, abs=0.1)
        assert len(body.solids) == 2
        assert body.texts["plate"]


def test_its_paints_are_kept_apart(plugin: Any) -> None:
    paints = {
        stock: {
            t for k in range(8) for t in plugin().make(np.random.default_rng(k), stock).tags if t.startswith("paint:")
        }
        for stock in ("train", "test")
    }
    assert paints["test"] == {"paint:grey"}
    assert not paints["train"] & paints["test"]
