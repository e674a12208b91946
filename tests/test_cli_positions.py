"""`roadstead positions …` as a user runs it: what it says of good input, and one sentence for what it cannot use."""

import io
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from _fleets import drive
from _jt808 import old, place
from _media import free_port
from _tables import write_table
from roadstead import cli
from roadstead.positions import Position, Raw
from roadstead.protocols.ais.encode import messages_of, sentences
from roadstead.protocols.nmea import tagged
from roadstead.rawlog import RawLog

PLACE = old(0x0200, place(extras=[(1, "00000064")]))
SETTINGS = """
name = "test"
timezone = "Asia/Shanghai"

[feeds.trucks]
label = "truck"
source = { kind = "jt808" }

[feeds.ships]
label = "vessel"
source = { kind = "nmea", url = "udp://127.0.0.1:9" }

[[anomalies]]
kind = "zero_island"
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def positions(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Return what runs `roadstead positions` with some arguments, below an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["roadstead", "positions", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0 if code is None else 1, said.out, said.err)

    return run


def trucks() -> list[Position]:
    """Two trucks, one of which reports 0, 0 once."""
    some = drive("13800000001") + drive("13800000002", ((0, 0, 3000), (600, 6000, 3000)), seed=1)
    some[70] = replace(some[70], lat=0.0, lon=0.0)
    return some


def frames(some: list[Position]) -> Iterator[Raw]:
    for p in some:
        assert p.t is not None
        assert p.lat is not None
        assert p.lon is not None
        stamp = _beijing(p.t)
        body = place(round(p.lat * 1e6), round(p.lon * 1e6), speed=360, time=stamp)
        yield Raw(p.t + 1, "tcp:10.0.0.1:5000", old(0x0200, body, phone=p.mover.zfill(12)))


def _beijing(t: float) -> str:
    return f"{datetime.fromtimestamp(t, UTC) + timedelta(hours=8):%y%m%d%H%M%S}"


def as_table(folder: Path) -> Path:
    write_table(folder / "trucks.csv", trucks())
    return folder / "trucks.csv"


def as_hex(folder: Path) -> Path:
    path = folder / "frames.txt"
    path.write_text("".join(f"{raw.t_received:.1f} {raw.peer} {raw.data.hex()}\n" for raw in frames(trucks())))
    return path


def as_capture(folder: Path) -> Path:
    path = folder / "capture.bin"
    path.write_bytes(b"".join(raw.data for raw in frames(trucks())))
    return path


def as_rawlog(folder: Path) -> Path:
    with RawLog.open(folder / "raw") as log:
        log.append(list(frames(trucks())))
    return folder / "raw"


def as_lines(folder: Path) -> Path:
    path = folder / "ships.nmea"
    ship = [replace(p, mover="412000001", extra={"message": 1}) for p in trucks()[:61]]
    ship[9] = replace(ship[9], lat=0.0, lon=0.0)
    lines = [tagged(line, t=p.t) for p in ship for message in messages_of(p) for line in sentences(message)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


WRITTEN = {"table": as_table, "jt808_file": as_hex, "capture": as_capture, "rawlog": as_rawlog, "nmea": as_lines}


@pytest.mark.parametrize("how", WRITTEN)
def test_every_kind_of_file_is_told_by_itself(positions: Run, tmp_path: Path, how: str) -> None:
    said = positions("check", WRITTEN[how](tmp_path), "--out", "out", "--json").json()
    assert said["findings"]["zero_island"] == {"findings": 1, "movers": 1}
    assert said["movers"] == (1 if how == "nmea" else 2)
    assert said["reports"]["all"] == said["reports"]["position"] == (61 if how == "nmea" else 122)
    assert said["places"]["zero"] == 1
    for path in said["files"]:
        assert Path(path).stat().st_size
    flags = [json.loads(line) for line in Path(said["files"][0]).read_text(encoding="utf-8").splitlines()]
    assert [(f["subject"], f["start_epoch_s"]) for f in flags if f["rule"] == "zero_island"] == [
        ("412000001" if how == "nmea" else "13800000002", trucks()[9 if how == "nmea" else 70].t)
    ]


def test_a_check_says_what_was_read_and_what_to_open(positions: Run, tmp_path: Path) -> None:
    done = positions("check", as_table(tmp_path), "--out", "out")
    assert done.code == 0
    for words in ("2 movers, 2026-09-21", "122 position", "zero_island", "零坐标", "open next: out/map.html"):
        assert words in done.out
    assert done.err == ""


def test_settings_say_what_is_looked_for(positions: Run, tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(SETTINGS)
    said = positions("check", as_hex(tmp_path), "--config", "test.toml", "--feed", "trucks", "--json").json()
    assert said["feed"] == "trucks"
    assert list(said["findings"]) == ["zero_island"]
    assert said["from"].endswith("+0800")


def test_a_map_calls_a_rule_of_a_settings_file_what_it_is(positions: Run, tmp_path: Path) -> None:
    named = SETTINGS.replace('kind = "zero_island"', 'kind = "zero_island"\nname = "nowhere"')
    (tmp_path / "test.toml").write_text(named)
    done = positions("check", as_hex(tmp_path), "--config", "test.toml", "--feed", "trucks", "--out", "out", "--json")
    assert list(done.json()["findings"]) == ["nowhere"]
    assert "零坐标" in (tmp_path / "out" / "map.html").read_text(encoding="utf-8")


def test_several_files_are_one_fleet(positions: Run, tmp_path: Path) -> None:
    said = positions("check", as_hex(tmp_path), as_lines(tmp_path), "--json").json()
    assert said["movers"] == 3
    assert said["findings"]["zero_island"] == {"findings": 2, "movers": 2}


def folder_in_the_way(folder: Path) -> Path:
    (folder / "taken").write_text("a file")
    return folder / "taken"


def test_what_cannot_be_read_is_counted(positions: Run, tmp_path: Path) -> None:
    path = tmp_path / "frames.txt"
    good = PLACE.hex()
    path.write_text("\n".join([good, good[:-6] + "ff7e", good[:40] + "7e", "no hex", "", "# a note"]))
    read = positions("check", path, "--json").json()["read"]
    expected = {"messages": 3, "read_location": 1, "bad_checksum": 2}
    expected |= {"source_files": 1, "source_lines": 5, "source_lines_bad": 1, "source_lines_comment": 1}
    assert read == expected


def write(name: str, content: bytes) -> Callable[[Path], list[object]]:
    def made(folder: Path) -> list[object]:
        (folder / name).write_bytes(content)
        return [folder / name]

    return made


def configured(*more: object) -> Callable[[Path], list[object]]:
    def made(folder: Path) -> list[object]:
        (folder / "test.toml").write_text(SETTINGS)
        return [as_hex(folder), "--config", folder / "test.toml", *more]

    return made


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(lambda _: ["nowhere.csv"], "nowhere.csv: there is no such file", id="missing"),
        pytest.param(write("empty.csv", b""), "empty.csv: is empty", id="empty table"),
        pytest.param(write("empty", b""), "empty: its format is not told", id="empty"),
        pytest.param(write("notes", b"hello\n"), "give --format nmea | table | jt808_file | rawlog", id="text"),
        pytest.param(write("a.csv", b"a,b\n1,2\n"), "a.csv: no column is known to be lat", id="no places"),
        pytest.param(write("a.gpx", b"<gpx"), "a.gpx: ", id="broken GPX"),
        pytest.param(write("a.csv.gz", b"\x1f\x8b\x08broken"), "a.csv.gz: ", id="broken gzip"),
        pytest.param(write("a.parquet", b"PAR1"), "a.parquet: ", id="broken Parquet"),
        pytest.param(
            lambda f: [as_hex(f), "--format", "hex"], "--format: 'hex' is none; give nmea | table", id="format"
        ),
        pytest.param(lambda f: [as_hex(f), "--format", "video"], "--format: 'video' is none", id="no feed's format"),
        pytest.param(lambda f: [as_hex(f), "--format", "rawlog"], "frames.txt: is no raw log", id="no raw log"),
        pytest.param(lambda f: [f], "is a folder without a raw log in it", id="folder"),
        pytest.param(lambda f: [as_rawlog(f), "--format", "nmea"], "raw: is a folder; name the files", id="raw log"),
        pytest.param(lambda f: [as_table(f), "--datum", "mars"], "--datum: 'mars' is none; give wgs84", id="datum"),
        pytest.param(configured("--feed", "trucks", "--datum", "x"), "--datum: 'x' is none", id="datum, settings"),
        pytest.param(lambda f: [as_table(f), "--timezone", "Mars/A"], "timezone: there is no 'Mars/A'", id="zone"),
        pytest.param(lambda f: [as_hex(f), "--timezone", "Mars/A"], "timezone: there is no 'Mars/A'", id="zone, hex"),
        pytest.param(lambda f: [as_table(f), "--config", "no.toml"], "no.toml: there is no such", id="no settings"),
        pytest.param(configured(), "has 2 feeds (trucks, ships); name one with --feed", id="which feed"),
        pytest.param(configured("--feed", "cars"), "there is no feed 'cars'; there are: trucks, ships", id="feed"),
        pytest.param(lambda f: [as_table(f), "--feed", "cars"], "--feed: needs --config", id="feed without settings"),
        pytest.param(lambda f: [as_table(f), "--out", folder_in_the_way(f)], "taken: cannot be the folder", id="out"),
        pytest.param(lambda _: [], "Missing argument", id="nothing"),
    ],
)
def test_what_cannot_be_checked_is_refused(
    positions: Run, tmp_path: Path, arguments: Callable[[Path], list[object]], says: str
) -> None:
    done = positions("check", *arguments(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    if says != "Missing argument":
        assert len(done.err.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


# Explain


def test_a_good_frame_is_explained(positions: Run) -> None:
    done = positions("explain", PLACE.hex(" "))
    assert done.code == 0
    for words in ("31.000000", "121.000000", "013800138000", "2023-11-24 06:12:36"):
        assert words in done.out.replace("2023-11-24T", "2023-11-24 ")
    assert "!" not in done.out


def test_a_frame_comes_from_stdin(positions: Run) -> None:
    assert positions("explain", "-", stdin=PLACE.hex() + "\n").out == positions("explain", PLACE.hex()).out


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (PLACE.hex()[:-6] + "ff7e", "checksum"),
        (PLACE.hex()[:40] + "7e", "length"),
        ("7e7e", "nothing between the flags"),
        ("zz", "hexadecimal"),
        ("7", "hexadecimal"),
        ("", "there are no bytes"),
        ("7e7d037e", "escape"),
        ("7d", ""),
    ],
)
def test_what_is_wrong_with_a_frame_is_said(positions: Run, frame: str, says: str) -> None:
    done = positions("explain", "-", stdin=frame)
    assert done.code == 0
    assert "!" in done.out
    assert says in done.out
    assert positions("explain", "-", "--json", stdin=frame).json()


# Simulate


def test_what_is_simulated_can_be_checked(positions: Run) -> None:
    how = ("--trucks", 10, "--vessels", 0, "--hours", 1, "--faults", "zero_island,jump")
    made = positions("simulate", *how, "--out", "sim", "--json").json()
    assert (made["movers"], set(made["cases"])) == (10, {"zero_island", "jump"})
    labels = [json.loads(line) for line in Path("sim/labels.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {label["fault"] for label in labels} == {"zero_island", "jump"}
    found = positions("check", "sim/trucks.csv", "--json").json()["findings"]
    assert found["zero_island"]["findings"] >= made["cases"]["zero_island"] > 0


def test_the_wire_is_what_terminals_send(positions: Run) -> None:
    made = positions(
        "simulate",
        "--trucks",
        2,
        "--vessels",
        2,
        "--hours",
        0.2,
        "--faults",
        "none",
        "--format",
        "wire",
        "--out",
        "w",
        "--json",
    ).json()
    files = [Path(path) for path in made["files"] if not path.endswith("labels.jsonl")]
    said = positions("check", *files, "--json").json()
    assert said["movers"] == 4
    assert not [name for name in said["read"] if name.startswith("bad_")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--faults", "jmp"], "no fault is called 'jmp'; there are: zero_island, jump"),
        (["--to", "nowhere"], "'nowhere' is no address; give host:port"),
        (["--to", "127.0.0.1:0"], "is no address"),
        (["--trucks", "1", "--vessels", "0", "--hours", "0.1", "--out", "taken"], "taken: cannot be the folder"),
        (["--hours", "0"], "--hours"),
        (["--format", "pdf"], "--format"),
        (["--trucks", "-1"], "--trucks"),
    ],
)
def test_what_cannot_be_simulated_is_refused(positions: Run, tmp_path: Path, arguments: list[str], says: str) -> None:
    folder_in_the_way(tmp_path)
    done = positions("simulate", *arguments)
    assert done.code == 2
    assert says in done.err


def test_a_gateway_that_is_not_there_is_said(positions: Run) -> None:
    port = free_port()
    done = positions("simulate", "--to", f"127.0.0.1:{port}", "--trucks", 2, "--seconds", 1)
    assert done.code == 1
    assert f"127.0.0.1:{port}: nobody listens there" in done.err


# Gateway


@contextmanager
def taken() -> Iterator[int]:
    with socket.create_server(("0.0.0.0", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_refused(positions: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roadstead.sources.jt808.PATIENCE_S", 0.5)
    with taken() as port:
        done = positions("gateway", "--port", port, "--out", "out")
    assert done.code == 2
    assert done.err.strip() == (
        f"roadstead: port {port} cannot be listened on (Address already in use); free it, or choose another with --port"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--port", "99999"], "--port"),
        (["--port", "gate"], "--port"),
        (["--port", "0", "--out", "taken"], "taken: cannot be the run folder"),
    ],
)
def test_a_gateway_that_cannot_be_is_refused(positions: Run, tmp_path: Path, arguments: list[str], says: str) -> None:
    folder_in_the_way(tmp_path)
    done = positions("gateway", *arguments)
    assert done.code == 2
    assert says in done.err


def test_a_gateway_without_its_list_ends(positions: Run, tmp_path: Path) -> None:
    done = positions("gateway", "--port", 0, "--terminals", "nowhere.csv", "--json")
    assert done.code == 1
    (problem,) = json.loads(done.out)["problems"]
    assert problem == f"{tmp_path / 'nowhere.csv'}: the list of terminals cannot be read: No such file or directory"


def test_no_traceback_is_shown(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "roadstead", "positions", "check", str(tmp_path / "none.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"roadstead: {tmp_path / 'none.csv'}: there is no such file\n"
