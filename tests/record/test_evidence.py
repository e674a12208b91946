"""An event's folder is whole, says where all came from, and stays the same when it is written again."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from _numbered import make_video
from roadstead.errors import RecordingError
from roadstead.record import evidence, files
from roadstead.record.clip import cut
from roadstead.record.evidence import Provenance, RuleRecord
from roadstead.record.footage import Video
from roadstead.types import (
    Event,
    Frame,
    Homography,
    Legal,
    Line,
    Scene,
    Schedule,
    Text,
    Track,
    View,
    Vote,
    Zone,
    readonly,
)

T0 = 1_767_323_045.0


def track(name: str, n: int = 100) -> Track:
    t = T0 - 20 + np.arange(n) / 5
    boxes = np.column_stack((np.arange(n), np.full(n, 20), np.arange(n) + 30, np.full(n, 50)))
    xy = np.column_stack((np.arange(n, dtype=float), np.full(n, math.nan)))
    votes = {"load_cover": Vote("uncovered", 0.9, 5)}
    return Track(name, "gate", "truck", t[0], t, boxes, np.full(n, 0.9), xy, votes)


SCENE = Scene(
    "gate",
    (320, 240),
    zones={"yard": Zone("yard", readonly([(10, 10), (90, 10), (90, 90)]))},
    lines={"stop": Line("stop", (0, 100), (200, 100))},
    homography=Homography(readonly(np.eye(3)), 0.12),
)
VIEW = View(T0, (track("a"), track("b")), SCENE)
EVENT = Event(
    id="0123abcd",
    camera="gate",
    rule="stop-rule",
    kind="stopped",
    subject="a",
    start=T0 - 4,
    end=T0,
    outcome="violation",
    score=0.87,
    because=Text("Stood.", "停车。"),
    measured={"stood_s": 12.5, "limit_s": 10.0, "unknown_m": None, "odd": math.inf},
    legal=Legal("第五十六条", "2021"),
)
PROVENANCE = Provenance(
    software="0.1.0",
    settings_sha256="ab" * 32,
    source={"kind": "rtsp", "url": "rtsp://***@gate/1"},
    detector={"kind": "bundle", "bundle": "trucks", "sha256": "cd" * 32},
    rules={
        "stop-rule": RuleRecord(
            title=Text("Stopped", "违停"),
            settings={"seconds": 10.0, "zone": "yard"},
            classes=("truck",),
            schedules=(Schedule("Asia/Shanghai", frozenset({0, 1}), 0, 720),),
            gap_s=10.0,
        )
    },
    timezone="Asia/Shanghai",
)
FRAME = Frame("gate", T0 - 0.1, np.full((240, 320, 3), 90, np.uint8), T0 + 0.4)


def record_of(out: Path) -> dict[str, Any]:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    text = (out / "evidence" / EVENT.id / "evidence.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def state(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_record_tells_all_that_decided(tmp_path: Path) -> None:
    evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    found = record_of(tmp_path)
    assert found["schema"] == "roadstead.evidence/1"
    assert found["event"]["because"] == {"en": "Stood.", "zh": "停车。"}
    assert found["event"]["measured"] == {"stood_s": 12.5, "limit_s": 10.0, "unknown_m": None, "odd": None}
    assert found["rule"]["settings"] == {"seconds": 10.0, "zone": "yard"}
    assert found["rule"]["schedules"][0]["days"] == [0, 1]
    assert found["rule"]["legal"] == {"reference": "第五十六条", "version": "2021"}
    assert found["scene"]["homography"] == {"matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "residual_m": 0.12}
    assert found["scene"]["zones"]["yard"]["polygon"] == [[10, 10], [90, 10], [90, 90]]
    assert found["detector"]["sha256"] == "cd" * 32
    assert found["trigger"] == {
        "t": T0 - 0.1,
        "judged_t": T0,
        "t_received": T0 + 0.4,
        "picture_size": [320, 240],
        "impaired": [],
    }
    assert found["settings_sha256"] == "ab" * 32
    assert found["measures"][-1] == {"name": "limit_s", "label": "limit", "value": 10.0, "unit": "s", "limit": True}


def test_the_tracks_can_be_judged_again_from_it(tmp_path: Path) -> None:
    evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    found = record_of(tmp_path)
    assert found["subject"]["id"] == "a"
    assert found["subject"]["t"] == VIEW.tracks[0].t.tolist()
    assert found["subject"]["boxes"] == VIEW.tracks[0].boxes.tolist()
    assert found["subject"]["xy_m"][3] == [3.0, None]
    assert found["subject"]["attributes"] == {"load_cover": {"label": "uncovered", "score": 0.9, "views": 5}}
    (other,) = found["others"]
    assert other["id"] == "b"
    assert min(other["t"]) >= T0 - evidence.OTHERS_S
    assert len(other["boxes"]) == len(other["t"]) == len(other["xy_m"]) < 100


def test_every_file_is_there_with_its_hash(tmp_path: Path) -> None:
    written = evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    assert {m.kind for m in written} == {"trigger", "overlay", "clip", "record"}
    for m in written:
        if m.kind == "clip":
            assert m.missing
        else:
            assert m.sha256 == files.sha256(tmp_path / m.path)
    trigger = cv2.imread(str(tmp_path / "evidence" / EVENT.id / "trigger.jpg"))
    assert trigger is not None
    assert trigger.shape == (240, 320, 3)
    assert abs(float(np.mean(trigger)) - 90) < 2


def test_the_clip_completes_the_record(tmp_path: Path) -> None:
    evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    source = make_video(tmp_path / "a.mp4", n=100, gop=10)
    clip = cut([Video(source, T0 - 2)], T0 - 3, T0 + 1, evidence.clip_path(tmp_path, EVENT.id))
    closed = replace(EVENT, end=T0 + 9, closed=True)
    written = evidence.add_clip(tmp_path, closed, clip)
    (entry,) = [m for m in written if m.kind == "clip"]
    assert entry.sha256 == clip.sha256 == files.sha256(tmp_path / entry.path)
    found = record_of(tmp_path)
    assert found["event"]["closed"] is True
    assert found["event"]["end"] == T0 + 9
    assert found["files"]["clip"]["gaps"] == [[T0 - 3, T0 - 2]]
    assert found["files"]["clip"]["how"] == "copied"
    assert found["files"]["clip"]["asked"] == [T0 - 3, T0 + 1]


def test_why_there_is_no_clip_is_kept(tmp_path: Path) -> None:
    evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    evidence.add_clip(tmp_path, EVENT, "the recording had been overwritten")
    assert record_of(tmp_path)["files"]["clip"] == {"missing": "the recording had been overwritten"}


def test_without_a_picture_the_reason_is_kept(tmp_path: Path) -> None:
    written = evidence.write(tmp_path, EVENT, VIEW, None, PROVENANCE)
    (trigger,) = [m for m in written if m.kind == "trigger"]
    assert trigger.sha256 is None
    assert trigger.missing == evidence.REPLAYED
    assert not (tmp_path / "evidence" / EVENT.id / "trigger.jpg").exists()
    assert (tmp_path / "evidence" / EVENT.id / "overlay.jpg").exists()


def test_writing_again_changes_nothing_and_keeps_the_clip(tmp_path: Path) -> None:
    evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    source = make_video(tmp_path / "a.mp4", n=100, gop=10)
    clip = cut([Video(source, T0)], T0, T0 + 1, evidence.clip_path(tmp_path, EVENT.id))
    evidence.add_clip(tmp_path, replace(EVENT, end=T0 + 3, closed=True), clip)
    before = state(tmp_path / "evidence")
    again = evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    assert state(tmp_path / "evidence") == before
    assert [m.sha256 for m in again if m.kind == "clip"] == [clip.sha256]


@pytest.mark.parametrize(
    "other",
    [replace(PROVENANCE, settings_sha256="ff" * 32), replace(PROVENANCE, detector={"kind": "motion"})],
)
def test_another_finding_takes_the_place_of_the_old_one(tmp_path: Path, other: Provenance) -> None:
    evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    evidence.add_clip(tmp_path, EVENT, "no")
    evidence.write(tmp_path, EVENT, VIEW, FRAME, other)
    found = record_of(tmp_path)
    assert found["settings_sha256"] == other.settings_sha256
    assert found["detector"] == dict(other.detector)
    assert found["files"]["clip"] == {"missing": "not cut yet"}
    assert [p.name for p in (tmp_path / "evidence").iterdir()] == [EVENT.id]


@pytest.mark.parametrize("leftover", [b"", b"{", b"[]", b'{"schema": "other/9"}'])
def test_a_record_that_cannot_be_read_is_replaced(tmp_path: Path, leftover: bytes) -> None:
    evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    whole = state(tmp_path)
    (tmp_path / "evidence" / EVENT.id / "evidence.json").write_bytes(leftover)
    with pytest.raises(RecordingError, match="holds no evidence record"):
        evidence.media(tmp_path, EVENT.id)
    evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    assert state(tmp_path) == whole


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / "evidence" / f".{EVENT.id}.99999.new"
    left.mkdir(parents=True)
    (left / "trigger.jpg").write_bytes(b"half")
    evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)
    assert [p.name for p in (tmp_path / "evidence").iterdir()] == [EVENT.id]


def test_an_event_of_the_watch_itself_needs_no_rule(tmp_path: Path) -> None:
    lost = replace(EVENT, rule="no_signal", kind="no_signal", subject="gate", legal=None)
    evidence.write(
        tmp_path, lost, View(T0, (), Scene("gate")), None, PROVENANCE, no_picture="the camera gives no picture"
    )
    found = record_of(tmp_path)
    assert found["subject"] is None
    assert found["files"]["trigger"] == {"missing": "the camera gives no picture"}


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "x" * 200, "a\nb"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError, match="cannot be the name"):
        evidence.write(tmp_path, replace(EVENT, id=name), VIEW, FRAME, PROVENANCE)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("in the way")
    with pytest.raises(RecordingError, match="the evidence cannot be written"):
        evidence.write(tmp_path, EVENT, VIEW, FRAME, PROVENANCE)


def test_a_record_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="write the event's evidence again"):
        evidence.add_clip(tmp_path, EVENT, "no")
    with pytest.raises(RecordingError):
        evidence.read(tmp_path, EVENT.id)
