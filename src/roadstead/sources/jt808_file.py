"""JT/T 808 frames in files: a capture as it came over the line, or text with one frame a line in hex."""

import glob
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from roadstead.errors import BadInput
from roadstead.positions import Decoder, Raw
from roadstead.protocols.jt808.framing import Framer
from roadstead.sources import Keep, source
from roadstead.sources._jt808_decoder import Jt808Decoder

_LINE = re.compile(
    rb"^\s*(?:(?P<when>\d{9,}(?:\.\d+)?|\d{4}-\d\d-\d\d[T ][^,;\t]*?)(?:\s*[,;]\s*|\s+))?"
    rb"(?:(?P<peer>[^\s,;]+:[^\s,;]*)(?:\s*[,;]\s*|\s+))?(?P<hex>(?:[0-9A-Fa-f]{2}\s*)+)$"
)
_BLOCK = 1 << 20
_BATCH = 20_000


@source("jt808_file", zh="JT/T 808 报文文件")
@dataclass(frozen=True, slots=True, kw_only=True)
class Jt808File:
    """Reads frames from `path`, a file or a pattern of files: bytes as they were captured, or text with a frame a line in hex.

    A line of text may begin with the time of reception (epoch seconds or ISO 8601 with its zone), and then with whom
    it came from (address:port), with commas or blanks between. What is no frame is counted. Lines that begin with # are left out.
    """

    feed: str
    path: Path
    _counts: "Counter[str]" = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Never: a file ends."""
        return False

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals: files, lines, lines_bad (no hex), lines_comment; of captures the framer's."""
        return dict(self._counts)

    def read(self, keep: Keep) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Yield the frames of all files, in the order of their names; see Feed."""
        files = sorted(glob.glob(str(self.path)))  # noqa: PTH207  # the setting is a pattern with folders in it
        if not files:
            raise BadInput(f"{self.path}: there is no such file")
        batch: list[Raw] = []
        for name in files:
            self._counts["files"] += 1
            for raw in self._file(Path(name)):
                batch.append(raw)
                if len(batch) >= _BATCH:
                    yield keep(batch), batch
                    batch = []
        if batch:
            yield keep(batch), batch

    def decoder(self) -> Decoder:
        """Return a new decoder of frames; that of the gateway."""
        return Jt808Decoder()

    def _file(self, path: Path) -> Iterator[Raw]:
        try:
            with path.open("rb") as file:
                head = file.read(4096)
                file.seek(0)
                if b"\x7e" in head[:2] or not _is_text(head):
                    yield from self._capture(path.name, iter(lambda: file.read(_BLOCK), b""))
                else:
                    yield from self._text(path.name, file)
        except OSError as error:
            raise BadInput(f"{path}: cannot be read: {error.strerror}") from error

    def _capture(self, name: str, blocks: Iterator[bytes]) -> Iterator[Raw]:
        framer = Framer()
        for block in blocks:
            for frame in framer.feed(block):
                yield Raw(None, f"file:{name}", frame)
        framer.close()
        self._counts.update(framer.counts)

    def _text(self, name: str, lines: Iterator[bytes]) -> Iterator[Raw]:
        for line in lines:
            if not line.strip():
                continue
            self._counts["lines"] += 1
            if line.lstrip().startswith(b"#"):
                self._counts["lines_comment"] += 1
                continue
            found = _LINE.match(line)
            if found is None:
                self._counts["lines_bad"] += 1
                continue
            peer = found["peer"].decode(errors="replace") if found["peer"] else f"file:{name}"
            yield Raw(_time(found["when"]), peer, bytes.fromhex(found["hex"].decode()))


def _is_text(head: bytes) -> bool:
    """Tell whether a file is text by its beginning: a damaged line makes no capture of it."""
    return len(head.translate(None, bytes(range(32, 127)) + b"\t\r\n")) * 4 <= len(head)


def _time(text: bytes | None) -> float | None:
    """Return a time of reception; None where there is none that can be read without guessing a zone."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        return number if math.isfinite(number) else None
    try:
        when = datetime.fromisoformat(text.decode().strip())
        return when.timestamp() if when.tzinfo else None
    except (ValueError, OverflowError):
        return None
