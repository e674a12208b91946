"""Frame to Detections: one file a detector."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from roadstead.registry import Registry
from roadstead.types import Detections, Frame


class Detector(Protocol):
    """A dataclass whose fields are its settings. `shared` tells whether one instance may serve all cameras (it keeps no state)."""

    shared: ClassVar[bool]

    @property
    def model(self) -> Mapping[str, str]:
        """The model it runs, for the evidence: name, version, sha256; empty where it runs none."""

    def detect(self, frame: Frame) -> Detections:
        """Return what is in the picture; boxes lie within it."""


plugins: Registry[Detector] = Registry("detect", "detector")
detector = plugins
