"""A watch with a second look, and a second look at a finished run, as the command line does it; the model is a local server."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from _looks import Chat, Reply, chat, completion
from _road import film, settings

__all__ = ["chat"]
SAID = json.dumps({"answers": {"vehicle": "yes", "queue": "no", "clear": "yes"}, "description": {"en": "A red block."}})
TABLE = '[second_look]\nkind = "openai"\nurl = "{url}"\nname = "little"\nwait_s = {wait_s}\ntimeout_s = 20\ntries = 1\n'


def roadstead(*arguments: object) -> tuple[int, dict[str, Any], str]:
    command = [sys.executable, "-m", "roadstead", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def road(folder: Path, chat: Chat, *, wait_s: float) -> Path:
    film(folder / "road.mp4", 20.0)
    return settings(
        folder / "road.toml", 'kind = "video", path = "road.mp4"', TABLE.format(url=chat.url, wait_s=wait_s)
    )


@pytest.mark.slow
def test_a_watch_has_its_events_looked_at_and_shows_it(chat: Chat, tmp_path: Path) -> None:
    chat.replies = [Reply(completion(SAID))]
    code, printed, told = roadstead("watch", road(tmp_path, chat, wait_s=20), "--out", tmp_path / "run", "--fast")
    assert code == 0, told
    assert printed["looks"] == {"looked": 2}
    by_rule = {card["event"]["rule"]: card["second_look"] for card in printed["events"]}
    assert by_rule["no-parking"]["says"] == by_rule["gate"]["says"] == "supports"
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert page.count("A red block.") >= 2
    for card in printed["events"]:
        kept = json.loads((tmp_path / "run/evidence" / card["event"]["id"] / "second_look.json").read_text("utf-8"))
        assert kept == card["second_look"]
        assert all(m["kind"] != "second_look" for m in card["media"])


@pytest.mark.slow
def test_a_model_that_is_down_changes_no_event_and_a_later_look_makes_up_for_it(chat: Chat, tmp_path: Path) -> None:
    chat.replies = [Reply(b"down", status=500)]
    config = road(tmp_path, chat, wait_s=20)
    code, with_look, _ = roadstead("watch", config, "--out", tmp_path / "run", "--fast")
    assert code == 1  # a problem, said as one
    assert with_look["looks"] == {"looked": 0, "failed": 2}
    assert any("answered 500" in problem for problem in with_look["problems"])
    config.write_text(config.read_text("utf-8").partition("[second_look]")[0], "utf-8")
    code, without, _ = roadstead("watch", config, "--out", tmp_path / "plain", "--fast")
    assert code == 0
    assert [card["event"] for card in without["events"]] == [card["event"] for card in with_look["events"]]

    later = tmp_path / "later.toml"
    later.write_text(config.read_text("utf-8") + TABLE.format(url=chat.url, wait_s=1), "utf-8")
    chat.replies = [Reply(completion(SAID))]
    code, printed, told = roadstead("look", tmp_path / "run", later, "--rule", "no-parking")
    assert (code, printed["counts"]) == (0, {"looked": 1}), told
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "A red block." in page
    assert "the model gave no answer" in page  # of the other rule's event
    code, _, told = roadstead("look", tmp_path / "run", config)
    assert code == 2
    assert "has no [second_look] table" in told


@pytest.mark.slow
def test_a_silent_model_holds_nothing_up(chat: Chat, tmp_path: Path) -> None:
    chat.replies = [Reply(after_s=60.0)]
    config = road(tmp_path, chat, wait_s=0.5)
    began = time.monotonic()
    code, printed, _ = roadstead("watch", config, "--out", tmp_path / "run", "--fast")
    assert time.monotonic() - began < 50
    assert code == 0
    assert len(printed["events"]) == 2
    assert printed["looks"] == {"looked": 0, "left": 2}
