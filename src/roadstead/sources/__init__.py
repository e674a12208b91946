"""What yields pictures, recorded detections or position reports: one file a kind of source."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from roadstead.positions import Decoder, Raw
from roadstead.registry import Registry
from roadstead.types import Detections, Frame, Signal

Keep = Callable[[Sequence[Raw]], int]
"""Writes messages into the raw log and returns the number of the first; what was handed to it survives a kill."""


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


class Feed(Protocol):
    """One way in for position reports: a gateway, a connection, or files.

    A feed is a frozen dataclass whose fields are its settings; `feed` is one of them (set by the watch). `counts` are
    the totals so far of connections, messages and bytes, and of what was skipped, by name.
    """

    @property
    def feed(self) -> str:
        """The name that everything received here is filed under."""

    @property
    def live(self) -> bool:
        """Whether the reports come by themselves, as fast as the world moves."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals by name."""

    def read(self, keep: Keep) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Yield messages that are kept already, with the number of the first, until the end.

        A live feed yields at least once a second, an empty batch where nothing came. It answers a sender only after
        `keep` returned. Raises SourceLost where trying again may help and BadInput where it cannot.
        """

    def decoder(self) -> Decoder:
        """Return a new decoder of this feed's messages; the same messages always decode to the same reports."""


plugins: Registry[Source | Feed] = Registry("sources", "source")
source = plugins
