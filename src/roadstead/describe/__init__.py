"""Best views of a track to voted attributes: one file a describer."""

from collections.abc import Sequence
from typing import Protocol

from roadstead.registry import Registry
from roadstead.types import Frame, Track


class Describer(Protocol):
    """Looks at tracks on a picture and votes on their attributes."""

    def describe(self, frame: Frame, tracks: Sequence[Track]) -> Sequence[Track]:
        """Return the same tracks, in the same order, with attributes added.

        Their boxes are px of this picture. A track that is on it has its box there as the last one, at the frame's t; one that is hidden
        ends earlier.
        """


plugins: Registry[Describer] = Registry("describe", "describer")
describer = plugins
