"""JT/T 809: frames from platform to platform and the places in them."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _jt808 import place
from roadstead.protocols import jt809
from roadstead.protocols.jt809 import BadFrame, Embedded, Gnss, Vehicle

BEIJING = timezone(timedelta(hours=8))
V21 = bytes.fromhex(
    "5b000000920000068294000133efb8010000000000270fd4c1413132333435000000000000000000000000000294010000005c0100020000"
    "00005a01ac3f40123ffaa1000000005a01ac4d5003736d616c6c636869000000000000000031323334353637383930310000000000000000"
    "003132333435364071712e636f6d00000000000000000000000000000000000000bad85d"
)
"""A supervision request, from the README of SmallChi/JT809 (MIT)."""
V22 = bytes.fromhex("00130707DC0F0F0F07EF4D80017018400032003300000096002D002D0000000300000101")
PLACE = Gnss(
    encrypted=False,
    t=datetime(2012, 7, 19, 15, 15, 15, tzinfo=BEIJING).timestamp(),
    lon=133.123456,
    lat=24.123456,
    speed_kmh=50,
    recorder_kmh=51,
    mileage_km=150,
    course_deg=45,
    altitude_m=45,
    status=3,
    alarms=257,
)


def frame(body: bytes, *, business: int = 0x1200, edition: int = 2011, encrypted: int = 0, longer: int = 0) -> bytes:
    """Return a frame, made byte by byte."""
    size = 26 + len(body) + (8 if edition == 2019 else 0) + longer
    head = size.to_bytes(4, "big") + (1666).to_bytes(4, "big") + business.to_bytes(2, "big")
    head += (20180920).to_bytes(4, "big") + bytes([1, 0, 0, encrypted]) + (9999).to_bytes(4, "big")
    head += (1_700_000_000).to_bytes(8, "big") if edition == 2019 else b""
    register = 0xFFFF
    for byte in head + body:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    table = {0x5B: b"\x5a\x01", 0x5A: b"\x5a\x02", 0x5D: b"\x5e\x01", 0x5E: b"\x5e\x02"}
    sent = b"".join(table.get(byte, bytes([byte])) for byte in head + body + register.to_bytes(2, "big"))
    return b"\x5b" + sent + b"\x5d"


def vehicle(kind: int, data: bytes, *, length: int | None = None) -> bytes:
    plate = "粤A12345".encode("gbk").ljust(21, b"\0")
    return (
        plate + b"\x02" + kind.to_bytes(2, "big") + (len(data) if length is None else length).to_bytes(4, "big") + data
    )


def embedded(body: bytes, encrypted: int = 0) -> bytes:
    platforms = b"".join(
        name.ljust(11, b"\0") + alarms.to_bytes(4, "big") for name, alarms in ((b"P1", 7), (b"P2", 0), (b"", 0))
    )
    return bytes([encrypted]) + len(body).to_bytes(4, "big") + body + platforms


def refused(sent: bytes) -> str:
    with pytest.raises(BadFrame) as bad:
        jt809.decode(sent)
    assert jt809.REASONS[bad.value.reason] in str(bad.value)
    return bad.value.reason


def test_a_published_frame_fits_its_length_and_checksum() -> None:
    payload = jt809.unwrap(V21)
    assert int.from_bytes(payload[:4], "big") == 146
    assert jt809.crc(payload) == 0xBAD8
    head, body = jt809.decode(V21)
    assert (head.serial, head.business, head.access_code, head.key) == (1666, 0x9400, 20180920, 9999)
    assert (head.version, head.encrypted, head.sent) == ((1, 0, 0), False, None)
    assert isinstance(body, bytes)
    assert body[:8] == "粤A12345".encode("gbk")


def test_a_place_of_2011() -> None:
    assert jt809.gnss(V22) == PLACE


@pytest.mark.parametrize("edition", [2011, 2019])
def test_a_vehicle_in_real_time(edition: int) -> None:
    head, found = jt809.decode(frame(vehicle(0x1202, V22), edition=edition))
    assert head.sent == (None if edition == 2011 else 1_700_000_000)
    assert found == Vehicle(head, "粤A12345", 2, 0x1202, (PLACE,))
    assert not found.backfilled


def test_a_vehicle_sent_later() -> None:
    head, found = jt809.decode(frame(vehicle(0x1203, b"\x02" + V22 + V22)))
    assert found == Vehicle(head, "粤A12345", 2, 0x1203, (PLACE, PLACE))
    assert found.backfilled


@pytest.mark.parametrize(("kind", "count"), [(0x1202, 1), (0x1203, 2)])
def test_a_place_of_2019_is_one_of_jt808(kind: int, count: int) -> None:
    item = embedded(place(extras=[(0x31, "0b")]), encrypted=1)
    data = item if kind == 0x1202 else b"\x02" + item + item
    _, found = jt809.decode(frame(vehicle(kind, data), edition=2019))
    assert isinstance(found, Vehicle)
    assert len(found.places) == count
    for each in found.places:
        assert isinstance(each, Embedded)
        assert each.encrypted
        assert (each.location.lat, each.location.lon, each.location.satellites) == (31.0, 121.0, 11)
        assert each.platforms == (("P1", 7), ("P2", 0), ("", 0))
    assert found.rest == b""


def test_other_data_of_a_vehicle_and_what_is_encrypted_stay_bytes() -> None:
    _, found = jt809.decode(frame(vehicle(0x120A, b"\x01\x02")))
    assert isinstance(found, Vehicle)
    assert (found.places, found.rest) == ((), b"\x01\x02")
    head, opaque = jt809.decode(frame(vehicle(0x1202, V22), encrypted=1))
    assert (head.encrypted, opaque) == (True, vehicle(0x1202, V22))


def test_a_time_that_is_none_leaves_the_place() -> None:
    found = jt809.gnss(b"\x00\x00" + V22[2:])
    assert (found.t, found.lat) == (None, 24.123456)


def test_what_is_broken_is_refused_with_its_reason() -> None:
    good = frame(vehicle(0x1202, V22))
    assert refused(good[1:]) == "flag"
    assert refused(good[:-1]) == "flag"
    assert refused(b"") == refused(b"\x5b") == "flag"
    assert refused(good[:40] + b"\x5d" + good[40:]) == "flag"
    assert refused(good[:40] + b"\x5a\x03" + good[40:]) == "escape"
    assert refused(good[:40] + b"\x5e\x5d") == "escape"
    assert refused(b"\x5b" + bytes(10) + b"\x5d") == "short"
    assert refused(good[:40] + bytes([good[40] ^ 1]) + good[41:]) == "checksum"
    assert refused(frame(vehicle(0x1202, V22), longer=1)) == "length"
    assert refused(frame(vehicle(0x1202, V22, length=99))) == "body"
    assert refused(frame(vehicle(0x1202, V22[:30]))) == "body"
    assert refused(frame(vehicle(0x1203, b""))) == "body"
    assert refused(frame(vehicle(0x1203, b"\x02" + V22 + V22[:9]))) == "body"
    assert refused(frame(b"\x00")) == "body"


@given(st.binary(max_size=150), st.sampled_from([0x1202, 0x1203]), st.sampled_from([2011, 2019]))
def test_any_body_is_read_or_refused(data: bytes, kind: int, edition: int) -> None:
    try:
        _, found = jt809.decode(frame(vehicle(kind, data), edition=edition))
    except BadFrame as bad:
        if bad.reason != "body":
            raise
    else:
        assert isinstance(found, Vehicle)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for sent in (data, b"\x5b" + data + b"\x5d"):
        try:
            jt809.decode(sent)
        except BadFrame as bad:
            if bad.reason not in jt809.REASONS:
                raise
