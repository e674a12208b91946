"""Reading for ever: one signal when lost, one when back, growing waits, a prompt stop."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from roadstead.errors import BadInput, SourceLost
from roadstead.sources._reconnect import FIRST_S, LONGEST_S, stay_connected
from roadstead.types import Frame, Signal

PICTURE = np.zeros((2, 2, 3), np.uint8)


@dataclass
class World:
    """A clock that only waiting and failing move, and a source that plays a script."""

    script: list[str]
    stop_after: float = 1e9
    t: float = 1000.0
    waits: list[float] = field(default_factory=list)
    camera: str = "gate"
    live: bool = True
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def footage(self) -> None:
        return

    @property
    def length_s(self) -> None:
        return

    def now(self) -> float:
        return self.t

    def wait(self, seconds: float) -> bool:
        if seconds > 0:
            self.waits.append(seconds)
        self.t += seconds
        return self.t - 1000 >= self.stop_after

    def read(self) -> Iterator[Frame]:
        if not self.script:
            return
        for step in self.script.pop(0).split():
            if step == "frame":
                self.t += 0.2
                yield Frame("gate", self.t, PICTURE)
            elif step == "hang":
                self.t += 5.0
                raise SourceLost("it does not answer in time")
            elif step == "bad":
                raise BadInput("no address")
            else:
                raise SourceLost(step)

    def items(self, random: float = 0.0) -> list[str]:
        found = stay_connected(self, wait=self.wait, random=lambda: random, now=self.now)
        return [
            "frame" if isinstance(i, Frame) else f"{i.ok} {i.reason}".strip()
            for i in found
            if isinstance(i, Frame | Signal)
        ]


def test_what_is_never_lost_just_passes() -> None:
    world = World(["frame frame"])
    assert world.items() == ["frame", "frame"]
    assert not world.waits


def test_a_loss_and_a_return_are_signalled_once() -> None:
    world = World(["frame cut", "cut", "cut", "frame frame", ""])
    assert world.items() == ["frame", "False cut", "True", "frame", "frame"]


def test_a_camera_dead_at_the_start_joins_later() -> None:
    assert World(["dead", "dead", "frame"]).items() == ["False dead", "True", "frame"]


def test_signals_bear_the_times_of_loss_and_return() -> None:
    world = World(["frame cut", "frame"])
    items = list(stay_connected(world, wait=world.wait, random=lambda: 0.0, now=world.now))
    times = [i.t for i in items]
    assert times == sorted(times)
    assert times[1] == pytest.approx(1000.2)
    assert times[2] == times[3]


@pytest.mark.parametrize("random", [0.0, 0.5, 0.999])
def test_the_waits_double_to_a_limit_and_spread(random: float) -> None:
    world = World(["cut"] * 6 + ["frame cut", "cut"])
    world.items(random)
    share = 0.5 + 0.5 * random
    assert world.waits[:6] == pytest.approx([share * w for w in (0.5, 1, 2, 3, 3, 3)])
    assert world.waits[6] == pytest.approx(share * FIRST_S), "a picture makes the waits short again"
    assert max(world.waits) <= LONGEST_S


def test_time_spent_on_a_vain_attempt_is_not_waited_again() -> None:
    world = World(["hang"] * 4)
    world.items(0.999)
    assert not world.waits


def test_it_tries_for_ever() -> None:
    world = World(["cut"] * 5000 + ["frame"])
    assert world.items() == ["False cut", "True", "frame"]


def test_a_stop_ends_it_while_it_waits() -> None:
    world = World(["cut"] * 100, stop_after=2.0)
    assert world.items() == ["False cut"]
    assert len(world.script) > 90


def test_a_stop_ends_it_between_two_pictures() -> None:
    world = World(["frame " * 100], stop_after=1.0)
    assert world.items() == ["frame"] * 5


def test_what_cannot_be_mended_is_raised() -> None:
    with pytest.raises(BadInput):
        World(["frame cut", "bad"]).items()
