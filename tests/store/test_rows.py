"""Any event and any track survives the way into a row and back."""

import json
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from roadstead.store.payload import payload
from roadstead.store.rows import event_of, event_row, joined, track_of, track_row
from roadstead.types import Change, Event, Legal, Text, Track, Vote

_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_number = st.floats(allow_nan=False, allow_infinity=False)
_events = st.builds(
    Event,
    id=_text,
    camera=_text,
    rule=_text,
    kind=_text,
    subject=_text,
    start=_number,
    end=_number,
    outcome=st.sampled_from(["violation", "insufficient"]),
    score=_number,
    because=st.builds(Text, _text, _text),
    measured=st.dictionaries(_text, st.none() | _number | st.integers(-(2**63), 2**63) | _text, max_size=5),
    legal=st.none() | st.builds(Legal, _text, _text),
    told=st.none() | _number,
    closed=st.booleans(),
)


def row(values: dict[str, Any]) -> sa.Row[Any]:
    return cast("sa.Row[Any]", SimpleNamespace(**values))


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    t = sorted(draw(st.lists(_number, min_size=1, max_size=12, unique=True)))
    n = len(t)
    several = st.lists(_number, min_size=n, max_size=n)
    boxes = np.array([draw(several) for _ in range(4)]).T
    xy_m = np.array([draw(several) for _ in range(2)]).T if draw(st.booleans()) else None
    votes = draw(st.dictionaries(_text, st.builds(Vote, st.none() | _text, _number, st.integers(0, 99)), max_size=3))
    return Track("id", "gate", "truck", t[0], np.array(t), boxes, np.array(draw(several)), xy_m, votes)


@given(_events)
def test_events(event: Event) -> None:
    assert event_of(row(event_row(event, 1.0))) == event


@given(tracks())
def test_tracks(track: Track) -> None:
    found = track_of(row(track_row(track)))
    for name in ("t", "boxes", "scores"):
        assert np.array_equal(getattr(found, name), getattr(track, name))
    assert (found.xy_m is None) == (track.xy_m is None)
    if found.xy_m is not None and track.xy_m is not None:
        assert np.array_equal(found.xy_m, track.xy_m)
    assert found.attributes == track.attributes


@given(tracks(), st.data())
def test_parts_of_a_track_join_in_any_order(track: Track, data: st.DataObject) -> None:
    n = len(track.t)
    cut = data.draw(st.integers(1, n))
    overlap = data.draw(st.integers(0, cut))

    def part(rows: slice) -> Track:
        xy_m = None if track.xy_m is None else track.xy_m[rows]
        return Track("id", "gate", "truck", track.born, track.t[rows], track.boxes[rows], track.scores[rows], xy_m)

    head, tail = part(slice(0, cut)), part(slice(min(overlap, n - 1), n))
    for whole in (joined(head, tail), joined(tail, head)):
        assert np.array_equal(whole.t, track.t)
        assert np.array_equal(whole.boxes, track.boxes)


@given(_events, _number)
def test_a_payload_is_json_for_any_event(event: Event, at: float) -> None:
    said = payload(Change("opened", event), [], at)
    assert json.loads(json.dumps(said, allow_nan=False)) == said
