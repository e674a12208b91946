"""Tables: what they say is read by whatever names, units, zones and encodings; no row is lost without a count."""

import csv
import gzip
import importlib
import io
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _feeds import Kept, columns, decoded, handled, positions, read
from roadstead.errors import BadInput, MissingExtra
from roadstead.positions import Position, Raw, Reports, Static
from roadstead.settings import build
from roadstead.sources import plugins
from roadstead.sources._cells import cells
from roadstead.sources._csv import Dialect
from roadstead.sources._mapping import Clock, Reader, number_of
from roadstead.sources._names import bind
from roadstead.sources._rows import Rows
from roadstead.sources.table import Table

KNOT = 1852 / 3600
NOAA = "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo,TransceiverClass"


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def table(path: Path, text: str | bytes, **settings: Any) -> Table:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Table(feed="f", path=path, **settings)


def one(feed: Table) -> Position:
    (found,) = positions(read(feed)[0])
    return found


def test_a_noaa_row_is_read_in_full(tmp_path: Path) -> None:
    row = "3669882,2022-01-03T00:00:09,42.87712,-78.88664,7.5,51.2,355,EVER, IMO9897547,ONKT,80,5,230,36,8.9,80,B"
    found = one(table(tmp_path / "ais.csv", f"{NOAA}\n{row}\n"))
    assert found == Position(
        mover="003669882",
        t=utc("2022-01-03T00:00:09"),
        lat=42.87712,
        lon=-78.88664,
        speed_mps=7.5 * KNOT,
        course_deg=51.2,
        heading_deg=355.0,
        peer="ais.csv",
        raw=1,
        static=Static(name="EVER", call_sign="ONKT", imo=9897547, kind=80, length_m=230.0, beam_m=36.0, draught_m=8.9),
        extra={"nav_status": 5.0, "class_b": 1.0},
    )


def test_what_ais_defines_as_not_available_is_unknown(tmp_path: Path) -> None:
    row = "366988200,2022-01-03T00:00:09,91.0,181.0,102.3,360.0,511,,IMO0000000,,0,15,0,0,0.0,0,A"
    found = one(table(tmp_path / "ais.csv", f"{NOAA}\n{row}\n"))
    assert (found.lat, found.lon, found.speed_mps, found.course_deg, found.heading_deg, found.static) == (None,) * 6


def test_the_same_numbers_mean_something_in_a_truck_table(tmp_path: Path) -> None:
    found = one(
        table(tmp_path / "t.csv", "plate,time,lat,lon,speed_kmh,course\n沪A12345,1700000000,91,181,102.3,360\n")
    )
    assert (found.mover, found.lat, found.lon, found.course_deg) == ("沪A12345", 91, 181, 0)
    assert found.speed_mps == pytest.approx(102.3 / 3.6)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("MMSI;LAT;LON;BaseDateTime;SOG", "123456789;31.5;121.25;2024-05-01T08:00:00;36"),
        ("车牌号,定位时间,经度,纬度,速度(节)", "123456789,2024-05-01 08:00:00,121.25,31.5,36"),
        ("device_id\tlongitude\tlatitude\ttimestamp\tspeed (kn)", "123456789\t121.25\t31.5\t1714550400\t36"),
        ("terminal_id,lng,lat,gps_time,speed_knots", "123456789,121.25,31.5,1714550400000,36"),
        ("IMEI|Lat|Long|Fix Time|Speed[kn]", "123456789|31.5|121.25|20240501080000|36"),
    ],
)
def test_usual_names_delimiters_and_times(tmp_path: Path, header: str, row: str) -> None:
    found = one(table(tmp_path / "t.csv", f"{header}\r\n{row}\r\n"))
    assert (found.mover, found.t, found.lat, found.lon) == ("123456789", utc("2024-05-01T08:00:00"), 31.5, 121.25)
    assert found.speed_mps == pytest.approx(36 * KNOT)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2024-05-01 08:00:00", "Asia/Shanghai", utc("2024-05-01T00:00:00")),
        ("2024-05-01T08:00:00Z", "Asia/Shanghai", utc("2024-05-01T08:00:00")),
        ("2024-05-01T08:00:00+08:00", "UTC", utc("2024-05-01T00:00:00")),
        ("2024-05-01T08:00:00.250-0330", "UTC", utc("2024-05-01T11:30:00.250")),
        ("2024/5/1 8:05", "Asia/Shanghai", utc("2024-05-01T00:05:00")),
        ("2024年5月1日 8时05分09秒", "Asia/Shanghai", utc("2024-05-01T00:05:09")),
        ("20240501080509", "Asia/Shanghai", utc("2024-05-01T00:05:09")),
        ("1714550400.5", "Asia/Shanghai", 1714550400.5),
        ("1714550400500", "UTC", 1714550400.5),
        ("1714550400500000", "UTC", 1714550400.5),
        ("2024-07-01 12:00:00", "Europe/Berlin", utc("2024-07-01T10:00:00")),
        ("2024-01-01 12:00:00", "Europe/Berlin", utc("2024-01-01T11:00:00")),
        ("2024-02-30 08:00:00", "UTC", None),
        ("2024-05-01 24:00:00", "UTC", None),
        ("yesterday", "UTC", None),
        ("", "UTC", None),
    ],
)
def test_times(tmp_path: Path, text: str, zone: str, expected: float | None) -> None:
    found = one(table(tmp_path / "t.csv", f"id,time,lat,lon\na,{text},31,121\n", timezone=zone))
    assert found.t == expected


def test_times_by_a_pattern(tmp_path: Path) -> None:
    text = "id,time,lat,lon\na,01.05.2024 08:30,31,121\nb,1714550400,31,121\n"
    reports, counts, _ = read(table(tmp_path / "t.csv", text, time_format="%d.%m.%Y %H:%M", timezone="Asia/Shanghai"))
    assert columns(reports)["t"] == [utc("2024-05-01T00:30:00"), None]
    assert (counts["time_text"], counts["time_none"]) == (1, 1)


@pytest.mark.parametrize(("unit", "mps"), [("kmh", 10.0), ("mps", 36.0), ("knots", 36 * KNOT)])
def test_a_unit_that_is_set_is_the_unit(tmp_path: Path, unit: str, mps: float) -> None:
    found = one(table(tmp_path / "t.csv", "id,time,lat,lon,speed\na,1,31,121,36\n", speed_unit=unit))
    assert found.speed_mps == pytest.approx(mps)


def test_columns_that_are_named_are_taken(tmp_path: Path) -> None:
    text = "a,b,c,d,time,lat\nx,31,121,7,1700000000,99\n"
    how = {"mover": "a", "lat": "b", "lon": "c", "satellites": "d", "t": "time"}
    found = one(table(tmp_path / "t.csv", text, columns=how))
    assert (found.mover, found.lat, found.lon, found.extra) == ("x", 31, 121, {"satellites": 7})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_chinese_tables(tmp_path: Path, encoding: str, suffix: str) -> None:
    data = "车牌,时间,纬度,经度\n沪A·联通1,2024-05-01 08:00:00,31,121\n渝B22222,2024-05-01 08:00:00,31,121\n".encode(
        encoding
    )
    path = tmp_path / ("t.csv" + suffix)
    path.write_bytes(gzip.compress(data) if suffix else data)
    reports, _, _ = read(Table(feed="f", path=path))
    assert reports.movers == ("沪A·联通1", "渝B22222")


def test_quoted_cells(tmp_path: Path) -> None:
    text = (
        'name,id,time,lat,lon\n"A, ""B""\nC",1,1700000000,31,121\nD,2,1700000001,32,122\n"E",3,"1700000002","33",123\n'
    )
    reports, counts, records = read(table(tmp_path / "t.csv", text))
    assert [p.static for p in positions(reports)] == [Static(name='A, "B" C'), Static(name="D"), Static(name="E")]
    assert reports.lat.tolist() == [31, 32, 33]
    assert records[1].data == b'"A, ""B""\nC",1,1700000000,31,121', "the row is kept as it stands"
    assert counts["read_position"] == 3


def test_a_quotation_that_never_ends_does_not_swallow_the_file(tmp_path: Path) -> None:
    rows = [f"{n},170000{n:04d},31,121" for n in range(1000)]
    rows[3] = '"' + rows[3]
    reports, counts, records = read(table(tmp_path / "t.csv", "\n".join(["id,time,lat,lon", *rows])))
    assert handled(counts) == len(records) == 1001
    assert len(reports) >= 999


def test_bad_rows_are_kept_or_counted(tmp_path: Path) -> None:
    text = (
        "id,time,lat,lon,speed_kmh\n"
        "a,1700000000,31,121,5\n"
        "b,1700000000,north,121,5\n"
        "c,never,31,121,fast\n"
        ",1700000000,31,121,5\n"
        "d,1700000000,31\n"
        "e,1700000000,31,121,5,6\n"
        "\n"
        "f,1700000000,31,121,-5\n"
        "g,1700000000,nan,inf,1e1\n"
    )
    reports, counts, records = read(table(tmp_path / "t.csv", text))
    got = {p.mover: (p.t, p.lat, p.lon, p.speed_mps) for p in positions(reports)}
    t = 1700000000.0
    assert got == {
        "a": (t, 31, 121, 5 / 3.6),
        "b": (t, None, 121, 5 / 3.6),
        "c": (None, 31, 121, None),
        "f": (t, 31, 121, None),
        "g": (t, None, None, 10 / 3.6),
    }
    assert counts == {
        "read_columns": 1,
        "read_position": 3,
        "read_no_position": 2,
        "bad_mover": 1,
        "bad_columns": 2,
        "time_s": 4,
        "time_none": 1,
    }
    assert handled(counts) == len(records)
    by_number = {p.mover: records[p.raw].data for p in positions(reports)}
    assert by_number["f"] == b"f,1700000000,31,121,-5"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("nothing", "names no columns"),
        ("a,b,c\n1,2,3\n", "no column is known to be lat"),
        ("lat,lon,x\n1,2,3\n", "no column is known to be t;"),
        ("id,time,lat,lon,speed\na,1,2,3,4\n", "column 'speed' does not say its unit"),
        ("\ufeffid,lat".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        read(table(tmp_path / "t.csv", text))
    assert "t.csv" in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"columns": {"latt": "x"}}, "columns.latt: no report has such a field"),
        ({"timezone": "Mars/Base"}, "there is no 'Mars/Base'"),
        ({"time_format": "iso"}, "time_format: 'iso' is none"),
        ({"encoding": "klingon"}, "there is no 'klingon'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        build(plugins, {"kind": "table", "path": "x.csv", **wrong}, "feeds.x", feed="x")


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no column 'z' for lat"):
        read(table(tmp_path / "t.csv", "id,time,lat,lon\n", columns={"lat": "z"}))
    with pytest.raises(BadInput, match="there is no such file"):
        read(Table(feed="f", path=tmp_path / "none*.csv"))
    (tmp_path / "t.bin").write_bytes(b"x")
    with pytest.raises(BadInput, match="set format"):
        read(Table(feed="f", path=tmp_path / "t.bin"))


def test_a_pattern_reads_all_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for n, name in enumerate(["b.csv", "a.csv", "sub/c.csv"]):
        (tmp_path / name).write_text(f"time,lat,lon\n{1700000000 + n},31,{n}\n")
    reports, _, _ = read(Table(feed="f", path=tmp_path / "**" / "*.csv", batch=1))
    assert [reports.movers[i] for i in reports.mover] == ["a", "b", "c"], (
        "without a column the file's name is the mover"
    )
    assert reports.lon.tolist() == [1, 0, 2]


def test_a_broken_archive_gives_what_came_before(tmp_path: Path) -> None:
    packed = gzip.compress(
        b"id,time,lat,lon\n" + b"".join(b"%d,17%08d,31,121\n" % (n, n * 7919) for n in range(50_000))
    )
    (tmp_path / "t.csv.gz").write_bytes(packed[: len(packed) // 2])
    feed = Table(feed="f", path=tmp_path / "t.csv.gz", batch=100)
    kept = Kept()
    with pytest.raises(BadInput, match="breaks off or is damaged"):
        list(feed.read(kept))
    assert len(kept.records) > 1000


NUMBERS = (
    st.from_regex(r"\A[+-]?[0-9]{1,9}(\.[0-9]{0,8})?\Z")
    | st.floats().map(repr)
    | st.sampled_from(["", " ", ".", "-", "+.5", "1e5", "1_0", "0x1", "--1", "1.2.3", "９", "-0.0", " 7 ", "9" * 30])
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20))
def test_columns_of_numbers_are_those_of_float(rows: list[tuple[str, str]]) -> None:
    found = cells([f"{a};{b}".encode() for a, b in rows], ";", 2)
    for column in (0, 1):
        expected = [number_of(row[column]) for row in rows]
        got = found.numbers(column).tolist()
        assert [None if v != v else v for v in got] == expected


def test_numbers_are_read_as_python_reads_them() -> None:
    texts = ["42.87712", "-78.88664", "0.1", "119.6776716", "123456789012345", "0.000000000000001", "5.", ".5", "+3"]
    found = cells([t.encode() for t in texts], ",", 1)
    assert found.numbers(0).tolist() == [float(t) for t in texts]


TIMES = (
    st.integers(-600_000_000, 3_700_000_000).map(lambda t: datetime.fromtimestamp(t, UTC).isoformat()[:19])
    | st.floats(-6e8, 3.7e9).map(lambda t: str(datetime.fromtimestamp(t, UTC))[:26].rstrip("+"))
    | st.integers(0, 10**19).map(str)
    | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}Z?\Z", fullmatch=True)
)


@given(st.lists(TIMES, min_size=1, max_size=20), st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin"]))
def test_columns_of_times_are_those_of_single_times(texts: list[str], zone: str) -> None:
    clock = Clock(UTC if zone == "UTC" else ZoneInfo(zone))
    counts: Counter[str] = Counter()
    got = cells([t.encode() for t in texts], ",", 1).times(0, clock, counts)
    expected = [clock.read(t) for t in texts]
    assert [None if v != v else v for v in got.tolist()] == [t for t, _ in expected]
    assert +counts == Counter(f"time_{how}" for _, how in expected)


CELL = NUMBERS | TIMES | st.text(st.characters(exclude_characters="\r\n\x00\x1f", codec="utf-8"), max_size=6)
AIS_NAMES = ("MMSI", "time", "lat", "lon", "sog", "cog", "heading", "name", "imo", "vesseltype", "status", "length")
TRUCK_NAMES = (
    "plate",
    "time",
    "lat",
    "lon",
    "speed_kmh",
    "course",
    "acc",
    "sat",
    "name",
    "model",
    "alt",
    "server_time",
)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([AIS_NAMES, TRUCK_NAMES]), st.data())
def test_a_table_of_rows_says_what_each_row_says(names: tuple[str, ...], data: st.DataObject) -> None:
    """Reading by columns and reading row by row are two programs; they must agree."""
    rows = data.draw(st.lists(st.lists(CELL, min_size=len(names), max_size=len(names)), min_size=1, max_size=6))
    plan, clock, mover = bind(names, {}, None), Clock(), "default"
    raws = []
    for row in rows:
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(row)
        raws.append(Raw(None, "p", text.getvalue().encode()))
    counts: Counter[str] = Counter()
    by_columns = Rows(Dialect("utf-8", ",", names), plan, clock, mover).read(raws, 7, counts)
    reader = Reader(plan, clock, None)
    singly = [
        reader.report(dict(zip(names, row, strict=True)), raw, number, lambda _: None)
        for number, (row, raw) in enumerate(zip(rows, raws, strict=True), start=7)
    ]
    by_row = Reports.of(p for p in singly if p is not None)
    assert columns(by_columns) == columns(by_row)
    assert counts["bad_mover"] == singly.count(None)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_how_records_are_cut_into_batches_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "a.csv").write_text(
        'id,time,lat,lon,name\n1,1700000000,31,121,"x,y"\n,2,3,4,5\n2,2024-05-01T00:00:00,x,1,\n'
    )
    (folder / "b.csv").write_text("mmsi,time,lat,lon,sog\n7,1700000000000,31,121,102.3\n8,5,6\n")
    (folder / "c.gpx").write_text(GPX)
    _, _, a = read(Table(feed="f", path=folder / "*.csv"))
    _, _, c = read(Table(feed="f", path=folder / "c.gpx"))
    feed, records = Table(feed="f", path=folder / "*.csv"), a + c
    cuts = data.draw(st.lists(st.integers(0, len(records)), max_size=6))
    assert columns(decoded(feed, records, cuts)) == columns(decoded(feed, records))


@given(
    st.lists(st.builds(Raw, st.none(), st.sampled_from(["x", "x#columns", "y"]), st.binary(max_size=60)), max_size=20)
)
def test_any_bytes_are_counted_and_raise_nothing(records: list[Raw]) -> None:
    decoder = Table(feed="f", path=Path("x.csv")).decoder()
    head = Raw(None, "x#columns", b'{"format":"csv","encoding":"utf-8","delimiter":",","names":["id","t","lat","lon"]}')
    decoder.decode([head, *records], 0)
    assert handled(decoder.counts) == len(records) + 1


GPX = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1" xmlns:x="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
<metadata><name>not the track</name></metadata>
<trk><name>Überführung &amp; zurück</name><trkseg>
<trkpt lat="31.25" lon="121.5"><ele>12.5</ele><time>2024-05-01T08:00:00Z</time><name>pt</name>
<extensions><x:TrackPointExtension><x:speed>5.5</x:speed><x:course>90</x:course></x:TrackPointExtension></extensions></trkpt>
<trkpt lat="31.26" lon="121.6"><time>2024-05-01T08:00:10.5Z</time></trkpt >
</trkseg></trk>
<trk><trkseg><trkpt lat="x" lon="121.7"/></trkseg></trk>
</gpx>
"""


def test_gpx(tmp_path: Path) -> None:
    reports, counts, records = read(table(tmp_path / "way.gpx", GPX))
    a, b, c = positions(reports)
    assert (a.mover, a.t, a.lat, a.lon, a.speed_mps, a.course_deg, a.extra) == (
        *("Überführung & zurück", utc("2024-05-01T08:00:00"), 31.25, 121.5, 5.5, 90),
        {"altitude_m": 12.5},
    )
    assert a.static is None
    assert (b.mover, b.t, b.lat, b.lon, b.speed_mps) == (a.mover, utc("2024-05-01T08:00:10.5"), 31.26, 121.6, None)
    assert (c.mover, c.t, c.lat, c.lon) == ("way 2", None, None, 121.7)
    assert records[b.raw].data == b'<trkpt lat="31.26" lon="121.6"><time>2024-05-01T08:00:10.5Z</time></trkpt >'
    assert records[c.raw].data == b'<trkpt lat="x" lon="121.7"/>'
    assert handled(counts) == len(records)


def test_a_long_gpx_is_read_whole(tmp_path: Path) -> None:
    points = "".join(
        f'<trkpt lat="{n / 1000}" lon="1"><time>2024-05-01T08:00:00Z</time></trkpt>\n' for n in range(20_000)
    )
    reports, _, _ = read(table(tmp_path / "w.gpx", f"<gpx><trk><trkseg>{points}</trkseg></trk></gpx>", mover="truck 7"))
    assert reports.movers == ("truck 7",)
    np.testing.assert_array_equal(reports.lat, [n / 1000 for n in range(20_000)])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx>&a;</gpx>', "declares a document type or entities"),
        ('<!DOCTYPE gpx SYSTEM "file:///etc/passwd"><gpx/>', "declares a document type or entities"),
        ("<gpx><trk><trkseg><trkpt lat='1' lon='2'/>", "is no whole GPX file"),
        ("no xml", "is no whole GPX file"),
    ],
)
def test_gpx_that_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read(table(tmp_path / "w.gpx", text))


def test_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")

    naive = [datetime.fromisoformat("2024-05-01T08:00:00"), datetime.fromisoformat("2024-05-01T08:00:01"), None]
    content = {"plate": ["沪A1", "沪A1", "沪A2"], "time": naive, "lat": [31.5, float("nan"), 32.5], "lon": [121.0] * 3}
    parquet.write_table(pa.table({**content, "speed_kmh": [36, 72, None]}), tmp_path / "t.parquet")
    reports, counts, records = read(Table(feed="f", path=tmp_path / "t.parquet", timezone="Asia/Shanghai"))
    a, b, c = positions(reports)
    assert (a.mover, a.t, a.lat, a.lon, a.speed_mps) == ("沪A1", utc("2024-05-01T00:00:00"), 31.5, 121.0, 10.0)
    assert (b.t, b.lat, c.mover, c.t) == (utc("2024-05-01T00:00:01"), None, "沪A2", None)
    assert handled(counts) == len(records) == 4
    aware = pa.table(
        {"id": [1], "time": pa.array([1714550400000], pa.timestamp("ms", "Asia/Shanghai")), "lat": [1.0], "lon": [2.0]}
    )
    parquet.write_table(aware, tmp_path / "u.parquet")
    assert one(Table(feed="f", path=tmp_path / "u.parquet")).t == 1714550400
    (tmp_path / "t.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BadInput, match="cannot be read as Parquet"):
        read(Table(feed="f", path=tmp_path / "t.parquet"))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"roadstead\[parquet\]"):
        read(Table(feed="f", path=tmp_path / "t.parquet"))


@pytest.mark.data
def test_the_noaa_file_is_what_the_csv_module_reads(data: Path) -> None:
    path = data / "ais" / "noaa_20220103.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    reports, counts, records = read(Table(feed="f", path=path))
    assert handled(counts) == len(records) == len(rows) + 1
    assert len(reports) == len(rows) == 88_532
    movers = np.array(reports.movers)[reports.mover]
    assert movers.tolist() == [row["MMSI"].zfill(9) for row in rows]
    assert reports.t.tolist() == [utc(row["BaseDateTime"]) for row in rows]
    assert reports.lat.tolist() == [float(row["LAT"]) for row in rows]
    assert reports.lon.tolist() == [float(row["LON"]) for row in rows]
    headings = [np.nan if not row["Heading"] or float(row["Heading"]) >= 360 else float(row["Heading"]) for row in rows]
    np.testing.assert_array_equal(reports.heading_deg, headings)
    names = [reports.statics[i].name if i >= 0 else None for i in reports.static]
    assert names == [row["VesselName"].strip() or None for row in rows]


@pytest.mark.data
def test_the_taxi_file(data: Path) -> None:
    reports, counts, _ = read(Table(feed="f", path=data / "gps" / "wuxi_taxi_5x.csv", timezone="Asia/Shanghai"))
    assert (len(reports), counts["read_position"]) == (20_188, 20_188)
    first = next(positions(reports.where([0])))
    assert (first.mover, first.lat, first.lon) == ("0086627503122318", 31.27908, 119.6776716)
    assert first.t == utc("2020-07-18T01:07:17")
