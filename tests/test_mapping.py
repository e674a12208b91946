"""The map needs nothing but itself, says what it does not show, and does in a browser what it promises."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from _fleets import HOME, T0, drive
from roadstead import mapping
from roadstead.errors import RecordingError
from roadstead.geometry.geodesy import distance_m
from roadstead.mapping import write_map
from roadstead.positions import Fleet, Position, Reports, Static
from roadstead.track.fleet import fleet
from roadstead.types import Evidence, Scene, Text, Way, Zone

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028'\"&"
TITLES = {"jump": ("jump", "位置跳变"), "gap": ("gap", "轨迹中断")}
SQUARE = Zone("消纳场", np.array([(0, 0), (900, 0), (900, 900), (0, 900)], dtype=np.float64), "m")
SCENE = Scene(
    "files",
    origin=HOME,
    zones={"a": SQUARE, "picture": replace(SQUARE, name="on a picture", space="px")},
    ways={"r": Way("route 1", np.array([(0, 0), (3000, 0)], dtype=np.float64))},
)


def finding(subject: str = "truck", t: float = T0 + 300, **other: Any) -> Evidence:
    made = Evidence(
        subject=subject,
        t=t,
        outcome="violation",
        score=0.9,
        because=Text("Jumped 5560 m.", "跳变 5560 米。"),
        measured={"away_m": 5560.0, "limit_mps": 44.4, "cause": None, "lat": 31.25, "lon": 121.5},
        since=t,
        rule="jump",
    )
    return replace(made, **other)


def strayed() -> list[Position]:
    """A drive of 61 fixes, one of which lies 5.6 km to the north and one at 0, 0; and two reports without a place."""
    rows = drive()
    rows[30] = replace(rows[30], lat=31.25)
    rows[40] = replace(rows[40], lat=0.0, lon=0.0)
    rows.append(Position(mover="truck", t=T0 + 601, lat=None, lon=None))
    rows.append(Position(mover="truck", t=T0 + 602, lat=95.0, lon=121.5))
    return rows


def written(out: Path, some: Fleet, found: Sequence[Evidence] = (), counts: Mapping[str, int] | None = None) -> str:
    page = write_map(
        out, some, found, title="午夜 <b>", timezone="Asia/Shanghai", titles=TITLES, counts=counts or {"messages": 63}
    )
    assert page == out / "map.html"
    return page.read_text(encoding="utf-8")


def embedded(page: str) -> Any:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


def places(track: Sequence[Any]) -> tuple[list[float], list[float], list[float]]:
    """Return times, latitudes and longitudes of a track as the page codes it."""
    t, lat, lon = (np.cumsum(column) for column in track[1:])
    return t.tolist(), (lat / 1e6).tolist(), (lon / 1e6).tolist()


def cell(page: str, words: str) -> int:
    """Return the number beside some words in a table of the page."""
    found = re.search(rf'{re.escape(words)}[^<]*</span></th><td class="n">([\d,]+)', page)
    assert found, words
    return int(found[1].replace(",", ""))


def test_it_carries_every_fix_with_a_place_and_counts_the_others(tmp_path: Path) -> None:
    page = written(tmp_path, fleet(Reports.of(strayed()), "truck", scene=SCENE), [finding()])
    data = embedded(page)
    kept = [len(track[1]) for track in data["tracks"]]
    assert sum(kept) == 59
    assert sorted(data["marks"]["why"]) == [0, 5]
    assert data["marks"]["lat"][data["marks"]["why"].index(0)] == 31.25
    assert cell(page, "positions: trusted") == 59
    assert cell(page, "positions not trusted") == 1
    assert cell(page, "positions: zero") == 1
    assert cell(page, "positions: no position given") == 1
    assert cell(page, "positions: out of range") == 1
    assert cell(page, "positions without a place that a map can show") == 2
    assert "61 positions are drawn" in page


def test_coded_tracks_give_the_reported_places_back(tmp_path: Path) -> None:
    rows = drive()
    t, lat, lon = places(embedded(written(tmp_path, fleet(Reports.of(rows), "truck")))["tracks"][0])
    assert t == [p.t for p in rows]
    assert lat == pytest.approx([p.lat for p in rows], abs=6e-7)
    assert lon == pytest.approx([p.lon for p in rows], abs=6e-7)


def test_a_finding_has_both_sentences_local_times_units_and_a_place(tmp_path: Path) -> None:
    (f,) = embedded(written(tmp_path, fleet(Reports.of(drive()), "truck"), [finding(since=T0)]))["findings"]
    assert (f["en"], f["zh"]) == ("Jumped 5560 m.", "跳变 5560 米。")
    assert (f["start"], f["end"]) == ("2026-09-21 22:13:20", "2026-09-21 22:18:20")
    assert f["measured"] == [["away", "5560", "m"], ["limit", "44.4", "m/s"], ["cause", "–", ""]]
    assert f["place"] == [31.25, 121.5]


@pytest.mark.parametrize(
    ("other", "place"),
    [
        ({"measured": {}}, "nearest fix"),
        ({"measured": {"lat": 95.0, "lon": 121.0}}, "nearest fix"),
        ({"measured": {"lat": float("nan"), "lon": 121.0}}, "nearest fix"),
        ({"measured": {}, "subject": "station"}, None),
    ],
)
def test_a_finding_without_a_measured_place_takes_its_movers(
    tmp_path: Path, other: dict[str, Any], place: str | None
) -> None:
    rows = drive()
    (f,) = embedded(written(tmp_path, fleet(Reports.of(rows), "truck"), [finding(**other)]))["findings"]
    expected = None if place is None else pytest.approx([rows[30].lat, rows[30].lon], abs=1e-6)
    assert f["place"] == expected


def test_zones_and_ways_of_the_ground_are_there_and_those_of_pictures_are_not(tmp_path: Path) -> None:
    shapes = embedded(written(tmp_path, fleet(Reports.of(drive()), "truck", scene=SCENE)))["shapes"]
    assert [(s["kind"], s["name"]) for s in shapes] == [("zone", "消纳场"), ("way", "route 1")]
    side = distance_m(shapes[0]["lat"][0], shapes[0]["lon"][0], shapes[0]["lat"][1], shapes[0]["lon"][1])
    assert float(side) == pytest.approx(900, rel=0.01)
    assert (shapes[0]["lat"][0], shapes[0]["lon"][0]) == pytest.approx(HOME, abs=1e-6)


def test_nobody_writes_into_the_page(tmp_path: Path) -> None:
    rows = drive(HOSTILE)
    rows[0] = replace(rows[0], static=Static(name=HOSTILE))
    hostile = finding(HOSTILE, because=Text(HOSTILE, HOSTILE), measured={HOSTILE: HOSTILE})
    page = written(tmp_path, fleet(Reports.of(rows), "truck"), [hostile], {HOSTILE: 1})
    assert "<img" not in page
    assert "<script>alert" not in page
    assert "\u2028" not in page.split('<script type="application/json"')[1].split("</script>")[0]
    assert "<b>" not in re.sub(r'<b class="n">', "", page.split('<script type="application/json"')[0])
    data = embedded(page)
    assert data["findings"][0]["zh"] == HOSTILE
    assert data["movers"][0] == [HOSTILE, "truck", HOSTILE]


def test_it_needs_no_network(tmp_path: Path) -> None:
    page = written(tmp_path, fleet(Reports.of(drive()), "truck"), [finding()])
    assert not re.findall(r"https?://|//cdn|@import|url\(|<link|fetch\(|XMLHttpRequest|import\(|src=", page)
    assert "default-src 'none'" in page


def test_nothing_at_all_makes_a_page_too(tmp_path: Path) -> None:
    data = embedded(written(tmp_path, fleet(Reports.of([]), "truck"), counts={}))
    assert data["tracks"] == data["findings"] == []


def test_what_is_thinned_lies_on_the_way_and_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "MOST_FIXES", 60)
    corner = ((0, 0, 0), (3000, 20_000, 0), (6000, 20_000, 20_000))
    rows = drive(way=corner, jitter_m=0.0)
    some = fleet(Reports.of(rows), "truck")
    page = written(tmp_path, some, [finding(t=T0 + 1000, since=T0 + 980)])
    (track,) = embedded(page)["tracks"]
    t, lat, lon = places(track)
    assert len(t) <= 60
    assert cell(page, "fixes of tracks") == len(rows) - len(t)
    assert (t[0], t[-1]) == (rows[0].t, rows[-1].t)
    assert {T0 + 980, T0 + 990, T0 + 1000} <= set(t)
    reported = {p.t: (p.lat, p.lon) for p in rows}
    assert all(reported[a] == pytest.approx((b, c), abs=1e-6) for a, b, c in zip(t, lat, lon, strict=True))
    way = np.array([(p.lat, p.lon) for p in rows], dtype=np.float64)
    times = np.array([p.t for p in rows], dtype=np.float64)
    off = distance_m(way[:, 0], way[:, 1], np.interp(times, t, lat), np.interp(times, t, lon))
    assert off.max() < 40


def test_long_findings_do_not_keep_the_page_from_being_thinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "MOST_FIXES", 60)
    some = fleet(Reports.of(drive(way=((0, 0, 0), (6000, 60_000, 0)))), "truck")
    (track,) = embedded(written(tmp_path, some, [finding(t=T0 + 1800, since=T0)]))["tracks"]
    assert 2 <= len(track[1]) <= 60


def test_marks_beyond_the_most_are_counted_and_repeated_ones_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "MOST_MARKS", 5)
    rows = strayed() + [replace(p, raw=-1) for p in drive()[:8]]
    page = written(tmp_path, fleet(Reports.of(rows), "truck"))
    why = embedded(page)["marks"]["why"]
    assert (len(why), why.count(0), why.count(5), why.count(6)) == (5, 1, 1, 3)
    assert cell(page, "marks beyond the first 5") == 5


@pytest.mark.slow
def test_a_great_many_fixes_and_findings_stay_below_the_most_bytes(tmp_path: Path) -> None:
    n, movers = 400_000, 200
    rng = np.random.default_rng(0)
    start = Reports.of(drive("0")[:1]).where(np.zeros(n, dtype=np.int64))
    lat, lon = (np.cumsum(rng.normal(0, 0.05, (movers, n // movers)), axis=1).ravel() for _ in range(2))
    t = T0 + np.tile(np.arange(n // movers) * 3600.0, movers)
    many = replace(
        start,
        movers=tuple(f"138{k:08d}" for k in range(movers)),
        mover=np.repeat(np.arange(movers), n // movers),
        t=t,
        t_received=t,
        lat=31.2 + lat,
        lon=121.5 + lon,
    )
    some = fleet(many, "vessel")
    found = [finding(f"138{k % movers:08d}", t=T0 + 3600 * (k % 2000), score=1 - k / 20_000) for k in range(12_000)]
    page = written(tmp_path, some, found)
    data = embedded(page)
    kept = sum(len(track[1]) for track in data["tracks"])
    assert len(page.encode()) <= mapping.MOST_BYTES
    assert kept > 100_000
    assert cell(page, "fixes of tracks") == int(some.trusted.sum()) - kept
    assert 5000 <= len(data["findings"]) < 12_000
    assert cell(page, "findings, the least sure of each rule") == 12_000 - len(data["findings"])
    assert min(f["score"] for f in data["findings"]) >= 1 - len(data["findings"]) / 20_000 - 1e-3


def test_movers_beyond_the_most_are_counted_and_those_with_findings_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "MOST_MOVERS", 2)
    rows = [p for k in range(4) for p in drive(f"m{k}", seed=k)]
    page = written(tmp_path, fleet(Reports.of(rows), "truck"), [finding("m3")])
    data = embedded(page)
    assert [m[0] for m in data["movers"]] == ["m3", "m0"]
    assert cell(page, "positions of movers that are not listed") == 122


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="the map cannot be written"):
        written(tmp_path / "file", fleet(Reports.of(drive()), "truck"))


DRIVER = """<script>
window.addEventListener("load", () => setTimeout(() => {
  const say = [], note = (k, v) => say.push([k, v]), q = s => document.querySelector(s);
  const click = s => q(s).dispatchEvent(new MouseEvent("click", {bubbles: true}));
  note("ready", document.documentElement.dataset.ready);
  note("count", q("#count").textContent);
  click('details[data-rule="1"] summary'); q('details[data-rule="1"]').open = true;
  setTimeout(() => {
    click('.item[data-finding="0"]');
    setTimeout(() => {
      note("card", q("#card").textContent); note("hash", location.hash);
      const map = q("#map"), r = map.getBoundingClientRect();
      document.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
      note("closed", q("#card").hidden);
      const beside = Math.min(440, r.width < 760 ? 0 : 440) / 2;
      const where = {clientX: r.left + r.width / 2 - beside, clientY: r.top + r.height / 2 - 25, pointerId: 1, bubbles: true};
      map.setPointerCapture = () => {};
      map.dispatchEvent(new PointerEvent("pointerdown", where)); map.dispatchEvent(new PointerEvent("pointerup", where));
      note("picked", q("#card").hidden ? "" : q("#card h2").textContent);
      const box = q("#insufficient"); box.click(); note("violations", q("#count").textContent);
      const find = q("#search"); find.value = "沪A"; find.dispatchEvent(new Event("input"));
      setTimeout(() => {
        note("movers", q("#movers").textContent); click(".mover"); note("mover", q("#card").textContent);
        note("errors", window.errors); q("body").dataset.said = JSON.stringify(say);
      }, 300);
    }, 1500);
  }, 200);
}, 300));
</script>"""
HOOK = """<script>window.errors = []; window.addEventListener("error", e => window.errors.push(e.message));
["error", "warn"].forEach(k => { console[k] = (...a) => window.errors.push(a.join(" ")); });</script>"""


def test_a_browser_finds_by_click_key_and_search(tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no chromium on this machine")
    rows = strayed()
    rows[0] = replace(rows[0], static=Static(name="沪A12345"))
    # at the place of a fix that is still and alone in time, the map flies to exactly that place
    alone = finding(rule="jump", t=T0 + 50_000, since=T0 + 50_000)
    other = finding(rule="gap", outcome="insufficient", t=T0, measured={"lat": 31.2, "lon": 121.52})
    page = written(tmp_path, fleet(Reports.of(rows), "truck", scene=SCENE), [alone, other])
    trial = tmp_path / "trial.html"
    trial.write_text(page.replace("<style>", HOOK + "<style>", 1).replace("</body>", DRIVER + "</body>"), "utf-8")
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1400,900",
        "--dump-dom",
        "--force-prefers-reduced-motion",
    ]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=9000", trial.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    found = re.search(r'data-said="([^"]*)"', dom)
    assert found, dom[:2000]
    said = dict(json.loads(found[1].replace("&quot;", '"').replace("&amp;", "&")))
    assert said["errors"] == []
    assert said["ready"] == "1"
    assert said["count"] == "2 / 2"
    assert "跳变 5560 米。" in said["card"]
    assert "5560 m" in said["card"]
    assert said["hash"] == "#finding-0"
    assert said["closed"] is True
    assert "位置跳变" in said["picked"]
    assert said["violations"] == "1 / 2"
    assert "沪A12345" in said["movers"]
    assert "沪A12345" in said["mover"]
