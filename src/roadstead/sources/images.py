"""A folder of pictures, in the order of their names."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import av
from annotated_types import Gt
from av.video.reformatter import VideoReformatter

from roadstead.errors import BadInput
from roadstead.sources import source
from roadstead.sources._av import opened_file
from roadstead.sources._decode import rgb
from roadstead.types import Frame, Image

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm"})


@source("images", zh="图片文件夹")
@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Reads every picture of a folder; numbers in names count as numbers, so that 9.jpg comes before 10.jpg.

    Times are `start` (UTC epoch seconds) and 1 / `recorded_fps` more for each picture; or they come from the names, without
    suffix: `names = "epoch"` for seconds since 1970, or a format as of strptime (`"%Y%m%d_%H%M%S"`) in `timezone`.
    """

    camera: str
    path: Path
    start: float = 0.0
    recorded_fps: Annotated[float, Gt(0)] = 5.0
    names: str | None = None
    timezone: str = "UTC"
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Never: every picture is looked at."""
        return False

    @property
    def counts(self) -> dict[str, int]:
        """Totals: frames (yielded), corrupt, out_of_order (named with a time not after the one before)."""
        return dict(self._counts)

    @property
    def footage(self) -> None:
        """There is no video."""
        return

    @property
    def length_s(self) -> None:
        """Not known before it has been read."""
        return

    def read(self) -> Iterator[Frame]:
        """Yield the pictures; raise BadInput where there is no folder, no picture in it, or a name without its time."""
        if not self.path.is_dir():
            raise BadInput(f"{self.path}: there is no such folder of pictures")
        files = sorted((f for f in self.path.iterdir() if f.suffix.lower() in SUFFIXES), key=_natural)
        timed = [(self._time(i, file), file) for i, file in enumerate(files)]
        convert, last = VideoReformatter(), None
        for t, file in timed:
            if last is not None and t <= last:
                self._counts["out_of_order"] += 1
                continue
            image = self._picture(file, convert)
            if image is not None:
                last = t
                self._counts["frames"] += 1
                yield Frame(self.camera, t, image)
        if last is None:
            raise BadInput(f"{self.path}: holds no picture that can be read ({', '.join(sorted(SUFFIXES))})")

    def _time(self, index: int, file: Path) -> float:
        if self.names is None:
            return self.start + index / self.recorded_fps
        try:
            if self.names == "epoch":
                return float(file.stem)
            local = datetime.strptime(file.stem, self.names)  # noqa: DTZ007  # the zone is set in the next line
            return (
                (local if local.tzinfo else local.replace(tzinfo=ZoneInfo(self.timezone))).astimezone(UTC).timestamp()
            )
        except ValueError:
            raise BadInput(f"{file}: its name does not give a time by names = {self.names!r}") from None
        except (ZoneInfoNotFoundError, OSError):
            raise BadInput(f"timezone: {self.timezone!r} is not known; use a name such as Asia/Shanghai") from None

    def _picture(self, file: Path, convert: VideoReformatter) -> Image | None:
        """Return a picture, or None, counted, where it cannot be read whole."""
        try:
            with opened_file(file, still=True) as (container, stream):
                stream.codec_context.thread_count = 1
                for frame in container.decode(stream):
                    if not frame.is_corrupt:
                        return rgb(frame, convert)
        except (BadInput, av.FFmpegError):
            pass
        self._counts["corrupt"] += 1
        return None


def _natural(file: Path) -> tuple[list[tuple[int, int, str]], str]:
    """Return what sorts names with numbers as people do."""
    parts = re.findall(r"\d+|\D+", file.name)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts], file.name
