"""`roadstead simulate …` as a user runs it: a folder that can be watched and scored, and one sentence for bad input."""

import json
from pathlib import Path

import pytest

from roadstead import cli


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["roadstead", *words])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.slow
def test_a_scene_without_pictures_is_watched_and_scored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "scene"
    words = ("simulate", "junction", "--seed", "5", "--minutes", "0.5", "--no-video", "--out", str(out), "--json")
    assert run(monkeypatch, *words) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["rows"]["frame"] == 300
    assert run(monkeypatch, "watch", str(out / "replay.toml"), "--out", str(out / "run"), "--fast", "--json") == 0
    capsys.readouterr()
    assert run(monkeypatch, "score", str(out / "run"), str(out), "--json") == 0
    scored = json.loads(capsys.readouterr().out)
    assert scored["total"]["recall"]["value"] in (None, 1.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--size", "961x540"), "--size: '961x540' is no picture size"),
        (("--acts", "flying"), "no act of the scene junction is called 'flying'"),
        (("--camera-faults", "black@9-3"), "--camera-faults: 'black@9-3' cannot be read"),
        (("--camera-faults", "sleepy@1-3"), "no camera fault is called 'sleepy'"),
        (("--report-faults", "sleepy"), "no fault of reports of the catalogue is called 'sleepy'"),
    ],
)
def test_bad_input_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: tuple[str, ...],
    said: str,
) -> None:
    out = tmp_path / "scene"
    code = run(monkeypatch, "simulate", "junction", "--minutes", "0.02", "--no-video", "--out", str(out), *words)
    err = capsys.readouterr().err
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert not out.exists()


@pytest.mark.slow
def test_a_data_set_from_a_recipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    recipe = tmp_path / "letters.toml"
    recipe.write_text('task = "text"\nname = "letters"\nsamples = 4\nscenes = ["quay"]\nrender = false\n')
    assert run(monkeypatch, "simulate", "dataset", str(recipe), "--out", str(tmp_path / "set"), "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert sum(made["samples"].values()) == 4
    lines = (tmp_path / "set" / "labels.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5
    recipe.write_text('task = "text"\nname = "letters"\nsamples = 4\ncolour = "red"\n')
    assert run(monkeypatch, "simulate", "dataset", str(recipe), "--out", str(tmp_path / "other")) == 2
    assert "colour" in capsys.readouterr().err


@pytest.mark.parametrize("scene", ["junction", "river-bend"])
def test_an_act_that_finds_no_room_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, scene: str
) -> None:
    words = ("simulate", scene, "--minutes", "0.02", "--no-video", "--acts", "u_turn", "--out", str(tmp_path))
    assert run(monkeypatch, *words) == 0
    assert "no room for: u_turn" in capsys.readouterr().out
