"""Frame to Detections: one file a detector."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from roadstead.registry import Registry
from roadstead.types import Detections, Frame, Text


class Detector(Protocol):
    """A dataclass whose fields are its settings. `shared` tells whether one instance may serve all cameras (it keeps no state)."""

    shared: ClassVar[bool]

    @property
    def model(self) -> Mapping[str, str]:
        """The model it runs, for the evidence: name, version, sha256; empty where it runs none."""

    def detect(self, frame: Frame) -> Detections:
        """Return what is in the picture; boxes lie within it."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a detector did with the pictures it was shown: totals by name, and sentences for who reads the summary of a run."""

    counts: Mapping[str, int]
    notes: tuple[Text, ...] = ()


@runtime_checkable
class Accountable(Protocol):
    """A detector that does not show every picture to its model, or adds to what it says, and accounts for it."""

    def account(self) -> Account:
        """Return what it did so far."""


plugins: Registry[Detector] = Registry("detect", "detector")
detector = plugins
