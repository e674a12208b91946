"""A camera behind HTTP: MJPEG, HTTP-FLV, HLS; or a video file on a web server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Gt, Le

from roadstead.sources import source
from roadstead.sources._clock import Timing
from roadstead.sources._stream import Connection, Plan, demand_scheme
from roadstead.types import Frame


@source("http", zh="HTTP 视频流")
@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """Reads a live stream at `fps` pictures a second; what it means to be lost is as with RTSP.

    With `live = false` the address is a file of finite length: it is read to its end as fast as it comes, nothing is
    dropped, and its times are `start` (UTC epoch seconds of its first moment) plus its own.
    """

    camera: str
    url: str = field(repr=False)
    fps: Annotated[float, Gt(0)] = 5.0
    live: bool = True
    start: float = 0.0
    threads: Annotated[int, Ge(1), Le(64)] = 1
    open_s: Annotated[float, Gt(0), Le(60)] = 5.0
    read_s: Annotated[float, Gt(0), Le(60)] = 5.0
    keyframes_only: bool = False
    _connection: Connection = field(default_factory=Connection, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        demand_scheme(self.camera, self.url, ("http://", "https://"))

    @property
    def counts(self) -> dict[str, int]:
        """Totals over all connections, named as those of a video file and of an RTSP camera."""
        return dict(self._connection.counts)

    @property
    def timing(self) -> Timing | None:
        """How the camera's clock stands to ours; None before the first picture and for a file."""
        return self._connection.timing

    @property
    def footage(self) -> tuple[str, float]:
        """The address, and the time of a file's first moment."""
        return self.url, self.start

    @property
    def length_s(self) -> None:
        """Not known."""
        return

    def read(self) -> Iterator[Frame]:
        """Connect and yield pictures; raise SourceLost when they end too soon, BadInput where the address is that of a file."""
        plan = Plan(
            fps=self.fps,
            threads=self.threads,
            open_s=self.open_s,
            read_s=self.read_s,
            keyframes_only=self.keyframes_only,
            archive_start=None if self.live else self.start,
        )
        yield from self._connection.frames(self.camera, self.url, {"analyzeduration": "1000000"}, plan)
