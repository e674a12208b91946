"""The examples of the how-to pages run as they stand, and every page that another names is there."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from roadstead import alerts, anomalies, describe, detect, looks, sources
from roadstead.settings import build
from roadstead.types import Frame, Track, readonly

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def python_of(page: str) -> str:
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def run(page: str) -> None:
    exec(compile(python_of(page), page, "exec"), {"__name__": "roadstead_page"})


def test_the_describer_of_the_page_votes() -> None:
    run("add-a-describer.md")
    boxes = readonly(np.tile((0.0, 0.0, 20.0, 50.0), (6, 1)), 4)
    track = Track("a", "cam", "truck", 0.0, readonly(np.arange(6.0)), boxes, readonly(np.ones(6)))
    frame = Frame("cam", 5.0, np.zeros((100, 100, 3), np.uint8))
    (seen,) = describe.plugins.get("shape")().describe(frame, [track])
    assert (seen.attributes["shape"].label, seen.attributes["shape"].views) == ("tall", 6)


def test_the_detector_of_the_page_sees_a_light() -> None:
    run("add-a-detector.md")
    image = np.zeros((100, 100, 3), np.uint8)
    image[40:50, 20:30] = 255
    seen = detect.plugins.get("lights")().detect(Frame("cam", 5.0, image))
    np.testing.assert_array_equal(seen.boxes, [[20, 40, 30, 50]])


def test_the_source_of_the_page_yields_greys() -> None:
    run("add-a-source.md")
    made: Any = build(sources.plugins, {"kind": "greys"}, "page", camera="cam")
    assert made.length_s == 1 + [frame.t for frame in made.read()][-1]


def test_the_look_of_the_page_says_the_same_of_everything() -> None:
    run("add-a-second-look.md")
    made = build(looks.plugins, {"kind": "parrot", "text": "yes"}, "page")
    assert made.answer("What is it?", [b"jpeg"]) == "yes"


def test_the_transport_of_the_page_prints(tmp_path: Path) -> None:
    run("add-a-transport.md")
    made = build(alerts.plugins, {"kind": "printer", "device": str(tmp_path / "paper")}, "page")
    made.send("a:opened", {"event": {"because": {"zh": "违停"}}})
    assert (tmp_path / "paper").read_text(encoding="utf-8") == "a:opened 违停\n"


def test_the_anomaly_of_the_page_is_found_as_its_test_says(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs/how-to/add-an-anomaly.md").read_text(encoding="utf-8")
    code, test = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    module = ModuleType("roadstead.anomalies.impossible_altitude")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(anomalies.plugins, "_loaded", dict[str, type[anomalies.Anomaly]](anomalies.plugins._loaded))
    exec(compile(code, "impossible_altitude.py", "exec", dont_inherit=True), module.__dict__)
    played: dict[str, Any] = {}
    exec(compile(test, "test_impossible_altitude.py", "exec", dont_inherit=True), played)
    tests = [name for name in played if name.startswith("test_")]
    assert len(tests) == 2
    for name in tests:
        played[name]()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} names {target}"
