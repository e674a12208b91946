"""What the store promises, on SQLite and on PostgreSQL alike."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from roadstead.errors import BadInput, StoreError
from roadstead.store.outbox import Tally
from roadstead.store.store import Filter, Run, Store
from roadstead.types import Change, Event, Legal, Media, Phase, Text, Track, Vote


def event(
    n: int, *, camera: str = "gate", rule: str = "no stopping", start: float | None = None, closed: bool = False
) -> Event:
    start = 1000.0 + n if start is None else start
    return Event(
        id=f"event{n:04d}",
        camera=camera,
        rule=rule,
        kind="stopped",
        subject=f"{camera}-{n}",
        start=start,
        end=start + 5.25,
        outcome="violation",
        score=0.875,
        because=Text("It stands.", "车辆停留。"),
        measured={"stood_s": 5.25, "points": 11, "plate": "沪A12345", "speed_mps": None},
        legal=Legal("道路交通安全法 第五十六条", "2021"),
        told=start + 3.5,
        closed=closed,
    )


def opened(*events: Event) -> list[Change]:
    return [Change("opened", e) for e in events]


def keys(store: Store, sink: str) -> list[str]:
    return [d.key for d in store.deliveries(sink=sink)]


def track(t: Sequence[float], *, ground: bool = True, label: str = "truck") -> Track:
    n = len(t)
    boxes = np.column_stack([np.arange(n) + k / 3 for k in range(4)])
    xy_m = np.column_stack((np.asarray(t) / 7, np.asarray(t) / 9)) if ground else None
    votes = {"cover": Vote("open", 0.7, 4), "plate": Vote(None, 0.1, 2)}
    return Track("gate-1", "gate", label, t[0], np.asarray(t), boxes, np.full(n, 0.3), xy_m, votes)


def test_what_went_in_comes_out(store: Store) -> None:
    plain = replace(event(2), legal=None, outcome="insufficient", measured={}, camera="码头 2")
    store.record(opened(event(1), plain), at=5.0)
    assert store.events() == [event(1), plain]
    assert store.event("event0002") == plain
    assert store.event("nobody") is None


def test_numpy_numbers_and_what_is_not_finite(store: Store) -> None:
    odd: dict[str, Any] = {"a": np.float32(0.5), "b": np.int64(3), "c": float("nan"), "d": float("-inf")}
    store.record(opened(replace(event(1), measured=odd)), sinks=["log"], at=5.0)
    expected = {"a": 0.5, "b": 3, "c": None, "d": None}
    assert store.events()[0].measured == expected
    assert store.deliveries()[0].payload["event"]["measured"] == expected


def test_an_alert_for_each_sink_and_each_opening_and_closing(store: Store) -> None:
    e = event(1)
    store.record(opened(e), [], ["log", "office"], at=5.0)
    store.record([Change("extended", replace(e, end=2000.0))], [], ["log", "office"], at=6.0)
    assert keys(store, "log") == keys(store, "office") == ["event0001:opened"]
    assert store.events()[0].end == 2000.0
    store.record([Change("closed", replace(e, end=2001.0, closed=True))], [], ["log"], at=7.0)
    assert keys(store, "log") == ["event0001:opened", "event0001:closed"]
    assert store.tallies() == {"log": Tally(waiting=2), "office": Tally(waiting=1)}


def test_watching_a_file_again_announces_nothing_again(store: Store) -> None:
    for at in (5.0, 500.0):
        for n in range(3):
            store.record(opened(event(n)), [], ["log"], at=at)
            store.record([Change("closed", event(n, closed=True))], [], ["log"], at=at)
    assert keys(store, "log") == [f"event{n:04d}:{phase}" for n in range(3) for phase in ("opened", "closed")]
    assert {d.created for d in store.deliveries()} == {5.0}
    assert store.count() == 3


def test_a_closed_event_is_not_opened_again(store: Store) -> None:
    store.record([Change("closed", event(1, closed=True))], at=5.0)
    phases: tuple[Phase, ...] = ("opened", "extended")
    for phase in phases:
        store.record([Change(phase, replace(event(1), end=1001.0))], at=6.0)
    assert store.events() == [event(1, closed=True)]
    store.record([Change("closed", replace(event(1, closed=True), score=0.9))], at=7.0)
    assert store.events()[0].score == 0.9


def test_all_or_nothing(store: Store) -> None:
    stray = Media("never recorded", "clip", "clips/x.mp4", None)
    with pytest.raises(StoreError):
        store.record(opened(event(1)), [stray], ["log"], at=5.0)
    assert store.count() == 0
    assert store.deliveries() == []
    store.record([], at=6.0)


def test_the_payload_says_everything(store: Store) -> None:
    files = [
        Media("event0001", "trigger", "events/1/trigger.jpg", "ab" * 32),
        Media("event0001", "clip", "c.mp4", None),
    ]
    store.record(opened(event(1, start=0.5)), files, ["log"], at=86400.0)
    [delivery] = store.deliveries()
    payload = dict(delivery.payload)
    assert str(payload.pop("software")).startswith("roadstead ")
    assert payload == {
        "schema": "roadstead.alert/1",
        "key": "event0001:opened",
        "phase": "opened",
        "recorded": "1970-01-02T00:00:00.000000Z",
        "recorded_epoch_s": 86400.0,
        "event": {
            "id": "event0001",
            "camera": "gate",
            "rule": "no stopping",
            "kind": "stopped",
            "subject": "gate-1",
            "start": "1970-01-01T00:00:00.500000Z",
            "start_epoch_s": 0.5,
            "end": "1970-01-01T00:00:05.750000Z",
            "end_epoch_s": 5.75,
            "outcome": "violation",
            "score": 0.875,
            "because": {"en": "It stands.", "zh": "车辆停留。"},
            "measured": {"stood_s": 5.25, "points": 11, "plate": "沪A12345", "speed_mps": None},
            "legal": {"reference": "道路交通安全法 第五十六条", "version": "2021"},
            "closed": False,
        },
        "evidence": [
            {"kind": "trigger", "path": "events/1/trigger.jpg", "sha256": "ab" * 32, "missing": None},
            {"kind": "clip", "path": "c.mp4", "sha256": None, "missing": None},
        ],
    }


def test_a_closing_alert_carries_the_files_stored_since(store: Store) -> None:
    store.record(opened(event(1)), [Media("event0001", "clip", "c.mp4", None)], ["log"], at=5.0)
    store.add_media([Media("event0001", "clip", "c.mp4", "cd" * 32)])
    store.record([Change("closed", event(1, closed=True))], [], ["log"], at=6.0)
    first, last = store.deliveries()
    assert [f["sha256"] for f in first.payload["evidence"]] == [None]
    assert [f["sha256"] for f in last.payload["evidence"]] == ["cd" * 32]


def test_events_are_found(store: Store) -> None:
    gate = [event(n) for n in range(6)]
    pier = [event(n, camera="pier", rule="no anchoring", start=1000.0) for n in (7, 6)]
    unsure = replace(event(8), outcome="insufficient", start=3000.0)
    store.record(opened(*gate, *pier, unsure), at=5.0)
    every = [gate[0], pier[1], pier[0], *gate[1:], unsure]
    assert store.events() == every
    assert store.events(newest_first=True) == every[::-1]
    assert store.events(Filter(camera="pier")) == pier[::-1]
    assert store.events(Filter(rule="no stopping", since=1001.0, until=1003.0)) == gate[1:3]
    assert store.events(Filter(outcome="insufficient")) == [unsure]
    assert (store.count(), store.count(Filter(camera="gate")), store.count(Filter(since=9e9))) == (9, 7, 0)


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_meet_without_gap(store: Store, newest_first: bool) -> None:
    store.record(opened(*(event(n, start=1000.0 + n // 4) for n in range(11))), at=5.0)
    seen: list[str] = []
    while page := store.events(limit=3, after=seen[-1] if seen else None, newest_first=newest_first):
        seen += [e.id for e in page]
    assert seen == sorted((f"event{n:04d}" for n in range(11)), reverse=newest_first)
    with pytest.raises(BadInput, match="no event has the id 'gone'"):
        store.events(after="gone")


def test_promised_clips_are_remembered(store: Store) -> None:
    store.record(
        opened(event(2), event(1)),
        [Media("event0001", "clip", "1.mp4", None), Media("event0002", "clip", "2.mp4", None)],
        at=5.0,
    )
    assert [(e.id, m.path) for e, m in store.pending_clips()] == [("event0001", "1.mp4"), ("event0002", "2.mp4")]
    lost = Media("event0001", "clip", "1.mp4", None, missing="the recording has no picture then")
    store.add_media([lost, Media("event0002", "clip", "2.mp4", "ef" * 32), Media("event0002", "overlay", "o.jpg", "0")])
    assert store.pending_clips() == []
    assert store.media("event0001") == [lost]
    assert [m.kind for m in store.media("event0002")] == ["clip", "overlay"]


@pytest.mark.parametrize("ground", [True, False])
def test_tracks_are_kept_bit_for_bit(store: Store, ground: bool) -> None:
    saved, none = track([1.1, 1.3, 1.7], ground=ground), np.empty(0)
    store.save_tracks([saved, Track("empty", "gate", "truck", 1.0, none, none, none)])
    [found] = store.tracks()
    for name in ("t", "boxes", "scores", "xy_m"):
        expected, value = getattr(saved, name), getattr(found, name)
        assert (value is None) == (expected is None)
        if value is not None:
            assert value.tobytes() == expected.tobytes()
            assert not value.flags.writeable
    assert (found.id, found.camera, found.label, found.born) == (saved.id, "gate", "truck", 1.1)
    assert found.attributes == saved.attributes


def test_a_track_saved_in_parts_is_one_track(store: Store) -> None:
    t = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    store.save_tracks([track(t[:3], label="car")])
    store.save_tracks([track(t[2:5], label="truck"), track(t[4:])])
    store.save_tracks([track(t[1:4])])
    [found] = store.tracks()
    assert found.t.tolist() == t
    assert found.xy_m is not None
    assert found.xy_m.shape == (6, 2)
    assert (found.born, found.label) == (1.0, "truck")
    assert [
        len(store.tracks(*where)) for where in (("gate", 6.0, 7.0), ("gate", 6.1), ("pier",), ("gate", None, 1.0))
    ] == [1, 0, 0, 0]


def test_counters_hold_the_latest_totals(store: Store) -> None:
    store.save_counters("run 1", "gate", {"frames": 10, "dropped": 0}, at=5.0)
    store.save_counters("run 1", "gate", {"frames": 25}, at=6.0)
    store.save_counters("run 1", "pier", {"frames": np.int64(3)}, at=6.5)  # type: ignore[dict-item]  # what counting arrays gives
    store.save_counters("run 2", "gate", {}, at=7.0)
    assert store.counters("run 1") == {"gate": {"dropped": 0, "frames": 25}, "pier": {"frames": 3}}
    assert store.runs() == [Run("run 2", 7.0, 7.0), Run("run 1", 5.0, 6.5)]


def test_dead_letters_go_back_into_their_old_place(store: Store) -> None:
    store.record(opened(*(event(n) for n in range(4))), [], ["log", "office"], at=5.0)
    for delivery in store.deliveries(sink="log")[:3]:
        store.settle(replace(delivery, state="dead", attempts=9, tried=8.0, error="refused"))
    assert store.tallies()["log"] == Tally(waiting=1, dead=3)
    dead = store.deliveries(state="dead")
    assert [d.key for d in dead] == ["event0000:opened", "event0001:opened", "event0002:opened"]
    assert (dead[0].attempts, dead[0].error) == (9, "refused")
    assert [d.key for d in store.deliveries(sink="log", limit=2, after=dead[0].id)] == [d.key for d in dead[1:]]
    assert store.retry(ids=[dead[1].id], at=20.0) == 1
    head = store.next_delivery("log")
    assert head is not None
    assert (head.key, head.attempts, head.created) == ("event0001:opened", 0, 20.0)
    assert store.retry(sink="office", at=20.0) == 0
    assert store.retry(at=20.0) == 2
    assert store.tallies() == {"log": Tally(waiting=4), "office": Tally(waiting=4)}


def test_many_threads_write_at_once(store: Store) -> None:
    failed: list[BaseException] = []

    def camera(c: int) -> None:
        try:
            for n in range(10):
                store.record(opened(event(100 * c + n, camera=f"c{c}")), [], ["log"], at=5.0)
                store.save_counters("run", f"c{c}", {"frames": n}, at=6.0)
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=camera, args=(c,)) for c in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert store.count() == len(store.deliveries()) == 80
    for c in range(8):
        assert [k for k in keys(store, "log") if k.startswith(f"event{c:02d}")] == [
            f"event{100 * c + n:04d}:opened" for n in range(10)
        ]


_WRITER = """
import sys
from roadstead.store.store import Store
from roadstead.types import Change, Event, Text
url, camera = sys.argv[1:]
with Store.open(url) as store:
    for n in range(40):
        e = Event(f"{camera}{n}", camera, "r", "k", "s", float(n), float(n), "violation", 1.0, Text("a", "b"), {})
        store.record([Change("opened", e)], [], ["log"], at=1.0)
"""


def test_several_processes_open_and_write_at_once(url: str) -> None:
    """None of them finds a schema yet: who comes first makes it, the others wait."""
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, url, camera], stderr=subprocess.PIPE) for camera in "abcd"
    ]
    for writer in writers:
        _, said = writer.communicate(timeout=100)
        assert writer.returncode == 0, said.decode()
    with Store.open(url) as store:
        assert store.count() == 160
        for camera in "abcd":
            mine = [d.key for d in store.deliveries() if d.key.startswith(camera)]
            assert mine == [f"{camera}{n}:opened" for n in range(40)]


def test_one_holder_a_sink(url: str) -> None:
    with Store.open(url) as one, Store.open(url) as other:
        with one.hold("office") as mine, other.hold("office") as theirs, other.hold("log") as another:
            assert (mine, theirs, another) == (True, False, True)
        with other.hold("office") as mine:
            assert mine
        with pytest.raises(RuntimeError), one.hold("office"):
            raise RuntimeError
        with other.hold("office") as mine:
            assert mine
