"""A camera, or a video server, that speaks RTSP."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from roadstead.sources import source
from roadstead.sources._clock import Timing
from roadstead.sources._stream import Connection, Plan, demand_scheme
from roadstead.types import Frame


@source("rtsp", zh="RTSP 摄像机")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rtsp:
    """Reads a live camera at `fps` pictures a second, over TCP unless `transport` says otherwise.

    It counts as lost when it does not answer within `open_s` or sends nothing for `read_s`. `keyframes_only` decodes
    key pictures alone: the cheapest way to watch where one picture for each key picture is enough.
    """

    camera: str
    url: str = field(repr=False)
    fps: Annotated[float, Gt(0)] = 5.0
    transport: Literal["tcp", "udp"] = "tcp"
    threads: Annotated[int, Ge(1), Le(64)] = 1
    open_s: Annotated[float, Gt(0), Le(60)] = 5.0
    read_s: Annotated[float, Gt(0), Le(60)] = 5.0
    keyframes_only: bool = False
    _connection: Connection = field(default_factory=Connection, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        demand_scheme(self.camera, self.url, ("rtsp://", "rtsps://"))

    @property
    def live(self) -> bool:
        """Always: the pictures come by themselves."""
        return True

    @property
    def counts(self) -> dict[str, int]:
        """Totals over all connections: connections, packets, decoded, frames, corrupt, out_of_order, time_missing, time_jumps."""
        return dict(self._connection.counts)

    @property
    def timing(self) -> Timing | None:
        """How the camera's clock stands to ours; None before the first picture."""
        return self._connection.timing

    @property
    def footage(self) -> tuple[str, float]:
        """The address, and 0: a live one's time is that of the clock."""
        return self.url, 0.0

    @property
    def length_s(self) -> None:
        """It has no end."""
        return

    def read(self) -> Iterator[Frame]:
        """Connect and yield pictures; raise SourceLost when they end."""
        options = {"rtsp_transport": self.transport, "allowed_media_types": "video", "analyzeduration": "500000"}
        plan = Plan(
            fps=self.fps,
            threads=self.threads,
            open_s=self.open_s,
            read_s=self.read_s,
            keyframes_only=self.keyframes_only,
        )
        yield from self._connection.frames(self.camera, self.url, options, plan)
