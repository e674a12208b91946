"""What yields pictures or recorded detections: one file a kind of source."""

from collections.abc import Iterator
from typing import Protocol

from roadstead.registry import Registry
from roadstead.types import Detections, Frame, Signal


class Source(Protocol):
    """One connection to one camera, file or log.

    A source is a frozen dataclass whose fields are its settings; `camera` is one of them (set by the watch).
    `live` tells whether old pictures may be dropped (a camera) or never (a file). `counts` are the totals so far of
    what was skipped or could not be read, by name.
    """

    @property
    def camera(self) -> str:
        """The name that everything seen here is filed under."""

    @property
    def live(self) -> bool:
        """Whether the pictures come by themselves, as fast as the world moves."""

    @property
    def counts(self) -> dict[str, int]:
        """Totals by name, e.g. frames decoded, frames skipped, corrupt frames."""

    @property
    def footage(self) -> tuple[str, float] | None:
        """Where the compressed video lies, and the time of its first moment: a live one's address, a file's path."""

    @property
    def length_s(self) -> float | None:
        """How long a file lasts; None where that is not known or has no end."""

    def read(self) -> Iterator[Frame | Detections | Signal]:
        """Yield until the end (a Signal only comes from a recorded log); raise SourceLost where trying again may help and BadInput where it cannot."""


plugins: Registry[Source] = Registry("sources", "source")
source = plugins
