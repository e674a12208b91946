"""Every row of truth.jsonl comes back, and what is none is refused."""

from pathlib import Path

import pytest

from roadstead.dataset.truth import (
    EventRow,
    FaultRow,
    FrameRow,
    InnocentRow,
    LinkRow,
    ObjectRow,
    ReportFaultRow,
    Row,
    SceneRow,
    Sight,
    from_line,
    read,
    to_line,
    write,
)
from roadstead.errors import BadInput

SIGHT = Sight(
    id="truck-1", box=(1, 2, 3.25, 4), whole=(1, 2, 9, 9), visible=0.5, xy_m=(1, -2), speed_mps=3.5, course_deg=90
)
ROWS: list[Row] = [
    SceneRow(camera="gate", scene="gate", seed=7, begin=1.7e9 + 0.125, seconds=60.0, fps=10.0, size=(960, 540)),
    SceneRow(camera="q", scene="quay", seed=7, begin=0, seconds=6, fps=5, size=(9, 9), conditions={"fog_m": 90.5}),
    ObjectRow(camera="gate", id="truck-1", label="truck", sort="dump_truck"),
    ObjectRow(camera="gate", id="t", label="truck", sort="s", texts={"plate": "沪A·12345"}, mover="13000000001"),
    EventRow(view="gate", rule="no-parking", kind="stopped", subject="car-3", start=1.5, end=9.0, due=6.5, note="!"),
    InnocentRow(view="gate", kind="stopped", subject="car-4", start=1.5, end=2.0),
    FaultRow(camera="gate", kind="blocked", form="leaf", start=1.0, end=2.0),
    ReportFaultRow(feed="trucks", kind="frozen_fix", mover="13000000001", start=1.0, end=2.0),
    LinkRow(camera="gate", object="truck-1", mover="13000000001", start=1.0, end=2.0),
    FrameRow(camera="gate", t=1.1, seen=(SIGHT, SIGHT)),
    FrameRow(camera="gate", t=1.2),
]


def test_every_row_comes_back(tmp_path: Path) -> None:
    write(ROWS, tmp_path / "truth.jsonl")
    assert list(read(tmp_path / "truth.jsonl")) == ROWS


def test_lengths_are_rounded_and_times_are_not() -> None:
    long = FrameRow(camera="gate", t=1 / 3, seen=(Sight(**{**_fields(SIGHT), "box": (1 / 3, 0, 2, 2)}),))  # type: ignore[arg-type]  # a table of fields
    made = from_line(to_line(long))
    assert isinstance(made, FrameRow)
    assert (made.t, made.seen[0].box) == (1 / 3, (0.33, 0, 2, 2))


def _fields(sight: Sight) -> dict[str, object]:
    return {name: getattr(sight, name) for name in Sight.__dataclass_fields__}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 3: is not a line of JSON"),
        ("[]", "line 3: must be a JSON object"),
        ('{"row": "wish"}', 'line 3: must be a JSON object whose "row" is one of scene, object'),
        ('{"row": "frame", "camera": "gate", "t": 1, "colour": 2}', "a row 'frame' has no field 'colour'"),
        ('{"row": "frame", "camera": "gate"}', "does not fit a row 'frame'"),
        ('{"row": "frame", "camera": "gate", "t": 1, "seen": [1]}', "does not fit a row 'frame'"),
    ],
)
def test_what_is_no_truth_is_refused(line: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        from_line(line, "truth.jsonl: line 3")
