"""Single messages: published vectors, sentinels, and round trips of every type."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.positions import Kind, Position, Raw, Static
from roadstead.protocols import nmea
from roadstead.protocols.ais import messages as m
from roadstead.protocols.ais.armour import ARMOUR, LETTERS, armour, letters, text, unarmour
from roadstead.protocols.ais.decode import decode
from roadstead.protocols.ais.encode import encode, messages_of, sentences
from roadstead.protocols.ais.layout import LAYOUTS, STATIC_B, Layout
from roadstead.protocols.ais.position import Receipt, positions
from roadstead.protocols.ais.stream import Stream

KNOT = 1852 / 3600
ALL_LAYOUTS = {f"{number}": layout for number, layout in LAYOUTS.items()} | {"24A": STATIC_B[0], "24B": STATIC_B[1]}


def heard(*lines: bytes) -> Any:
    """Return the message that some lines are."""
    stream = Stream()
    found = [stream.read(Raw(None, "", line), k) for k, line in enumerate(lines)]
    assert found[:-1] == [None] * (len(lines) - 1)
    assert found[-1] is not None, stream.counts
    return found[-1][0]


def test_type_1() -> None:
    got = heard(b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A")
    assert (got.type, got.mmsi, got.speed_mps, got.course_deg) == (1, 371798000, pytest.approx(12.3 * KNOT), 224.0)
    assert (got.lon_deg, got.lat_deg) == (pytest.approx(-123.395383, abs=1e-6), pytest.approx(48.381633, abs=1e-6))
    assert (got.heading_deg, got.second, got.turn, got.turn_deg_min) == (215.0, 33, -127, None)


def test_type_2() -> None:
    got = heard(b"!AIVDM,1,1,,B,25Cjtd0Oj;Jp7ilG7=UkKBoB0<06,0*60")
    assert (got.type, got.mmsi, got.speed, got.course, got.heading, got.second) == (2, 356302000, 139, 877, 91, 41)
    assert (got.lon_deg, got.lat_deg) == (pytest.approx(-71.626143, abs=1e-6), pytest.approx(40.392358, abs=1e-6))


def test_type_3_moored() -> None:
    got = heard(b"!AIVDM,1,1,,A,38Id705000rRVJhE7cl9n;160000,0*40")
    assert (got.type, got.mmsi, got.status, got.speed_mps) == (3, 563808000, 5, 0.0)


def test_type_18() -> None:
    got = heard(b"!AIVDM,1,1,,A,B52K>;h00Fc>jpUlNV@ikwpUoP06,0*4C")
    assert (got.type, got.mmsi, got.heading_deg) == (18, 338087471, None)


def test_type_5_in_two_parts_in_either_order() -> None:
    first = b"!AIVDM,2,1,4,A,55O0W7`00001L@gCWGA2uItLth@DqtL5@F22220j1h742t0Ht0000000,0*08"
    second = b"!AIVDM,2,2,4,A,000000000000000,2*20"
    for got in (heard(first, second), heard(second, first)):
        assert (got.type, got.mmsi, got.callsign, got.shipname) == (5, 368060190, "WDK4954", "P/V_GOLDEN_GATE")
        assert (got.to_bow, got.to_stern, got.to_port, got.to_starboard) == (14, 7, 4, 2)


def test_everything_not_available() -> None:
    got = heard(b"!AIVDO,1,1,,A,169oQ@?P?w<tSF0l4Q@>4?wqP000,0*34")
    assert [got.lat_deg, got.lon_deg, got.speed_mps, got.course_deg, got.heading_deg, got.turn_deg_min] == [None] * 6
    assert (got.lon, got.lat, got.speed, got.course, got.heading) == (108600000, 54600000, 1023, 3600, 511)


def test_a_heading_of_498_is_kept_and_is_none() -> None:
    """The published line has lost a character; its payload stays, and only with a checksum of its own it is read."""
    payload = b"AIVDM,1,1,,B,15MwkT1P37G?fl0EJbR0OwT0@MS,0"
    assert nmea.read_line(nmea.wrap(payload)[:-2] + b"4E") is nmea.Bad.CHECKSUM
    got = heard(nmea.wrap(payload))
    assert (got.mmsi, got.status, got.speed, got.heading) == (366998416, 1, 199, 498)
    assert (got.heading_deg, got.heading_invalid) == (None, True)


@pytest.mark.parametrize(
    ("raw", "deg_min"), [(0, 0.0), (4, 0.7142), (-13, -7.5444), (126, 708.73), (127, None), (-128, None)]
)
def test_rate_of_turn(raw: int, deg_min: float | None) -> None:
    """ITU-R M.1371: the rate is (raw / 4.733) squared."""
    got = m.PositionA(1, 0, 1, 0, raw, 0, 0, 0, 0, 0, 0, 0).turn_deg_min
    assert got == (None if deg_min is None else pytest.approx(deg_min, rel=1e-4))


@pytest.mark.parametrize(("speed", "knots"), [(0, 0.0), (1022, 102.2), (1023, None)])
def test_speed(speed: int, knots: float | None) -> None:
    got = m.PositionA(1, 0, 1, 0, 0, speed, 0, 0, 0, 0, 0, 0).speed_mps
    assert got == (None if knots is None else pytest.approx(knots * KNOT))


def test_long_range_sentinels() -> None:
    got = m.LongRange(27, 0, 1, 0, 0, 0, 181 * 600, 91 * 600, 63, 511)
    assert [got.lat_deg, got.lon_deg, got.speed_mps, got.course_deg] == [None] * 4
    got = m.LongRange(27, 0, 1, 0, 0, 0, -600, 300, 10, 359)
    assert [got.lat_deg, got.lon_deg, got.course_deg] == [0.5, -1.0, 359.0]
    assert got.speed_mps == pytest.approx(10 * KNOT)


def test_a_craft_of_a_ship_names_the_ship_in_place_of_its_size() -> None:
    ship = 413999001
    sizes = {"to_bow": ship >> 21, "to_stern": ship >> 12 & 511, "to_port": ship >> 6 & 63, "to_starboard": ship & 63}
    part = m.DetailsB(24, 0, 984130001, 1, 0, "", 0, 0, "", **sizes)
    assert (part.mothership, part.length_m) == (ship, None)
    own = part._replace(mmsi=413000001)
    assert (own.mothership, own.length_m) == (None, float(own.to_bow + own.to_stern))


@pytest.mark.parametrize(
    ("bits", "reason"),
    [("", "length"), ("0" * 38, "type"), (f"{29:06b}" + "0" * 32, "type"), (f"{1:06b}" + "0" * 140, "length")],
)
def test_what_is_no_message(bits: str, reason: str) -> None:
    assert decode(int(bits or "0", 2), len(bits)) == reason


@pytest.mark.parametrize("number", [6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 20, 22, 23, 25, 26, 28])
def test_other_types_are_known_by_number_and_sender(number: int) -> None:
    bits = f"{number:06b}" + "01" + f"{413000001:030b}" + "1" * 34
    assert decode(int(bits, 2), len(bits)) == m.Unread(number, 1, 413000001)


@given(st.binary(max_size=80).map(lambda raw: bytes(ARMOUR[b & 63] for b in raw)), st.integers(0, 5))
def test_armour_round_trip(payload: bytes, fill: int) -> None:
    if 6 * len(payload) < fill:
        return
    got = unarmour(payload, fill)
    assert got is not None
    message, bits = got
    reference = "".join(f"{ARMOUR.index(c):06b}" for c in payload)[: 6 * len(payload) - fill]
    assert (message, bits) == (int(reference or "0", 2), len(reference))
    again, filled = armour(message, bits)
    assert (unarmour(again, filled), filled) == (got, -bits % 6)


@given(st.text(alphabet=[chr(c) for c in LETTERS if c != ord("@")], max_size=20))
def test_text_round_trip(words: str) -> None:
    assert text(letters(words, 20), 20) == words.rstrip()


@pytest.mark.parametrize("foreign", [b"X", b"_", b"/", b"x", b" ", b"\xff"])
def test_foreign_characters_are_no_armour(foreign: bytes) -> None:
    assert unarmour(b"15RTgt" + foreign, 0) is None


@pytest.mark.parametrize("fill", range(6))
def test_an_empty_part_adds_no_bits(fill: int) -> None:
    assert unarmour(b"", fill) == (0, 0)
    stream = Stream()
    parts = [b"AIVDM,2,1,1,A,15RTgt0PAso;90TKcjM8h6g208CQ,0", b"AIVDM,2,2,1,A,,%d" % fill]
    whole = [stream.read(Raw(None, "", nmea.wrap(body)), k) for k, body in enumerate(parts)][-1]
    assert whole is not None
    assert whole[0].mmsi == 371798000


def a_value(layout: Layout, number: int) -> st.SearchStrategy[Any]:
    """Return messages of a layout, any value in every field."""
    choices: dict[str, st.SearchStrategy[Any]] = {}
    for f in layout.fields:
        low, high = (-(1 << f.width - 1), (1 << f.width - 1) - 1) if f.kind == "i" else (0, (1 << f.width) - 1)
        words = st.text(alphabet=[chr(c) for c in LETTERS if c != ord("@")], max_size=f.width // 6)
        choices[f.name] = words.map(str.rstrip) if f.kind == "t" else st.integers(low, high)
    choices["type"] = st.just(number)
    if number == 24:
        choices["part"] = st.just(STATIC_B.index(layout))
        if "vendorid" in choices:
            choices["vendorid"] = st.text(alphabet="ABCDEFG123", max_size=3)
    return st.builds(layout.message, **choices)


@pytest.mark.parametrize("name", ALL_LAYOUTS)
@settings(max_examples=40, deadline=None)
@given(made=st.data(), channel=st.sampled_from(["A", "B", ""]))
def test_what_is_encoded_decodes_to_the_same(name: str, made: st.DataObject, channel: str) -> None:
    message = made.draw(a_value(ALL_LAYOUTS[name], int(name[:2].rstrip("AB"))))
    lines = sentences(message, channel=channel, sequence=3)
    order = made.draw(st.permutations(lines))
    assert all(len(line) <= 82 for line in lines)
    assert heard(*order) == message
    assert decode(*encode(message)) == message


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ ", min_size=21, max_size=34).map(str.rstrip))
def test_a_long_name_of_an_aid_to_navigation(name: str) -> None:
    aid = m.Aid(21, 0, 994131234, 1, name, 0, 1, 2, 0, 0, 0, 0, 7, 60)
    assert heard(*sentences(aid)) == aid


def test_a_value_that_does_not_fit_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="mmsi"):
        encode(m.NameB(24, 0, 1 << 30, 0, "X"))
    with pytest.raises(ValueError, match="type"):
        encode(m.Unread(6, 0, 1))


RECEIPT = Receipt(100.0, 101.0, "peer", 7)


def test_a_position_report() -> None:
    (got,) = positions(heard(b"!AIVDM,1,1,,B,25Cjtd0Oj;Jp7ilG7=UkKBoB0<06,0*60"), RECEIPT)
    assert (got.mover, got.t, got.t_received, got.peer, got.raw, got.kind) == (
        "356302000",
        100.0,
        101.0,
        "peer",
        7,
        Kind.POSITION,
    )
    assert got.extra == {"message": 2, "nav_status": 0, "accuracy": 0, "second": 41, "class_b": 0}
    assert (got.course_deg, got.heading_deg) == (87.7, 91.0)


def test_a_base_station_has_nine_digits() -> None:
    (got,) = positions(m.BaseStation(4, 0, 3669702, 2007, 5, 14, 19, 57, 39, 1, -45811417, 22130260), RECEIPT)
    assert (got.mover, got.t, got.extra["message"], got.extra["second"]) == ("003669702", 100.0, 4, 39)
    assert got.lon == pytest.approx(-76.352362, abs=1e-6)
    assert got.lat == pytest.approx(36.883767, abs=1e-6)


def test_static_reports() -> None:
    size = {"to_bow": 100, "to_stern": 50, "to_port": 0, "to_starboard": 0}
    ship = m.StaticA(
        5,
        0,
        413000001,
        0,
        9134270,
        "BABC",
        "A SHIP",
        70,
        **size,
        epfd=1,
        month=0,
        day=0,
        hour=24,
        minute=60,
        draught=53,
        destination="",
    )
    (got,) = positions(ship, RECEIPT)
    expected = Static(name="A SHIP", call_sign="BABC", imo=9134270, kind=70, length_m=150.0, draught_m=5.3)
    assert (got.kind, got.static, got.extra) == (Kind.STATIC, expected, {"message": 5})
    place, said = positions(m.ExtendedB(19, 0, 1, 0, 10, 0, 0, 0, 0, 511, 5, 0, "B", 36, **size), RECEIPT)
    assert (place.kind, place.extra["class_b"], said.static) == (
        Kind.POSITION,
        1,
        Static(name="B", kind=36, length_m=150.0),
    )
    place, said = positions(m.Aid(21, 0, 994130001, 1, "BUOY", 0, 600000, 0, 0, 0, 0, 0, 1, 60), RECEIPT)
    assert (place.lon, place.speed_mps, said.static) == (1.0, None, Static(name="BUOY"))
    assert positions(m.Unread(8, 0, 1), RECEIPT) == ()


@pytest.mark.parametrize("class_b", [0, 1])
def test_a_report_is_written_and_read(class_b: int) -> None:
    extra = {"class_b": float(class_b), "second": 17.0, "accuracy": 1.0}
    report = Position(
        mover="413000001",
        t=100.0,
        lat=31.2,
        lon=121.5,
        speed_mps=5.0,
        course_deg=359.96,
        heading_deg=359.6,
        extra=extra,
    )
    (message,) = messages_of(report)
    (got,) = positions(heard(*sentences(message)), Receipt(100.0, None, "", -1))
    assert got.extra.items() >= extra.items()
    assert (got.lat, got.lon, got.course_deg, got.heading_deg) == (31.2, 121.5, 0.0, 0.0)
    assert got.speed_mps == pytest.approx(5.0, abs=0.03)


@pytest.mark.parametrize("class_b", [0, 1])
def test_a_static_report_is_written_and_read(class_b: int) -> None:
    said = Static(name="XIN HAI 8", call_sign="BXYZ", imo=None, kind=70, length_m=97.0, beam_m=15.0)
    report = Position(mover="413000001", t=0.0, kind=Kind.STATIC, static=said, extra={"class_b": float(class_b)})
    got = [p.static for message in messages_of(report) for p in positions(heard(*sentences(message)), RECEIPT)]
    joined: dict[str, Any] = {}
    for part in got:
        assert part is not None
        joined |= {k: v for k, v in dataclasses.asdict(part).items() if v is not None}
    assert Static(**joined) == said
