"""What a run came to: plain values for the screen, the report and programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from roadstead.types import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Events in order of start; per camera what was read, found and dropped, by name; per sink how many in which state."""

    out: Path
    report: Path
    events: Sequence[Event]
    cameras: Mapping[str, Mapping[str, int]]
    deliveries: Mapping[str, Mapping[str, int]]
    evidence: int
    clips: int
    videos: Sequence[Path] = ()
    problems: Sequence[str] = ()
