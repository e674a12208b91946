"""What the threads of a watch owe each other."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest

from roadstead import runner
from roadstead.episodes import Episodes
from roadstead.errors import StoreError
from roadstead.pipeline import BUILT_IN, Stages, Step
from roadstead.track.tracker import Tracker
from roadstead.types import Detections, Frame, Scene, Signal


def frame(t: float) -> Frame:
    return Frame("cam", t, np.zeros((8, 8, 3), np.uint8))


def test_the_newest_picture_wins_and_signals_stay() -> None:
    slot = runner.Slot()
    for item in (frame(1), frame(2), Signal("cam", 3, ok=False), Signal("cam", 4, ok=True), frame(5), frame(6)):
        slot.put(item)
    slot.close()
    assert [item.t for item in slot] == [2, 3, 4, 6]
    assert slot.dropped == 2


class Blind:
    shared: ClassVar[bool] = True
    model: ClassVar[dict[str, str]] = {}

    def detect(self, frame: Frame) -> Detections:
        return Detections(frame.camera, frame.t, frame.size, np.empty((0, 4)), np.empty(0), ())


@dataclass
class Endless:
    camera: str = "cam"
    live: bool = True
    counts: dict[str, int] = field(default_factory=dict)
    footage: None = None
    length_s: None = None

    def read(self) -> Iterator[Frame]:
        t = 0.0
        while True:
            t += 0.01
            yield frame(t)


@dataclass
class FailsOnce:
    """A clerk whose disk is full at the third picture."""

    stop: threading.Event
    camera: str = "cam"
    taken: int = 0
    resumed: int = 0
    told: list[str] = field(default_factory=list)
    finished: bool = False

    def resume(self, at: float) -> None:
        self.resumed += 1

    def take(self, step: Step, *, at: float) -> None:
        self.taken += 1
        if self.taken == 3:
            raise StoreError("disk full")
        if self.taken == 20:
            self.stop.set()

    def trouble(self, what: str) -> None:
        self.told.append(what)

    def finish(self, watching: Any, source: Any, *, at: float) -> None:
        self.finished = True


@dataclass
class Screen:
    said: list[str] = field(default_factory=list)

    def step(self, camera: str, step: Step, total_s: float | None) -> None:
        """Say nothing."""

    def problem(self, text: str) -> None:
        self.said.append(text)


def stages() -> Stages:
    return Stages(scene=Scene("cam"), detector=Blind(), tracker=Tracker("cam"), episodes=Episodes("cam", BUILT_IN))


def test_a_live_camera_goes_on_after_its_disk_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "AGAIN_S", 0.01)
    stop, screen = threading.Event(), Screen()
    clerk = FailsOnce(stop)
    runner._watch_one(Endless(), stages, clerk, stop, screen)  # type: ignore[arg-type]  # a stand-in
    assert (clerk.told, clerk.resumed, clerk.finished) == (["disk full"], 2, True)
    assert "disk full" in screen.said[0]


def test_a_file_whose_disk_failed_ends_with_the_error() -> None:
    stop = threading.Event()
    with pytest.raises(StoreError, match="disk full"):
        runner._watch_one(Endless(live=False), stages, FailsOnce(stop), stop, Screen())  # type: ignore[arg-type]  # a stand-in
