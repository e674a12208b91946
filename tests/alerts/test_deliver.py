"""Order, patience, dead letters and independence of the couriers; the clock is the test's."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from roadstead.alerts._deliver import Courier, Patience, deliver
from roadstead.alerts.log import Log
from roadstead.alerts.webhook import Webhook
from roadstead.errors import DeliveryError, StoreError
from roadstead.store.outbox import Tally
from roadstead.store.store import Store
from roadstead.types import Change, Event, Text


class Clock:
    def __init__(self) -> None:
        self.t = 1_000_000.0

    def __call__(self) -> float:
        return self.t


class Scripted:
    """A transport that fails as its script says and then takes everything."""

    def __init__(self, *troubles: DeliveryError | None) -> None:
        self.troubles = list(troubles)
        self.took: list[str] = []
        self.tries: list[str] = []

    def send(self, key: str, payload: Mapping[str, Any]) -> None:
        assert payload["key"] == key
        self.tries.append(key)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        self.took.append(key)


def busy(**more: Any) -> DeliveryError:
    return DeliveryError("the office is busy", **more)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "s.db") as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fill(store: Store, clock: Clock, n: int = 3, sinks: tuple[str, ...] = ("office",)) -> list[str]:
    for i in range(n):
        e = Event(f"e{i}", "gate", "r", "k", "s", 1.0, 2.0, "violation", 1.0, Text("a", "b"), {})
        store.record([Change("opened", e)], [], sinks, at=clock())
    return [f"e{i}:opened" for i in range(n)]


def courier(store: Store, sink: Any, clock: Clock, **patience: float) -> Courier:
    p = Patience(**patience)  # type: ignore[arg-type]  # a test names one or two fields
    return Courier(store, "office", sink, clock=clock, patience=p, chance=lambda: 0.0)


def test_everything_goes_out_in_order_once(store: Store, clock: Clock) -> None:
    keys, sink = fill(store, clock), Scripted()
    c = courier(store, sink, clock)
    assert (c.once().sent, c.once().sent) == (3, 3)
    assert sink.took == keys
    assert store.tallies() == {"office": Tally(sent=3)}
    assert {d.tried for d in store.deliveries()} == {clock()}


def test_the_head_holds_the_line_and_waits_longer_each_time(store: Store, clock: Clock) -> None:
    keys = fill(store, clock)
    sink = Scripted(*(busy() for _ in range(8)))
    c = courier(store, sink, clock)
    for failed in range(1, 9):
        wait_s = Patience().wait_s(failed, None, 0.0)
        c.once()
        clock.t += wait_s - 0.01
        c.once()
        assert sink.tries == [keys[0]] * failed, "not before its time"
        clock.t += 0.02
    c.once()
    assert sink.tries == [keys[0]] * 9 + keys[1:]
    assert sink.took == keys


@pytest.mark.parametrize(
    ("attempts", "asked_s", "chance", "wait_s"),
    [
        (1, None, 0.0, 1.0),
        (2, None, 0.0, 2.0),
        (5, None, 0.5, 12.0),
        (7, None, 0.0, 60.0),
        (10_000, None, 0.0, 60.0),
        (7, None, 1.0, 30.0),
        (1, 30.0, 0.0, 30.0),
        (7, 5.0, 0.0, 60.0),
        (1, 1e9, 0.0, 3600.0),
    ],
)
def test_patience(attempts: int, asked_s: float | None, chance: float, wait_s: float) -> None:
    assert Patience().wait_s(attempts, asked_s, chance) == pytest.approx(wait_s)


def test_a_sink_that_says_when_is_obeyed(store: Store, clock: Clock) -> None:
    fill(store, clock, 1)
    sink = Scripted(busy(retry_after_s=100.0))
    c = courier(store, sink, clock)
    for step_s, tries in ((0.0, 1), (99.0, 1), (1.5, 2)):
        clock.t += step_s
        c.once()
        assert len(sink.tries) == tries


def test_a_permanent_refusal_is_a_dead_letter_and_the_line_goes_on(store: Store, clock: Clock) -> None:
    keys = fill(store, clock)
    sink = Scripted(None, busy(permanent=True))
    report = courier(store, sink, clock).once()
    assert sink.took == [keys[0], keys[2]]
    assert (report.sent, report.failed, report.dead, report.trouble) == (2, 1, 1, "the office is busy")
    [dead] = store.deliveries(state="dead")
    assert (dead.key, dead.error, dead.attempts, dead.tried) == (keys[1], "the office is busy", 1, clock())
    assert store.retry(at=clock()) == 1
    courier(store, sink, clock).once()
    assert sink.took == [keys[0], keys[2], keys[1]]
    assert store.tallies() == {"office": Tally(sent=3)}


def test_too_many_attempts(store: Store, clock: Clock) -> None:
    keys = fill(store, clock, 2)
    sink = Scripted(*(busy() for _ in range(3)))
    for _ in range(6):
        courier(store, sink, clock, attempts=3).once()
        clock.t += 3600.0
    assert sink.tries == [keys[0]] * 3 + [keys[1]]
    assert [d.key for d in store.deliveries(state="dead")] == [keys[0]]


def test_too_old(store: Store, clock: Clock) -> None:
    keys = fill(store, clock, 2)
    clock.t += 8 * 86400.0
    sink = Scripted(busy())
    courier(store, sink, clock).once()
    assert sink.tries == keys, "even an old alert gets one try"
    assert store.tallies() == {"office": Tally(sent=1, dead=1)}


def test_the_wait_survives_a_restart(store: Store, clock: Clock, tmp_path: Path) -> None:
    fill(store, clock, 1)
    courier(store, Scripted(busy(retry_after_s=100.0)), clock).once()
    clock.t += 50.0
    with Store.open(tmp_path / "s.db") as again:
        sink = Scripted()
        courier(again, sink, clock).once()
        assert sink.tries == []
        clock.t += 51.0
        courier(again, sink, clock).once()
        assert sink.took == ["e0:opened"]


def test_a_clock_set_back_does_not_stretch_the_wait(store: Store, clock: Clock) -> None:
    fill(store, clock, 1)
    sink = Scripted(busy())
    courier(store, sink, clock).once()
    clock.t -= 365 * 86400.0
    courier(store, sink, clock).once()
    assert sink.took == ["e0:opened"]


def test_one_pass_over_several_sinks(store: Store, clock: Clock, tmp_path: Path) -> None:
    keys = fill(store, clock, sinks=("office", "log"))
    office = Scripted(busy())
    reports = deliver(store, {"office": office, "log": Log(path=tmp_path / "a.jsonl")}, clock=clock)
    assert (reports["office"].sent, reports["office"].failed, reports["log"].sent) == (0, 1, 3)
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == len(keys)


def test_a_sink_served_elsewhere_is_left_alone(store: Store, clock: Clock) -> None:
    fill(store, clock)
    sink = Scripted()
    with store.hold("office"):
        assert courier(store, sink, clock).once().elsewhere
    assert sink.tries == []
    assert not courier(store, sink, clock).once().elsewhere
    assert len(sink.took) == 3


def test_a_sink_that_hangs_delays_no_other(store: Store, clock: Clock) -> None:
    fill(store, clock, sinks=("stuck", "office"))
    let_go, done, stop = threading.Event(), threading.Event(), threading.Event()

    class Stuck:
        def send(self, key: str, payload: Mapping[str, Any]) -> None:
            let_go.wait(30)

    class Office(Scripted):
        def send(self, key: str, payload: Mapping[str, Any]) -> None:
            super().send(key, payload)
            if len(self.took) == 3:
                done.set()

    threads = [
        threading.Thread(target=Courier(store, name, sink).run, args=(stop,))
        for name, sink in (("stuck", Stuck()), ("office", Office()))
    ]
    for thread in threads:
        thread.start()
    assert done.wait(20)
    assert store.tallies()["stuck"].waiting == 3
    stop.set()
    let_go.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_a_courier_outlives_a_store_that_is_away(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, clock, 1)
    sink, stop = Scripted(), threading.Event()
    c = courier(store, sink, clock)
    real, times = store.next_delivery, iter(range(9))

    def away(name: str) -> Any:
        n = next(times, 9)
        if n < 1:
            raise StoreError("the server went away")
        if sink.took:
            stop.set()
        return real(name)

    monkeypatch.setattr(store, "next_delivery", away)
    c.run(stop, poll_s=0.01)
    assert sink.took == ["e0:opened"]
    assert (c.report.store_errors, c.report.trouble) == (1, "the server went away")


def test_down_slow_busy_and_cut_all_arrive_in_order(store: Store, clock: Clock, sink: Any) -> None:
    """The real webhook against a real server that does everything wrong in turn."""
    keys = fill(store, clock, 8)
    bad: list[dict[str, Any]] = [
        {"status": 500},
        {"status": 429, "headers": {"Retry-After": "3"}},
        {"status": 200, "after_s": 0.5},
        {"status": 0},
        {"status": 503},
    ]
    sink.answers += [_answer(**{"status": 200, **b}) for b in bad for b in (b, {})]
    hook = Webhook(url=sink.url, timeout_s=0.2)
    for _ in range(40):
        courier(store, hook, clock).once()
        clock.t += 61.0
    assert list(dict.fromkeys(sink.keys)) == keys
    assert store.tallies() == {"office": Tally(sent=8)}
    assert len({body for headers, body in sink.seen if headers["idempotency-key"] == keys[0]}) == 1, "each try the same"


def _answer(**said: Any) -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(**{"headers": {}, "body": b"", "after_s": 0.0, **said})
