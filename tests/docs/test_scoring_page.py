"""The program of the scoring page runs as it stands."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from _verdicts import SCENE, act, found
from roadstead.dataset import truth

PAGE = Path(__file__).parents[2] / "docs" / "scoring.md"


def test_several_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    scope: dict[str, Any] = {"__name__": "roadstead_page"}
    exec(compile(program[1], PAGE.name, "exec"), scope)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        truth.write([SCENE, act(10, 20, due=12)], tmp_path / name / "truth.jsonl")
        events = [found(10, 20, told=12.5)] if name == "a" else []
        (tmp_path / name / "events.json").write_text(json.dumps([asdict(e) for e in events]))
        (tmp_path / name / "observations.jsonl").write_text("")
    scope["score"]([tmp_path / "a", tmp_path / "b"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["no-parking 1.0 0.5 0.5", "total 1.0 0.5 0.5"]
    assert lines[2].startswith("missed no-parking Act(view='gate'")
    assert len(lines) == 3
