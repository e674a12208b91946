"""Packet loss: parts of the H.264 stream never arrive, and the decoder goes on with what it has: real smear and blocks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame

from roadstead.simulate.lens.fault import CameraFault, dice
from roadstead.types import Frame, Image

_GOP = 60
_SLICES = 12
_FPS = 25
_START = b"\x00\x00\x01"
_SLICE_TYPES = (1, 5)
_BURST = 4.0
_WORST = 0.35


def packet_loss(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Encode with x264, lose slices in bursts ("lost") or turn some of their bytes ("corrupt"), and decode.

    At full strength a third of the slices is hit. The stream begins with a whole key picture, another comes every 60.
    """
    rng = dice(fault, seed)
    line: _Line | None = None
    for frame in pictures:
        if not fault.covers(frame.t):
            yield frame
            continue
        if line is None or line.size != frame.size:
            line = _Line.opened(frame.size)
        yield replace(
            frame, image=line.send(frame.image, fault.level(frame.t) * _WORST, rng, corrupt=fault.form == "corrupt")
        )


@dataclass(slots=True, eq=False)
class _Line:
    """An encoder, a bad line and a decoder."""

    size: tuple[int, int]
    encoder: Any
    decoder: Any
    last: Image
    sent: int = 0
    losing: bool = False

    @classmethod
    def opened(cls, size: tuple[int, int]) -> "_Line":
        encoder: Any = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height = size[0] + size[0] % 2, size[1] + size[1] % 2
        encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, _FPS), Fraction(_FPS)
        encoder.gop_size, encoder.max_b_frames, encoder.thread_count = _GOP, 0, 1
        encoder.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "crf": "23",
            "x264-params": f"slices={_SLICES}:sliced-threads=0:scenecut=0:keyint={_GOP}:min-keyint={_GOP}",
        }
        decoder: Any = av.CodecContext.create("h264", "r")
        decoder.thread_count = 1
        decoder.options = {"flags": "low_delay+output_corrupt", "ec": "favor_inter"}
        return cls(size, encoder, decoder, np.zeros((size[1], size[0], 3), np.uint8))

    def send(self, image: Image, share: float, rng: np.random.Generator, *, corrupt: bool) -> Image:
        """Return what arrives of one picture; the last one again where nothing can be decoded."""
        width, height = self.size
        even = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        frame = VideoFrame.from_ndarray(even, format="rgb24")
        frame.pts, frame.time_base = self.sent, Fraction(1, _FPS)
        for packet in self.encoder.encode(frame):
            units = bytes(packet).replace(b"\x00" + _START, _START).split(_START)[1:]
            kept = units if self.sent == 0 else self._through(units, share, rng, corrupt=corrupt)
            data = b"".join(_START + unit for unit in kept)
            if data:
                self._decode(data)
        self.sent += 1
        return self.last

    def _through(self, units: list[bytes], share: float, rng: np.random.Generator, *, corrupt: bool) -> list[bytes]:
        """Return the units that pass a line of two states (Gilbert), bad for 4 units on average and `share` of the time."""
        kept = []
        for unit in units:
            leaves = 1 / _BURST if self.losing else share / max(1e-6, 1 - share) / _BURST
            self.losing = (rng.random() < leaves) != self.losing
            if not self.losing or unit[0] & 31 not in _SLICE_TYPES:
                kept.append(unit)
            elif corrupt:
                kept.append(_turned(unit, rng))
        return kept

    def _decode(self, data: bytes) -> None:
        try:
            frames = self.decoder.decode(av.Packet(data))
        except av.error.FFmpegError:
            return
        for frame in frames:
            self.last = np.asarray(frame.to_ndarray(format="rgb24")[: self.size[1], : self.size[0]], np.uint8)


def _turned(unit: bytes, rng: np.random.Generator) -> bytes:
    """Return a unit some of whose bytes behind its header are others; they are never 0, which would start a unit."""
    data = bytearray(unit)
    if len(data) > 16:
        for at in rng.integers(12, len(data), max(1, len(data) // 400)).tolist():
            data[at] = int(rng.integers(4, 256))
    return bytes(data)
