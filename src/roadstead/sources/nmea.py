"""AIS receivers and recordings: lines of NMEA 0183 from files, over TCP (also serial ports behind it) and UDP."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from annotated_types import Gt, Le

from roadstead.errors import BadInput
from roadstead.positions import Raw
from roadstead.protocols.ais.decoder import AisDecoder
from roadstead.protocols.nmea import Lines
from roadstead.sources import Keep, source
from roadstead.sources._nmea_links import Link, address_of, links

CHUNK_BYTES = 1 << 20


@source("nmea", zh="AIS 数据 (NMEA 0183)")
@dataclass(frozen=True, slots=True, kw_only=True)
class Nmea:
    """Reads lines of `path` (a file, or several by wildcards; .gz too) or from `url`; one of the two is given.

    `url` is tcp://host:port (connects; also to a serial port that a terminal server offers over TCP),
    tcp-listen://host:port (waits for senders) or udp://host:port (receives datagrams; each ends its last line). A
    connection made by us that stays silent for `silent_s` is given up, because its other end may be gone without a word.
    A record is one line without its end; lines of white space are left out.
    """

    feed: str
    path: Path | None = None
    url: str = field(default="", repr=False)
    silent_s: Annotated[float, Gt(0)] = 300.0
    open_s: Annotated[float, Gt(0), Le(60)] = 5.0
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if (self.path is None) == (not self.url):
            raise BadInput(f"feed {self.feed}: give either path (files) or url (tcp://, tcp-listen:// or udp://)")
        if self.url:
            address_of(self.feed, self.url)

    @property
    def live(self) -> bool:
        """Whether it is no recording."""
        return bool(self.url)

    @property
    def counts(self) -> dict[str, int]:
        """Totals: files or connections, bytes, records, overlong (lines that were cut), refused (senders too many)."""
        return {name: count for name, count in self._counts.items() if count}

    def decoder(self) -> AisDecoder:
        """Return a new decoder of AIS lines."""
        return AisDecoder()

    def read(self, keep: Keep) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Yield lines with the number of the first; see Feed.

        Raises SourceLost when a connection cannot be made, ends or stays silent, BadInput where a file cannot be read.
        """
        batches = self._live() if self.url else self._recorded()
        for records in batches:
            self._counts["records"] += len(records)
            yield (keep(records) if records else 0), records

    def _live(self) -> Iterator[Sequence[Raw]]:
        link = Link(self.feed, address_of(self.feed, self.url), self.open_s, self.silent_s, self._counts)
        yield from links(link)

    def _recorded(self) -> Iterator[Sequence[Raw]]:
        for path in _files(self.path or Path()):
            lines = Lines(self._counts)
            for chunk in _chunks(path):
                self._counts["bytes"] += len(chunk)
                yield [Raw(None, "", line) for line in lines.feed(chunk)]
            yield [Raw(None, "", line) for line in lines.end()]
            self._counts["files"] += 1


def _files(path: Path) -> Sequence[Path]:
    """Return the files that a path with wildcards means, sorted; the path itself where it means none."""
    pattern = path.relative_to(path.anchor)
    return (sorted(Path(path.anchor).glob(str(pattern))) if pattern.parts else []) or [path]


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path}: cannot be read as lines of AIS ({error})") from None
