"""What decides an event stands in its evidence: the settings in force, also those nobody set, and the model."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from _road import settings
from roadstead import config, runner
from roadstead.clerk import provenance
from roadstead.detect.motion import Motion
from roadstead.observations import to_line
from roadstead.screen import watching
from roadstead.types import Detections


@dataclass
class Trained:
    """A detector that runs a model."""

    score: float = 0.3
    shared: ClassVar[bool] = True
    model: ClassVar[dict[str, str]] = {"bundle": "toy", "version": "1", "sha256": "ab" * 32}

    detect = Motion.detect


def plan(tmp_path: Path) -> config.Plan:
    return config.load(settings(tmp_path / "road.toml", 'kind = "rtsp", url = "rtsp://me:secret@10.0.0.7/live"'))


def test_the_model_and_every_setting_of_the_detector_are_kept(tmp_path: Path) -> None:
    watch = plan(tmp_path)
    kept = provenance(watch, watch.cameras[0], Trained())
    assert kept.detector == {"kind": "motion", "score": 0.3, "bundle": "toy", "version": "1", "sha256": "ab" * 32}
    learned = provenance(watch, watch.cameras[0], Motion()).detector
    assert learned["kind"] == "motion"
    assert learned["hold_s"] == 120.0
    assert "sha256" not in learned


def test_rules_are_kept_whole_and_passwords_are_not(tmp_path: Path) -> None:
    watch = plan(tmp_path)
    kept = provenance(watch, watch.cameras[0], Motion())
    assert kept.rules["no-parking"].settings["seconds"] == 4
    assert kept.rules["no-parking"].settings["max_hidden_s"] == 10.0
    assert kept.rules["no-parking"].title.zh == "违停"
    assert "secret" not in str(kept)


def test_who_crosses_a_line_before_it_is_surely_a_track_is_counted(tmp_path: Path) -> None:
    log = tmp_path / "seen.jsonl"
    with log.open("w", encoding="utf-8") as file:
        for k in range(10):  # 900 px/s, as a lorry passes close by: the line lies between the first two pictures
            left = 20.0 + 180 * k
            box = np.array([[left, 400, left + 120, 480]])
            file.write(to_line(Detections("cam", 100 + k * 0.2, (1920, 1080), box, np.ones(1), ("truck",))) + "\n")
    camera = {"source": {"kind": "replay", "path": str(log)}, "lines": {"gate": [[170, 1000], [170, 100]]}}
    watch = config.plan({"name": "counted", "cameras": {"cam": {"size": [1920, 1080], **camera}}}, None)
    with watching(quiet=True) as show:
        (given,) = runner.run(watch, tmp_path / "run", fast=True, annotate=False, show=show).cameras
    assert given.counts.get("gate_forward") == 1
    assert "gate_backward" not in given.counts
