"""`roadstead score`: from a run folder, or what it printed, to a table."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from _verdicts import SCENE, act, found
from roadstead.clerk import DATABASE
from roadstead.dataset import truth
from roadstead.dataset.truth import FrameRow, Row, Sight
from roadstead.errors import BadInput
from roadstead.observations import to_line
from roadstead.scoring import LOG, score
from roadstead.store.store import Store
from roadstead.types import Change, Detections

BOX = (100.0, 100.0, 200.0, 200.0)
SIGHT = Sight(id="truck-1", box=BOX, whole=BOX, visible=1.0, xy_m=(0.0, 0.0), speed_mps=0.0, course_deg=0.0)
TRUTH: list[Row] = [SCENE, act(10, 20, due=14), *(FrameRow(camera="gate", t=k / 10, seen=(SIGHT,)) for k in range(300))]
EVENTS = [found(11, 20, told=14.5), found(11, 20, "gate-2", id="two", told=14.5)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with two events, of which the log knows that the first is the truck's."""
    folder = tmp_path / "run"
    folder.mkdir()
    with Store.open(folder / DATABASE) as store:
        store.record([Change("opened", event) for event in EVENTS], at=1.0)
    seen = Detections("gate", 15.0, (640, 360), np.array([BOX]), np.ones(1), ("truck",))
    (folder / LOG).write_text(to_line(seen, ["gate-1"]) + "\n")
    truth.write(TRUTH, tmp_path / "truth.jsonl")
    return folder


def said(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "roadstead", "score", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def test_a_run_folder(run: Path) -> None:
    judged = score(str(run), run.parent, slack_s=2.0)
    assert [(v.what, v.delay_s) for v in judged.verdicts] == [("matched", 0.5), ("false", None)]
    assert judged.subjects_unknown == ()


def test_a_file_of_events_with_and_without_a_log(run: Path, tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text(json.dumps([asdict(e) for e in EVENTS]))
    bare = score(str(tmp_path / "events.json"), tmp_path / "truth.jsonl", slack_s=2.0)
    assert [v.what for v in bare.verdicts] == ["matched", "duplicate"]
    assert bare.subjects_unknown == ("gate",)
    known = score(str(tmp_path / "events.json"), tmp_path, log=run / LOG, slack_s=2.0)
    assert [v.what for v in known.verdicts] == ["matched", "false"]


def test_the_command(run: Path) -> None:
    done = said(run, run.parent)
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("no-parking"))
    assert row.split()[1:8] == ["1", "1", "0", "1", "0", "0", "0"]
    assert row.rstrip().endswith("0.500 (0.013–0.987)  1.000 (0.025–1.000)  0.5 / 0.5 / 0.5")
    printed = json.loads(said(run, run.parent, "--json").stdout)
    assert printed["total"]["precision"]["value"] == 0.5
    assert [m["what"] for m in printed["mistakes"]] == ["false"]


def test_refusals(run: Path) -> None:
    with pytest.raises(BadInput, match="there is no such run folder"):
        score(str(run / "none"), run.parent, slack_s=2.0)
    with pytest.raises(BadInput, match=r"truth\.jsonl: cannot be read as truth"):
        score(str(run), run, slack_s=2.0)
    done = said(run, run)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
