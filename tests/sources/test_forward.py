"""Positions by HTTP: a real server, real requests; answered only after they are kept."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from _feeds import Kept, columns, decoded, handled, positions
from _media import free_port
from roadstead.errors import RecordingError, RoadsteadError, SourceLost
from roadstead.positions import Kind, Position, Raw, Reports, Static
from roadstead.sources.forward import Forward

KNOT = 1852 / 3600
TRACCAR: dict[str, Any] = {
    "position": {
        "id": 0,
        "attributes": {"sat": 12, "ignition": True, "odometer": 75700.0, "rssi": 23, "motion": True},
        "deviceId": 7,
        "protocol": "jt808",
        "serverTime": "2024-05-01T08:00:03.000+00:00",
        "deviceTime": "2024-05-01T08:00:01.000+00:00",
        "fixTime": "2024-05-01T08:00:00.000+00:00",
        "valid": True,
        "outdated": False,
        "latitude": 31.25,
        "longitude": 121.5,
        "altitude": 12.0,
        "speed": 20.0,
        "course": 90.0,
        "accuracy": 0.0,
    },
    "device": {"id": 7, "name": "沪A12345", "uniqueId": "013912345678", "model": "X1", "attributes": {}},
}


class Server:
    """A feed that is read in a thread until told to end."""

    def __init__(self, kept: Callable[[Sequence[Raw]], int] | None = None, **settings: Any) -> None:
        self.source = Forward(feed="f", port=free_port(), **settings)
        self.kept = Kept()
        self.batches: list[tuple[int, Sequence[Raw]]] = []
        self.times: list[float] = []
        self.error: BaseException | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(kept or self.kept,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self.source.port}"
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.source.port), 1).close()
            except OSError:
                time.sleep(0.01)
            else:
                break

    def _read(self, keep: Callable[[Sequence[Raw]], int]) -> None:
        generator = self.source.read(keep)
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

    def end(self) -> None:
        self._end.set()
        self._thread.join(15)
        assert not self._thread.is_alive()

    @property
    def reports(self) -> Reports:
        self.end()
        decoder = self.source.decoder()
        return Reports.joined([decoder.decode(batch, first) for first, batch in self.batches])


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def start(kept: Callable[[Sequence[Raw]], int] | None = None, **settings: Any) -> Server:
        made.append(Server(kept, **settings))
        return made[-1]

    yield start
    for each in made:
        each.end()


def test_traccar_forwards(serve: Any) -> None:
    server = serve()
    answer = httpx.post(server.url, json=TRACCAR)
    assert (answer.status_code, answer.text) == (200, "")
    assert len(server.kept.records) == 1, "kept before it is answered"
    (found,) = positions(server.reports)
    assert found == Position(
        mover="013912345678",
        t=1714550400.0,
        t_received=server.kept.records[0].t_received,
        lat=31.25,
        lon=121.5,
        speed_mps=20 * KNOT,
        course_deg=90.0,
        peer=server.kept.records[0].peer,
        raw=0,
        static=Static(name="沪A12345", device="X1"),
        extra={
            "altitude_m": 12.0,
            "satellites": 12.0,
            "ignition": 1.0,
            "mileage_m": 75700.0,
            "signal": 23.0,
            "fix": 1.0,
        },
    )
    assert found.peer.startswith("http:127.0.0.1:")
    assert abs((found.t_received or 0) - time.time()) < 30


def read_one(data: bytes) -> tuple[list[Position], dict[str, int]]:
    decoder = Forward(feed="f").decoder()
    reports = decoder.decode([Raw(5.0, "p", data)], 3)
    return list(positions(reports)), dict(decoder.counts)


def test_a_position_that_is_only_repeated_is_a_sign_of_life() -> None:
    old = {**TRACCAR, "position": {**TRACCAR["position"], "outdated": True}}
    (found,), counts = read_one(json.dumps(old).encode())
    assert (found.kind, found.lat, found.lon, found.speed_mps, found.t) == (Kind.LINK, None, None, None, 1714550401.0)
    assert (counts["outdated"], counts["read_no_position"], handled(counts)) == (1, 1, 1)


@pytest.mark.parametrize("when", [1714550400000, "2024-05-01T08:00:00Z", "2024-05-01T16:00:00.000+0800"])
def test_traccar_times(when: Any) -> None:
    own = {**TRACCAR, "position": {**TRACCAR["position"], "fixTime": when}}
    ((found,), _) = read_one(json.dumps(own).encode())
    assert found.t == 1714550400.0


QUERY = "id=123456&lat=31.25&lon=121.5&timestamp=1714550400&speed=20&bearing=90&altitude=12&hdop=1&batt=80&valid=true"


@pytest.mark.parametrize("how", ["get", "post_query", "post_form"])
def test_osmand_queries(serve: Any, how: str) -> None:
    server = serve()
    answer = {
        "get": lambda: httpx.get(f"{server.url}/?{QUERY}"),
        "post_query": lambda: httpx.post(f"{server.url}/?{QUERY}"),
        "post_form": lambda: httpx.post(
            server.url, content=QUERY, headers={"Content-Type": "application/x-www-form-urlencoded"}
        ),
    }[how]()
    assert answer.status_code == 200
    (found,) = positions(server.reports)
    assert (found.mover, found.t, found.lat, found.lon, found.course_deg) == ("123456", 1714550400.0, 31.25, 121.5, 90)
    assert found.speed_mps == pytest.approx(20 * KNOT)
    assert found.extra == {"altitude_m": 12.0, "fix": 1.0}
    assert server.kept.records[0].data == QUERY.encode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("deviceid=a&location=31.5,121&timestamp=2024-05-01+08:00:00", ("a", 1714550400.0, 31.5, 121.0, None)),
        ("id=a&lat=31&lon=121&timestamp=1714550400000&valid=false", ("a", 1714550400.0, 31, 121.0, 0.0)),
        ("id=a&lat=x&lon=121", ("a", None, None, 121.0, None)),
    ],
)
def test_other_queries(query: str, expected: tuple[Any, ...]) -> None:
    ((found,), counts) = read_one(query.encode())
    assert (found.mover, found.t, found.lat, found.lon, found.extra.get("fix")) == expected
    assert handled(counts) == 1


def test_the_client_of_a_telephone() -> None:
    coords = {"latitude": 31.25, "longitude": 121.5, "speed": 5.5, "heading": -1, "altitude": 4.0, "accuracy": 8}
    message = {
        "device_id": "9",
        "location": {"timestamp": "2024-05-01T08:00:00.000Z", "coords": coords, "odometer": 12},
    }
    ((found,), _) = read_one(json.dumps(message).encode())
    assert (found.mover, found.t, found.lat, found.speed_mps, found.course_deg) == ("9", 1714550400.0, 31.25, 5.5, None)
    assert found.extra == {"altitude_m": 4.0, "mileage_m": 12.0}


UNREADABLE = [
    (b"{", "neither JSON nor a query"),
    (b"\xff\x00", "neither JSON nor a query"),
    (b"", "neither JSON nor a query"),
    (b"[]", "holds no position"),
    (b'{"event": {"type": "deviceOnline"}}', "holds no position"),
    (b'{"position": {"latitude": 1, "longitude": 2}}', "names no device"),
    (b"lat=1&lon=2", "names no device"),
]


def test_what_cannot_be_read_is_said_kept_and_counted(serve: Any) -> None:
    server = serve()
    for body, says in UNREADABLE:
        answer = httpx.post(server.url, content=body)
        assert answer.status_code == 400
        assert says in answer.text
        assert server.kept.records[-1].data == body
    assert server.source.counts["answered_400"] == len(server.kept.records) == len(UNREADABLE)
    assert len(server.reports) == 0


def test_a_token(serve: Any) -> None:
    server = serve(token="s3cret")
    assert httpx.get(f"{server.url}/?{QUERY}").status_code == 401
    assert httpx.get(f"{server.url}/?{QUERY}&token=wrong").status_code == 401
    assert server.kept.records == []
    assert server.source.counts["refused_token"] == 2
    assert httpx.get(f"{server.url}/?token=s3cret&{QUERY}").status_code == 200
    assert httpx.get(f"{server.url}/?{QUERY}", headers={"Authorization": "Bearer s3cret"}).status_code == 200
    assert not any(b"s3cret" in raw.data for raw in server.kept.records)
    assert "s3cret" not in repr(server.source)
    assert server.reports.lat.tolist() == [31.25, 31.25]


def test_too_long_and_misdirected_messages_are_refused_and_counted(serve: Any) -> None:
    server = serve(limit_kb=1, path="/in")
    assert httpx.post(server.url + "/in", content=b"x" * 1025).status_code == 413
    assert httpx.get(f"{server.url}/out?{QUERY}").status_code == 404
    assert httpx.get(f"{server.url}/in?{QUERY}").status_code == 200
    assert (server.source.counts["refused_length"], server.source.counts["refused_path"]) == (1, 1)
    assert len(server.kept.records) == 1


def test_what_cannot_be_kept_is_not_said_to_be(serve: Any) -> None:
    def full(records: Sequence[Raw]) -> int:
        raise RecordingError("the disk is full")

    server = serve(full)
    assert httpx.get(f"{server.url}/?{QUERY}").status_code == 503
    for _ in range(500):
        if server.error is None:
            time.sleep(0.01)
    assert isinstance(server.error, SourceLost)
    assert "the disk is full" in str(server.error)


def test_many_at_once_all_come_with_their_numbers(serve: Any) -> None:
    server = serve()

    def send(who: int) -> None:
        with httpx.Client() as client:
            for n in range(25):
                assert client.get(f"{server.url}/?id={who}&lat={n}&lon=1").status_code == 200

    threads = [threading.Thread(target=send, args=(who,)) for who in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    reports = server.reports
    assert len(reports) == server.source.counts["answered_200"] == 100
    for p in positions(reports):
        assert f"id={p.mover}&lat={p.lat:.0f}&" in server.kept.records[p.raw].data.decode()


def test_a_quiet_server_yields_at_least_once_a_second(serve: Any) -> None:
    server = serve()
    time.sleep(1.5)
    server.end()
    gaps = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
    assert gaps
    assert max(gaps) < 1.0


def test_a_port_that_is_taken_is_a_lost_source_and_one_let_go_is_free(serve: Any) -> None:
    server = serve()
    with pytest.raises(SourceLost, match="cannot listen on"):
        next(Forward(feed="g", port=server.source.port).read(Kept()))
    server.end()
    socket.create_server(("127.0.0.1", server.source.port)).close()


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([QUERY.encode(), b'{"position": {"x": 1}}']), max_size=8),
    st.lists(st.integers(0, 8)),
)
def test_any_bytes_are_counted_and_cutting_changes_nothing(payloads: list[bytes], cuts: list[int]) -> None:
    records = [Raw(1.0, "p", payload) for payload in payloads]
    decoder = Forward(feed="f").decoder()
    decoder.decode(records, 0)
    assert handled(decoder.counts) == len(records)
    assert columns(decoded(Forward(feed="f"), records, cuts)) == columns(decoded(Forward(feed="f"), records))
