"""From a video file to events with evidence, in the run folder, as the command line does it."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from _road import film, pictures_of, settings


def roadstead(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "roadstead", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Watch the road once, with settings; return the run folder and what the command printed."""
    folder = tmp_path_factory.mktemp("watch")
    film(folder / "road.mp4")
    alerts = '[[alerts]]\nname = "journal"\nkind = "log"\npath = "alerts.jsonl"\n'
    settings(folder / "road.toml", 'kind = "video", path = "road.mp4"', alerts)
    done = roadstead("watch", folder / "road.toml", "--out", folder / "run", "--fast", "--json")
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return folder / "run", printed


def test_each_stop_and_each_crossing_is_one_event(run: tuple[Path, dict[str, Any]]) -> None:
    events = [card["event"] for card in run[1]["events"]]
    assert sorted(e["rule"] for e in events) == ["gate", "gate", "no-parking", "no-parking"]
    starts = sorted(e["start"] for e in events if e["rule"] == "no-parking")
    assert starts == pytest.approx([4, 24], abs=1.0)
    assert all(e["closed"] for e in events)
    assert all(e["legal"]["version"] == "2021-04-29" for e in events if e["rule"] == "no-parking")


def test_what_crosses_the_lines_of_the_scene_is_counted(run: tuple[Path, dict[str, Any]]) -> None:
    counts = run[1]["cameras"][0]["counts"]
    assert (counts.get("gate_forward"), counts["gate_backward"]) == (None, 2)


def test_the_evidence_is_whole(run: tuple[Path, dict[str, Any]]) -> None:
    out, printed = run
    for card in printed["events"]:
        files = {m["kind"]: m for m in card["media"]}
        assert sorted(files) == ["clip", "overlay", "record", "trigger"]
        for m in files.values():
            content = (out / m["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == m["sha256"]
        event = card["event"]
        assert pictures_of(out / files["clip"]["path"]) >= 10 * (min(event["end"], 38.0) - event["start"])
        record = json.loads((out / files["record"]["path"]).read_text(encoding="utf-8"))
        assert record["event"]["id"] == event["id"]
        assert record["subject"]["id"] == event["subject"]
        assert record["settings_sha256"] == printed["settings_sha256"]


def test_alerts_were_sent_once_each_in_order(run: tuple[Path, dict[str, Any]]) -> None:
    out, printed = run
    alerts = [json.loads(line) for line in (out / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    keys = [alert["key"] for alert in alerts]
    assert sorted(keys) == sorted(
        f"{c['event']['id']}:{phase}" for c in printed["events"] for phase in ("opened", "closed")
    )
    for card in printed["events"]:
        event = card["event"]["id"]
        assert keys.index(f"{event}:opened") < keys.index(f"{event}:closed")
    closed = next(a for a in alerts if a["phase"] == "closed")
    assert {m["kind"] for m in closed["evidence"] if m["sha256"]} >= {"trigger", "overlay", "record"}


def test_a_replay_of_the_log_gives_the_same_events_bit_for_bit(run: tuple[Path, dict[str, Any]]) -> None:
    out, printed = run
    done = roadstead("replay", out / "observations.jsonl", out.parent / "road.toml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [card["event"] for card in printed["events"]]


def test_the_store_lists_what_was_printed(run: tuple[Path, dict[str, Any]]) -> None:
    out, printed = run
    listed = json.loads(roadstead("events", out, "--json").stdout)
    assert listed == [card["event"] for card in printed["events"]]
    only = json.loads(roadstead("events", out, "--rule", "gate", "--json").stdout)
    assert {e["rule"] for e in only} == {"gate"}
    sent = json.loads(roadstead("alerts", out, "--json").stdout)
    assert {d["state"] for d in sent} == {"sent"}
    assert json.loads(roadstead("alerts", out, "--dead", "--json").stdout) == []


def test_a_second_watch_finds_the_same_and_announces_nothing_twice(run: tuple[Path, dict[str, Any]]) -> None:
    out, printed = run
    before = (out / "alerts.jsonl").read_text(encoding="utf-8")
    done = roadstead("watch", out.parent / "road.toml", "--out", out, "--fast", "--json")
    assert done.returncode == 0, done.stderr
    assert [c["event"] for c in json.loads(done.stdout)["events"]] == [c["event"] for c in printed["events"]]
    assert (out / "alerts.jsonl").read_text(encoding="utf-8") == before


def test_the_report_stands_alone(run: tuple[Path, dict[str, Any]]) -> None:
    page = (run[0] / "report.html").read_text(encoding="utf-8")
    assert "no-parking" in page
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "https://" not in page


def test_the_screen_says_that_nobody_was_told_and_what_to_open(
    run: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    done = roadstead("watch", run[0].parent / "road.mp4", "--out", tmp_path / "bare", "--fast", "--no-annotate")
    assert done.returncode == 0, done.stderr
    assert "add an [[alerts]] table" in done.stdout
    assert f"open next: {tmp_path / 'bare' / 'report.html'}" in done.stdout.replace("\n", "")


def test_a_bare_video_gives_tracks_counts_and_an_annotated_video(
    run: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    done = roadstead("watch", run[0].parent / "road.mp4", "--out", tmp_path / "bare", "--fast", "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    counts = printed["cameras"][0]["counts"]
    assert counts["tracks"] == 2
    assert counts["pictures"] == 200
    assert pictures_of(tmp_path / "bare" / printed["videos"][0]) == 200


def test_a_log_of_another_camera_is_refused(run: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(
        (run[0].parent / "road.toml").read_text(encoding="utf-8").replace("cameras.road", "cameras.street")
    )
    done = roadstead("replay", run[0] / "observations.jsonl", other)
    assert done.returncode == 2
    assert "street" in done.stderr
