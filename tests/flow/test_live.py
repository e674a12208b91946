"""A live camera, end to end: events with clips from the ring, a lost signal, a detector that crashes."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from _media import Camera
from _road import film, pictures_of, settings
from roadstead.runner import opened
from roadstead.store.store import Filter

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def start(path: Path, out: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "roadstead", "watch", str(path), "--out", str(out), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(what: Callable[[], object], seconds: float) -> float:
    """Wait until something is true and return how long that took, s."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.1)
    return time.monotonic() - began


def events(out: Path, rule: str) -> int:
    if not (out / "roadstead.sqlite").exists():
        return 0
    with opened(str(out)) as store:
        return store.count(Filter(rule=rule))


def test_a_camera_gives_events_clips_and_a_signal_that_is_missed(tmp_path: Path, cameras: Callable[[], Camera]) -> None:
    camera = cameras()
    camera.start(file=film(tmp_path / "road.mp4", 120.0))
    out = tmp_path / "out"
    watch = start(settings(tmp_path / "road.toml", f'kind = "rtsp", url = "{camera.url}"'), out)
    until(lambda: events(out, "no-parking"), 40)
    time.sleep(9.0)
    camera.kill()
    assert until(lambda: events(out, "no_signal"), 20) <= 10.0
    camera.start(file=tmp_path / "road.mp4")
    pictures = (out / "observations.jsonl").read_text().count("boxes")
    assert until(lambda: (out / "observations.jsonl").read_text().count("boxes") > pictures, 20) <= 5.0
    watch.send_signal(signal.SIGTERM)
    printed, said = watch.communicate(timeout=60)
    assert watch.returncode == 0, said
    cards = json.loads(printed)["events"]
    assert {"no-parking", "gate", "no_signal"} <= {card["event"]["rule"] for card in cards}
    for card in cards:
        clip = next(m for m in card["media"] if m["kind"] == "clip")
        if card["event"]["rule"] == "no-parking" and clip["sha256"]:
            record = json.loads((out / "evidence" / card["event"]["id"] / "evidence.json").read_text(encoding="utf-8"))
            cut = record["files"]["clip"]
            assert cut["how"] == "copied"
            assert cut["start"] <= record["trigger"]["t"] <= cut["end"]
            assert pictures_of(out / clip["path"]) > 20
            break
    else:
        raise AssertionError("no stop has a clip")
    log = (out / "observations.jsonl").read_text(encoding="utf-8")
    replayed = subprocess.run(
        [
            sys.executable,
            "-m",
            "roadstead",
            "replay",
            str(out / "observations.jsonl"),
            str(tmp_path / "road.toml"),
            "--json",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"signal": false' in log
    assert json.loads(replayed.stdout) == [card["event"] for card in cards]


def test_a_detector_that_crashes_loses_no_video(tmp_path: Path, cameras: Callable[[], Camera]) -> None:
    """The watch dies at once by a signal, as from a fault in a native library; the recorder had its own connection."""
    camera = cameras()
    camera.start(file=film(tmp_path / "road.mp4", 60.0))
    path = settings(tmp_path / "road.toml", f'kind = "rtsp", url = "{camera.url}"')
    code = (
        "import os, sys\n"
        "from roadstead.detect.motion import Motion\n"
        "inner, pictures = Motion.detect, []\n"
        "def detect(self, frame):\n"
        "    pictures.append(frame.t)\n"
        "    if len(pictures) == 30: os.abort()\n"
        "    return inner(self, frame)\n"
        "Motion.detect = detect\n"
        f"sys.argv = ['roadstead', 'watch', {str(path)!r}, '--out', {str(tmp_path / 'out')!r}]\n"
        "from roadstead.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGABRT
    time.sleep(6.0)
    segments = sorted((tmp_path / "out" / "ring" / "road").glob("*.mp4"))
    analysed = (tmp_path / "out" / "observations.jsonl").read_text().count("boxes")
    assert analysed == 29
    assert sum(pictures_of(s) for s in segments) >= 10 * 29 / 5
