"""Sentences, tag blocks and other lines: what is read, what is refused and why, wherever the bytes were cut."""

import functools
import operator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.protocols.nmea import LINE_BYTES, Bad, Clock, Lines, Other, Sentence, checksum, read_line, tagged, wrap

SHIP = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
STATION = b"\\s:rORBCOMM104,q:u,c:1418172113,T:2014-12-10 00.41.53*55\\!AIVDM,1,1,,B,13F?Vv700<DJuLEtvep`iToV0<00,0*78"
GROUP = b"\\g:2-2-1604,s:rORBCOMM008,c:1418169601,T:2014-12-10 00.00.01*34\\!AIVDM,2,2,6,A,00000000008,2*2A"
USCG = b"!AIVDM,1,1,,A,15N1u<PP1FJuvSRHOE6QIwwh0HQ6,0*30,d-080,S2118,t050056.00,T56.4837741,r003669946,1325394060,1325394001"


@given(st.binary(max_size=700))
def test_the_checksum_is_the_xor_of_all_bytes(body: bytes) -> None:
    assert checksum(body) == functools.reduce(operator.xor, body, 0)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (SHIP, Sentence(b"AIVDM", 1, 1, b"", b"A", b"15RTgt0PAso;90TKcjM8h6g208CQ", 0)),
        (SHIP + b"\r\n", Sentence(b"AIVDM", 1, 1, b"", b"A", b"15RTgt0PAso;90TKcjM8h6g208CQ", 0)),
        (
            wrap(b"--VDO,2,1,7,,53aDp,0"),
            Sentence(b"--VDO", 2, 1, b"7", b"", b"53aDp", 0),
        ),
        (
            STATION,
            Sentence(b"AIVDM", 1, 1, b"", b"B", b"13F?Vv700<DJuLEtvep`iToV0<00", 0, b"", 1418172113.0),
        ),
        (GROUP, Sentence(b"AIVDM", 2, 2, b"6", b"A", b"00000000008", 2, b"1604", 1418169601.0)),
        (
            USCG,
            Sentence(b"AIVDM", 1, 1, b"", b"A", b"15N1u<PP1FJuvSRHOE6QIwwh0HQ6", 0, b"r003669946", 1325394060.0),
        ),
        (b"$PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B*5B", Clock(1276256771.390)),
        (wrap(b"PGHP,1,2010,13,11,11,46,11,390", b"$"), Clock(None)),
        (b"$GPVTG,,T,,M,0.020,N,0.038,K,A*2A", Other.SENTENCE),
        (b"# a comment", Other.COMMENT),
        (b"  ", Other.COMMENT),
    ],
)
def test_what_is_read(line: bytes, expected: object) -> None:
    assert read_line(line) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (SHIP[:-1] + b"B", Bad.CHECKSUM),
        (SHIP.replace(b"15R", b"15S"), Bad.CHECKSUM),
        (b"!AIVDM,1,1,,B,15MwkT1P37G?fl0EJbR0OwT0@MS,0*4E", Bad.CHECKSUM),
        (b"$GPVTG,,T,,M,0.020,N,0.038,K,A*2B", Bad.CHECKSUM),
        (SHIP[:-3], Bad.SENTENCE),
        (SHIP[1:], Bad.SENTENCE),
        (SHIP + SHIP, Bad.SENTENCE),
        (wrap(b"AIVDM,1,1,A,15RTgt0PAso;90TKcjM8h6g208CQ,0"), Bad.SENTENCE),
        (wrap(b"AIVDM,1,2,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0"), Bad.SENTENCE),
        (wrap(b"AIVDM,0,0,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0"), Bad.SENTENCE),
        (wrap(b"AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,6"), Bad.PAYLOAD),
        (wrap(b"AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,"), Bad.PAYLOAD),
        (b"\\s:x,c:1418172113*55 " + SHIP, Bad.SENTENCE),
        (b"foobar", Bad.SENTENCE),
        (b"\xff\x00!", Bad.SENTENCE),
    ],
)
def test_what_is_refused(line: bytes, reason: Bad) -> None:
    assert read_line(line) is reason


def test_a_tag_block_with_a_wrong_checksum_gives_no_time_and_the_sentence_stays() -> None:
    read = read_line(STATION.replace(b"c:1418172113", b"c:1418172114"))
    assert isinstance(read, Sentence)
    assert (read.t, read.broken_tag, read.payload) == (None, True, b"13F?Vv700<DJuLEtvep`iToV0<00")


@pytest.mark.parametrize("t", [1418172113.0, 1418172113.25])
def test_a_tag_block_that_we_write_is_read(t: float) -> None:
    read = read_line(tagged(SHIP, t=t, station="r1"))
    assert isinstance(read, Sentence)
    assert (read.t, read.broken_tag) == (t, False)
    assert tagged(SHIP) == SHIP


@given(st.integers(0, len(SHIP) - 1), st.integers(0, 7))
def test_no_single_bit_error_passes_for_the_sentence(at: int, bit: int) -> None:
    broken = SHIP[:at] + bytes([SHIP[at] ^ 1 << bit]) + SHIP[at + 1 :]
    read = read_line(broken)
    hex_digit_in_lower_case = bit == 5 and at == len(SHIP) - 1
    assert hex_digit_in_lower_case or not isinstance(read, Sentence)


STREAM = b"\r\n".join([SHIP, b"", STATION, b" " * 3, GROUP, b"x" * (LINE_BYTES + 500), b"\xff\xfe", USCG])
EXPECTED = [SHIP, STATION, GROUP, b"x" * LINE_BYTES, b"\xff\xfe", USCG]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_lines_do_not_depend_on_where_the_bytes_were_cut_in_two(end: bytes) -> None:
    whole = STREAM + end
    for at in range(len(whole) + 1):
        lines = Lines()
        assert [*lines.feed(whole[:at]), *lines.feed(whole[at:]), *lines.end()] == EXPECTED
        assert lines.counts["overlong"] == 1


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_lines_do_not_depend_on_where_the_bytes_were_cut(cuts: list[int]) -> None:
    lines, places = Lines(), sorted({0, len(STREAM), *cuts})
    found = [line for a, b in pairwise(places) for line in lines.feed(STREAM[a:b])]
    assert [*found, *lines.end()] == EXPECTED
    assert lines.counts["overlong"] == 1


def test_a_line_that_never_ends_takes_no_memory() -> None:
    lines = Lines()
    for _ in range(1000):
        assert lines.feed(b"y" * 1000) == []
    assert lines.feed(b"\n") == [b"y" * LINE_BYTES]
    assert lines.counts == {"overlong": 1}
