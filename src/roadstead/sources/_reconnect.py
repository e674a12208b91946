"""Reads a source for ever: what is lost is signalled once and tried again until it returns."""

from collections.abc import Callable, Iterator

from roadstead.errors import SourceLost
from roadstead.sources import Source
from roadstead.types import Detections, Frame, Signal

FIRST_S = 0.5
LONGEST_S = 3.0
"""The waits double from the first to the longest, so that a camera that answers gives pictures within 5 s of its return."""


def stay_connected(
    source: Source, *, wait: Callable[[float], bool], random: Callable[[], float], now: Callable[[], float]
) -> Iterator[Frame | Detections | Signal]:
    """Yield what the source yields; a Signal not ok when it is lost, and one that is ok before its next picture.

    `wait` sleeps for so many seconds and returns whether to stop (as `threading.Event.wait` does); `random` gives a
    number in [0, 1), by which the waits of many cameras spread; `now` is our UTC. Attempts begin a wait apart, so time
    spent on one in vain is not waited again. BadInput goes through: trying again cannot help. A stop is obeyed between
    two pictures; a read that hangs ends by the source's own time limit.
    """
    lost, pause_s = False, FIRST_S
    while not wait(0.0):
        began: float | None = now()
        try:
            for item in source.read():
                if lost:
                    yield Signal(source.camera, item.t, ok=True)
                lost, pause_s, began = False, FIRST_S, None
                yield item
                if wait(0.0):
                    return
        except SourceLost as error:
            if not lost:
                yield Signal(source.camera, now(), ok=False, reason=str(error))
            lost = True
        else:
            return
        spent_s = 0.0 if began is None else max(0.0, now() - began)
        if wait(max(0.0, pause_s * (0.5 + 0.5 * random()) - spent_s)):
            return
        pause_s = min(2 * pause_s, LONGEST_S)
