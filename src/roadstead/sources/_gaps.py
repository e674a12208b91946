"""A recording tells by its times that the camera gave no picture for a while."""

from collections.abc import Iterator

from roadstead.types import Detections, Frame, Signal

LONGEST_S = 5.0
"""A longer silence between two pictures of a file is a lost signal; a live camera's reader says it within 10 s."""


def with_gaps_told(items: Iterator[Frame | Detections | Signal]) -> Iterator[Frame | Detections | Signal]:
    """Yield the items, and in a gap of more than LONGEST_S between two pictures that the signal was lost and came back."""
    before: float | None = None
    for item in items:
        if before is not None and item.t - before > LONGEST_S:
            reason = f"the recording has no picture for {item.t - before:.1f} s"
            yield Signal(item.camera, before, ok=False, reason=reason)
            yield Signal(item.camera, item.t, ok=True)
        yield item
        before = None if isinstance(item, Signal) and not item.ok else item.t
