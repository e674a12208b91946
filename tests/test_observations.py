"""The observation log gives back what was written, bit for bit, and refuses what does not fit."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.errors import BadInput
from roadstead.observations import from_line, signal_line, to_line
from roadstead.types import Detections, Signal, Vote

numbers = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(max_size=8)
votes = st.dictionaries(words, st.builds(Vote, st.none() | words, numbers, st.integers(0, 99)), max_size=2)
rows = st.lists(st.tuples(st.tuples(numbers, numbers, numbers, numbers), numbers, words, votes), max_size=4)


@given(
    camera=words, t=numbers, size=st.tuples(st.integers(1, 9999), st.integers(1, 9999)), rows=rows, voted=st.booleans()
)
def test_detections_come_back_bit_for_bit(
    camera: str,
    t: float,
    size: tuple[int, int],
    rows: list[tuple[tuple[float, float, float, float], float, str, dict[str, Vote]]],
    voted: bool,
) -> None:
    seen = Detections(
        camera,
        t,
        size,
        np.array([box for box, *_ in rows], float).reshape(-1, 4),
        np.array([score for _, score, *_ in rows], float),
        tuple(label for _, _, label, _ in rows),
        tuple(of_box for *_, of_box in rows) if voted else (),
    )
    line = to_line(seen, ["a"] * len(rows))
    back = from_line(line)
    assert "\n" not in line
    assert isinstance(back, Detections)
    assert struct.pack("d", back.t) == struct.pack("d", t)
    assert back.boxes.tobytes() == seen.boxes.tobytes()
    assert back.scores.tobytes() == seen.scores.tobytes()
    assert (back.camera, back.size, back.labels) == (camera, size, seen.labels)
    assert back.votes == (seen.votes if any(seen.votes) else ())
    assert to_line(back, ["a"] * len(rows)) == line


@pytest.mark.parametrize("signal", [Signal("桥", 0.1 + 0.2, ok=False, reason="断线"), Signal("gate", 1e9, ok=True)])
def test_signals_come_back(signal: Signal) -> None:
    assert from_line(signal_line(signal)) == signal


def test_ids_are_written_for_people() -> None:
    seen = Detections("a", 1.0, (4, 3), np.zeros((2, 4)), np.ones(2), ("car", "car"))
    assert '"ids": ["a-1", null]' in to_line(seen, ["a-1", None])
    assert '"ids": [null, null]' in to_line(seen)
    assert "votes" not in to_line(seen)


GOOD = '"camera": "a", "t": 1, "size": [4, 3], "boxes": [[0, 0, 1, 1]], "scores": [1], "labels": ["car"]'


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "not a line of JSON"),
        ("{", "not a line of JSON"),
        ("[" * 100_000, "not a line of JSON"),
        ("[1]", "must be a JSON object"),
        ('{"t": 1, "signal": true}', "camera is missing"),
        ('{"camera": 3, "t": 1, "signal": true}', "camera has the wrong type"),
        ('{"camera": "a", "t": true, "signal": true}', "t has the wrong type"),
        ('{"camera": "a", "t": 1, "signal": "no"}', "signal has the wrong type"),
        ('{"camera": "a", "t": NaN, "signal": true}', "NaN is not a number"),
        ('{"camera": "a", "t": 1e999, "signal": true}', "too large"),
        ('{"camera": "a", "t": 1}', "boxes is missing"),
        (f"{{{GOOD.replace('[4, 3]', '[4, 0]')}}}", "size must be"),
        (f"{{{GOOD.replace('[4, 3]', '[4]')}}}", "size must be"),
        (f"{{{GOOD.replace('[0, 0, 1, 1]', '[0, 0, 1]')}}}", "boxes must hold 4 numbers"),
        (f"{{{GOOD.replace('[0, 0, 1, 1]', '[0, 0, 1, null]')}}}", "boxes holds 'None'"),
        (f"{{{GOOD.replace('[1]', '[1, 2]')}}}", "scores must hold 1 numbers"),
        (f"{{{GOOD.replace('[1]', f'[{10**400}]')}}}", "scores holds a number that is too large"),
        ("{" + GOOD.replace('"car"', "7") + "}", "labels must be 1 names"),
        (f'{{{GOOD}, "votes": []}}', "votes must be 1 objects"),
        (f'{{{GOOD}, "votes": [{{"cover": 3}}]}}', "the vote on cover"),
        (f'{{{GOOD}, "votes": [{{"cover": {{"label": "x", "score": "?", "views": 1}}}}]}}', "the vote on cover"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(line: str, says: str) -> None:
    with pytest.raises(BadInput, match=r"^run\.jsonl: line 7: ") as refusal:
        from_line(line, "run.jsonl: line 7")
    assert says in str(refusal.value)
    assert len(str(refusal.value)) < 300
