"""Key figures of reporting: every value is worked out by hand."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from _fleets import HOME, T0
from roadstead.errors import BadInput, RecordingError
from roadstead.geometry.geodesy import EARTH_RADIUS_M
from roadstead.kpi import (
    KPIS,
    UNLISTED,
    Kpi,
    Share,
    Table,
    Terms,
    drifting_terminals,
    kpis,
    online_slots,
)
from roadstead.positions import Kind, Position, Reports
from roadstead.terminals import Terminal, read_terminals
from roadstead.track.fleet import fleet
from roadstead.types import Evidence, Text

LIST = {
    "1380001": Terminal(phone="1380001", operator="甲运输", plate="沪A1"),
    "1380002": Terminal(phone="1380002", operator="甲运输", plate="沪A2"),
    "1380003": Terminal(phone="1380003", operator="乙运输", plate="沪B3"),
}
DEG_PER_M = 57.29577951308232 / EARTH_RADIUS_M


def at(mover: str, t: float, north_m: float = 0.0, **other: Any) -> Position:
    """Return a report so many seconds after T0 and metres north of HOME."""
    made = Position(mover=mover, t=T0 + t, lat=HOME[0] + north_m * DEG_PER_M, lon=HOME[1])
    return replace(made, **other)


def drive(mover: str, times: Sequence[float], mps: float = 10.0) -> list[Position]:
    return [at(mover, t, t * mps) for t in times]


def found(subject: str, since: float, until: float, rule: str = "frozen_fix", outcome: Any = "violation") -> Evidence:
    return Evidence(subject, T0 + until, outcome, 1.0, Text("", ""), {}, T0 + since, rule)


def figures(rows: Sequence[Position], findings: Sequence[Evidence] = (), **other: Any) -> Table:
    return kpis(fleet(Reports.of(rows), "truck"), findings, **other)


def shares(table: Table, level: str, name: str = "") -> dict[str, Share]:
    (row,) = [r for r in table.of(level) if name in (r.terminal, r.operator)]
    return dict(row.shares)


EVERY_MINUTE = [60.0 * k for k in range(10)]


def test_online_is_terminals_over_registered_for_groups_and_slots_for_a_terminal() -> None:
    rows = drive("1380001", [0, 60, 3700, 4 * 3600 - 1]) + drive("1380003", [10, 20])
    table = figures(rows, terminals=LIST, terms=Terms(since=T0, until=T0 + 4 * 3600))
    assert shares(table, "total")["online"] == Share(2, 3)
    assert shares(table, "operator", "甲运输")["online"] == Share(1, 2)
    assert shares(table, "operator", "乙运输")["online"] == Share(1, 1)
    assert shares(table, "terminal", "1380001")["online"] == Share(3, 4)
    assert shares(table, "terminal", "1380002")["online"] == Share(0, 4)
    assert shares(table, "terminal", "1380003")["online"] == Share(1, 4)


def test_the_last_instant_of_the_period_is_in_its_last_slot() -> None:
    table = figures(drive("1380001", [0, 7200]), terminals=LIST)
    assert shares(table, "terminal", "1380001")["online"] == Share(2, 2)


def test_without_a_list_no_group_has_an_online_rate() -> None:
    table = figures(drive("1380001", EVERY_MINUTE))
    assert shares(table, "total")["online"].value is None
    assert shares(table, "terminal", "1380001")["online"] == Share(1, 1)
    assert table.of("operator") == []


def test_signs_of_life_are_no_positions() -> None:
    link = [Position(mover="1380002", t=T0 + 30, kind=Kind.LINK)]
    table = figures(drive("1380001", EVERY_MINUTE) + link, terminals=LIST)
    assert shares(table, "total")["online"] == Share(1, 3)
    assert shares(table, "total")["quality"] == Share(10, 10)


def test_a_live_report_is_there_when_it_came_and_a_stored_one_when_it_was_made() -> None:
    wrong_clock = [replace(p, t=1_000_000_000.0 + k, t_received=T0 + 4000) for k, p in enumerate(drive("1380001", [0]))]
    stored = [replace(p, t_received=T0 + 9000, backfilled=True) for p in drive("1380002", [100])]
    table = figures(wrong_clock + stored, terminals=LIST, terms=Terms(since=T0, until=T0 + 7200))
    assert shares(table, "terminal", "1380001")["online"] == Share(1, 2)
    assert shares(table, "terminal", "1380002")["online"] == Share(1, 2)
    assert table.outside == 0


def test_positions_outside_the_period_count_for_nothing_but_are_told() -> None:
    table = figures(drive("1380001", EVERY_MINUTE), terminals=LIST, terms=Terms(since=T0 + 100, until=T0 + 300))
    assert shares(table, "total")["quality"] == Share(4, 4)
    assert table.outside == 6


def test_a_wrong_clock_does_not_stretch_the_period() -> None:
    rows = [*drive("1380001", EVERY_MINUTE), at("1380002", 10 * 365 * 86400.0)]
    table = figures(rows, [found("1380002", 9 * 365 * 86400.0, 11 * 365 * 86400.0, "future_time")], terminals=LIST)
    assert (table.since, table.until) == (T0, T0 + 540)
    assert table.outside == 1
    assert shares(table, "total")["quality"] == Share(10, 11)


def test_quality_takes_out_defects_strays_and_findings_of_reporting_but_no_retransmissions() -> None:
    rows = drive("1380001", EVERY_MINUTE)
    rows[2] = replace(rows[2], lat=0.0, lon=0.0)
    rows[5] = replace(rows[5], lat=HOME[0] + 1.0)
    rows.append(replace(rows[0], raw=99))
    findings = [found("1380001", 420, 480), found("1380001", 480, 540, outcome="insufficient"), found("x", 0, 999)]
    findings.append(found("1380001", 0, 540, rule="gap"))
    table = figures(rows, findings)
    assert shares(table, "total")["quality"] == Share(10 - 1 - 1 - 2, 10)


def test_completeness_is_unbroken_metres_over_metres_with_the_gaps() -> None:
    # 0-120 s: 1200 m unbroken; 500 s of silence over 1500 m; 60 s more, 600 m unbroken
    rows = [at("1380001", *p) for p in ((0, 0), (60, 600), (120, 1200), (620, 2700), (680, 3300))]
    share = shares(figures(rows), "terminal", "1380001")["completeness"]
    assert share.of == pytest.approx(1800, abs=0.1)
    assert share.all == pytest.approx(3300, abs=0.1)


@pytest.mark.parametrize(
    ("terms", "whole_m"),
    [
        (Terms(gap_s=600), 3300),
        (Terms(gap_s=600, gap_m=1499), 1800),
        (Terms(gap_s=60, gap_m=599), 0),
    ],
)
def test_limits_of_a_gap_are_settings(terms: Terms, whole_m: float) -> None:
    rows = [at("1380001", *p) for p in ((0, 0), (60, 600), (120, 1200), (620, 2700), (680, 3300))]
    assert shares(figures(rows, terms=terms), "total")["completeness"].of == pytest.approx(whole_m, abs=0.1)


def test_a_track_that_goes_on_elsewhere_has_no_gap_longer_than_can_be_travelled() -> None:
    rows = drive("1380001", EVERY_MINUTE) + [at("1380001", 600 + t, 300_000 + 10 * t) for t in EVERY_MINUTE]
    share = shares(figures(rows), "total")["completeness"]
    # 60 s at 160 km/h and four times 7.5 m: longer than 2 km, so no part of the unbroken track
    assert share.of == pytest.approx(5400 + 5400, abs=0.2)
    assert share.all == pytest.approx(5400 + 5400 + 60 * 160 / 3.6 + 30, abs=0.2)


def test_lengths_of_terminals_that_drive_at_the_same_time_add_up() -> None:
    elsewhere = [replace(p, lat=(p.lat or 0) + 1) for p in drive("1380002", EVERY_MINUTE, mps=5)]
    table = figures(drive("1380001", EVERY_MINUTE) + elsewhere, terminals=LIST)
    assert shares(table, "terminal", "1380002")["completeness"].all == pytest.approx(2700, abs=0.1)
    total = shares(table, "operator", "甲运输")["completeness"]
    assert (total.of, total.all) == pytest.approx((8100, 8100), abs=0.2)


def test_completeness_is_unknown_of_who_never_moves_and_no_way_leads_from_one_to_another() -> None:
    rows = [at("1380001", 0), at("1380001", 60), at("1380002", 90, 5000)]
    table = figures(rows, terminals=LIST)
    assert shares(table, "total")["completeness"].value is None
    assert shares(table, "terminal", "1380001")["completeness"].value is None


def test_drift_is_strays_and_findings_of_drift_over_usable_positions() -> None:
    rows = drive("1380001", EVERY_MINUTE) + drive("1380002", EVERY_MINUTE)
    rows[2] = replace(rows[2], lat=0.0, lon=0.0)
    rows[5] = replace(rows[5], lat=HOME[0] + 1.0)
    table = figures(rows, [found("1380001", 360, 480, "drift"), found("1380002", 0, 60, "frozen_fix")], terminals=LIST)
    assert shares(table, "terminal", "1380001")["drift"] == Share(1 + 3, 9)
    assert shares(table, "terminal", "1380002")["drift"] == Share(0, 10)
    assert shares(table, "operator", "甲运输")["drift"] == Share(4, 19)


def test_formulae_are_replaceable() -> None:
    own = {
        "drift": replace(KPIS["drift"], group=drifting_terminals),
        "hours": Kpi(name=Text("hours", "在线时长率"), terminal=online_slots, group=online_slots),
    }
    rows = drive("1380001", EVERY_MINUTE) + drive("1380002", EVERY_MINUTE)
    table = figures(rows, [found("1380001", 0, 60, "my drift")], terms=Terms(kpis=own, drift_rules=("my drift",)))
    assert shares(table, "total") == {"drift": Share(1, 2), "hours": Share(2, 2)}


def test_terminals_are_matched_without_leading_zeros_and_strangers_are_told_apart() -> None:
    rows = drive("1380001", EVERY_MINUTE) + drive("999", EVERY_MINUTE)
    table = figures(rows, terminals={"01380001": LIST["1380001"]})
    assert [(r.operator, r.terminal) for r in table.of("terminal")] == [("甲运输", "01380001"), (UNLISTED, "999")]
    assert shares(table, "total")["online"] == Share(1, 1)
    assert shares(table, "total")["quality"] == Share(20, 20)
    assert shares(table, "operator", UNLISTED)["online"].value is None


def test_nothing_gives_no_figures() -> None:
    table = figures([], terminals=LIST)
    assert shares(table, "total")["online"] == Share(0, 3)
    assert [s.value for s in shares(table, "terminal", "1380002").values()] == [None] * 4
    assert (table.since, table.until) == (None, None)


def example() -> Table:
    terminals = {**LIST, "5": Terminal(phone="5", operator='=cmd|"x"!A1', plate="<b>&")}
    return figures(drive("1380001", EVERY_MINUTE), [found("1380001", 0, 60)], terminals=terminals)


def test_csv_opens_in_a_spreadsheet_with_numerators_and_without_formulae(tmp_path: Path) -> None:
    data = example().write_csv(tmp_path / "new" / "kpi.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["层级 level"] for row in rows] == ["total"] + ["operator"] * 3 + ["terminal"] * 4
    assert rows[0]["上线率 online %"] == "25.0000"
    one = next(row for row in rows if row["终端 terminal"] == "1380001")
    quality = "数据合格率 quality"
    assert (one[f"{quality} %"], one[f"{quality} 分子 numerator"], one[f"{quality} 分母 denominator"]) == (
        "80.0000",
        "8",
        "10",
    )
    assert next(row for row in rows if row["终端 terminal"] == "5")["企业 operator"].startswith("'=cmd")
    assert next(row for row in rows if row["终端 terminal"] == "1380002")[f"{quality} %"] == ""


def test_the_picture_is_sound_xml_with_every_operator_and_value(tmp_path: Path) -> None:
    path = example().write_picture(tmp_path / "kpi.svg")
    text = path.read_text(encoding="utf-8")
    tree = ElementTree.fromstring(text)  # it was written just now
    words = [e.text for e in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert {"上线率 online", "数据合格率 quality", "轨迹完整率 completeness", "漂移率 drift"} <= set(words)
    assert words.count("25.00 %") == 1
    assert words.count("50.00 %") == 1
    titles = [e.text for e in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert '=cmd|"x"!A1 (1)' in titles
    assert not re.findall(r"href|<script|<image", text)
    widths = [float(e.attrib["width"]) for e in tree.iter() if e.attrib.get("fill") == "#1f6fb2"]
    assert max(widths) == pytest.approx(118)
    assert pytest.approx(sorted(set(widths))[-2], abs=0.06) == 0.8 * 118


def test_the_picture_says_how_many_operators_it_leaves_out(tmp_path: Path) -> None:
    terminals = {str(k): Terminal(phone=str(k), operator=f"企业{k:03d}") for k in range(50)}
    text = figures([], terminals=terminals).write_picture(tmp_path / "kpi.svg").read_text(encoding="utf-8")
    assert "另有 10 家企业" in text


def test_text_is_aligned_and_says_what_it_leaves_out() -> None:
    lines = example().text(most=2).splitlines()
    assert lines[0].split() == [
        "n",
        "上线率",
        "online",
        "数据合格率",
        "quality",
        "轨迹完整率",
        "completeness",
        "漂移率",
        "drift",
    ]
    assert lines[1].split() == ["合计", "total", "4", "25.00", "%", "80.00", "%", "100.00", "%", "0.00", "%"]
    assert lines[-1] == "… 2 more terminals 另有 2 个终端"
    ends = {sum(2 if ord(c) > 0x2E7F else 1 for c in line) for line in lines[1:-1] if line.endswith("%")}
    assert len(ends) == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot be written"):
        example().write_csv(tmp_path / "file" / "kpi.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("heads", ["phone,plate,operator", "终端手机号,车牌号,企业名称", "Phone, 车牌 ,运输企业"])
def test_lists_are_read_in_either_language(tmp_path: Path, heads: str, encoding: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{heads}\n013800000001,沪A1,甲运输\n\n138 ,,\n".replace("138 ,", "139,"), encoding=encoding)
    assert read_terminals(path) == {
        "13800000001": Terminal(phone="013800000001", operator="甲运输", plate="沪A1"),
        "139": Terminal(phone="139"),
    }


def test_other_columns_and_their_order_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("token,operator,x,phone\nsecret,甲,1,139\n", encoding="utf-8")
    assert read_terminals(path) == {"139": Terminal(phone="139", token="secret", operator="甲")}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2\n", "the first line must name the columns"),
        ("", "the first line must name the columns"),
        ("phone,plate\n139,a\n0139,b\n", "line 3: terminal 139 is listed twice"),
        ("phone,plate\n,a\n", "line 2: '' is no terminal's number"),
    ],
)
def test_a_bad_list_is_refused_by_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=sentence):
        read_terminals(path)


def test_a_list_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"phone\n\xff\xff\xff\n")
    with pytest.raises(BadInput, match="neither UTF-8 nor GBK"):
        read_terminals(tmp_path / "list.csv")
    with pytest.raises(BadInput, match="cannot be read"):
        read_terminals(tmp_path / "none.csv")
