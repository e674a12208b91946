"""Pictures as H.264 with their true times."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from roadstead.errors import BadInput
from roadstead.types import Image

_CLOCK = 90_000


def write_video(
    path: Path, pictures: Iterable[tuple[float, Image]], size: tuple[int, int], fps: float, *, crf: int = 26
) -> int:
    """Encode (t s since the beginning, picture) into an MP4 whose time stamps are those times; return how many there were.

    `fps` is the usual rate; pictures that are missing leave a gap. Raises BadInput where there is none.
    """
    many = 0
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _CLOCK)
        stream.time_base = Fraction(1, _CLOCK)
        stream.options = {"crf": str(crf), "preset": "medium", "threads": "1", "g": str(round(4 * fps)), "bf": "0"}
        for t, picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = round(t * _CLOCK), Fraction(1, _CLOCK)
            out.mux(stream.encode(frame))
            many += 1
        out.mux(stream.encode(None))
    if not many:
        path.unlink(missing_ok=True)
        raise BadInput(f"{path}: there is no picture to write; give at least one second")
    return many
