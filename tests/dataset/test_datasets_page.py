"""The page of data sets tells what is there: every format and finding, and an example that is read."""

import re
from pathlib import Path

import pytest

from roadstead.dataset import checks
from roadstead.dataset.formats import plugins
from roadstead.dataset.formats.reviews import Reviews
from roadstead.dataset.samples import Objects

PAGE = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", plugins.names())
def test_every_format_is_told(name: str) -> None:
    assert re.search(rf"^\| .*`{name}`.* \|", PAGE, re.MULTILINE)


def test_every_finding_is_told() -> None:
    told = re.findall(r"^\| `(\w+)` \| (error|warning|note) \|", PAGE, re.MULTILINE)
    assert told == [(name, severity) for name, (severity, _, _) in checks._KINDS.items()]


def test_the_example_of_a_review_is_read(tmp_path: Path) -> None:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    (tmp_path / "reviews.jsonl").write_text(found[1])
    (sample,) = Reviews().read(tmp_path)
    assert isinstance(sample.target, Objects)
    assert dict(sample.target.attributes[0]) == {"dirt": "clean"}
