"""A small road on video: blocks that drive, stop and go on, for tests of the whole way from pictures to events."""

import textwrap
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from roadstead.types import Image

SIZE = (320, 240)
FPS = 10
SETTINGS = """
    name = "test road"
    [analysis]
    fps = 5.0
    [cameras.road]
    size = [320, 240]
    source = {{ {source} }}
    zones.bay = [[90, 60], [240, 60], [240, 200], [90, 200]]
    lines.gate = [[160, 20], [160, 220]]
    [evidence]
    before_s = 2.0
    after_s = 2.0
    [record]
    segment_s = 2.0
    [[rules]]
    name = "no-parking"
    kind = "stopped"
    zone = "bay"
    seconds = 4
    gap_s = 2.0
    legal = {{ reference = "道路交通安全法 第五十六条", version = "2021-04-29" }}
    [[rules]]
    name = "gate"
    kind = "line_crossing"
    line = "gate"
    gap_s = 2.0
    {more}
"""


def picture(t: float, *, period_s: float = 20.0) -> Image:
    """Return the road at t: every `period_s` a block drives in, stands from 4 s to 11 s of the period, and drives on."""
    noise = np.random.default_rng(int(t * 1000) % 65_536)
    image = np.full((SIZE[1], SIZE[0], 3), 96, np.int16)
    image[:60], image[200:] = (90, 120, 80), (90, 120, 80)
    at = t % period_s
    travelled = min(at, 4.0) * 40 + max(0.0, at - 11.0) * 40
    x = round(travelled) - 50
    image[120:160, max(0, x) : max(0, x + 50)] = (200, 60, 50)
    image[124:134, max(0, x + 6) : max(0, x + 20)] = (240, 220, 80)
    grainy: Image = np.clip(image + noise.integers(-3, 4, image.shape), 0, 255).astype(np.uint8)
    return grainy


def film(path: Path, seconds: float = 40.0) -> Path:
    """Write the road to a video file."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.gop_size = FPS
        stream.options = {"preset": "veryfast", "bf": "0"}
        for k in range(round(seconds * FPS)):
            frame = VideoFrame.from_ndarray(picture(k / FPS), format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def settings(path: Path, source: str, more: str = "") -> Path:
    """Write the settings of a watch of the road; `source` is the inside of its source table."""
    path.write_text(textwrap.dedent(SETTINGS).format(source=source, more=textwrap.dedent(more)), encoding="utf-8")
    return path


def pictures_of(clip: Path) -> int:
    """Decode a clip to its end and return how many pictures it has."""
    with av.open(str(clip)) as container:
        return sum(1 for _ in container.decode(video=0))
