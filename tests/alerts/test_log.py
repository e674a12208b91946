"""The log: one line an alert."""

import json
from pathlib import Path

import pytest

from roadstead.alerts.log import Log
from roadstead.errors import DeliveryError


def test_lines_are_appended(tmp_path: Path) -> None:
    log = Log(path=tmp_path / "alerts.jsonl")
    log.send("a", {"event": {"zh": "停留\n"}})
    log.send("b", {"event": {}})
    lines = (tmp_path / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [{"event": {"zh": "停留\n"}, "key": "a"}, {"event": {}, "key": "b"}]
    assert "停留" in lines[0]


def test_a_torn_line_stays_alone(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text('{"key":"a"}\n{"key":"torn')
    Log(path=path).send("b", {})
    assert path.read_text().splitlines() == ['{"key":"a"}', '{"key":"torn', '{"key":"b"}']


def test_without_a_path_it_goes_to_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    Log().send("a", {})
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", '{"key":"a"}\n')


@pytest.mark.parametrize("path", ["nowhere/alerts.jsonl", "."])
def test_what_cannot_be_written_is_tried_again(tmp_path: Path, path: str) -> None:
    with pytest.raises(DeliveryError, match="the alert cannot be written") as raised:
        Log(path=tmp_path / path).send("a", {})
    assert not raised.value.permanent


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk() -> None:
    with pytest.raises(DeliveryError, match="No space left"):
        Log(path=Path("/dev/full")).send("a", {})
