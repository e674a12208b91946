"""What all streams share: connect, anchor the stream's clock to ours, read until it breaks off."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from av.container import InputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from roadstead.errors import BadInput, SourceLost
from roadstead.sources._av import file_times, masked, note_missing, opened_stream
from roadstead.sources._clock import Grid, LiveTimes, Steady, Timing
from roadstead.sources._decode import Decoding, rgb
from roadstead.types import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a stream is read, see the fields of the plug-ins; `archive_start` is None for a live one."""

    fps: float
    threads: int
    open_s: float
    read_s: float
    keyframes_only: bool
    archive_start: float | None = None

    @property
    def live(self) -> bool:
        """Whether the stream has no end and no times of its own."""
        return self.archive_start is None


@dataclass(slots=True)
class Connection:
    """What outlives one connection to a camera: totals, our clock, and how the camera's stands to it."""

    counts: Counter[str] = field(default_factory=Counter)
    clock: Steady = field(default_factory=Steady)
    timing: Timing | None = None
    _last_t: float = -math.inf

    def frames(self, camera: str, url: str, options: Mapping[str, str], plan: Plan) -> Iterator[Frame]:
        """Yield pictures in ascending time over all connections, none twice.

        Raises SourceLost, which names the camera and never a password, when they end; an archive just ends.
        """
        self.counts["connections"] += 1
        reason = "the stream ended" if plan.live else None
        try:
            with opened_stream(url, options, plan.open_s, plan.read_s) as (container, stream):
                if plan.live and url.startswith("http") and _is_file(container):
                    raise BadInput(
                        f"camera {camera} ({masked(url)}): is a file of finite length; set live = false to read it as one"
                    )
                yield from self._shots(camera, container, stream, plan)
        except SourceLost as error:
            reason = str(error)
        if reason is not None:
            raise SourceLost(f"camera {camera} ({masked(url)}): {reason}")

    def _shots(self, camera: str, container: InputContainer, stream: VideoStream, plan: Plan) -> Iterator[Frame]:
        convert, before, start = VideoReformatter(), self.counts["packets"], plan.archive_start
        live = LiveTimes(self.clock.now, self.counts) if start is None else None
        decoding = Decoding(
            container,
            stream,
            live or file_times(container, stream, start or 0.0, self.counts),
            Grid(plan.fps, start or 0.0),
            self.counts,
            threads=plan.threads,
            key_only=plan.keyframes_only,
            silent_s=plan.read_s if plan.live else None,
        )
        for shot in decoding.shots():
            if live is not None:
                zero = container.start_time_realtime
                self.timing = live.timing(None if zero is None else zero / 1e6)
            if shot.stamp.t <= self._last_t:
                self.counts["out_of_order"] += plan.live
                continue
            self._last_t = shot.stamp.t
            self.counts["frames"] += 1
            yield Frame(camera, shot.stamp.t, rgb(shot.frame, convert), shot.stamp.received)
        if live is None:
            note_missing(stream, self.counts["packets"] - before, self.counts)


def _is_file(container: InputContainer) -> bool:
    return container.duration is not None and container.duration > 0


def demand_scheme(camera: str, url: str, schemes: tuple[str, ...]) -> None:
    """Raise BadInput where an address does not begin with one of the schemes; never with the password."""
    if not url.startswith(schemes):
        raise BadInput(f"camera {camera}: the address {masked(url)} must begin with {' or '.join(schemes)}")
