"""Every message, to and from its bytes."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _jt808 import new, old, place, vectors
from roadstead.protocols.jt808 import framing, header, messages, times
from roadstead.protocols.jt808.framing import BadFrame
from roadstead.protocols.jt808.header import Header
from roadstead.protocols.jt808.location import Location
from roadstead.protocols.jt808.messages import (
    Answer,
    Authenticate,
    Batch,
    Heartbeat,
    Message,
    MultimediaData,
    MultimediaEvent,
    Parameters,
    Register,
    RegisterAnswer,
    Resend,
    TerminalAnswer,
    Text,
    TimeAnswer,
    Unknown,
)

BEIJING = timezone(timedelta(hours=8))
FIXED = {0x0001: 5, 0x0100: 25, 0x0200: 28, 0x0704: 3, 0x0800: 8, 0x0801: 8, 0x8001: 5, 0x8003: 3}
FIXED |= {0x0005: 4, 0x8004: 6, 0x8100: 3, 0x8103: 1, 0x8300: 1, 0x0002: 0, 0x0003: 0, 0x0004: 0, 0x0102: 0}
BYTES = st.binary(max_size=120) | st.lists(st.sampled_from([0, 1, 2, 28, 0x81, 0xFF]), max_size=120).map(bytes)


def read(frame: bytes) -> Message:
    return messages.decode(*header.parse(framing.unwrap(frame)))


def test_every_message_is_tried() -> None:
    assert set(FIXED) == set(messages.DECODERS)


@given(st.sampled_from(sorted(FIXED)), st.sampled_from([None, 1]), BYTES)
def test_whatever_is_decoded_is_encoded_the_same(number: int, version: int | None, body: bytes) -> None:
    head = Header(number, "1", 0, version)
    least = {0x0100: 76, 0x8003: 4, 0x8300: 2, 0x0102: 1 + body[0] if body else 1} if version else {}
    if len(body) < least.get(number, FIXED[number]):
        with pytest.raises(BadFrame, match="fixed part"):
            messages.decode(head, body)
        return
    message = messages.decode(head, body)
    assert not isinstance(message, Unknown)
    assert message.number == number
    assert messages.encode(message, version) == body


@given(
    st.sampled_from([None, 1]),
    st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=6)), max_size=5),
    st.integers(-90_000_000, 90_000_000),
    st.integers(-180_000_000, 180_000_000),
    st.integers(-500, 9000),
)
def test_a_location_is_decoded_as_it_was_made(
    version: int | None, extras: list[tuple[int, bytes]], lat: int, lon: int, altitude: int
) -> None:
    made = Location(1 << 8, 2 | (4 if lat < 0 else 0) | (8 if lon < 0 else 0), lat / 1e6, lon / 1e6, altitude, 43.7, 359,
                    times.stamp(1_700_000_000), tuple(extras))  # fmt: skip
    (frame,) = messages.compose(made, "13800138000", 7, version)
    head, body = header.parse(framing.unwrap(frame))
    assert (head.identity, head.serial, head.version) == ("13800138000", 7, version)
    assert messages.decode(head, body) == made


def test_the_sign_of_a_place_sets_the_hemisphere() -> None:
    made = Location(0, 2, -25.0, -57.5, 0, 0.0, 0, times.stamp(0))
    found = messages.decode(Header(0x0200, "1"), made.encode())
    assert isinstance(found, Location)
    assert (found.lat, found.lon, found.status) == (-25.0, -57.5, 2 | 4 | 8)


def test_altitudes_from_8000_on_are_below_zero() -> None:
    body = place()[:16] + bytes.fromhex("ffce") + place()[18:]
    found = messages.decode(Header(0x0200, "1"), body)
    assert isinstance(found, Location)
    assert found.altitude_m == -50


@pytest.mark.parametrize(
    ("digits", "moment"),
    [
        ("231124061236", datetime(2023, 11, 24, 6, 12, 36, tzinfo=BEIJING)),
        ("000101000000", datetime(2000, 1, 1, tzinfo=BEIJING)),
        ("991231235959", datetime(2099, 12, 31, 23, 59, 59, tzinfo=BEIJING)),
        ("240229120000", datetime(2024, 2, 29, 12, tzinfo=BEIJING)),
        ("230229120000", None),
        ("231301000000", None),
        ("230001000000", None),
        ("230100000000", None),
        ("231124240000", None),
        ("231124006000", None),
        ("231124000060", None),
        ("2311240a0000", None),
        ("a31124000000", None),
        ("000000000000", None),
        ("ffffffffffff", None),
    ],
)
def test_the_time_is_in_gmt_8_or_none(digits: str, moment: datetime | None) -> None:
    stamp = bytes.fromhex(digits)
    assert times.seconds(stamp) == (None if moment is None else moment.timestamp())
    if moment is not None:
        assert times.stamp(moment.timestamp()) == stamp
        assert times.seconds(stamp, 0) == moment.replace(tzinfo=UTC).timestamp()


def test_extras_are_read_by_length_and_both_of_a_pair_are_kept() -> None:
    extras = [(0x01, "0000006464"), (0x01, "00000064"), (0x01, "00000065"), (0x03, "01a4"), (0x30, "1c"), (0x31, "0b")]
    found = read(old(0x0200, place(extras=extras)))
    assert isinstance(found, Location)
    assert [(id_, value.hex()) for id_, value in found.extras] == extras
    assert (found.mileage_m, found.signal, found.satellites, found.fuel_l) == (10_000.0, 28, 11, None)
    assert found.recorder_mps == pytest.approx(42.0 / 3.6)


def test_dialects_of_extras_cost_nothing() -> None:
    """V13, V18 and V27: ids with another meaning and length; V13 has no fix, and a place of 0, 0."""
    no_fix = place(0, 0, status=0x0C0000, extras=[(0x31, "00"), (0x04, "0001"), (0x05, "00"), (0x5D, "00" * 11)])
    found = read(old(0x0200, no_fix))
    assert isinstance(found, Location)
    assert (found.lat, found.lon, found.status & 2, found.satellites) == (0.0, 0.0, 0, 0)
    found = read(old(0x0200, place(23_483_303, 111_302_136, status=0x40003, extras=[(0x17, "01"), (0x18, "00" * 4)])))
    assert isinstance(found, Location)
    assert (found.lat, found.lon, found.value(0x17), found.remainder) == (23.483303, 111.302136, None, b"")
    vendor = [(0xE1, "11" * 28), (0xE4, "0001"), (0xF0, "0002"), (0xF5, "03")]
    found = read(old(0x0200, place(extras=vendor)))
    assert isinstance(found, Location)
    assert [(id_, value.hex()) for id_, value in found.extras] == vendor


@pytest.mark.parametrize("tail", ["01", "0104", "0104000000", "ff"])
def test_a_cut_extra_is_kept_and_the_place_with_it(tail: str) -> None:
    body = place(extras=[(0x30, "1f")]) + bytes.fromhex(tail)
    found = read(new(0x0200, body))
    assert isinstance(found, Location)
    assert (found.lat, found.signal, found.remainder.hex()) == (31.0, 31, tail)


def test_a_device_whose_clock_is_utc_is_read_as_it_says() -> None:
    """V12: 06:12:36 on the device, 14:12:37 on the server; eight hours apart, which others must notice."""
    found = read(old(0x0200, place(28_525_581, 77_275_211, time="231124061236")))
    assert isinstance(found, Location)
    assert found.t == datetime(2023, 11, 24, 14, 12, 36, tzinfo=BEIJING).timestamp() - 8 * 3600


def test_a_heartbeat_may_have_a_body() -> None:
    assert read(old(0x0002, bytes(17))) == Heartbeat(bytes(17))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("G reg2011", Register(40, 50, "1234", "tk12345", "CHI123", 1, "粤A12345", 2011)),
        ("H reg2013", Register(40, 50, "1234", "smallchi123", "CHI123", 1, "粤A12345", 2013)),
        ("I reg2019", Register(40, 50, "1234", "smallchi123", "CHI123", 1, "粤A12345", 2019)),
        ("J auth2013", Authenticate("456121111")),
        ("K auth2019", Authenticate("17299841738", "123456789012345", "3.7.15")),
        ("L hb2013", Heartbeat()),
        ("M2 hb esc", Heartbeat()),
        ("O 8001", Answer(0x7FFF, 0x0002, 0)),
        ("P 0001", TerminalAnswer(0x7B, 0x01C8, 3)),
        ("8003 2013", Resend(0x1099, tuple(range(1, 10)))),
        ("8003 2019", Resend(0x1099, tuple(range(1, 10)))),
        ("check7d", MultimediaEvent(0x7B, 0, 0, 7, 1)),
        ("R rsa", Unknown(0x0801, bytes.fromhex("001a000221"))),
        ("Q subpkg", Unknown(0x0801, bytes.fromhex("2808000102"))),
    ],
)
def test_session_vectors(data: Path, name: str, message: Message) -> None:
    (frame,) = [bytes.fromhex(v["hex"]) for v in vectors(data) if v["name"] == name]
    assert read(frame) == message


@pytest.mark.data
def test_batches(data: Path) -> None:
    frames = {v["name"]: bytes.fromhex(v["hex"]) for v in vectors(data)}
    batch = read(frames["N batch0704"])
    assert isinstance(batch, Batch)
    assert (batch.kind, batch.count, batch.remainder, len(batch.items)) == (0, None, b"", 2)
    second = batch.locations[1]
    assert (second.lat, second.lon, second.speed_kmh, second.course_deg) == (13.333333, 132.555555, 5.4, 120)
    assert second.status == 1
    assert second.t == datetime(2018, 7, 15, 10, 10, 30, tzinfo=BEIJING).timestamp()
    late = read(frames["X traccar batch"])
    assert isinstance(late, Batch)
    assert (late.kind, late.locations[0].lat, late.locations[0].lon) == (1, 33.697808, 116.954088)
    assert late.locations[0].alarms == 1 << 8 | 1 << 18
    assert late.locations[0].satellites == 14
    south = read(frames["Z  batch1"])
    assert isinstance(south, Batch)
    assert (south.locations[0].lat, south.locations[0].lon) == (-27.263378, 153.037383)


def test_a_batch_whose_count_lies_is_read_as_far_as_it_goes() -> None:
    item = place(extras=[(0x31, "0b")])
    length = len(item).to_bytes(2, "big")
    found = read(old(0x0704, b"\x00\x05\x01" + 2 * (length + item)))
    assert isinstance(found, Batch)
    assert (found.kind, found.count, len(found.locations)) == (1, 5, 2)


def test_a_batch_that_is_cut_keeps_the_place_that_is_whole() -> None:
    """The last item says 60 bytes and has 30: its place and what is there of its extras are read."""
    item = place() + b"\x01\x04"
    found = read(old(0x0704, b"\x00\x01\x00" + (60).to_bytes(2, "big") + item))
    assert isinstance(found, Batch)
    assert (found.missing_bytes, found.locations[0].lat, found.locations[0].remainder) == (30, 31.0, b"\x01\x04")
    found = read(old(0x0704, b"\x00\x01\x00" + (60).to_bytes(2, "big") + item[:20]))
    assert isinstance(found, Batch)
    assert (found.locations, len(found.remainder)) == ((), 22)


def test_the_count_of_a_resend_request_is_as_wide_as_fits() -> None:
    wide = read(old(0x8003, bytes.fromhex("10990002000a000b")))
    assert wide == Resend(0x1099, (10, 11), wide=True)
    narrow = read(new(0x8003, bytes.fromhex("109902000a000b")))
    assert narrow == Resend(0x1099, (10, 11), wide=False)
    assert read(new(0x0005, bytes.fromhex("10990002000a000b"))) == Resend(0x1099, (10, 11), upward=True)


def test_an_answer_to_a_registration_carries_the_token() -> None:
    """V25: the token of a reply of 2019."""
    made = RegisterAnswer(1, 0, "nugmQRV4axlLGjjonA==")
    (frame,) = messages.compose(made, "1", 2, 1)
    assert frame[1:-1].endswith(b"\x00\x01\x00nugmQRV4axlLGjjonA==" + frame[-2:-1])
    assert read(frame) == made


def test_a_picture_comes_with_or_without_a_place() -> None:
    head = bytes.fromhex("0000007b00000701")
    picture = b"\xff\xd8\xff\xe0" + bytes(60)
    with_place = read(old(0x0801, head + place() + picture))
    without = read(old(0x0801, head + picture))
    assert isinstance(with_place, MultimediaData)
    assert with_place.location is not None
    assert (with_place.location.lat, with_place.data) == (31.0, picture)
    assert without == MultimediaData(0x7B, 0, 0, 7, 1, None, picture)


@pytest.mark.parametrize(
    ("message", "version", "body"),
    [
        (TimeAnswer(times.stamp(1_539_569_410, 0)), 1, "181015021010"),
        (Parameters(((0x0001, b"\0\0\0\x1e"), (0x0013, b"a"))), None, "0200000001040000001e000000130161"),
        (Text(4, "减速"), None, "04bcf5cbd9"),
        (Text(4, "减速", 1), 1, "0401bcf5cbd9"),
        (Answer(0xFFFF, 0x0200, 3), None, "ffff020003"),
    ],
)
def test_downlink(message: Message, version: int | None, body: str) -> None:
    assert messages.encode(message, version).hex() == body
    assert messages.decode(Header(message.number, "1", 0, version), bytes.fromhex(body)) == message


def test_a_string_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit into 7"):
        messages.encode(Register(1, 2, "a", "b", "12345678", 1, ""))
