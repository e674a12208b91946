"""Replay of a recorded observation log, so that everything behind the detector runs without a model."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Gt

from roadstead.errors import BadInput
from roadstead.observations import from_row, read_row
from roadstead.sources import source
from roadstead.types import Detections, Signal


@source("replay", zh="回放记录")
@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Reads the lines of `camera` from a log that may hold several cameras'.

    Lines of other programs that give a `frame` number and no `t` are read with `recorded_fps` (of the frame numbers), `start`
    (epoch second of frame 0) and `size` (width and height, px); where they say `"covered": false` nothing was detected
    and nothing is yielded.
    """

    camera: str
    path: Path
    start: float = 0.0
    recorded_fps: Annotated[float, Gt(0)] | None = None
    size: tuple[int, int] | None = None
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Never: nothing of a log is dropped."""
        return False

    @property
    def counts(self) -> dict[str, int]:
        """Totals: frames (yielded), signals, other_cameras, uncovered, truncated (a last line cut short)."""
        return dict(self._counts)

    @property
    def footage(self) -> None:
        """There is no video."""
        return

    @property
    def length_s(self) -> None:
        """Not known before it has been read."""
        return

    def read(self) -> Iterator[Detections | Signal]:
        """Yield in the order of the log; raise BadInput naming file and line on what does not fit."""
        for where, row in self._rows():
            if row.get("camera", self.camera) != self.camera:
                self._counts["other_cameras"] += 1
            elif row.get("covered") is False:
                self._counts["uncovered"] += 1
            else:
                item = from_row(self._completed(row), where)
                self._counts["signals" if isinstance(item, Signal) else "frames"] += 1
                yield item

    def _rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each line with its place; a last line without its end was cut short by a kill and is counted."""
        try:
            with self.path.open("rb") as lines:
                for number, text in enumerate(lines, start=1):
                    where = f"{self.path}: line {number}"
                    try:
                        row = read_row(text, where)
                    except BadInput:
                        if text.endswith(b"\n"):
                            raise
                        self._counts["truncated"] += 1
                        return
                    yield where, row
        except FileNotFoundError:
            raise BadInput(f"{self.path}: there is no such log") from None
        except OSError as error:
            raise BadInput(f"{self.path}: cannot be read as an observation log ({error})") from None

    def _completed(self, row: dict[str, Any]) -> dict[str, Any]:
        own: dict[str, Any] = {"camera": self.camera}
        if self.size is not None:
            own["size"] = list(self.size)
        if self.recorded_fps is not None and "t" not in row and type(row.get("frame")) is int:
            own["t"] = self.start + row["frame"] / self.recorded_fps
        return own | row
