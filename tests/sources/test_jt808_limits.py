"""What a JT/T 808 gateway bears: slow, silent, too many and too eager peers, a slow reader, and UDP."""

import random
import socket
import threading
import time
from contextlib import suppress
from itertools import pairwise

import pytest

from _gateway import PLACE, Phone, eventually, frame, plain, running
from roadstead.errors import BadInput, SourceLost
from roadstead.positions import Kind
from roadstead.sources._jt808_roster import Roster
from roadstead.sources.jt808 import Jt808


def test_a_silent_link_is_closed_and_the_close_is_a_record_of_its_terminals() -> None:
    with running(idle_s=0.4) as gate, Phone(gate.port) as phone:
        phone.authenticate()
        assert phone.closed()
        assert eventually(lambda: gate.counts.get("closed_idle") == 1)
    assert [r.data for r in gate.log].count(b"#close idle 13800000001") == 1
    decoder = gate.feed.decoder()
    reports = decoder.decode(gate.log, 0)
    assert reports.movers == ("13800000001",)
    assert (reports.kind == Kind.LINK).all()
    assert reports.column("message").tolist() == [0x0102, 0]


def test_a_heartbeat_keeps_a_link_open() -> None:
    with running(idle_s=0.4) as gate, Phone(gate.port) as phone:
        phone.authenticate()
        for _ in range(4):
            time.sleep(0.15)
            assert phone.ask(0x0002)[4] == 0


def test_who_never_authenticates_is_closed_however_much_it_sends() -> None:
    with running(auth_s=0.4) as gate, Phone(gate.port) as phone:
        began = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() < began + 5:
                phone.ask(0x0002)
                time.sleep(0.05)
        assert 0.3 < time.monotonic() - began < 2
        assert eventually(lambda: gate.counts.get("closed_unauthenticated") == 1)


def test_who_does_not_read_its_answers_is_closed_and_the_others_are_served() -> None:
    with running(write_buffer=4096, max_per_terminal=100_000) as gate, Phone(gate.port) as slow:
        slow.authenticate()
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        many = slow.make(0x0002, serial=1) * 500
        slow.socket.settimeout(0.5)

        def push() -> bool:
            try:
                slow.socket.sendall(many)
            except OSError:
                return True
            return "closed_slow" in gate.counts

        assert eventually(push, 20)
        with Phone(gate.port, "13800000002") as other:
            assert other.authenticate()[4] == 0
        assert eventually(lambda: gate.counts.get("closed_slow") == 1)


def test_connections_beyond_the_limit_are_refused_until_one_is_free() -> None:
    with running(max_connections=2) as gate, Phone(gate.port) as one, Phone(gate.port, "13800000002") as two:
        one.authenticate()
        two.authenticate()
        with Phone(gate.port, "13800000003") as three:
            assert three.closed()
        assert gate.counts["refused_full"] == 1
        one.socket.close()
        assert eventually(lambda: gate.counts.get("closed_peer", 0) == 1)
        with Phone(gate.port, "13800000003") as three:
            assert three.authenticate()[4] == 0
        two.ask(0x0002)


def test_a_flood_is_slowed_down_and_nothing_of_it_is_lost() -> None:
    rate, count = 200, 1200
    with running(max_per_terminal=rate) as gate, Phone(gate.port) as eager, Phone(gate.port, "13800000002") as calm:
        eager.authenticate()
        calm.authenticate()
        began = time.monotonic()
        eager.socket.sendall(b"".join(eager.make(0x0200, PLACE) for _ in range(count)))
        asked = time.monotonic()
        assert calm.ask(0x0200, PLACE)[4] == 0
        assert time.monotonic() - asked < 0.5, "the others do not wait"
        eager.socket.settimeout(10)
        assert [eager.answer()[16] for _ in range(count)] == [0] * count
        eager.ask(0x0002)
        assert time.monotonic() - began > (count - 5 * rate) / rate * 0.9
        assert gate.counts["flood_pauses"] >= 1


def test_a_slow_reader_stops_the_network_and_loses_nothing() -> None:
    gate_open = threading.Event()

    def wait() -> None:
        assert gate_open.wait(10)

    with running(queue=20, max_per_terminal=100_000, slowly=wait) as gate:
        with Phone(gate.port) as phone:
            phone.authenticate()
            frames = [phone.make(0x0200, PLACE) for _ in range(3000)]
            thread = threading.Thread(target=lambda: phone.socket.sendall(b"".join(frames)))
            thread.start()
            assert eventually(lambda: gate.counts.get("backlog_pauses", 0) == 1)
            time.sleep(0.2)
            held = len(gate.log)
            assert held < 1000, "one chunk more than the limit at the most"
            time.sleep(0.2)
            assert len(gate.log) == held
            gate_open.set()
            answers = [phone.answer() for _ in frames]
            thread.join()
        assert {a[16] for a in answers} == {0}
        assert eventually(lambda: sum(len(b) for _, b in gate.yielded) >= len(gate.log))
    numbered = [(first, len(batch)) for first, batch in gate.yielded if batch]
    assert all(a + n == b for (a, n), (b, _) in pairwise(numbered))
    came = [r for _, batch in gate.yielded for r in batch]
    assert came == gate.log[: len(came)]
    assert gate.frames()[1:] == frames


def test_it_yields_at_least_once_a_second_and_frees_its_port() -> None:
    feed = Jt808(feed="gate", host="127.0.0.1", port=0)
    assert feed.bound == (None, None)
    assert (dict(feed.counts), feed.live) == ({}, True)
    batches = feed.read(lambda records: 0)
    assert next(batches) == (0, ())
    began = time.monotonic()
    assert next(batches) == (0, ())
    assert time.monotonic() - began < 1.5
    port = feed.bound[0]
    again = Jt808(feed="again", host="127.0.0.1", port=port or 0)
    with pytest.raises(SourceLost, match=rf"feed again: 127\.0\.0\.1, port {port}: cannot be listened on"):
        next(again.read(lambda records: 0))
    batches.close()
    third = again.read(lambda records: 0)
    assert next(third) == (0, ())
    third.close()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match=r"feed gate: no\.such\.host\.invalid, port 0: cannot be listened on"):
        next(Jt808(feed="gate", host="no.such.host.invalid", port=0).read(lambda records: 0))


def test_a_secret_is_not_shown() -> None:
    assert "geheim" not in repr(Jt808(feed="gate", secret="geheim"))


def test_a_mistake_in_keeping_is_not_swallowed() -> None:
    def keep(records: object) -> int:
        raise ZeroDivisionError("a mistake")

    with running(keep=keep) as gate, Phone(gate.port):
        assert eventually(lambda: gate.error is not None)
    assert isinstance(gate.error, ZeroDivisionError)


def test_no_bytes_break_it_and_all_of_them_are_counted() -> None:
    rng = random.Random(11)
    with running(max_per_terminal=1e6) as gate, Phone(gate.port) as phone:
        phone.authenticate()
        kinds = [0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0100, 0x0102, 0x0200, 0x0704, 0x0800, 0x0801, 0x0900, 0x8003]
        stream = bytearray()
        for k in range(4000):
            one = bytearray(phone.make(rng.choice(kinds), rng.randbytes(rng.choice((0, 1, 5, 28, 60))), serial=k))
            if k % 2:
                one[rng.randrange(len(one))] = rng.choice((0x7E, 0x7D, 0, 0xFF, rng.randrange(256)))
            stream += one + (rng.randbytes(rng.randrange(6000)) if k % 100 == 0 else b"")
        threading.Thread(target=phone.socket.sendall, args=(bytes(stream),)).start()
        with Phone(gate.port, "13800000002") as other:
            assert other.authenticate()[4] == 0
        names = ("bytes_framed", "bytes_flags", "bytes_outside", "bytes_overlong", "bytes_unfinished")
        sent = len(stream) + 2 * len(phone.make(0x0102, b"any"))
        phone.socket.settimeout(0.5)
        with suppress(TimeoutError):
            while phone.socket.recv(65_536):
                pass
        phone.socket.shutdown(socket.SHUT_WR)
        assert eventually(lambda: sum(gate.counts.get(name, 0) for name in names) == sent)
        assert eventually(lambda: gate.counts.get("closed_peer", 0) == 2)
        assert gate.error is None
        counts = gate.counts
    records = [r for r in gate.log if not r.data.startswith((b"#open", b"#close", b"#unframed"))]
    assert len(records) == counts["frames"] > 4000
    decoder = gate.feed.decoder()
    decoder.decode(gate.log, 0)
    assert sum(n for name, n in decoder.counts.items() if name.startswith(("read_", "bad_"))) == len(gate.log)


def test_the_newest_link_of_a_terminal_is_the_one_to_send_to() -> None:
    roster: Roster[str] = Roster(10.0, 50.0)
    known, elsewhere = roster.enter("1", "a")
    assert (elsewhere, roster.downlink("1"), len(roster)) == (False, "a", 1)
    again, elsewhere = roster.enter("1", "b")
    assert (again is known, elsewhere, roster.downlink("1")) == (True, True, "b")
    roster.leave("1", "b")
    assert roster.downlink("1") == "a"
    roster.leave("1", "a")
    assert (roster.downlink("1"), len(roster)) == (None, 0)
    assert known.repeated(b"x") is False
    assert roster.enter("1", "c")[0].repeated(b"x") is True, "it is remembered over the outage"


def test_not_all_absent_terminals_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roadstead.sources._jt808_roster.ABSENT", 2)
    roster: Roster[str] = Roster(10.0, 50.0)
    for name in "abc":
        roster.enter(name, "link")[0].repeated(b"x")
        roster.leave(name, "link")
    assert [roster.enter(name, "link")[0].repeated(b"x") for name in "cba"] == [True, True, False]


class Udp:
    """A terminal by UDP."""

    def __init__(self, port: int | None, phone: str = "13800000005") -> None:
        assert port is not None
        self.phone = phone
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(5)
        self.socket.connect(("127.0.0.1", port))

    def send(self, *messages: tuple[int, int, bytes]) -> bytes:
        data = b"".join(frame(message, self.phone, serial, body) for message, serial, body in messages)
        self.socket.send(data)
        return data

    def answers(self) -> list[bytes]:
        got = self.socket.recv(65_536)
        return [plain(b"\x7e" + part + b"\x7e")[12:] for part in got.split(b"\x7e") if part]

    def silent(self) -> bool:
        self.socket.settimeout(0.3)
        try:
            self.socket.recv(4096)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(5)
        return False


def test_udp_has_the_same_rules() -> None:
    with running(udp_port=0) as gate:
        terminal = Udp(gate.feed.bound[1])
        with terminal.socket:
            terminal.send((0x0200, 1, PLACE))
            assert terminal.answers() == [bytes.fromhex("0001020001")]
            terminal.send((0x0102, 2, b"token"))
            assert terminal.answers() == [bytes.fromhex("0002010200")]
            both = terminal.send((0x0200, 3, PLACE), (0x0002, 4, b""))
            assert terminal.answers() == [bytes.fromhex("0003020000"), bytes.fromhex("0004000200")]
            terminal.socket.send(both[:20])
            terminal.socket.send(both[20:])
            assert terminal.answers() == [bytes.fromhex("0004000200")], "a frame does not go on in the next datagram"
            host, port = terminal.socket.getsockname()
        peers = {r.peer for r in gate.log}
        assert peers == {f"udp:{host}:{port}"}
        assert gate.counts["datagrams"] == 5
    reports = gate.feed.decoder().decode(gate.log, 0)
    assert (reports.kind == Kind.POSITION).sum() == 1


def test_udp_peers_are_limited_and_forgotten_when_they_are_silent() -> None:
    with running(udp_port=0, max_connections=1, idle_s=0.6) as gate:
        one, two = Udp(gate.feed.bound[1]), Udp(gate.feed.bound[1], "13800000006")
        with one.socket, two.socket:
            one.send((0x0102, 1, b"t"))
            assert one.answers() == [bytes.fromhex("0001010200")]
            two.send((0x0102, 1, b"t"))
            assert two.silent()
            assert gate.counts["datagrams_refused_full"] == 1
            assert eventually(lambda: gate.counts.get("closed_idle") == 1)
            two.send((0x0102, 1, b"t"))
            assert two.answers() == [bytes.fromhex("0001010200")]


def test_a_flood_by_udp_is_refused_and_counted() -> None:
    with running(udp_port=0, max_per_terminal=5) as gate:
        terminal = Udp(gate.feed.bound[1])
        with terminal.socket:
            terminal.send((0x0102, 1, b"t"))
            terminal.answers()
            for k in range(60):
                terminal.send((0x0200, 2 + k, PLACE))
                time.sleep(0.002)
            assert eventually(lambda: gate.counts["datagrams"] == 61)
            refused = gate.counts["datagrams_refused_flood"]
            assert 30 <= refused < 60
            assert sum(r.data[1:3] == b"\x02\x00" for r in gate.log) == 60 - refused
