"""No signal: no picture comes at all."""

from collections.abc import Iterable, Iterator

from roadstead.simulate.lens.fault import CameraFault
from roadstead.types import Frame


def no_signal(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Keep every picture of the fault's time back."""
    del seed
    for frame in pictures:
        if not fault.covers(frame.t):
            yield frame
