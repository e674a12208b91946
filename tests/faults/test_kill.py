"""`kill -9` of a running watch: nothing announced is lost, no clip is unreadable, nothing comes twice under another key."""

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from _media import Camera
from _office import Office, office
from _road import film, pictures_of, settings
from roadstead.runner import opened
from roadstead.types import Event


@pytest.fixture
def desk() -> Iterator[Office]:
    with office() as book:
        yield book


def start(*arguments: object) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "roadstead", "watch", *map(str, arguments), "--json"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def kill(watch: "subprocess.Popen[bytes]") -> bool:
    """Kill a watch; return whether it was still running."""
    running = watch.poll() is None
    watch.kill()
    _, said = watch.communicate()
    assert running or watch.returncode == 0, said.decode()
    return running


def finish(watch: "subprocess.Popen[bytes]", seconds: float = 120.0) -> None:
    """Wait for a watch to end by itself."""
    _, said = watch.communicate(timeout=seconds)
    assert watch.returncode == 0, said.decode()


def stored(out: Path) -> dict[str, Event]:
    if not (out / "roadstead.sqlite").exists():
        return {}
    with opened(str(out)) as store:
        return {event.id: event for event in store.events()}


def check_nothing_is_lost_or_broken(out: Path, book: Office) -> None:
    known = stored(out)
    for key, alert in book.alerts:
        event = alert["event"]["id"]
        assert event in known, f"{key} was announced and is not stored"
        assert key == f"{event}:{alert['phase']}"
        for m in alert["evidence"]:
            assert not m["path"] or m["kind"] == "clip" or (out / m["path"]).is_file(), f"{key} names {m['path']}"
    for clip in out.glob("evidence/*/clip.mp4"):
        assert pictures_of(clip) > 0
    for record in out.glob("evidence/*/evidence.json"):
        files = json.loads(record.read_text(encoding="utf-8"))["files"]
        for file in files.values():
            if "path" in file:
                assert hashlib.sha256((record.parent / file["path"]).read_bytes()).hexdigest() == file["sha256"]


def check_one_key_an_alert(book: Office) -> None:
    same: dict[tuple[str, str, str, str], set[str]] = {}
    for key, alert in book.alerts:
        event = alert["event"]
        same.setdefault((event["rule"], event["subject"], str(event["start_epoch_s"]), alert["phase"]), set()).add(key)
    assert all(len(keys) == 1 for keys in same.values())


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(4, marks=[pytest.mark.slow, pytest.mark.timeout(400)]),
        pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(3000)]),
    ],
)
def test_a_watch_of_a_file_is_killed_at_random_moments(tmp_path: Path, desk: Office, kills: int) -> None:
    film(tmp_path / "road.mp4", 100.0)
    path = settings(tmp_path / "road.toml", 'kind = "video", path = "road.mp4"', desk.settings())
    began = time.monotonic()
    whole = start(path, "--out", tmp_path / "whole", "--fast")
    finish(whole)
    length_s = time.monotonic() - began
    expected = {key for key, _ in desk.alerts}
    wanted = stored(tmp_path / "whole")
    assert len(expected) == 2 * len(wanted) == 20
    desk.alerts.clear()

    out, rng, killed = tmp_path / "out", random.Random(7), 0
    for _ in range(10 * kills):
        watch = start(path, "--out", out, "--fast")
        time.sleep(rng.uniform(0.2, 1.05) * length_s)
        killed += kill(watch)
        check_nothing_is_lost_or_broken(out, desk)
        if killed == kills:
            break
    assert killed == kills
    last = start(path, "--out", out, "--fast")
    finish(last)
    check_nothing_is_lost_or_broken(out, desk)
    check_one_key_an_alert(desk)
    assert {key for key, _ in desk.alerts} == expected
    assert stored(out) == wanted
    assert len(list(out.glob("evidence/*/clip.mp4"))) == len(wanted)


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(2, marks=[pytest.mark.slow, pytest.mark.timeout(200)]),
        pytest.param(12, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
)
def test_a_watch_of_a_camera_is_killed_at_random_moments(
    tmp_path: Path, desk: Office, cameras: Callable[[], Camera], kills: int
) -> None:
    camera = cameras()
    camera.start(file=film(tmp_path / "road.mp4", 120.0))
    path = settings(tmp_path / "road.toml", f'kind = "rtsp", url = "{camera.url}"', desk.settings())
    out, rng = tmp_path / "out", random.Random(11)
    for _ in range(kills):
        watch = start(path, "--out", out)
        time.sleep(rng.uniform(10.0, 22.0))
        assert kill(watch)
        check_nothing_is_lost_or_broken(out, desk)
    watch = start(path, "--out", out)
    time.sleep(22.0)
    watch.send_signal(signal.SIGTERM)
    finish(watch)
    check_nothing_is_lost_or_broken(out, desk)
    check_one_key_an_alert(desk)
    events = stored(out)
    assert events
    assert all(event.closed for event in events.values())
    assert {key for key, _ in desk.alerts} == {f"{event}:{phase}" for event in events for phase in ("opened", "closed")}
    for segment in out.glob("ring/road/*.mp4"):
        assert pictures_of(segment) > 0
