"""Both layouts of the header, what they announce and what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _jt808 import new, old
from roadstead.protocols.jt808 import framing, header
from roadstead.protocols.jt808.header import Header

U16 = st.integers(0, 0xFFFF)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    version = draw(st.none() | st.integers(0, 255))
    width = 12 if version is None else 20
    phone = draw(st.text("0123456789abcdef", min_size=width, max_size=width))
    total, index = draw(st.tuples(U16, U16) | st.just((None, None)))
    encryption, odd = draw(st.integers(0, 7)), draw(st.booleans())
    return Header(draw(U16), phone, draw(U16), version, encryption, total, index, odd)


@given(headers(), st.binary(max_size=1023))
def test_what_is_built_is_parsed(head: Header, body: bytes) -> None:
    assert header.parse(header.build(head, body)) == (head, body)


def test_the_layout_of_2019_is_read_where_bit_14_is_missing() -> None:
    payload = framing.unwrap(bytes.fromhex("7E81040000010000000001234567891000011C7E"))
    head, body = header.parse(payload)
    assert head == Header(0x8104, "00000000012345678910", 1, 1, misflagged=True)
    assert (head.identity, body) == ("12345678910", b"")
    assert header.build(head, body) == payload


def test_the_layout_of_2013_is_read_where_bit_14_is_set() -> None:
    head, body = header.parse(framing.unwrap(old(2, b"\x01\x02", bits=0x4000)))
    assert head == Header(2, "013800138000", 1, None, misflagged=True)
    assert body == b"\x01\x02"


@pytest.mark.parametrize(
    ("phone", "identity"),
    [("013800138000", "13800138000"), ("000000000000", "0"), ("4eb6fb4ad628", "4eb6fb4ad628")],
)
def test_the_identity_is_the_same_in_both_layouts(phone: str, identity: str) -> None:
    for frame in (old(2, b"", phone=phone), new(2, b"", phone=phone.zfill(20))):
        head, _ = header.parse(framing.unwrap(frame))
        assert head.identity == identity
        assert head.phone == phone.zfill(len(head.phone))


def test_a_long_body_is_split_with_serials_that_follow_one_another() -> None:
    body = bytes(range(256)) * 9
    frames = header.frames(Header(0x0801, "1", 0xFFFF, 1), body)
    parsed = [header.parse(framing.unwrap(f)) for f in frames]
    assert [(h.serial, h.total, h.index) for h, _ in parsed] == [(0xFFFF, 3, 1), (0, 3, 2), (1, 3, 3)]
    assert [len(b) for _, b in parsed] == [1023, 1023, 258]
    assert b"".join(b for _, b in parsed) == body


def test_a_body_of_1023_bytes_is_not_split() -> None:
    assert len(header.frames(Header(0x0801, "1"), bytes(1023))) == 1


@pytest.mark.parametrize("phone", ["1234567890123", "12x", "1 2"])
def test_a_phone_that_is_no_number_is_refused(phone: str) -> None:
    with pytest.raises(ValueError, match="phone"):
        header.build(Header(2, phone), b"")
