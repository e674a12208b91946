"""The tracker on made ways: who is who at 2, 5 and 25 pictures a second."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _ways import SIZE, START, Way, boxes, follow, hidden, seen, stop_and_go, straight
from roadstead.track.tracker import Tracker, TrackerSettings
from roadstead.types import Detections, Homography, Vote

RATES = (2.0, 5.0, 25.0)


def times(fps: float, seconds: float) -> list[float]:
    return [k / fps for k in range(int(seconds * fps))]


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize(
    "ways",
    [
        [straight(100, 300, 260)],
        [straight(100, 300, 260), straight(1800, 420, -240)],
        [straight(100, 300, 220), straight(700, -100, 0, 170)],
        [straight(100, 300, 200), straight(1700, 330, -200)],
        [straight(100, 300, 150, 60), straight(100, 800, 150, -60)],
    ],
    ids=["alone", "two lanes", "crossing", "meeting nearly head on", "crossing aslant"],
)
def test_each_way_keeps_one_id(ways: list[Way], fps: float) -> None:
    told = follow(ways, times(fps, 7))
    assert len({told.only(k) for k in range(len(ways))}) == len(ways)


@pytest.mark.parametrize("fps", RATES)
def test_it_stands_and_goes_on_under_one_id(fps: float) -> None:
    told = follow([stop_and_go(100, 300, 250, 3, 13)], times(fps, 18))
    told.only(0)


@pytest.mark.parametrize("fps", RATES)
def test_hidden_for_two_seconds_on_the_way(fps: float) -> None:
    told = follow([hidden(straight(100, 300, 220), 3, 5)], times(fps, 8))
    told.only(0)


@pytest.mark.parametrize("fps", RATES)
def test_hidden_for_twenty_seconds_while_standing(fps: float) -> None:
    way = hidden(stop_and_go(100, 300, 250, 3, 60), 25, 45)
    follow([way], times(fps, 50)).only(0)


@pytest.mark.parametrize("pause_s", [0.8, 1.2, 2.0])
@pytest.mark.parametrize("fps", [5.0, 25.0])
def test_who_comes_in_where_one_went_out_is_somebody_else(fps: float, pause_s: float) -> None:
    """Boxes are cut by the picture's edge, so their middles go half as fast as what leaves and stay in the picture."""

    def cut(left: float) -> list[float]:
        return [left, 500.0, min(left + 280.0, SIZE[0]), 640.0]

    tracker, ids = Tracker("gate"), dict[str, set[str | None]]({"out": set(), "in": set()})
    gone = (SIZE[0] - 20 - 1100) / 400
    for t in times(fps, gone + pause_s + 2.0):
        out, back = 1100 + 400 * t, SIZE[0] - 20 - 400 * (t - gone - pause_s)
        here = {"out": cut(out)} if t < gone else {"in": cut(back)} if t >= gone + pause_s else {}
        shown = np.array(list(here.values())).reshape(-1, 4)
        for who, told in zip(here, tracker.assign(seen(t, shown)), strict=True):
            ids[who].add(told)
    assert (ids["out"] - {None}).isdisjoint(ids["in"] - {None})
    assert all(len(some - {None}) == 1 for some in ids.values())


def test_a_standing_place_is_not_given_to_the_next_who_stops_there() -> None:
    first, second = stop_and_go(100, 300, 250, 3, 8), straight(100, 300, 250, begin=12, end=15)
    told = follow([first, second], times(5, 16))
    assert told.only(0) != told.only(1)


@pytest.mark.parametrize("fps", RATES)
def test_passing_one_that_stands(fps: float) -> None:
    told = follow([stop_and_go(100, 300, 250, 3, 60), straight(-700, 300, 270)], times(fps, 10))
    assert told.only(0) != told.only(1)


def test_two_that_coincide_keep_their_ids_and_get_none_while_they_do() -> None:
    stands, comes = stop_and_go(100, 300, 250, 3.2, 10), stop_and_go(-400, 300, 250, 5.2, 14)
    told = follow([stands, comes], times(5, 18))
    assert told.only(0) != told.only(1)
    assert told.ids[0][35] is None
    assert told.ids[1][35] is None
    assert told.tracker.dropped["unsure_boxes"] > 10


def test_irregular_pictures_and_a_gap() -> None:
    rng = np.random.default_rng(3)
    at = np.cumsum(rng.uniform(0.03, 0.5, 60))
    at = at[(at < 4) | (at > 5.2)]
    told = follow([straight(50, 300, 150), straight(1900, 420, -150)], at[at < 11].tolist())
    assert told.only(0) != told.only(1)


@pytest.mark.parametrize("scale", [1 / 3, 1.0, 3.0])
def test_the_picture_size_does_not_matter(scale: float) -> None:
    size = (round(1920 * scale), round(1080 * scale))
    tracker, ids = Tracker("gate"), set()
    for t in times(2, 6):
        at = boxes([((100 + 260 * t), 300), ((1800 - 260 * t), 420)]) * scale
        ids |= set(tracker.assign(seen(t, at, size=size)))
    assert len(ids - {None}) == 2


def random_pictures(seed: int, n: int = 40) -> Iterator[Detections]:
    rng = np.random.default_rng(seed)
    at = rng.uniform((0, 0), (1800, 1000), (8, 2))
    v = rng.normal(0, 150, (8, 2))
    t = 0.0
    for _ in range(n):
        t += rng.uniform(0.04, 0.6)
        kept = rng.random(8) > 0.2
        points = (at + v * t)[kept]
        points = np.concatenate(
            (points, points[:1] + rng.normal(0, 4, (1, 2)), rng.uniform(0, 900, (rng.poisson(1), 2)))
        )
        yield seen(
            t,
            boxes([tuple(p) for p in points]),
            scores=rng.uniform(0.05, 1, len(points)).tolist(),
            labels=rng.choice(["truck", "car", "object"], len(points)).tolist(),
        )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_no_two_boxes_of_a_picture_share_an_id_and_nothing_is_nan(seed: int) -> None:
    tracker, over = Tracker("gate"), list[str]()
    for picture in random_pictures(seed):
        told = [i for i in tracker.assign(picture) if i is not None]
        assert len(told) == len(set(told))
        over += [track.id for track in tracker.finished()]
        live = tracker.tracks(picture.t)
        every = over + [track.id for track in live]
        assert len(every) == len(set(every))
        for track in live:
            assert np.isfinite(track.boxes).all()
            assert np.isfinite(track.t).all()
            assert (np.diff(track.t) >= 0.2 - 1e-5).all()
            assert track.t[-1] <= picture.t


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_boxes_does_not_matter(seed: int, random: Random) -> None:
    one, other = Tracker("gate"), Tracker("gate")
    for picture in random_pictures(seed):
        order = list(range(len(picture)))
        random.shuffle(order)
        told = one.assign(picture)
        assert other.assign(picture.where(order)) == tuple(told[k] for k in order)


def test_the_same_pictures_give_the_same_ids_and_tracks() -> None:
    pictures = list(random_pictures(1))
    one, other = Tracker("gate"), Tracker("gate")
    assert [one.assign(p) for p in pictures] == [other.assign(p) for p in pictures]
    for a, b in zip(one.tracks(1e12), other.tracks(1e12), strict=True):
        assert (a.id, a.label) == (b.id, b.label)
        assert a.boxes.tobytes() == b.boxes.tobytes()


def test_an_id_names_camera_and_first_sight() -> None:
    told = follow([straight(100, 300, 20)], times(5, 2))
    assert told.only(0) == f"gate-{round(START * 1000)}-0"


def test_a_picture_without_boxes() -> None:
    tracker = Tracker("gate")
    assert tracker.assign(seen(0, boxes([]))) == ()
    assert tracker.tracks(START) == ()


def test_one_false_box_is_no_track() -> None:
    tracker = Tracker("gate")
    for t in times(5, 4):
        tracker.assign(seen(t, boxes([(500, 500)] if t == 1 else [])))
        assert tracker.tracks(START + t) == ()
    assert tracker.finished() == ()
    assert tracker.dropped["lone_boxes"] + tracker.dropped["unconfirmed"] == 1


@pytest.mark.parametrize("fps", RATES)
def test_two_labels_on_one_vehicle_are_one_track(fps: float) -> None:
    tracker, ids = Tracker("gate"), set()
    for t in times(fps, 6):
        x = 100 + 200 * t
        at = np.concatenate((boxes([(x, 300)]), boxes([(x + 4, 303)], (112, 66))))
        labels, scores = ("truck", "car"), (0.9, 0.8) if round(t * fps) % 3 else (0.7, 0.8)
        ids |= set(tracker.assign(seen(t, at, labels=labels, scores=scores)))
    assert len(ids - {None}) == 1
    (track,) = tracker.tracks(START + 6)
    assert track.label == "truck"


def test_the_label_is_the_one_most_often_seen_by_score() -> None:
    tracker = Tracker("gate")
    for k, t in enumerate(times(5, 4)):
        car = k % 2 == 0
        tracker.assign(
            seen(t, boxes([(300 + 100 * t, 300)]), labels=["car" if car else "truck"], scores=[0.5 if car else 0.9])
        )
    assert [track.label for track in tracker.tracks(START + 4)] == ["truck"]


def test_a_weak_box_continues_a_track_and_begins_none() -> None:
    tracker = Tracker("gate")
    told = []
    for k, t in enumerate(times(5, 4)):
        at = boxes([(300 + 100 * t, 300), (900, 800)])
        told.append(tracker.assign(seen(t, at, scores=[0.2 if k > 8 else 0.9, 0.2])))
    assert told[-1][0] == told[5][0] is not None
    assert all(ids[1] is None for ids in told)


def test_votes_stay_with_the_track() -> None:
    tracker = Tracker("gate")
    for k, t in enumerate(times(5, 3)):
        votes = {
            4: {"cover": Vote("open", 0.8, 3)},
            7: {"dirt": Vote(None, 0.4, 2)},
            9: {"cover": Vote("shut", 0.9, 5)},
        }
        tracker.assign(seen(t, boxes([(300 + 100 * t, 300)]), votes=[votes.get(k, {})]))
    (track,) = tracker.tracks(START + 3)
    assert dict(track.attributes) == {"cover": Vote("shut", 0.9, 5), "dirt": Vote(None, 0.4, 2)}


def test_ground_points_are_those_of_the_foot() -> None:
    ground = Homography(np.diag([0.1, 0.1, 1.0]), 0.0)
    told = follow([straight(100, 300, 100)], times(5, 3), tracker=Tracker("gate", homography=ground))
    (track,) = told.tracker.tracks(START + 3)
    assert track.xy_m is not None
    np.testing.assert_allclose(track.xy_m, np.asarray(track.points("px")) / 10)


def test_history_is_five_a_second_then_one_and_then_gone() -> None:
    tracker = Tracker("gate", settings=TrackerSettings(history_s=120))
    follow([straight(500, 300, 0.5)], times(5, 200), tracker=tracker)
    (track,) = tracker.tracks(START + 200)
    age = track.t[-1] - track.t
    assert age[0] == pytest.approx(120, abs=1.5)
    assert track.born == START
    gaps = np.diff(track.t)
    assert gaps[age[1:] <= 59] == pytest.approx(0.2, abs=1e-4)
    assert gaps[age[1:] > 61] == pytest.approx(1.0, abs=1e-4)
    assert len(track.t) <= 5 * 60 + 62


def test_ended_tracks_are_handed_out_once() -> None:
    told = follow([straight(100, 300, 300, end=3)], times(5, 9))
    ended = told.tracker.finished()
    assert [track.id for track in ended] == [told.only(0)]
    assert ended[0].t[-1] == pytest.approx(START + 2.8, abs=0.01)
    assert told.tracker.finished() == ()
    assert told.tracker.tracks(START + 9) == ()


@pytest.mark.parametrize("back", [0.0, 0.2, 4.9])
def test_a_picture_out_of_order_is_left_out_and_counted(back: float) -> None:
    told = follow([straight(100, 300, 100)], times(5, 3))
    late = told.tracker.assign(seen(2.8 - back, boxes([(100, 300)])))
    assert late == (None,)
    assert told.tracker.dropped["late"] == 1
    assert told.tracker.assign(seen(3.0, boxes([(400, 300)]))) == (told.only(0),)


def test_a_clock_set_back_begins_anew_under_other_ids() -> None:
    told = follow([straight(100, 300, 100)], times(5, 8))
    again = follow([straight(100, 300, 100)], times(5, 2), tracker=told.tracker)
    assert told.tracker.dropped["restarts"] == 1
    assert again.only(0) != told.only(0)
    assert [track.id for track in told.tracker.finished()] == [told.only(0)]


def test_another_picture_size_begins_anew() -> None:
    tracker = follow([straight(100, 300, 100)], times(5, 3)).tracker
    tracker.assign(seen(3, boxes([(50, 50)], (20, 10)), size=(640, 360)))
    assert tracker.dropped["restarts"] == 1


@pytest.mark.parametrize("t", [np.nan, np.inf])
def test_a_time_that_is_none_is_refused(t: float) -> None:
    with pytest.raises(ValueError, match="gate: the picture's time is"):
        Tracker("gate").assign(seen(t, boxes([(1, 1)])))


def test_boxes_that_are_none_are_counted() -> None:
    tracker = Tracker("gate")
    at = np.array([[0, 0, np.nan, 5], [10, 10, 5, 20], [10, 10, 20, 10], [100, 100, 200, 200.0]])
    assert tracker.assign(seen(0, at))[:3] == (None, None, None)
    tracker.assign(seen(1, boxes([(3, 3)]), scores=[0.01]))
    assert tracker.dropped == {"bad_boxes": 3, "weak_boxes": 1}


def test_live_tracks_are_bounded() -> None:
    tracker = Tracker("gate", settings=TrackerSettings(max_tracks=20, history_s=60))
    rng = np.random.default_rng(0)
    sizes = []
    for k in range(100):
        points = rng.uniform((100, 100), (1800, 1000), (60, 2))
        tracker.assign(seen(k / 25, boxes([tuple(p) for p in points], (20, 20))))
        sizes.append(len(tracker.tracks(START + k)))
    assert max(sizes) <= 20
    assert tracker.dropped["over_limit"] > 0


def test_slots_are_used_again() -> None:
    told = follow([straight(100, 300, 300, begin=b, end=b + 5) for b in range(0, 60, 10)], times(5, 65))
    assert len(told.tracker.finished()) == 6
    assert len({told.only(k) for k in range(6)}) == 6


@pytest.mark.data
def test_a_recorded_motorway_has_as_many_vehicles_at_5_as_at_25_pictures_a_second(data: Path) -> None:
    lines = (data / "video" / "opendatacam.detections.jsonl").read_text().splitlines()
    pictures = [row for row in map(json.loads, lines) if row["covered"]]
    counts = {}
    for every in (1, 5):
        tracker = Tracker("gate")
        for row in pictures[::every]:
            at = np.array(row["boxes"], float).reshape(-1, 4)
            tracker.assign(seen(row["frame"] / 25, at, scores=row["scores"], labels=row["labels"], size=(640, 360)))
        tracks = (*tracker.finished(), *tracker.tracks(START + 1e6))
        counts[every] = sum(track.t[-1] - track.born >= 1 for track in tracks)
    assert counts[5] == pytest.approx(counts[1], rel=0.25)


def test_a_track_that_begins_tells_where_it_was_seen_before() -> None:
    tracker, told = Tracker("gate"), []
    for t in times(5.0, 1.0):
        ids = tracker.assign(seen(t, boxes([(100 + 700 * t, 300)])))
        told.append(
            (ids, {who: ((at - START).round(3).tolist(), len(of)) for who, (at, of) in tracker.earlier.items()})
        )
    assert [ids for ids, _ in told].count((None,)) == 2
    name = f"gate-{round(START * 1000)}-0"
    assert told[2] == ((name,), {name: ([0.0, 0.2], 2)})
    assert all(not earlier for _, earlier in told[:2] + told[3:])
