"""Frozen: the same picture comes again and again under new times."""

from collections.abc import Iterable, Iterator

from roadstead.simulate.lens.fault import CameraFault, during
from roadstead.types import Frame, Image


def frozen(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Repeat the first picture of the fault's time; form "clock_runs" does so before the on-screen display is drawn."""
    del seed
    held: list[Image] = []

    def change(image: Image, t: float) -> Image:
        del t
        held[:] = held or [image.copy()]
        return held[0]

    return during(pictures, fault, change)
