"""Makes the sample that ships: a junction, a site gate and a quay, filmed and with reports, and the settings that watch them.

    python examples/make_sample.py --out samples --settings configs

The same orders give the same worlds, truth and reports; another version of x264 may give other bytes of video. What is
rendered needs the extra `simulate` and MUJOCO_GL=osmesa (or egl).
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("MUJOCO_GL", "osmesa")

from roadstead.dataset import truth
from roadstead.dataset.truth import FaultRow, FrameRow, Row
from roadstead.simulate.film import Wanted, film
from roadstead.simulate.observed import Noise
from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.settings import toml, watch_tables
from roadstead.simulate.world.world import World

BEGIN = 1_778_459_400.0  # 2026-05-11 08:30 in Shanghai
ORDERS = {
    "junction": Order(
        seed=31,
        seconds=38.0,
        varied=False,
        acts=(
            "speeding", "wrong_way", "right_turn_no_stop", "stopped_in_grid", "u_turn", "spilling", "right_turn_full_stop",
        ),
    ),
    "site_gate": Order(seed=9, seconds=38.0, acts=("zone_entry", "spilling", "wrong_way", "dirty", "paper")),
    "quay": Order(
        seed=25, seconds=38.0, varied=False, acts=("no_go", "entrance", "at_the_edge", "speeding", "crane_lane")
    ),
}  # fmt: skip
CAMERA_FAULTS = (FaultRow(camera="quay", kind="no_signal", start=3.0, end=9.5),)
REPORT_FAULTS = ("course_against_heading", "invalid_mmsi", "frozen_fix", "swapped_coordinates", "antenna_fault")
WANTED = Wanted(
    crf=30,
    stills_s=0.0,
    noise=Noise(missed=0.03, jitter=0.012, misread=0.05),
    report_faults=REPORT_FAULTS,
    before_s=1200.0,
    after_s=300.0,
)
MOTION = {"kind": "motion", "working_px": 129600}
ON_WATER = {"kind": "motion", "working_px": 57600, "contrast": 25.0}  # glints of waves are fainter than vessels, mostly
NEED_A_MODEL = ("uncovered_load", "dirty_body")
NEED_CALM_WATER = ("basin-speed", "dock-entrance")  # the motion detector takes waves for vessels that move
KEPT = ("*.mp4", "observations.jsonl", "*.nmea", "*.jt808.txt")
_WATCHED_FPS = 5.0


def worlds() -> list[World]:
    """Return the three worlds; nothing is rendered."""
    made = []
    for scene, order in ORDERS.items():
        full = replace(order, begin=BEGIN, light="day", weather="clear")
        world = plugins.get(scene)().build(full)
        made.append(replace(world, faults=tuple(f for f in CAMERA_FAULTS if f.camera == world.camera)))
    return made


def thinned(rows: Iterable[Row]) -> list[Row]:
    """Leave out the pictures that a watch does not look at: the file is half as large."""
    made: list[Row] = []
    slot: tuple[str, int] | None = None
    for row in rows:
        if isinstance(row, FrameRow):
            here = row.camera, int((row.t - BEGIN) * _WATCHED_FPS + 1e-6)
            if here == slot:
                continue
            slot = here
        made.append(row)
    return made


def settings(of: Sequence[World]) -> dict[str, str]:
    """Return the settings files by name: of a watch without a model over the videos, and of one over the recorded boxes."""
    feeds: dict[str, dict[str, Any]] = {
        "trucks": {"label": "truck", "source": {"kind": "jt808_file", "path": "../samples/trucks.jt808.txt"}},
        "vessels": {"label": "vessel", "source": {"kind": "nmea", "path": "../samples/vessels.nmea"}},
    }
    filmed = {w.camera: {"kind": "video", "path": f"../samples/{w.camera}.mp4", "start": w.begin} for w in of}
    seen = {w.camera: {"kind": "replay", "path": "../samples/observations.jsonl"} for w in of}
    watch = watch_tables("sample", of, filmed, feeds, detector=MOTION)
    watch["cameras"]["quay"]["detector"] = ON_WATER
    replay = watch_tables("sample, replayed", of, seen, feeds)
    watch["rules"] = [
        {key: value for key, value in rule.items() if key != "classes"}
        for rule in watch["rules"]
        if rule["kind"] not in NEED_A_MODEL and rule["name"] not in NEED_CALM_WATER
    ]
    return {"sample.toml": toml(watch, _FILMED), "sample-replay.toml": toml(replay, _REPLAYED)}


_FILMED = """roadstead watch configs/sample.toml --out runs/sample --fast
# The sample that ships (docs/sample.md): three cameras watched without a model, and the reports of trucks and vessels.
# Everything that moves is an "object", so no rule names classes. Written by `make sample`, from the worlds that were filmed."""
_REPLAYED = """roadstead watch configs/sample-replay.toml --out runs/sample-replay --fast
# The same minutes from a recorded log of boxes, classes and attributes, as a detector and an attribute model would write
# it: every rule, also those on classes and on a truck's voted attributes. Written by `make sample`."""


def make(cast: Sequence[World], out: Path, *, video: bool = True) -> None:
    """Write the sample into a folder that is there; without the video in a few seconds."""
    with tempfile.TemporaryDirectory() as made:
        film(cast, Path(made), replace(WANTED, video=video), name="sample")
        for pattern in KEPT:
            for file in Path(made).glob(pattern):
                shutil.copy(file, out / file.name)
        truth.write(thinned(truth.read(Path(made) / "truth.jsonl")), out / "truth.jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample that ships with Roadstead.")
    parser.add_argument("--out", type=Path, default=Path("samples"))
    parser.add_argument("--settings", type=Path, default=Path("configs"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    options.settings.mkdir(parents=True, exist_ok=True)
    cast = worlds()
    make(cast, options.out)
    for name, text in settings(cast).items():
        (options.settings / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
