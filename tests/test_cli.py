"""Bad input is refused in one sentence with exit code 2, and leaves nothing behind."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from _road import film, settings
from roadstead.registry import FOLDERS


def roadstead(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "roadstead", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def text_as_video(folder: Path) -> Path:
    path = folder / "notes.mp4"
    path.write_text("this is no video\n" * 50)
    return path


def empty(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def header_only(folder: Path) -> Path:
    whole = film(folder / "whole.mp4", 2.0).read_bytes()
    path = folder / "cut.mp4"
    path.write_bytes(whole[:200])
    return path


def toml(source: str, more: str = "") -> Callable[[Path], Path]:
    return lambda folder: settings(folder / "road.toml", source, more)


def no_bundle(folder: Path) -> Path:
    film(folder / "road.mp4", 2.0)
    return settings(folder / "road.toml", VIDEO, '[detector]\nkind = "bundle"\npath = "nowhere"')


VIDEO = 'kind = "video", path = "road.mp4"'


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda folder: folder / "none.mp4", "none.mp4: there is no such file", id="missing"),
        pytest.param(lambda folder: folder / "none.toml", "none.toml: there is no such", id="missing settings"),
        pytest.param(text_as_video, "notes.mp4", id="no video"),
        pytest.param(empty, "empty.mp4: is empty", id="empty"),
        pytest.param(header_only, "cut.mp4", id="header only"),
        pytest.param(lambda folder: folder, "is", id="folder"),
        pytest.param(toml(VIDEO), "road.mp4: there is no such file", id="settings name a missing video"),
        pytest.param(toml(VIDEO + ", fsp = 3"), "source.fsp: unknown setting; did you mean fps?", id="unknown setting"),
        pytest.param(
            toml(VIDEO, '[[rules]]\nname = "x"\nkind = "zone_entry"\nzone = "bya"'),
            "no zone 'bya'; there are: bay",
            id="unknown zone",
        ),
        pytest.param(no_bundle, "nowhere", id="bundle that is not there"),
        pytest.param(toml('kind = "replay", path = "log.jsonl"'), "log.jsonl", id="log that is not there"),
        pytest.param(toml('kind = "rtsp", url = "ftp://x"'), "rtsp://", id="no RTSP address"),
    ],
)
def test_bad_input(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    path = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = roadstead("watch", path, "--out", tmp_path / "out", "--fast")
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.startswith("roadstead: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_truncated_video_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    """A fragmented file that was cut off in the middle is read to where it ends."""
    with av.open(str(film(tmp_path / "a.mp4", 10.0))) as whole_file, av.open(str(tmp_path / "f.mkv"), "w") as copy:
        stream = copy.add_stream_from_template(whole_file.streams.video[0])
        for packet in whole_file.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    whole = (tmp_path / "f.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    done = roadstead("watch", tmp_path / "cut.mkv", "--out", tmp_path / "out", "--fast", "--json")
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)["cameras"][0]["counts"]
    assert 10 < counts["pictures"] < 45
    assert counts.get("source_truncated") or counts.get("source_corrupt") or counts.get("source_packets_missing")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["events", "/nowhere"], "is no run folder"),
        (["alerts", "/nowhere"], "is no run folder"),
        (["plugins", "behavior"], "did you mean behaviours?"),
        (["replay", "/nowhere.jsonl", "/nowhere.toml"], "/nowhere.toml: there is no such settings file"),
        (["watch"], "Missing argument"),
    ],
)
def test_other_refusals(arguments: list[str], says: str) -> None:
    done = roadstead(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_plugins_are_listed_with_their_schemas() -> None:
    listed = json.loads(roadstead("plugins", "--json", "--schema").stdout)
    assert sorted(listed) == sorted(FOLDERS)
    stopped = listed["behaviours"]["stopped"]
    assert stopped["title"] == "违停"
    assert stopped["schema"]["properties"]["seconds"]["exclusiveMinimum"] == 0
    text = roadstead("plugins", "behaviours").stdout
    assert "未停车观察右转" in text


def test_an_unwritable_run_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = roadstead("watch", film(tmp_path / "road.mp4", 2.0), "--out", tmp_path / "taken", "--fast")
    assert done.returncode == 2
    assert "cannot be the run folder" in done.stderr
