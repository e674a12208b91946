"""Small videos whose pictures tell their own number, and a camera to show them."""

import socket
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from roadstead.types import Image

RTSP_PYTHON = "/usr/bin/python3"
RTSP_MISSING = (
    "no RTSP server here: Debian's gir1.2-gst-rtsp-server-1.0 and GStreamer's good and bad plug-ins (make services)"
)
BITS = 10


def numbered(index: int, size: tuple[int, int] = (160, 96)) -> Image:
    """Return a picture of grey whose upper half spells `index` in black and white bars, least bit first."""
    width, height = size
    image = np.full((height, width, 3), 128, np.uint8)
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        image[: height // 2, left:right] = 235 if index >> bit & 1 else 16
    return image


def index_of(image: Image) -> int:
    """Read the number of a `numbered` picture back."""
    height, width = image.shape[:2]
    middles = [(2 * bit + 1) * width // (2 * BITS) for bit in range(BITS)]
    return sum(1 << bit for bit, x in enumerate(middles) if image[height // 4, x].mean() > 128)


def write_video(
    path: Path,
    *,
    frames: int = 50,
    fps: int = 25,
    size: tuple[int, int] = (160, 96),
    codec: str = "libx264",
    gop: int = 25,
    b_frames: int = 0,
    pts: Iterable[int] | None = None,
    rotation: int = 0,
) -> Path:
    """Write `numbered` pictures 0, 1, … to a file, whose suffix names the container; `pts` in 1 / fps replace 0, 1, …"""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.gop_size = gop
        stream.max_b_frames = b_frames
        stream.codec_context.thread_count = 1
        if codec == "libx264":
            stream.options = {"preset": "veryfast", "sc_threshold": "0"}
        if rotation:
            stream.set_display_rotation(rotation)
        for index, at in enumerate(range(frames) if pts is None else pts):
            frame = VideoFrame.from_ndarray(numbered(index, size), format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Camera:
    """An RTSP camera on this machine: a real server in a process of its own, that can be killed, frozen and changed."""

    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        """Where it can be seen."""
        return f"rtsp://127.0.0.1:{self.port}/live"

    def start(self, size: str = "320x240", codec: str = "h264", file: Path | None = None) -> None:
        """Begin to serve, and return when it listens."""
        server = Path(__file__).parent / "servers" / "rtsp_server.py"
        command = [RTSP_PYTHON, str(server), str(self.port), size, codec, *([str(file)] if file else [])]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", "the RTSP server did not start"

    def send(self, signal: int) -> None:
        """Send a signal to the server (SIGSTOP: it hangs with its sockets open)."""
        assert self.process is not None
        self.process.send_signal(signal)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None


def rtsp_available() -> bool:
    """Whether the system's Python can serve RTSP."""
    check = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; Gst.init(None); assert all(map(Gst.ElementFactory.find, ('openh264enc', 'rtph264pay', 'jpegenc')))"
    try:
        return subprocess.run([RTSP_PYTHON, "-c", check], capture_output=True, timeout=30, check=False).returncode == 0
    except OSError:
        return False
