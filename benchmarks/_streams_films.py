"""Sixteen films as such cameras send them: 704 x 576, 25 pictures a second, H.264 at 2 Mbit/s without B pictures, a key picture every 2 s.

Made once of the clips below ROADSTEAD_DATA/video (without it, of the sample that ships) and kept in a folder. A clip that is used twice
begins elsewhere the second time, so no two streams show the same at the same time.
"""

import os
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av

from roadstead.sources.video import Video
from roadstead.types import Frame, Image

ROOT = Path(__file__).parents[1]
SIZE = (704, 576)
RATE = 25
SECONDS = 20


def clips() -> list[Path]:
    """Return the clips that films are made of."""
    data = Path(os.environ.get("ROADSTEAD_DATA", ROOT.parent / "shared" / "data")) / "video"
    real = [path for path in sorted(data.glob("*")) if path.suffix in (".mp4", ".avi") and "demo" not in path.stem]
    return real or sorted((ROOT / "samples").glob("*.mp4"))


def films(folder: Path, many: int) -> list[Path]:
    """Return `many` films, making those that are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for k, clip in enumerate(islice(cycle(clips()), many)):
        path = folder / f"{k:02}.mp4"
        if not path.exists():
            _film(clip, path, skip_s=7.0 * (k // len(clips())))
        made.append(path)
    return made


def _film(clip: Path, path: Path, *, skip_s: float) -> None:
    """Code a clip anew, over and over from `skip_s` on until the film is long enough."""
    part = path.with_suffix(".part")
    with av.open(str(part), "w", format="mp4") as target:
        stream = target.add_stream("libx264", rate=RATE)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.gop_size, stream.bit_rate = 2 * RATE, 2_000_000
        stream.options = {"preset": "veryfast", "bf": "0", "maxrate": "2M", "bufsize": "4M", "threads": "1"}
        shown = islice(_at_rate(clip), round(skip_s * RATE), round((skip_s + SECONDS) * RATE))
        for k, image in enumerate(shown):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(*SIZE, format="yuv420p")
            picture.pts, picture.time_base = k, Fraction(1, RATE)
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    part.replace(path)


def _at_rate(clip: Path) -> Iterator[Image]:
    """Yield the picture that is shown at each 1/25 s, the clip over and over."""
    while True:
        k, last = 0, None
        for frame in Video(camera="film", path=clip, fps=60.0).read():
            assert isinstance(frame, Frame)
            while last is not None and (k + 0.5) / RATE < frame.t:
                yield last
                k += 1
            last = frame.image
        if last is not None:
            yield last
