"""The page on the anomalies says what the code says."""

import dataclasses
import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from roadstead.anomalies import plugins
from roadstead.anomalies._causes import Cause
from roadstead.positions import Defect
from roadstead.simulate.reports.faults import FAULTS, inject
from roadstead.simulate.reports.suite import World, world
from roadstead.track.fleet import fleet

PAGE = (Path(__file__).parents[2] / "docs/anomalies.md").read_text("utf-8")
HEAD = "| anomaly | 名称 | for | found | settings (default) | where the default comes from | says insufficient |"
FOUND = [
    [cell.strip() for cell in m[0].strip("|").split("|")]
    for m in re.finditer(r"^\| `\w+` \|.*$", PAGE[PAGE.index(HEAD) : PAGE.index("### Why a mover was silent")], re.M)
]
ROWS = {cells[0].strip("`"): cells for cells in FOUND}
CLASSES = {"trucks": ("truck",), "vessels": ("vessel",), "all": ("truck", "vessel")}


def said_default(text: str, name: str) -> str | None:
    """Return what stands for a setting's default: the first word in the brackets behind its name."""
    found = re.search(rf"`{name}` \(([^),]+)", text)
    return found[1] if found else None


def test_every_anomaly_has_one_row_and_every_row_an_anomaly() -> None:
    assert sorted(cells[0].strip("`") for cells in FOUND) == sorted(plugins.names())
    assert all(len(cells) == 7 and all(cells) for cells in FOUND)


@pytest.mark.parametrize("name", plugins.names())
def test_a_row_has_the_title_and_every_setting_with_its_default(name: str) -> None:
    _, title, classes, _, settings, _, _ = ROWS[name]
    assert title == plugins.title(name)
    assert classes in CLASSES
    fields = dataclasses.fields(plugins.get(name))  # type: ignore[arg-type]  # plug-ins are dataclasses
    assert {m[1] for m in re.finditer(r"`(\w+)` \(", settings)} == {f.name for f in fields}
    for field in fields:
        said = said_default(settings, field.name)
        if field.default == ():
            assert said == "none"
        else:
            assert isinstance(field.default, int | float)
            assert said is not None
            digits = len(said.partition(".")[2])
            assert float(said) == round(float(field.default), digits), field.name
            assert float(said) == pytest.approx(field.default, rel=5e-3), f"{field.name}: too few digits"


@pytest.mark.parametrize("name", plugins.names())
def test_only_those_whose_code_can_say_insufficient_have_a_word_on_it(name: str) -> None:
    code = inspect.getsource(importlib.import_module(f"roadstead.anomalies.{name}"))
    may = "insufficient" in code.split("def find", 1)[1] or "of_silence" in code
    assert (ROWS[name][6] != "never") == may


@cache
def clean(label: str) -> World:
    return world(label, 3)


CASES = [(n, label) for n, f in FAULTS.items() if not f.wide for label in f.classes]


@pytest.mark.parametrize(("name", "label"), CASES, ids=["-".join(case) for case in CASES])
def test_an_anomaly_is_for_whom_the_page_says(name: str, label: str) -> None:
    """A fault is found in its class, and in the same reports of the other class only where the row is for all."""
    made, labels = inject(clean(label).reports, name, label=label, cases=1)
    other = "vessel" if label == "truck" else "truck"
    of = {who: list(plugins.get(name)().find(fleet(made, who, scene=clean(label).scene))) for who in (label, other)}
    assert label in CLASSES[ROWS[name][2]]
    assert of[label] or not labels
    if other not in CLASSES[ROWS[name][2]]:
        assert not of[other]
    elif name != "wrong_datum":  # what a device declares is of everybody, what roads show of trucks
        assert of[other] or other in FAULTS[name].classes


def test_the_page_names_every_cause_of_silence_and_every_defect() -> None:
    causes = PAGE[PAGE.index("### Why a mover was silent") : PAGE.index("## Places that cannot be used")]
    assert set(re.findall(r"^\| `(\w+)`", causes, re.M)) == set(get_args(Cause))
    defects = PAGE[PAGE.index("## Places that cannot be used") :]
    assert re.findall(r"^\| `(\w+)`", defects, re.M) == [d.name.lower() for d in Defect if d != Defect.NONE]
