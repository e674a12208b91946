"""A watch of a road whose truth is known, scored by the command line: every act is found, of whom it is, in time."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from _road import FPS, SIZE, film, settings
from roadstead.dataset import truth
from roadstead.dataset.truth import EventRow, FrameRow, InnocentRow, Row, SceneRow, Sight

SECONDS = 40.0


def road() -> Iterator[Row]:
    """Yield what is true of the road: each block stands from 4 s to 11 s and crosses the gate's line at 11.6 s."""
    yield SceneRow(camera="road", scene="road", seed=0, begin=0.0, seconds=SECONDS, fps=FPS, size=SIZE)
    for k in range(2):
        t, who = 20.0 * k, f"block-{k}"
        yield EventRow(view="road", rule="no-parking", kind="stopped", subject=who, start=t + 4, end=t + 11, due=t + 8)
        crossed = t + 11.625
        yield EventRow(
            view="road", rule="gate", kind="line_crossing", subject=who, start=crossed, end=crossed, due=crossed
        )
        yield InnocentRow(view="road", kind="wrong_way", subject=who, start=t, end=t + 15)
    for k in range(round(SECONDS * FPS)):
        yield FrameRow(camera="road", t=k / FPS, seen=tuple(_seen(k / FPS)))


def _seen(t: float) -> Iterator[Sight]:
    at = t % 20.0
    x = round(min(at, 4.0) * 40 + max(0.0, at - 11.0) * 40) - 50
    box = (max(0.0, x), 120.0, min(SIZE[0], x + 50.0), 160.0)
    if box[2] > box[0]:
        yield Sight(id=f"block-{int(t // 20)}", box=box, whole=box, visible=1.0, xy_m=(0, 0), speed_mps=0, course_deg=0)


def said(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "roadstead", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Watch the road once; return the folder of settings, run and truth."""
    made = tmp_path_factory.mktemp("score")
    film(made / "road.mp4", SECONDS)
    said("watch", settings(made / "road.toml", 'kind = "video", path = "road.mp4"'), "--out", made / "run", "--fast")
    truth.write(road(), made / "truth.jsonl")
    return made


@pytest.fixture(scope="module")
def scored(folder: Path) -> dict[str, Any]:
    """Score the run."""
    return said("score", folder / "run", folder)


def test_a_run_is_scored(scored: dict[str, Any]) -> None:
    assert [(r["rule"], r["true"], r["matched"], r["false"]) for r in scored["rules"]] == [
        ("gate", 2, 2, 0),
        ("no-parking", 2, 2, 0),
    ]
    assert (scored["total"]["duplicates"], scored["mistakes"], scored["notes"]) == (0, [], [])
    assert scored["total"]["delay_s"]["of"] == 4
    assert -0.5 <= scored["total"]["delay_s"]["max"] <= 1.0


def test_a_replay_tells_at_the_same_times(folder: Path, scored: dict[str, Any]) -> None:
    log = folder / "run" / "observations.jsonl"
    events = said("replay", log, folder / "road.toml")
    (folder / "events.json").write_text(json.dumps(events), encoding="utf-8")
    assert said("score", folder / "events.json", folder, "--log", log) == scored
