"""The examples of the how-to pages run as they stand, and every page that another names is there."""

import re
from pathlib import Path

import numpy as np
import pytest

from roadstead import describe
from roadstead.types import Frame, Track, readonly

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def python_of(page: str) -> str:
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_describer_of_the_page_votes() -> None:
    scope: dict[str, object] = {"__name__": "roadstead_page"}
    exec(compile(python_of("add-a-describer.md"), "add-a-describer.md", "exec"), scope)
    made = describe.plugins.get("shape")
    boxes = readonly(np.tile((0.0, 0.0, 20.0, 50.0), (6, 1)), 4)
    track = Track("a", "cam", "truck", 0.0, readonly(np.arange(6.0)), boxes, readonly(np.ones(6)))
    frame = Frame("cam", 5.0, np.zeros((100, 100, 3), np.uint8))
    (seen,) = made().describe(frame, [track])
    assert (seen.attributes["shape"].label, seen.attributes["shape"].views) == ("tall", 6)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} names {target}"
