"""The format of the how-to page reads what it wrote."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from roadstead.dataset.formats import plugins
from roadstead.dataset.samples import Objects, Sample
from roadstead.errors import BadInput

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-format.md"


@pytest.fixture(scope="module")
def plugin() -> Any:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    exec(compile(found[1], PAGE.name, "exec"), {"__name__": "roadstead_page"})
    return plugins.get("boxes_csv")


def test_what_was_written_is_read(plugin: Any, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"picture")
    boxes = np.array([(1.5, 2, 3, 4), (0, 0, 8, 9)])
    sample = Sample(
        id="gate", size=(64, 48), target=Objects(boxes=boxes, labels=("truck", "货船")), media=tmp_path / "1.png"
    )
    plugin().write([sample], tmp_path / "set")
    (read,) = plugin().read(tmp_path / "set")
    assert (read.id, read.size, read.target) == (sample.id, sample.size, sample.target)
    assert read.media.read_bytes() == b"picture"


def test_what_is_wrong_is_counted_or_refused(plugin: Any, tmp_path: Path) -> None:
    (tmp_path / "boxes.csv").write_text("a.png,64,48,truck,5,5,5,9\n")
    format_ = plugin()
    (read,) = format_.read(tmp_path)
    assert (len(read.target), format_.counts) == (0, {"degenerate_boxes": 1, "missing_pictures": 1})
    (tmp_path / "boxes.csv").write_text("a.png,64,48,truck\n")
    with pytest.raises(BadInput, match="line 1: does not have 8 columns"):
        list(plugin().read(tmp_path))
