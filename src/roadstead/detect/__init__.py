"""Frame to Detections: one file a detector."""

from typing import ClassVar, Protocol

from roadstead.registry import Registry
from roadstead.types import Detections, Frame


class Detector(Protocol):
    """Finds objects in one picture. `shared` tells whether one instance may serve all cameras (it keeps no state)."""

    shared: ClassVar[bool]

    def detect(self, frame: Frame) -> Detections:
        """Return what is in the picture; boxes lie within it."""


plugins: Registry[Detector] = Registry("detect", "detector")
detector = plugins
