"""Opens files and streams with FFmpeg, and says in plain words what is wrong with them."""

import errno
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from roadstead.errors import BadInput, SourceLost
from roadstead.sources._clock import FileTimes
from roadstead.sources._decode import by_decoding_time

_NOT_VIDEO = frozenset({"tty"})
"""What FFmpeg takes text files for; a page of letters is no video."""
_CREDENTIALS = re.compile(r"^(\w+://)?.*@", re.DOTALL)
_QUERY = re.compile(r"\?\S*")


def masked(url: str) -> str:
    """Return an address that may be shown: without user, password and query."""
    return _QUERY.sub("?***", _CREDENTIALS.sub(r"\1***@", url))


@contextmanager
def opened_file(path: Path, *, still: bool = False) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a local video file; raise BadInput, one sentence naming it, where it is none. Nothing but the file is read."""
    if not path.exists():
        raise BadInput(f"{path}: there is no such file")
    if not path.is_file():
        raise BadInput(f'{path}: is no file; name a video, or use kind = "images" for a folder of pictures')
    try:
        if path.stat().st_size == 0:
            raise BadInput(f"{path}: is empty")
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (OSError, av.FFmpegError) as error:
        raise BadInput(f"{path}: cannot be read as a video ({_why(error)})") from None
    with container:
        stream = _picture_stream(container)
        if stream is None:
            raise BadInput(f"{path}: holds no video")
        if not still and _is_still(container):
            raise BadInput(
                f'{path}: is a single picture; name a video, or use kind = "images" for a folder of pictures'
            )
        try:
            yield container, stream
        except av.FFmpegError as error:
            raise BadInput(f"{path}: cannot be read to its end ({_why(error)})") from None


@contextmanager
def opened_stream(
    url: str, options: Mapping[str, str], open_s: float, read_s: float
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Connect to a live stream; raise SourceLost, without the address, where that fails or it breaks off.

    PyAV gives opening and probing a time limit each, so either gets half of `open_s`.
    """
    try:
        with av.open(url, options=dict(options), timeout=(open_s / 2, read_s)) as container:
            stream = _picture_stream(container)
            if stream is None:
                raise SourceLost("it holds no video")
            yield container, stream
    except av.FFmpegError as error:
        raise SourceLost(_why(error)) from None


def file_times(container: InputContainer, stream: VideoStream, start: float, counts: Counter[str]) -> FileTimes:
    """Return the clock of a file whose first moment was at `start`, UTC epoch seconds."""
    rate = stream.average_rate or stream.guessed_rate
    base = None if by_decoding_time(container, stream) else stream.time_base
    zero_s = None if stream.start_time is None or base is None else float(stream.start_time * base)
    return FileTimes(start, zero_s, float(1 / rate) if rate else 1 / 25, counts)


def note_missing(stream: VideoStream, packets: int, counts: Counter[str]) -> None:
    """Count a file as truncated, and the packets it lacks, where its own header tells of more than were found."""
    if stream.frames > packets:
        counts["truncated"] += 1
        counts["packets_missing"] += stream.frames - packets


def _picture_stream(container: InputContainer) -> VideoStream | None:
    """Return the first stream of moving pictures that can be decoded; a cover picture of a song is none."""
    if set(container.format.name.split(",")) & _NOT_VIDEO:
        return None
    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def _is_still(container: InputContainer) -> bool:
    return any(name == "image2" or name.endswith("_pipe") for name in container.format.name.split(","))


def _why(error: OSError | av.FFmpegError) -> str:
    """Say in a few words what went wrong; never with the address, which may hold a password."""
    match error:
        case av.error.ExitError() | av.error.TimeoutError():
            return "it does not answer in time"
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return "it refuses the user name or the password"
        case av.error.HTTPNotFoundError():
            return "it knows no such address"
        case av.error.InvalidDataError():
            return "no known video format"
    if error.errno == errno.EIO:
        return "it broke off"
    return (error.strerror or type(error).__name__).lower()
