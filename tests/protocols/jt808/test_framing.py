"""Frames are found and checked, however the bytes were cut and whatever stands between."""

from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _jt808 import old, vectors
from roadstead.protocols.jt808 import framing, header
from roadstead.protocols.jt808.framing import LONGEST, BadFrame, Framer

V6 = "0800407e08010000000001727d99841738ffff0000007b000007017d"
V6_SENT = "7e0800407d0208010000000001727d0199841738ffff0000007b000007017d017e"
NEAR = st.lists(st.sampled_from([0x7E, 0x7D, 0x01, 0x02, 0x00, 0x55]), max_size=60).map(bytes)


@given(st.binary(max_size=1100))
def test_the_checksum_is_the_xor_of_all_bytes(payload: bytes) -> None:
    assert framing.checksum(payload) == reduce(xor, payload, 0)


def test_the_header_may_hold_escapes() -> None:
    assert framing.escape(bytes.fromhex(V6)) == bytes.fromhex(V6_SENT)[1:-1]
    assert framing.unescape(bytes.fromhex(V6_SENT)[1:-1]) == bytes.fromhex(V6)


def test_the_checksum_may_be_escaped() -> None:
    body = bytes([0x7D ^ framing.checksum(framing.unwrap(old(2, b"\x00")))])
    assert old(2, body)[-3:].hex() == "7d017e"
    assert framing.unwrap(old(2, body))[-1:] == body


@given(NEAR | st.binary(min_size=0, max_size=200))
def test_what_is_wrapped_is_unwrapped_with_or_without_flags(tail: bytes) -> None:
    payload = bytes(12) + tail
    frame = framing.wrap(payload)
    assert frame.count(b"\x7e") == 2
    assert framing.unwrap(frame) == framing.unwrap(frame[1:-1]) == payload


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("7e02007d037e", "escape"),
        ("7e02007d7e", "escape"),
        ("7e02007d7d017e", "escape"),
        ("7e01017e", "short"),
        ("7e7e", "short"),
        ("", "short"),
        ("7e", "short"),
        ("7e0002000001234567890100007e8a7e", "flag"),
        ("7e0002000001234567890100008b7e", "checksum"),
    ],
)
def test_a_broken_frame_is_refused_with_its_reason(frame: str, reason: str) -> None:
    with pytest.raises(BadFrame) as refused:
        framing.unwrap(bytes.fromhex(frame))
    assert refused.value.reason == reason
    assert framing.REASONS[refused.value.reason] in str(refused.value)


def test_a_length_that_fits_neither_layout_is_refused() -> None:
    payload = framing.unwrap(bytes.fromhex("7E0801200500123456789002DE001A000228080001517E"))
    with pytest.raises(BadFrame) as refused:
        header.parse(payload)
    assert refused.value.reason == "length"


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[bytes], list[int]]:
    """Draw bytes with frames in them, the contents between their flags, and places to cut them."""
    contents = draw(st.lists(st.binary(min_size=1, max_size=40).map(lambda b: b.replace(b"\x7e", b"")), max_size=8))
    stream = draw(st.binary(max_size=10)).replace(b"\x7e", b"")
    for content in contents:
        stream += b"\x7e" * draw(st.integers(1, 3)) + content
    stream += b"\x7e" * draw(st.integers(1, 2)) + draw(st.binary(max_size=10)).replace(b"\x7e", b"")
    cuts = draw(st.lists(st.integers(0, len(stream)), max_size=12))
    return stream, [c for c in contents if c], sorted(cuts)


@given(streams())
def test_frames_do_not_depend_on_how_the_bytes_were_cut(given_: tuple[bytes, list[bytes], list[int]]) -> None:
    stream, contents, cuts = given_
    framer, found = Framer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += framer.feed(stream[start:end])
    framer.close()
    assert found == [b"\x7e" + c + b"\x7e" for c in contents]
    counts = framer.counts
    assert counts["frames"] == len(contents)
    assert sum(n for name, n in counts.items() if name.startswith("bytes_")) == len(stream)
    assert counts["bytes_outside"] == stream.index(b"\x7e")
    assert counts["bytes_flags"] == stream.count(b"\x7e")


@pytest.mark.parametrize("step", [1, 7, 4096, 10**6])
def test_an_endless_frame_is_given_up_and_the_next_one_is_read(step: int) -> None:
    good = old(2, b"")
    stream = b"\x7e" + bytes(LONGEST) + b"\x7e" + bytes(LONGEST + 1) + good + bytes(3 * LONGEST) + good + b"\x01"
    framer, found, most = Framer(), [], 0
    for k in range(0, len(stream), step):
        found += framer.feed(stream[k : k + step])
        most = max(most, len(framer._held))
    framer.close()
    assert found == [b"\x7e" + bytes(LONGEST) + b"\x7e", good, good]
    assert most <= LONGEST
    assert dict(framer.counts) == {
        "frames": 3,
        "overlong": 2,
        "bytes_framed": LONGEST + 2 * (len(good) - 2),
        "bytes_overlong": 4 * LONGEST + 1,
        "bytes_flags": stream.count(b"\x7e"),
        "bytes_unfinished": 1,
    }


@pytest.mark.data
def test_no_flipped_bit_of_a_vector_passes_with_other_content(data: Path) -> None:
    """The XOR alone does not see a flipped bit of an escape; the length does."""
    tried = by_length = 0
    for vector in vectors(data):
        if not (vector["xor_ok"] and vector["len_ok"]):
            continue
        frame = bytes.fromhex(vector["hex"])
        for bit in range(8 * len(frame)):
            broken = bytearray(frame)
            broken[bit // 8] ^= 1 << bit % 8
            for piece in Framer().feed(bytes(broken) + b"\x7e"):
                tried += 1
                with pytest.raises(BadFrame) as refused:
                    header.parse(framing.unwrap(piece))
                by_length += refused.value.reason == "length"
    assert tried > 10_000
    assert by_length >= 8
