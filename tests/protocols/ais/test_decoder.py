"""Many lines: parts in any order and with gaps, batches, columns beside single lines, and lines that are broken."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _ais import decoded, lines_of, recordings, records_of, rows_of
from roadstead.positions import Kind, Raw
from roadstead.protocols import nmea
from roadstead.protocols.ais import messages as m
from roadstead.protocols.ais.armour import ARMOUR
from roadstead.protocols.ais.columns import read_columns
from roadstead.protocols.ais.decoder import AT_ONCE, AisDecoder
from roadstead.protocols.ais.encode import sentences
from roadstead.protocols.ais.parts import MAX_AGE_S, MAX_LINES, MAX_WAITING
from roadstead.protocols.ais.stream import Stream

SHIP = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"


def a_ship(mmsi: int, name: str) -> m.StaticA:
    return m.StaticA(5, 0, mmsi, 0, 0, "", name, 70, 10, 10, 5, 5, 1, 0, 0, 24, 60, 50, "NANTONG")


def names(lines: list[bytes], **how: float) -> tuple[list[str | None], dict[str, int]]:
    reports, counts = decoded(records_of(lines, start=how.get("start")))
    return [reports.statics[k].name for k in reports.static.tolist() if k >= 0], counts


def every_line_counted(counts: dict[str, int], lines: int) -> None:
    assert sum(n for name, n in counts.items() if name.startswith(("read_", "bad_"))) == lines, counts


@given(st.permutations([0, 1, 2, 3, 4, 5]))
def test_parts_of_three_messages_in_any_order(order: list[int]) -> None:
    made = [
        *sentences(a_ship(413000001, "ONE"), sequence=1),
        *sentences(a_ship(413000002, "TWO"), sequence=2),
        *sentences(a_ship(413000003, "THREE"), sequence=1, channel="B"),
    ]
    found, counts = names([made[k] for k in order])
    assert sorted(str(n) for n in found) == ["ONE", "THREE", "TWO"]
    assert counts == {"read_static": 3, "read_part": 3}


@pytest.mark.parametrize("sequence", ["", "3"])
def test_a_missing_part_costs_only_its_own_message(sequence: str) -> None:
    def parts(mmsi: int, name: str) -> list[bytes]:
        lines = sentences(a_ship(mmsi, name), sequence=3)
        return [nmea.wrap(line[1:-3].replace(b",3,A,", f",{sequence},A,".encode())) for line in lines]

    lost, kept = parts(413000001, "LOST"), parts(413000002, "KEPT")
    decoder = AisDecoder()
    lines = [lost[0], *kept]
    reports = decoder.decode(records_of(lines), 40)
    assert [s.name for s in reports.statics] == ["KEPT"]
    assert reports.raw.tolist() == [42]
    assert decoder.counts == {"bad_incomplete": 1, "read_part": 1, "read_static": 1}
    assert [(i.total, i.records, i.channel) for i in decoder.incomplete] == [(2, (40,), b"A")]


def test_parts_of_two_senders_and_of_two_groups_are_kept_apart() -> None:
    one, two = sentences(a_ship(413000001, "ONE"), sequence=1), sentences(a_ship(413000002, "TWO"), sequence=1)
    records = [Raw(None, "p", one[0]), Raw(None, "q", two[0]), Raw(None, "p", one[1]), Raw(None, "q", two[1])]
    reports, _ = decoded(records)
    assert [reports.statics[k].name for k in reports.static.tolist()] == ["ONE", "TWO"]

    def in_group(number: int, lines: list[bytes]) -> list[bytes]:
        heads = [nmea.wrap(f"g:{k}-2-{number}".encode(), b"") for k in (1, 2)]
        return [b"\\" + head + b"\\" + line for head, line in zip(heads, lines, strict=True)]

    one, two = in_group(71, one), in_group(72, two)
    assert names([one[0], two[0], two[1], one[1]])[0] == ["TWO", "ONE"]


def test_a_part_that_comes_twice_is_counted_as_such() -> None:
    one = sentences(a_ship(413000001, "ONE"), sequence=1)
    found, counts = names([one[0], one[0], one[1]])
    assert found == ["ONE"]
    assert counts == {"read_repeated": 1, "read_part": 1, "read_static": 1}


@pytest.mark.parametrize(("lines_between", "together"), [(MAX_LINES - 1, True), (MAX_LINES, False)])
def test_a_part_waits_for_so_many_lines(lines_between: int, together: bool) -> None:
    one = sentences(a_ship(413000001, "ONE"), sequence=1)
    lines = [one[0], *[SHIP] * lines_between, one[1]]
    found, counts = names(lines)
    assert found == ["ONE"] * together
    every_line_counted(counts, len(lines))


@pytest.mark.parametrize(("seconds", "together"), [(MAX_AGE_S - 1, True), (MAX_AGE_S + 1, False)])
def test_a_part_waits_for_so_long(seconds: float, together: bool) -> None:
    one = sentences(a_ship(413000001, "ONE"), sequence=1)
    reports, counts = decoded([Raw(1e9, "", one[0]), Raw(1e9 + seconds, "", one[1])])
    assert len(reports) == together
    every_line_counted(counts, 2)


def test_parts_that_wait_are_bounded() -> None:
    decoder = AisDecoder()
    lines = [sentences(a_ship(413000000 + k, "X"), sequence=k % 10, channel="AB"[k // 10 % 2])[0] for k in range(400)]
    records = [Raw(None, f"peer {k}", line) for k, line in enumerate(lines)]
    decoder.decode(records, 0)
    assert decoder.counts["read_waiting"] == MAX_WAITING
    every_line_counted(dict(decoder.counts), 400)


def test_times_come_from_the_line_before_they_come_from_us() -> None:
    clock = nmea.wrap(b"PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B", b"$")
    lines = [SHIP, nmea.tagged(SHIP, t=1418172113.5), SHIP + b",r003669945,1085889680", clock, SHIP, SHIP]
    reports, _ = decoded(records_of(lines, start=2e9))
    assert reports.t.tolist() == [2e9, 1418172113.5, 1085889680.0, 1276256771.39, 2e9 + 0.5]
    assert reports.t_received.tolist() == [2e9, 2e9 + 0.1, 2e9 + 0.2, 2e9 + 0.4, 2e9 + 0.5]
    long = lines * (AT_ONCE // len(lines) + 1)
    at_once, _ = decoded(records_of(long))
    assert at_once.t.tolist()[1:4] == [1418172113.5, 1085889680.0, 1276256771.39]


def test_the_time_of_a_message_in_parts_is_that_of_its_first_part_that_has_one() -> None:
    one = sentences(a_ship(413000001, "ONE"), sequence=1)
    reports, _ = decoded([Raw(5.0, "", nmea.tagged(one[0], t=1418172113)), Raw(6.0, "", one[1])])
    assert (reports.t.tolist(), reports.t_received.tolist()) == ([1418172113.0], [6.0])


@pytest.mark.data
def test_columns_hold_what_single_lines_hold(data: Path) -> None:
    """Every field of every message of every recording."""
    compared = 0
    for path in recordings(data):
        lines = lines_of(path)
        for group in read_columns(lines):
            fields = {name: values.tolist() for name, values in group.fields.items()}
            for k, row in enumerate(group.rows.tolist()):
                heard = Stream().read(Raw(None, "", lines[row]), 0)
                assert heard is not None
                assert heard[0] == group.layout.message(**{name: values[k] for name, values in fields.items()})
                compared += 1
    assert compared > 4000


@pytest.mark.data
@pytest.mark.parametrize(("peers", "start"), [(("",), None), (("a",), 1.6e9), (("a", "b", ""), 1.6e9)])
def test_reports_do_not_depend_on_batches(data: Path, peers: tuple[str, ...], start: float | None) -> None:
    rng = random.Random(1)
    for path in recordings(data):
        records = records_of(lines_of(path), peers=peers, start=start)
        singly, counts = decoded(records, range(0, len(records), AT_ONCE - 1))
        expected = list(rows_of(singly))
        for cuts in ([], sorted(rng.choices(range(len(records)), k=9))):
            reports, counted = decoded(records, cuts)
            assert list(rows_of(reports)) == expected, (path, cuts)
            assert counted == counts
        every_line_counted(counts, len(records))


fields = st.sampled_from([b"", b"1", b"9", b"A", b"B", b"12", b"*", b"x", b"!", b"\\", b"\xff"])
payloads = st.lists(st.sampled_from([*ARMOUR, ord("X"), ord("_")]), min_size=27, max_size=29).map(bytes)
bodies = st.builds(
    lambda kind, total, middle, channel, payload, fill: b",".join(
        [b"AIVD" + kind, total, b"1", middle, channel, payload, fill]
    ),
    st.sampled_from([b"M", b"O", b"N"]),
    st.sampled_from([b"1", b"2"]),
    fields,
    fields,
    payloads,
    st.sampled_from([b"0", b"1", b"6", b"x"]),
)
some_lines = st.one_of(
    bodies.map(nmea.wrap), bodies.map(lambda b: nmea.tagged(nmea.wrap(b), t=1e9)), st.binary(max_size=60)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(some_lines, min_size=1, max_size=12))
def test_columns_take_no_line_that_single_lines_refuse(few: list[bytes]) -> None:
    lines = few * (AT_ONCE // len(few) + 1)
    records = records_of(lines)
    at_once, counts = decoded(records)
    singly, counted = decoded(records, range(len(records)))
    assert list(rows_of(at_once)) == list(rows_of(singly))
    assert counts == counted
    every_line_counted(counts, len(lines))


def mutated(line: bytes, rng: random.Random) -> bytes:
    out = bytearray(line)
    for _ in range(rng.choice([0, 1, 1, 2, 5])):
        at = rng.randrange(len(out) + 1)
        how = rng.randrange(4)
        if how == 0:
            out[at:at] = bytes([rng.randrange(256)])
        elif how == 1:
            del out[at : at + rng.randrange(1, 6)]
        elif how == 2 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        else:
            out[at:at] = out[: rng.randrange(20)]
    if rng.random() < 0.5 and out[:1] == b"!":
        return nmea.wrap(bytes(out[1:]).rpartition(b"*")[0])
    return bytes(out)


@pytest.mark.data
@pytest.mark.slow
def test_200_000_broken_lines(data: Path) -> None:
    rng = random.Random(20261122)
    good = [line for path in recordings(data) for line in lines_of(path)]
    lines = [mutated(rng.choice(good), rng) for _ in range(200_000)]
    records = records_of(lines, peers=("a", "b"))
    reports, counts = decoded(records, range(0, len(records), 5000))
    every_line_counted(counts, len(lines))
    assert len(reports) > 10_000
    assert counts["bad_checksum"] > 10_000
    right = {k for k, line in enumerate(lines) if isinstance(nmea.read_line(line), nmea.Sentence)}
    assert set(reports.raw.tolist()) <= right


def test_a_bad_checksum_never_becomes_a_report() -> None:
    wrong = [SHIP[:-2] + b"%02X" % value for value in range(256) if value != 0x4A]
    reports, counts = decoded(records_of(wrong))
    assert (len(reports), counts) == (0, {"bad_checksum": 255})
    reports, counts = decoded(records_of([SHIP] * 100))
    assert (reports.movers, set(reports.kind.tolist()), counts) == (
        ("371798000",),
        {Kind.POSITION},
        {"read_position": 100},
    )
