"""Settings are refused in one sentence that names the file and the field."""

from pathlib import Path
from typing import Any

import pytest

from _road import settings
from roadstead import config
from roadstead.errors import BadInput, BadSettings

GOOD = """
name = "test"
[cameras.gate]
size = [640, 360]
source = { kind = "video", path = "clip.mp4" }
zones.bay = [[10, 10], [200, 10], [200, 200], [10, 200]]
lines.stop = [[10, 10], [200, 10]]
[[rules]]
name = "no-parking"
kind = "stopped"
zone = "bay"
seconds = 10
classes = ["truck"]
schedule = { days = ["mon", "fri"], from = "07:30", to = "19:00" }
legal = { reference = "clause 1", version = "2021" }
[[alerts]]
name = "journal"
kind = "log"
"""


def load(tmp_path: Path, text: str) -> config.Plan:
    path = tmp_path / "watch.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def test_a_good_file(tmp_path: Path) -> None:
    plan = load(tmp_path, GOOD)
    (camera,) = plan.cameras
    (rule,) = camera.rules
    source: Any = camera.source
    assert source.path == tmp_path / "clip.mp4"
    assert source.fps == plan.watch.analysis.fps
    assert (rule.name, rule.kind, rule.classes) == ("no-parking", "stopped", frozenset({"truck"}))
    assert rule.legal is not None
    assert rule.legal.version == "2021"
    assert (rule.schedules[0].start_min, rule.schedules[0].end_min, rule.schedules[0].days) == (
        450,
        1140,
        frozenset({0, 4}),
    )
    assert plan.sha256 == load(tmp_path, GOOD).sha256
    assert plan.sha256 != load(tmp_path, GOOD.replace("seconds = 10", "seconds = 11")).sha256


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "test"', 'nmae = "test"', r"watch.toml.nmae: unknown setting; did you mean name\?"),
        ("seconds = 10", "secnds = 10", r"rules\[0\].secnds: unknown setting; did you mean seconds\?"),
        ("seconds = 10", "seconds = -1", r"rules\[0\].seconds: .*greater than 0"),
        ("seconds = 10", 'seconds = "soon"', r"rules\[0\].seconds: .*number.* not 'soon'"),
        ('kind = "stopped"', 'kind = "stoped"', r"rules\[0\].kind: no behaviour is called 'stoped'; did you mean stopped"),
        ('zone = "bay"', 'zone = "bya"', r"rules\[0\] \(no-parking\).zone: cameras.gate has no zone 'bya'; there are: bay"),
        ("[200, 10], [200, 200]", "[200, 10], [900, 200]", r"zones.bay: the point \(900, 200\) lies outside the picture of 640 x 360"),
        ("[200, 10], [200, 200], [10, 200]]", "[200, 200], [200, 10], [10, 200]]", r"zones.bay: .*cross"),
        ("zones.bay = [[10, 10], [200, 10], [200, 200], [10, 200]]", "zones.bay = [[10, 10], [200, 10]]", r"zones.bay: "),
        ("lines.stop = [[10, 10], [200, 10]]", "lines.stop = [[10, 10], [10, 10]]", r"lines.stop: a line needs two different points"),
        ("size = [640, 360]", "", r"cameras.gate.size: is missing"),
        ('kind = "video", path = "clip.mp4"', 'path = "clip.mp4"', r"source: needs kind = .* one of .*video"),
        ('kind = "video", path = "clip.mp4"', 'kind = "video"', r"source.path: is missing"),
        ('from = "07:30"', 'from = "7.30"', r"rules\[0\].schedule"),
        ('days = ["mon", "fri"]', 'days = ["monday"]', r"rules\[0\].schedule"),
        ('name = "journal"', 'name = "journal"\nrules = ["none"]', r"alerts\[0\].rules: there is no rule 'none'; there are: no-parking, no_signal, stale_calibration"),
        ('name = "test"', 'name = "test"\ntimezone = "Asia/Peking"', r"timezone: there is no time zone 'Asia/Peking'"),
        ('classes = ["truck"]', 'cameras = ["gait"]', r"rules\[0\].cameras: there is no camera 'gait'; there are: gate"),
        ('name = "test"', 'name = "test', r"not valid TOML"),
        ('kind = "stopped"\nzone = "bay"\nseconds = 10', 'kind = "speeding"\nlimit_kmh = 50', r"\(no-parking\): measures in metres, but cameras.gate has no calibration"),
        ("[[rules]]", "[cameras.gate.calibration]\nimage_px=[[0,0],[9,0],[9,9],[0,9]]\nground_m=[[0,0],[1,0],[1,1]]\n[[rules]]", r"calibration"),
        ("[[rules]]", "[cameras.gate.calibration]\nimage_px=[[0,0],[1,0],[2,0],[3,0]]\nground_m=[[0,0],[1,0],[2,0],[3,0]]\n[[rules]]", r"calibration: "),
    ],
)  # fmt: skip
def test_bad_settings(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(BadSettings, match=sentence) as refused:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert "watch.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_two_rules_of_one_name(tmp_path: Path) -> None:
    second = GOOD[GOOD.index("[[rules]]") : GOOD.index("[[alerts]]")]
    with pytest.raises(BadSettings, match="two are called 'no-parking'"):
        load(tmp_path, GOOD + second)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"none\.toml: there is no such settings file"):
        config.load(tmp_path / "none.toml")
    with pytest.raises(BadInput, match=r"none\.mp4: there is no such file"):
        config.is_settings(tmp_path / "none.mp4")


LOOK = '[second_look]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nname = "little"\n'


def test_a_second_look_is_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert (
        config.load(settings(tmp_path / "road.toml", 'kind = "rtsp", url = "rtsp://10.0.0.7/live"')).second_look is None
    )
    asked = config.load(
        settings(tmp_path / "road.toml", 'kind = "rtsp", url = "rtsp://10.0.0.7/live"', LOOK)
    ).second_look
    assert asked is not None
    assert (asked.kind, asked.rules, asked.language) == ("openai", None, "en")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('rules = ["nothing"]', r"second_look.rules: there is no rule 'nothing'; there are: .*no-parking"),
        ("tris = 3", r"second_look.tris: unknown setting; did you mean tries\?"),
        ("timeout_s = 0", r"second_look.timeout_s: .*greater than 0"),
        ('language = "de"', r"second_look.language: "),
    ],
)
def test_a_second_look_that_cannot_work_is_refused(more: str, told: str, tmp_path: Path) -> None:
    file = settings(tmp_path / "road.toml", 'kind = "rtsp", url = "rtsp://10.0.0.7/live"', LOOK + more)
    with pytest.raises(BadSettings, match=told):
        config.load(file)
