"""The JT/T 808 gateway over real sockets: what it answers, byte for byte, and that nothing is answered that is not kept."""

import random
import socket
import threading
import time
from pathlib import Path

import pytest

from _gateway import PLACE, Phone, eventually, running, terminal_list
from roadstead.errors import BadInput, RecordingError, SourceLost
from roadstead.positions import Kind, Raw
from roadstead.sources.jt808 import Jt808

OK, FAILED, BAD, UNSUPPORTED = range(4)
REGISTER_2013 = (
    bytes.fromhex("001f0073") + b"MAKER" + b"MODEL".ljust(20, b"\0") + b"DEV0001" + b"\x02" + "沪A12345".encode("gbk")
)
REGISTER_2019 = (
    bytes.fromhex("001f0073") + b"MAKER".ljust(11, b"\0") + b"MODEL".ljust(30, b"\0") + b"DEV0001".ljust(30, b"\0")
    + b"\x02" + "沪A12345".encode("gbk")
)  # fmt: skip


def said(serial: int, message: int, result: int) -> bytes:
    """The body of a general answer."""
    return serial.to_bytes(2, "big") + message.to_bytes(2, "big") + bytes((result,))


def test_answers_are_right_byte_for_byte_in_both_layouts() -> None:
    with running() as gate:
        with Phone(gate.port, "13800000001") as old:
            old.socket.sendall(old.make(0x0102, b"token", serial=0x7E7D))
            assert old.answer() == bytes.fromhex("80010005013800000001" + "0001" + "7e7d" + "0102" + "00")
        with Phone(gate.port, "13800000002", version=1) as new:
            new.socket.sendall(new.make(0x0102, b"\x05token", serial=7))
            assert new.answer() == bytes.fromhex(
                "8001400501" + "00000000013800000002" + "0001" + "0007" + "0102" + "00"
            )


@pytest.mark.parametrize(
    ("message", "body", "result"),
    [
        (0x0002, b"", OK),
        (0x0002, bytes(17), OK),
        (0x0200, PLACE, OK),
        (0x0200, PLACE + bytes.fromhex("0104000000640302"), OK),  # the second extra is cut off
        (0x0200, PLACE[:27], BAD),
        (0x0704, b"\0\x01\x01\0\x1c" + PLACE, OK),
        (0x0704, b"\0", BAD),
        (0x0800, bytes(8), OK),
        (0x0801, bytes(8), OK),
        (0x0005, bytes.fromhex("000100010001"), FAILED),
        (0x0702, b"\x01", UNSUPPORTED),
        (0x0F0F, b"", UNSUPPORTED),
        (0x0003, b"", OK),
    ],
)
def test_each_message_gets_its_answer(message: int, body: bytes, result: int) -> None:
    with running() as gate, Phone(gate.port) as phone:
        phone.authenticate()
        assert phone.ask(message, body, serial=300) == said(300, message, result)
        assert phone.ask(0x0002, serial=301) == (said(301, 2, OK if message != 0x0003 else FAILED))


def test_a_terminals_own_answer_is_not_answered() -> None:
    with running() as gate, Phone(gate.port) as phone:
        phone.authenticate()
        phone.socket.sendall(phone.make(0x0001, bytes.fromhex("0001830000")))
        assert phone.ask(0x0002, serial=9) == said(9, 2, OK), "the next answer is that of the heartbeat"


def test_the_time_is_told_in_utc() -> None:
    with running() as gate, Phone(gate.port, version=1) as phone:
        phone.authenticate()
        before = time.time()
        phone.socket.sendall(phone.make(0x0004))
        answer = phone.answer()
        told = time.strptime(answer[17:].hex(), "%y%m%d%H%M%S")
        assert answer[:2] == b"\x80\x04"
        assert before - 1.5 <= time.mktime(told) - time.timezone <= time.time() + 1.5


@pytest.mark.parametrize(("version", "body"), [(None, REGISTER_2013), (1, REGISTER_2019)], ids=["2013", "2019"])
def test_a_token_is_the_same_after_a_restart_and_depends_on_the_secret(version: int | None, body: bytes) -> None:
    tokens = []
    for secret in ("one", "one", "two"):
        with running(secret=secret) as gate, Phone(gate.port, version=version) as phone:
            answer = phone.ask(0x0100, body, serial=5)
            assert answer[:3] == b"\0\x05\0"
            tokens.append(answer[3:])
    assert tokens[0] == tokens[1] != tokens[2]
    assert len(tokens[0]) >= 16


LIST = "phone,token,plate,colour,operator\n13800000001,,沪A12345,黄,甲公司\n013800000002,abc,沪B00002,1,乙公司\n13800000003,,,,\n"


@pytest.mark.parametrize(
    ("phone", "plate", "colour", "result"),
    [
        ("13800000001", "沪A12345", 2, 0),
        ("13800000001", "沪A12345", 1, 2),  # the colour is part of a plate
        ("13800000001", "沪B00002", 1, 1),
        ("13800000001", "沪X99999", 2, 2),
        ("13800000003", "沪X99999", 2, 0),  # the list does not say which vehicle
        ("13800000009", "沪A12345", 2, 4),
    ],
)
def test_a_registration_is_held_against_the_list(
    tmp_path: Path, phone: str, plate: str, colour: int, result: int
) -> None:
    body = REGISTER_2013[:-9] + bytes((colour,)) + plate.encode("gbk")
    with running(terminals=terminal_list(tmp_path, LIST)) as gate, Phone(gate.port, phone) as terminal:
        assert terminal.ask(0x0100, body, serial=1)[2] == result


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_who_authenticates_is_held_against_the_list(tmp_path: Path, encoding: str) -> None:
    with running(terminals=terminal_list(tmp_path, LIST, encoding)) as gate:
        with Phone(gate.port, "13800000001") as phone:
            token = phone.ask(0x0100, REGISTER_2013)[3:]
            assert phone.authenticate(b"wrong")[4] == FAILED
            assert phone.authenticate("错".encode("gbk") + b"\xff")[4] == FAILED
            assert phone.authenticate(token)[4] == OK
        with Phone(gate.port, "13800000002") as phone:
            assert phone.authenticate(token)[4] == FAILED
            assert phone.authenticate(b"abc")[4] == OK
        with Phone(gate.port, "13800000009") as phone:
            assert phone.authenticate(token)[4] == FAILED
        assert gate.counts["authentications_refused"] == 4
        assert gate.counts["authenticated"] == 2
        assert "authenticated_without_list" not in gate.counts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r'terminals.csv: the first line must name the columns, among them "phone"'),
        ("number\n1\n", r'among them "phone"'),
        ("phone\n1\nx y\n", r"line 3: 'x y' is no terminal's number"),
        ("phone\n123\n000123\n", r"line 3: terminal 123 is listed twice"),
        ("phone,plate\n1,沪A12345\n2,沪A 12345\n", r"line 3: vehicle 沪A 12345 has two terminals"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_by_line(tmp_path: Path, text: str, says: str) -> None:
    feed = Jt808(feed="gate", host="127.0.0.1", port=0, terminals=terminal_list(tmp_path, text))
    with pytest.raises(BadInput, match=says):
        next(feed.read(lambda records: 0))


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    feed = Jt808(feed="gate", host="127.0.0.1", port=0, terminals=tmp_path / "none.csv")
    with pytest.raises(BadInput, match=r"none\.csv: the list of terminals cannot be read"):
        next(feed.read(lambda records: 0))


def test_nothing_is_taken_before_authentication_and_all_of_it_is_kept() -> None:
    with running() as gate, Phone(gate.port) as phone:
        early = phone.make(0x0200, PLACE, serial=3)
        phone.socket.sendall(early)
        assert phone.answer()[12:] == said(3, 0x0200, FAILED)
        phone.authenticate()
        assert phone.ask(0x0200, PLACE, serial=4) == said(4, 0x0200, OK)
        assert gate.counts["frames_refused"] == 1
    kept = [r.data for r in gate.log]
    assert b"#refused " + early in kept
    decoder = gate.feed.decoder()
    reports = decoder.decode(gate.log, 0)
    assert (reports.kind == Kind.POSITION).sum() == 1, "nobody reports in another's name"
    assert decoder.counts["bad_refused"] == 1


def test_one_connection_may_carry_several_terminals_each_with_its_own_authentication() -> None:
    with running() as gate, Phone(gate.port, "13800000001") as phone:
        phone.authenticate()
        phone.phone = "13800000002"
        assert phone.ask(0x0200, PLACE)[4] == FAILED
        phone.authenticate()
        assert phone.ask(0x0200, PLACE)[4] == OK
        phone.phone = "13800000001"
        assert phone.ask(0x0200, PLACE)[4] == OK


def test_an_answer_waits_until_its_frame_is_kept() -> None:
    may, log = threading.Event(), []

    def keep(records: list[Raw]) -> int:
        if any(r.data[1:3] == b"\x02\x00" for r in records):
            assert may.wait(5)
        log.extend(records)
        return len(log) - len(records)

    with running(keep=keep) as gate, Phone(gate.port) as phone:  # type: ignore[arg-type]  # it gets a list
        phone.authenticate()
        phone.socket.sendall(phone.make(0x0200, PLACE, serial=8))
        phone.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            phone.answer()
        may.set()
        phone.socket.settimeout(5)
        assert phone.answer()[12:] == said(8, 0x0200, OK)


def test_what_cannot_be_kept_is_not_answered_and_ends_the_feed() -> None:
    def keep(records: list[Raw]) -> int:
        if any(r.data[1:3] == b"\x02\x00" for r in records):
            raise RecordingError("the disk is full; make room")
        return 0

    with running(keep=keep) as gate, Phone(gate.port) as phone:  # type: ignore[arg-type]  # it gets a list
        phone.authenticate()
        phone.socket.sendall(phone.make(0x0200, PLACE))
        with pytest.raises(ConnectionError):
            phone.answer()
        assert eventually(lambda: gate.error is not None)
        assert isinstance(gate.error, SourceLost)
        assert (
            str(gate.error)
            == "feed gate: what came cannot be kept, so nothing is answered: the disk is full; make room"
        )
        assert gate.counts["keep_failed"] == 1


def test_bad_frames_cost_nothing_but_themselves() -> None:
    with running() as gate, Phone(gate.port) as phone:
        phone.authenticate()
        good = phone.make(0x0200, PLACE, serial=50), phone.make(0x0002, serial=51)
        bad = {
            "checksum": good[0][:20] + bytes((good[0][20] ^ 1,)) + good[0][21:],
            "escape": b"\x7e\x02\x00\x7d\x03\x7e",
            "short": b"\x7e\x01\x01\x7e",
            "length": bytes.fromhex("7E0801200500123456789002DE001A000228080001517E"),
        }
        phone.socket.sendall(good[0] + b"".join(bad.values()) + good[1])
        assert [phone.answer()[12:] for _ in range(2)] == [said(50, 0x0200, OK), said(51, 2, OK)]
        assert {reason: gate.counts[f"bad_{reason}"] for reason in bad} == dict.fromkeys(bad, 1)
    assert set(bad.values()) <= set(gate.frames())


def test_bytes_outside_of_frames_are_counted_and_some_of_them_kept() -> None:
    junk = b"GET / HTTP/1.1\r\n\r\n"
    with running() as gate, Phone(gate.port) as phone:
        whole = phone.make(0x0102, b"t", serial=1)
        phone.socket.sendall(junk)
        assert eventually(lambda: gate.counts.get("bytes_outside") == len(junk))
        phone.socket.sendall(whole)
        assert phone.answer()[12:] == said(1, 0x0102, OK)
    assert gate.log[1].data == b"#unframed " + junk
    counts = gate.counts
    assert counts["bytes_outside"] + counts["bytes_framed"] + counts["bytes_flags"] == len(junk) + len(whole)


def test_the_answers_do_not_depend_on_how_the_bytes_are_cut() -> None:
    rng = random.Random(3)
    with running(max_per_terminal=1000) as gate, Phone(gate.port) as phone:
        phone.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        phone.authenticate()
        frames = [phone.make(0x0200, PLACE, serial=0x7D70 + k) for k in range(40)]
        stream = b"".join(frames)
        while stream:
            cut = rng.randint(1, 90)
            phone.socket.sendall(stream[:cut])
            stream = stream[cut:]
        assert [phone.answer()[12:14] for _ in frames] == [(0x7D70 + k).to_bytes(2, "big") for k in range(40)]
    assert gate.frames()[1:] == frames


def test_a_retransmission_is_answered_again_kept_again_and_counted_also_on_a_new_connection() -> None:
    with running() as gate:
        with Phone(gate.port) as phone:
            phone.authenticate()
            same = phone.make(0x0200, PLACE, serial=20)
            phone.socket.sendall(same + same)
            assert [phone.answer()[12:] for _ in range(2)] == [said(20, 0x0200, OK)] * 2
        with Phone(gate.port) as phone:
            phone.authenticate(b"again")
            phone.socket.sendall(same)
            assert phone.answer()[12:] == said(20, 0x0200, OK)
        assert gate.counts["frames_repeated"] == 2
    assert gate.frames().count(same) == 3


def test_a_terminal_on_two_connections_is_counted_and_both_are_kept_with_their_peers() -> None:
    with running() as gate, Phone(gate.port) as one, Phone(gate.port) as two:
        one.authenticate(b"1")
        assert gate.counts["duplicate_connections"] == 0
        two.authenticate(b"2")
        assert gate.counts["duplicate_connections"] == 1
        assert one.ask(0x0200, PLACE, serial=1)[4] == two.ask(0x0200, PLACE, serial=2)[4] == OK
        peers = [one.peer, two.peer]
    assert [r.peer for r in gate.log if r.data[1:3] == b"\x02\x00"] == peers


def parts(phone: Phone, serial: int, count: int = 3) -> list[bytes]:
    """A batch of places whose parts lie across the borders of the frames."""
    body = (12).to_bytes(2, "big") + b"\x01" + (b"\0\x1c" + PLACE) * 12
    cut = -(-len(body) // count)
    return [
        phone.make(0x0704, body[k * cut : (k + 1) * cut], serial=serial + k, part=f"{count:04x}{k + 1:04x}")
        for k in range(count)
    ]


@pytest.mark.parametrize(("version", "asked"), [(None, "0064" + "01" + "0002"), (1, "0064" + "0001" + "0002")])
def test_a_part_that_does_not_come_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, version: int | None, asked: str
) -> None:
    monkeypatch.setattr("roadstead.sources._jt808_session.RESEND_S", 0.2)
    with running(auth_s=1) as gate, Phone(gate.port, version=version) as phone:
        phone.authenticate()
        first, second, third = parts(phone, serial=100)
        phone.socket.sendall(third + first)
        start = 12 if version is None else 17
        assert {phone.answer()[start:] for _ in range(2)} == {said(100, 0x0704, OK), said(102, 0x0704, OK)}
        wanted = phone.answer()
        assert wanted[:2] == b"\x80\x03"
        assert wanted[start:].hex() == asked
        phone.socket.sendall(second)
        assert phone.answer()[start:] == said(101, 0x0704, OK)
        assert (gate.counts["messages_joined"], gate.counts["resends_asked"]) == (1, 1)
        time.sleep(0.6)
        assert gate.counts["resends_asked"] == 1
    decoder = gate.feed.decoder()
    reports = decoder.decode(gate.log, 0)
    assert reports.backfilled[reports.kind == Kind.POSITION].tolist() == [True] * 12
    assert (decoder.counts["read_part"], decoder.counts["read_batch"]) == (2, 1)
