"""MQTT: a real broker hands positions on; what was not kept is not acknowledged, and comes again."""

import asyncio
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import aiomqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from _feeds import Kept, columns, decoded, handled, positions
from roadstead.errors import BadInput, BadSettings, RecordingError, RoadsteadError, SourceLost
from roadstead.positions import Raw, Reports
from roadstead.settings import build
from roadstead.sources import plugins
from roadstead.sources.mqtt import Mqtt

HOST, PORT = "127.0.0.1", 1883


@pytest.fixture
def topic() -> str:
    """Return a topic of its own; skip where there is no broker."""
    try:
        socket.create_connection((HOST, PORT), 1).close()
    except OSError:
        pytest.skip(f"no MQTT broker on {HOST}:{PORT}: run scripts/services.sh")
    return f"roadstead-test/{uuid.uuid4().hex}"


def publish(messages: Sequence[tuple[str, bytes]]) -> None:
    async def send() -> None:
        async with aiomqtt.Client(HOST, PORT) as client:
            for where, payload in messages:
                await client.publish(where, payload, qos=1)

    asyncio.run(send())


async def forget(client: str | None) -> None:
    """Let the broker forget what it keeps for a client."""
    async with aiomqtt.Client(HOST, PORT, identifier=client, clean_session=True):
        pass


def feed(topic: str, **settings: Any) -> Mqtt:
    return Mqtt(feed="f", host=HOST, topics=(topic,), client=f"test-{uuid.uuid4().hex}", **settings)


class Reading:
    """Reads a feed in a thread until told to end."""

    def __init__(self, source: Mqtt, kept: Any = None) -> None:
        self.kept = kept or Kept()
        self.batches: list[tuple[int, Sequence[Raw]]] = []
        self.times: list[float] = []
        self.error: BaseException | None = None
        self._end = threading.Event()
        self._source = source
        self.client = source.client
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        self.wait(lambda: source.counts.get("connections", 0) > 0 or self.error is not None)
        time.sleep(0.2)  # the subscription follows the connection

    def _read(self) -> None:
        generator = self._source.read(self.kept)
        try:
            for first, batch in generator:
                self.times.append(time.monotonic())
                self.batches.append((first, batch))
                if self._end.is_set():
                    break
        except RoadsteadError as error:
            self.error = error
        finally:
            generator.close()  # type: ignore[attr-defined]

    def wait(self, done: Any, seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while not done() and time.monotonic() < until:
            time.sleep(0.02)
        assert done()

    def end(self) -> None:
        self._end.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    @property
    def messages(self) -> list[Raw]:
        return [raw for _, batch in self.batches for raw in batch]


@pytest.fixture
def reading() -> Iterator[Any]:
    made: list[Reading] = []

    def start(source: Mqtt, kept: Any = None) -> Reading:
        made.append(Reading(source, kept))
        return made[-1]

    yield start
    for each in made:
        each.end()
        asyncio.run(forget(each.client))


def test_positions_come_in_order_with_their_numbers(topic: str, reading: Any) -> None:
    source = feed(f"{topic}/+/position", speed_unit="kmh", timezone="Asia/Shanghai")
    run = reading(source)
    sent = [
        (
            f"{topic}/truck-{n % 3}/position",
            json.dumps({"t": "2024-05-01 08:00:00", "lat": 31, "lng": n, "speed": 36}).encode(),
        )
        for n in range(50)
    ]
    publish([*sent, (f"{topic}/other", b"not for us")])
    run.wait(lambda: len(run.messages) == 50)
    assert [raw.data for raw in run.messages] == [payload for _, payload in sent]
    assert run.kept.records == run.messages
    assert [first for first, batch in run.batches if batch] == [
        sum(len(b) for _, b in run.batches[:i]) for i, (_, batch) in enumerate(run.batches) if batch
    ]
    reports = Reports.joined([source.decoder().decode(batch, first) for first, batch in run.batches])
    assert reports.movers == ("truck-0", "truck-1", "truck-2")
    assert reports.lon.tolist() == list(range(50))
    assert set(reports.speed_mps.tolist()) == {10.0}
    assert set(reports.t.tolist()) == {1714521600.0}
    assert abs(reports.t_received - time.time()).max() < 30
    assert source.counts["messages"] == 50


def test_a_quiet_feed_yields_at_least_once_a_second(topic: str, reading: Any) -> None:
    run = reading(feed(topic))
    time.sleep(2.2)
    gaps = [b - a for a, b in zip(run.times, run.times[1:], strict=False)]
    assert gaps
    assert max(gaps) < 1.0


def test_what_was_not_kept_comes_again(topic: str, reading: Any) -> None:
    class Full(Kept):
        def __call__(self, records: Sequence[Raw]) -> int:
            raise RecordingError("the disk is full")

    source = feed(topic)
    run = reading(source, Full())
    publish([(topic, b'{"id": "a"}')])
    run.wait(lambda: run.error is not None)
    assert isinstance(run.error, SourceLost)
    assert "the disk is full" in str(run.error)
    again = reading(source)
    again.wait(lambda: len(again.messages) == 1)
    assert again.messages[0].data == b'{"id": "a"}'


def test_what_comes_while_nobody_is_there_is_not_lost(topic: str, reading: Any) -> None:
    source = feed(topic)
    reading(source).end()
    publish([(topic, b"%d" % n) for n in range(5)])
    run = reading(source)
    run.wait(lambda: len(run.messages) == 5)
    assert [raw.data for raw in run.messages] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_long_message_is_kept_cut_short_and_counted(topic: str, reading: Any) -> None:
    source = feed(topic, limit_kb=1)
    run = reading(source)
    publish([(topic, b"x" * 3000)])
    run.wait(lambda: len(run.messages) == 1)
    assert run.messages[0].data == b"x" * 1024
    assert source.counts["cut_short"] == 1


def test_a_broker_that_is_not_there_is_a_lost_source_and_no_password_is_said() -> None:
    source = Mqtt(feed="f", host=HOST, port=1, topics=("a",), user="me", password="s3cret")
    with pytest.raises(SourceLost, match=r"MQTT broker 127\.0\.0\.1:1") as lost:
        list(source.read(Kept()))
    assert "s3cret" not in str(lost.value) + repr(source)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"topics": ["a/#/b"]}, "'a/#/b' is no topic"),
        ({"topics": ["a"], "columns": {"latt": "x"}}, "no report has such a field"),
        ({"topics": ["a"], "timezone": "Nowhere"}, "there is no 'Nowhere'"),
        ({"topics": []}, "topics"),
        ({"topics": ["a"], "qos": 3}, "qos"),
    ],
)
def test_settings_that_do_not_fit_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises((BadInput, BadSettings), match=says):
        build(plugins, {"kind": "mqtt", "host": HOST, **wrong}, "feeds.m", feed="m")


def plain(**settings: Any) -> Mqtt:
    return Mqtt(feed="f", host=HOST, topics=("fleet/+/pos", "all/#"), **settings)


@pytest.mark.parametrize(
    ("settings", "topic", "payload", "expected"),
    [
        ({}, "x", {"id": "a", "ts": 1700000000, "lat": 31, "lon": 121}, [("a", 1700000000.0, 31, 121, None)]),
        ({}, "fleet/t7/pos", {"ts": 1700000000123, "lat": 31, "lon": 121}, [("t7", 1700000000.123, 31, 121, None)]),
        ({}, "all/v1/x", {"lat": 31, "lon": 121}, [("v1", None, 31, 121, None)]),
        (
            {"speed_unit": "knots"},
            "fleet/t/pos",
            [{"pos": {"lat": 1, "lng": 2}, "speed": 10}, {"pos": {"lat": 3, "lng": 4}}],
            [("t", None, 1, 2, 10 * 1852 / 3600), ("t", None, 3, 4, None)],
        ),
        (
            {"items": "data.points", "columns": {"mover": "sn", "lat": "p.1", "lon": "p.0", "t": "w"}},
            "x",
            {"data": {"sn": "dev", "points": [{"p": [121, 31], "w": "2024-05-01T08:00:00Z"}, {"p": [122], "w": 5}]}},
            [("dev", 1714550400.0, 31, 121, None), ("dev", 5.0, None, 122, None)],
        ),
    ],
)
def test_payloads(settings: dict[str, Any], topic: str, payload: Any, expected: list[Any]) -> None:
    decoder = plain(**settings).decoder()
    reports = decoder.decode([Raw(9.0, topic, json.dumps(payload).encode())], 4)
    assert [(p.mover, p.t, p.lat, p.lon, p.speed_mps) for p in positions(reports)] == expected
    assert reports.raw.tolist() == [4] * len(expected)
    assert decoder.counts["read_message"] == handled(decoder.counts) == 1


def test_a_speed_without_a_unit_is_left_out_and_counted() -> None:
    decoder = plain().decoder()
    (found,) = positions(decoder.decode([Raw(9.0, "x", b'{"id": "a", "lat": 1, "lon": 2, "speed": 3}')], 0))
    assert found.speed_mps is None
    assert decoder.counts["speed_without_unit"] == 1


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        (b"{", "bad_json"),
        (b"\xff\xfe", "bad_json"),
        (b"[" * 5000, "bad_json"),
        (b"5", "bad_items"),
        (b"[]", "bad_items"),
        (b'[1, "a"]', "bad_items"),
        (b'{"lat": 1, "lon": 2}', "bad_mover"),
    ],
)
def test_what_cannot_be_read_is_counted(payload: bytes, name: str) -> None:
    decoder = plain().decoder()
    assert len(decoder.decode([Raw(9.0, "x", payload)], 0)) == 0
    assert decoder.counts[name] == handled(decoder.counts) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "lat", "lon", "t", "speed", "x.y"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.lists(JSON.map(lambda v: json.dumps(v).encode()) | st.binary(max_size=20), max_size=8),
    st.lists(st.integers(0, 8)),
)
def test_anything_is_counted_and_cutting_changes_nothing(payloads: list[bytes], cuts: list[int]) -> None:
    records = [Raw(1.0, "fleet/a/pos", payload) for payload in payloads]
    decoder = plain().decoder()
    decoder.decode(records, 0)
    assert handled(decoder.counts) == len(records)
    assert columns(decoded(plain(), records, cuts)) == columns(decoded(plain(), records))
