"""The clips of a watch's events: promised when an event opens, cut when the video is there."""

from dataclasses import dataclass
from pathlib import Path

from roadstead.config import CameraPlan, Plan
from roadstead.errors import BadInput, RecordingError
from roadstead.record.clip import Clip, cut, cut_ring
from roadstead.record.footage import Video
from roadstead.record.ring import Ring
from roadstead.types import Event

SETTLE_S = 2.0
"""How long after its end a live clip's video is surely on disk."""


@dataclass(slots=True)
class Promised:
    """A clip that will be cut when the video reaches `until`."""

    event: Event
    begin: float
    until: float


class Clips:
    """Cuts the clips of one camera: from the ring of a live one, from the file itself otherwise. One caller at a time."""

    def __init__(self, camera: CameraPlan, plan: Plan, ring: Ring) -> None:
        self.live = camera.source.live and camera.record
        footage = None if camera.source.live else camera.source.footage
        self._terms = plan.watch.evidence
        self._ring = ring
        self._video = Video(Path(footage[0]), footage[1]) if footage and "://" not in footage[0] else None
        self._promised: dict[str, Promised] = {}

    @property
    def possible(self) -> bool:
        """Whether there is video to cut from."""
        return self.live or self._video is not None

    def promise(self, event: Event, trigger: float) -> None:
        """Plan the clip of an event that opened at `trigger`; its video stays locked in the ring until it is cut."""
        terms = self._terms
        begin = max(event.start - terms.before_s, trigger + terms.after_s - terms.longest_s)
        promised = Promised(event, begin, begin + terms.longest_s)
        if self.live:
            self._ring.lock(event.id, begin, promised.until)
        self._promised[event.id] = promised
        if event.closed:
            self.closed(event)

    def closed(self, event: Event) -> None:
        """Let the clip end with its event."""
        if (promised := self._promised.get(event.id)) is not None:
            promised.event = event
            promised.until = min(promised.until, event.end + self._terms.after_s)

    def due(self, now: float) -> list[Promised]:
        """Hand out what can be cut when the video has reached `now`."""
        ready = [p for p in self._promised.values() if now >= p.until + (SETTLE_S if self.live else 0.0)]
        for promised in ready:
            del self._promised[promised.event.id]
        return ready

    def cut(self, promised: Promised, out: Path) -> Clip | str:
        """Cut one clip, or return the reason why it cannot be."""
        try:
            if self._video is not None:
                return cut([self._video], promised.begin, promised.until, out)
            return cut_ring(self._ring, promised.begin, promised.until, out)
        except (RecordingError, BadInput) as error:
            return str(error)
        except FileNotFoundError:
            return "its segments were overwritten before the clip was cut"
        finally:
            if self.live:
                self._ring.unlock(promised.event.id)
