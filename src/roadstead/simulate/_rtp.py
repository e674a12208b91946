"""A recording as RTP packets: H.264 out of MP4 files (RFC 3550; RFC 6184, packetisation mode 1: single units and FU-A)."""

import base64
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from roadstead.errors import BadInput

CLOCK_HZ = 90_000
PAYLOAD = 1400
"""The most bytes of a packet after its RTP header."""
_H264, _FU_A, _SPS, _PPS = 96, 28, 7, 8
_NTP_EPOCH_S = 2_208_988_800
"""How long before 1970 NTP begins to count."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One coded picture: when it is due and shown, s from the beginning of the recording, and its NAL units."""

    due_s: float
    shown_s: float
    nals: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording that can be shown: its parameter sets, how many bytes tell the length of a NAL unit, how long a lap takes, s."""

    path: Path
    parameters: tuple[bytes, ...]
    length_size: int
    lap_s: float

    @classmethod
    def opened(cls, path: Path) -> "Clip":
        """Return what a file says of itself; raise BadInput where it is no MP4 with H.264."""
        try:
            with av.open(str(path)) as container:
                stream = _video(container)
                config = bytes(stream.codec_context.extradata or b"") if stream else b""
                if stream is None or stream.codec_context.name != "h264" or config[:1] != b"\x01":
                    raise BadInput(f"{path}: cannot be shown as a camera; give an MP4 with H.264 video")
                if not stream.duration or not stream.time_base:
                    raise BadInput(f"{path}: does not say how long it is; write it anew as MP4")
                return cls(path, _parameters(config), (config[4] & 3) + 1, float(stream.duration * stream.time_base))
        except (OSError, av.FFmpegError) as error:
            raise BadInput(f"{path}: cannot be read as a video ({error}); give an MP4 with H.264 video") from None

    @property
    def sdp(self) -> str:
        """What DESCRIBE tells of it (RFC 4566, RFC 6184 8.2)."""
        sets = ",".join(base64.b64encode(one).decode("ascii") for one in self.parameters)
        level = next(one for one in self.parameters if one[0] & 31 == _SPS)[1:4].hex()
        lines = [
            "v=0",
            "o=- 0 0 IN IP4 0.0.0.0",
            f"s={self.path.stem}",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            "a=control:*",
            f"m=video 0 RTP/AVP {_H264}",
            f"a=rtpmap:{_H264} H264/{CLOCK_HZ}",
            f"a=fmtp:{_H264} packetization-mode=1;profile-level-id={level};sprop-parameter-sets={sets}",
            "a=control:track0",
        ]
        return "".join(line + "\r\n" for line in lines)

    def lap(self) -> Iterator[Unit]:
        """Yield the pictures of the file once, in the order of decoding; parameter sets come before each key picture."""
        with av.open(str(self.path)) as container:
            stream = _video(container)
            if stream is None or stream.time_base is None:
                return
            base = float(stream.time_base)
            for packet in container.demux(stream):
                if packet.dts is None or packet.pts is None:
                    continue
                nals = tuple(_split(bytes(packet), self.length_size))
                if packet.is_keyframe:
                    nals = (*self.parameters, *(n for n in nals if n[0] & 31 not in (_SPS, _PPS)))
                yield Unit(packet.dts * base, packet.pts * base, nals)

    def _keys(self) -> Iterator[float]:
        """Yield when the key pictures are due."""
        with av.open(str(self.path)) as container:
            stream = _video(container)
            if stream is None or stream.time_base is None:
                return
            for packet in container.demux(stream):
                if packet.is_keyframe and packet.dts is not None:
                    yield packet.dts * float(stream.time_base)

    def from_moment(self, seconds: float) -> Iterator[Unit]:
        """Yield the pictures over and over, from the last key picture due at a moment of the first lap on."""
        begin = max((due for due in self._keys() if due <= seconds), default=float("-inf"))
        number = 0
        while True:
            for unit in self.lap():
                if number or unit.due_s >= begin:
                    late = number * self.lap_s
                    yield Unit(unit.due_s + late, unit.shown_s + late, unit.nals)
            number += 1


def _video(container: InputContainer) -> VideoStream | None:
    return container.streams.video[0] if container.streams.video else None


def _parameters(config: bytes) -> tuple[bytes, ...]:
    """Return the parameter sets of an AVC decoder configuration record (ISO/IEC 14496-15, 5.3.3.1)."""
    found, at = list[bytes](), 5
    for mask in (0x1F, 0xFF):
        many, at = config[at] & mask, at + 1
        for _ in range(many):
            size = int.from_bytes(config[at : at + 2], "big")
            found.append(config[at + 2 : at + 2 + size])
            at += 2 + size
    return tuple(found)


def _split(data: bytes, length_size: int) -> Iterator[bytes]:
    at = 0
    while at + length_size < len(data):
        size = int.from_bytes(data[at : at + length_size], "big")
        at += length_size
        if size:
            yield data[at : at + size]
        at += size


def payloads(nal: bytes, most: int = PAYLOAD) -> list[bytes]:
    """Return the RTP payloads of a NAL unit: itself where it is short enough, else fragments (RFC 6184, 5.8).

    >>> [p.hex() for p in payloads(bytes([0x65, 1, 2, 3]), 4)], [p.hex() for p in payloads(bytes([0x65, 1, 2, 3]), 3)]
    (['65010203'], ['7c8501', '7c0502', '7c4503'])
    """
    if len(nal) <= most:
        return [nal]
    head, body = nal[0], nal[1:]
    step = most - 2
    parts = [body[k : k + step] for k in range(0, len(body), step)]
    indicator, last = head & 0xE0 | _FU_A, len(parts) - 1
    return [
        bytes((indicator, (0x80 if k == 0 else 0) | (0x40 if k == last else 0) | head & 0x1F)) + part
        for k, part in enumerate(parts)
    ]


@dataclass(slots=True)
class Sender:
    """What numbers, dates and counts the packets of one client; `rtp` and `rtcp` send one."""

    rtp: Callable[[bytes], None]
    rtcp: Callable[[bytes], None]
    ssrc: int = field(default_factory=lambda: random.getrandbits(32))
    sequence: int = field(default_factory=lambda: random.getrandbits(16))
    base: int = field(default_factory=lambda: random.getrandbits(32))
    packets: int = 0
    octets: int = 0

    def picture(self, unit: Unit) -> None:
        """Send one picture; its last packet bears the marker."""
        stamp = self.stamp(unit.shown_s)
        parts = [part for nal in unit.nals for part in payloads(nal)]
        for k, part in enumerate(parts):
            kind = _H264 | (0x80 if k == len(parts) - 1 else 0)
            self.rtp(struct.pack("!BBHII", 0x80, kind, self.sequence, stamp, self.ssrc) + part)
            self.sequence = self.sequence + 1 & 0xFFFF
            self.packets, self.octets = self.packets + 1, self.octets + len(part)

    def stamp(self, shown_s: float) -> int:
        """Return the RTP time of a moment of the recording."""
        return round(shown_s * CLOCK_HZ) + self.base & 0xFFFFFFFF

    def report(self, shown_s: float, now: float) -> None:
        """Send a sender report: which time of ours, UTC epoch s, that moment is shown at (RFC 3550, 6.4.1)."""
        whole = int(now)
        ntp = (whole + _NTP_EPOCH_S, int((now - whole) * 2**32))
        counts = (self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF)
        self.rtcp(struct.pack("!BBHIIIIII", 0x80, 200, 6, self.ssrc, *ntp, self.stamp(shown_s), *counts))

    def bye(self) -> None:
        """Say that nothing more comes (RFC 3550, 6.6)."""
        self.rtcp(struct.pack("!BBHI", 0x81, 203, 1, self.ssrc))
