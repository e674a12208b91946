"""What is said of one camera fault: its kind and form, when it lasts and how strong it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from roadstead.errors import BadInput
from roadstead.types import Frame, Image


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFault:
    """A fault of a kind (`lens.KINDS`) and form ("": its first) in [start, end), in the time of the pictures.

    `strength` (0-1] is 1 where nothing can be seen any more, or the worst of its kind. It grows in `onset_s` after the
    start and goes in as long before the end; 0 is sudden. Raise BadInput where the values do not fit together.
    """

    kind: str
    start: float
    end: float
    form: str = ""
    strength: float = 1.0
    onset_s: float = 0.0

    def __post_init__(self) -> None:
        if not self.end > self.start:
            raise BadInput(f"camera fault {self.kind!r}: ends at {self.end:g}, not after its start at {self.start:g}")
        if not 0 < self.strength <= 1:
            raise BadInput(
                f"camera fault {self.kind!r}: strength is {self.strength:g}; it must be above 0 and at most 1"
            )
        if not 0 <= self.onset_s <= (self.end - self.start) / 2:
            raise BadInput(
                f"camera fault {self.kind!r}: onset_s is {self.onset_s:g}; it must be from 0 to half of its length"
            )

    def covers(self, t: float) -> bool:
        """Return whether it is there at t."""
        return self.start <= t < self.end

    def level(self, t: float) -> float:
        """Return how much of it is there at t, from 0 to its strength, without corners where it grows."""
        if not self.covers(t):
            return 0.0
        if self.onset_s == 0:
            return self.strength
        share = min(1.0, (t - self.start) / self.onset_s, (self.end - t) / self.onset_s)
        return self.strength * share * share * (3 - 2 * share)


Spoil = Callable[[Iterable[Frame], CameraFault, int], Iterator[Frame]]
"""What a fault makes of the pictures of a camera, given a seed; it may keep pictures back, and changes none but its own."""


def dice(fault: CameraFault, seed: int) -> np.random.Generator:
    """Return the fault's own source of chance."""
    return np.random.default_rng((seed, *f"{fault.kind} {fault.form} {fault.start:.3f}".encode()))


def during(
    pictures: Iterable[Frame], fault: CameraFault, change: Callable[[Image, float], Image | None]
) -> Iterator[Frame]:
    """Change each picture of the fault's time; None keeps it back."""
    for frame in pictures:
        if not fault.covers(frame.t):
            yield frame
            continue
        changed = change(frame.image, frame.t)
        if changed is not None:
            yield replace(frame, image=changed)
