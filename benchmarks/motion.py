"""What the motion detector costs a picture of 704 x 576, beside raw decoding of the same video, on one thread.

Run: OMP_NUM_THREADS=1 python benchmarks/motion.py [VIDEO]; without a video a rendered road is encoded first.
"""

import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from roadstead.detect.motion import Motion
from roadstead.types import Frame, Image

WIDTH, HEIGHT, SECONDS, FPS = 704, 576, 20, 25


def encoded(video: Path | None) -> bytes:
    """Return an H.264 file of 704 x 576 at 25 fps made of a video, or of moving blocks on a road."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as box:
        stream = box.add_stream("libx264", rate=FPS, options={"crf": "23", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for image in pictures(video):
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                box.mux(packet)
        box.mux(stream.encode())
    return out.getvalue()


def pictures(video: Path | None) -> Iterator[Image]:
    """Yield the pictures of a video, or moving blocks."""
    if video is not None:
        with av.open(str(video)) as box:
            for i, frame in enumerate(box.decode(video=0)):
                if i < SECONDS * FPS:
                    yield np.asarray(cv2.resize(frame.to_ndarray(format="rgb24"), (WIDTH, HEIGHT)), np.uint8)
        return
    rng = np.random.default_rng(0)
    ground = np.full((HEIGHT, WIDTH, 3), 110, np.uint8) + rng.integers(0, 20, (HEIGHT, WIDTH, 1), np.uint8)
    for i in range(SECONDS * FPS):
        image = ground.copy()
        for lane in range(8):
            x = (i * (4 + lane) + lane * 190) % (WIDTH + 120) - 120
            image[60 * lane + 40 : 60 * lane + 80, max(x, 0) : max(x + 90, 0)] = 40 + 25 * lane
        yield image


def main() -> None:
    data = encoded(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    for _ in range(3):
        start = time.process_time()
        with av.open(io.BytesIO(data), "r") as box:
            box.streams.video[0].codec_context.thread_count = 1
            frames = len([frame.pts for frame in box.decode(video=0)])
        decode_ms = (time.process_time() - start) / frames * 1e3
        detector, colour, motion, seen, boxes = Motion(), 0.0, 0.0, 0, 0
        with av.open(io.BytesIO(data), "r") as box:
            for i, picture in enumerate(box.decode(video=0)):
                if i % (FPS // 5):
                    continue
                before = time.process_time()
                image = np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)
                between = time.process_time()
                boxes += len(detector.detect(Frame("bench", i / FPS, image)))
                colour, motion, seen = colour + between - before, motion + time.process_time() - between, seen + 1
        print(
            f"decode {decode_ms:.3f} ms a frame; of each analysed frame: colour {colour / seen * 1e3:.3f} ms, "
            f"motion {motion / seen * 1e3:.3f} ms, {boxes / seen:.1f} boxes; decode / (decode + colour + motion) at 5 of "
            f"{FPS} fps: {decode_ms / (decode_ms + (colour + motion) / seen * 1e3 / 5):.2f}"
        )


if __name__ == "__main__":
    main()
