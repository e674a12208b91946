"""The explainer names every byte, and says of a broken frame which check failed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _jt808 import lines, new, old, place, vectors
from _jt808_frames import batch
from roadstead.protocols.jt808 import framing, messages, words
from roadstead.protocols.jt808._bodies import BODIES
from roadstead.protocols.jt808.explain import Explanation, explain, render
from roadstead.protocols.jt808.framing import unescape


def value(explanation: Explanation, name: str) -> str:
    (found,) = [row.value.en for row in explanation.rows if row.name.en == name]
    return found


def covers(frame: bytes, explanation: Explanation) -> None:
    """Every byte stands in exactly one row, in its order, and each row begins where its bytes do."""
    rows = [row for row in explanation.rows if row.name.en != "escape"]
    shown = b"".join(bytes.fromhex(row.hex) for row in rows)
    expected = b"\x7e".join(unescape(part) for part in frame.split(b"\x7e"))
    assert shown == expected
    offsets = [row.offset for row in rows]
    assert offsets == sorted(offsets)
    for row in rows:
        first = bytes.fromhex(row.hex)[0]
        sent = frame[row.offset]
        assert sent == first or (sent == 0x7D and first in (0x7D, 0x7E))


def test_every_message_that_is_decoded_is_explained_and_named() -> None:
    assert set(BODIES) == set(messages.DECODERS)
    assert set(BODIES) <= set(words.MESSAGES)


@pytest.mark.data
def test_every_byte_of_every_vector_is_explained(data: Path) -> None:
    for vector in vectors(data):
        frame = bytes.fromhex(vector["hex"])
        found = explain(vector["hex"])
        covers(frame, found)
        checked = [p.en for p in found.problems if "checksum" in p.en]
        assert bool(checked) != vector["xor_ok"], vector["name"]
        assert any("length is" in p.en for p in found.problems) != vector["len_ok"], vector["name"]
        assert value(found, "phone") == vector["header"]["phone"]
        assert value(found, "serial") == str(vector["header"]["sn"])


@pytest.mark.data
def test_the_fields_of_a_vector(data: Path) -> None:
    (vector,) = [v for v in vectors(data) if v["name"] == "A README SmallChi"]
    found = explain(vector["hex"])
    told = {
        "message": "0x0200 location report",
        "alarms": "emergency alarm (SOS)",
        "status": "fix valid, empty",
        "latitude": "12.222222 N",
        "longitude": "132.444444 E",
        "altitude": "40 m",
        "speed": "6.0 km/h",
        "time": "2018-10-15 10:10:10 GMT+8",
        "extra 0x01: mileage": "10.0 km",
        "extra 0x02: fuel": "12.5 L",
    }
    assert {name: value(found, name) for name in told} == told
    assert found.problems == ()
    (serial,) = [row for row in found.rows if row.name.en == "serial"]
    assert (serial.hex, serial.offset, "转义" in serial.note) == ("007e", 11, True)


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        ("7E0801200500123456789002DE001A000228080001517E", "the length is 5, but the body has 4 bytes"),
        ("7e02007d037e", "7D before neither 01 nor 02"),
        ("7e01017e", "shorter than a header"),
        ("7E81040000010000000001234567891000011C7E", "bit 14 announces the other layout"),
        ("7e0002000001234567890100008b7e", "the checksum should be 8a"),
        (old(0x0200, place(119_552_894, 40_058_359)), "beyond 90 degrees"),
        (old(0x0200, place(time="231324061236")), "this is no time"),
        (old(0x0200, place()[:20]), "cut off: 0 of 2 bytes"),
        (old(0x0200, place(extras=[(0x17, "01")])), "1 bytes, not 2"),
        (new(0x0200, place() + b"\x01\x04\x00"), "the extra is cut off"),
        (old(0x0704, b"\x00\x02\x00\x00\x1c" + place()), "the count is 2, but there are 1 items"),
        (old(0x8103, b"\x02\x00\x00\x00\x01\x04\x00\x00\x00\x1e"), "the count is 2, but there are 1"),
        (old(0x8003, b"\x00\x01\x03\x00\x02"), "2 more parts were announced"),
        ("", "there are no bytes"),
        ("7e 0g", "these are no hexadecimal digits"),
        ("7e0", "these are no hexadecimal digits"),
    ],
)
def test_what_is_wrong_is_said(frame: str | bytes, problem: str) -> None:
    found = explain(frame)
    assert [p.en for p in found.problems if problem in p.en], [p.en for p in found.problems]
    assert all(p.zh and p.zh != p.en for p in found.problems)
    assert "!" in render(found)


@pytest.mark.parametrize("text", ["7E 00 02 00 00", "0x7e,0x00,0x02,0x00,0x00", "7e:00:02:00:00", " 7e00\n020000 "])
def test_digits_may_be_written_in_many_ways(text: str) -> None:
    assert explain(text) == explain(bytes.fromhex("7e00020000"))


def test_several_frames_are_explained_one_after_the_other() -> None:
    frame = old(0x0002, b"") + new(0x0002, b"", serial=0x7E)
    found = explain(frame)
    covers(frame, found)
    assert [row.value.en for row in found.rows if row.name.en == "serial"] == ["1", "126"]


def test_an_unknown_message_and_extra_are_shown_as_they_are() -> None:
    assert value(explain(old(0x0FFF, b"\x01\x02")), "body") == "0102"
    assert value(explain(old(0x0200, place(extras=[(0xEB, "0a0b")]))), "extra 0xeb: by the maker") == "0a0b"


@pytest.mark.data
def test_the_table_is_aligned_and_in_both_languages(data: Path) -> None:
    (vector,) = [v for v in vectors(data) if v["name"] == "I reg2019"]
    for language, plate in (("en", "plate"), ("zh", "车辆标识")):
        table = render(explain(vector["hex"]), language).splitlines()
        (line,) = [row for row in table if "粤A12345" in row]
        assert plate in line
        assert line.split()[0] == "94"
    assert json.loads(json.dumps(explain(vector["hex"]).as_dict()))["rows"][1]["value"]["zh"] == "0x0100 终端注册"


@pytest.mark.data
def test_real_frames_are_covered_too(data: Path) -> None:
    for name in ("traccar_frames.txt", "smallchi_frames.txt"):
        for frame in lines(data, name):
            try:
                [unescape(part) for part in frame.split(b"\x7e")]
            except framing.BadFrame:
                assert explain(frame).problems
            else:
                covers(frame, explain(frame))


@given(st.binary(max_size=80) | st.text(max_size=30) | st.integers(0, 10**6).map(lambda seed: batch(seed, 1, 0.7)[0]))
def test_nothing_raises(given_: bytes | str) -> None:
    found = explain(given_)
    json.dumps(found.as_dict())
    assert render(found)
    assert render(found, "zh")
