"""Videos whose pictures carry their number."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

BITS = 12
BLOCK = 16


def numbered(i: int, size: tuple[int, int] = (BITS * BLOCK, 64)) -> npt.NDArray[np.uint8]:
    """A picture that shows `i` in black and white blocks along its top."""
    image = np.full((size[1], size[0], 3), 90, dtype=np.uint8)
    for bit in range(BITS):
        image[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 235 if i >> bit & 1 else 16
    image[BLOCK:, (i * 3) % size[0] :][:, :8] = (200, 60, 60)
    return image


def number(image: npt.NDArray[np.uint8]) -> int:
    """The number that a picture shows."""
    middle = BLOCK // 2
    return sum(int(image[middle, bit * BLOCK + middle].mean() > 125) << bit for bit in range(BITS))


def make_video(
    path: Path,
    *,
    n: int = 250,
    fps: int = 25,
    gop: int = 25,
    b_frames: int = 0,
    codec: str = "libx264",
    hidden: frozenset[int] = frozenset(),
    size: tuple[int, int] = (BITS * BLOCK, 64),
) -> Path:
    """Write numbered pictures; those in `hidden` are left out, so there is a hole in time."""
    pix_fmt = {"mjpeg": "yuvj420p", "rawvideo": "bgr24"}.get(codec, "yuv420p")
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.codec_context.time_base = Fraction(1, fps)
        stream.gop_size = gop
        if codec == "libx264":
            stream.options = {"bf": str(b_frames), "sc_threshold": "0", "keyint_min": str(gop), "preset": "ultrafast"}
        for i in set(range(n)) - hidden:
            frame = av.VideoFrame.from_ndarray(numbered(i, size), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, fps)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


def shown(path: Path) -> list[tuple[float, int]]:
    """(seconds since the file's first picture, number) of every picture that decodes."""
    with av.open(str(path)) as container:
        return [
            (
                float((frame.pts or 0) * (frame.time_base or 0)),
                number(frame.to_ndarray(format="rgb24").astype(np.uint8)),
            )
            for frame in container.decode(video=0)
        ]
