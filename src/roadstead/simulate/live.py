"""Recordings shown as cameras show what they see: an RTSP server for a folder of MP4 files with H.264, at their true pace.

RTSP/1.0 (RFC 2326); pictures come interleaved with the answers, over TCP, or by UDP.
"""

import asyncio
import random
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from roadstead.errors import BadInput
from roadstead.simulate._rtp import Clip, Sender, Unit

TIMEOUT_S = 60
"""How long a session lives without a word, as clients are told. None is ended: they leave, or their connection breaks."""
_REPORT_S = 5.0
_METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN")
_REASONS = {
    200: "OK",
    404: "Not Found",
    415: "Unsupported Media Type",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
}


@asynccontextmanager
async def serving(folder: Path, *, host: str = "127.0.0.1", port: int = 0, repeat: bool = True) -> AsyncIterator[int]:
    """Serve the MP4 files below a folder at rtsp://HOST:PORT/NAME (with or without .mp4); yield the port.

    With `repeat` a file is a camera: it began with the server and goes on for ever, and who connects sees it from the
    last key picture on. Else each client sees it once, from its beginning. Raises BadInput where nobody can listen there.
    """
    show = _Show(folder.resolve(), repeat, asyncio.get_running_loop().time())
    there = set[_Client]()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        one = _Client(show, reader, writer)
        there.add(one)
        try:
            await one.run()
        finally:
            there.discard(one)

    try:
        server = await asyncio.start_server(client, host, port)
    except OSError as error:
        raise BadInput(f"{host}:{port}: cannot be listened on ({error.strerror}); give another port") from None
    async with server:
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            for one in there:
                one.writer.transport.abort()
            while there:
                await asyncio.sleep(0.01)


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8554,
    repeat: bool = True,
    ready: Callable[[int], None],
) -> None:
    """Serve until interrupted, see `serving`; `ready` is told the port once clients may come."""

    async def forever() -> None:
        async with serving(folder, host=host, port=port, repeat=repeat) as chosen:
            ready(chosen)
            await asyncio.Event().wait()

    asyncio.run(forever())


@dataclass(frozen=True, slots=True)
class _Show:
    """What is shown: files below a folder, over and over since `began` (of the loop's clock), or once to each client."""

    folder: Path
    repeat: bool
    began: float

    def clip(self, url: str) -> Clip | None:
        """Return what an address names; None: there is none. Raises BadInput where it cannot be shown."""
        named = (self.folder / unquote(urlsplit(url).path).strip("/")).resolve()
        for path in (named, named.with_name(named.name + ".mp4")):
            if path.is_relative_to(self.folder) and path.is_file():
                return Clip.opened(path)
        return None

    def pictures(self, clip: Clip, now: float) -> Iterator[Unit]:
        """Yield what a client that comes now sees."""
        return clip.from_moment((now - self.began) % clip.lap_s) if self.repeat else clip.lap()


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: dict[str, str]


@dataclass(slots=True, eq=False)
class _Client:
    """One connection: its requests, and the pictures it asked for."""

    show: _Show
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    clip: Clip | None = None
    sender: Sender | None = None
    session: str = field(default_factory=lambda: f"{random.getrandbits(32):08x}")
    sockets: list[asyncio.DatagramTransport] = field(default_factory=list)
    playing: "asyncio.Task[None] | None" = None

    async def run(self) -> None:
        """Answer requests until the client leaves."""
        try:
            while (request := await self._request()) is not None:
                if not await self._answer(request):
                    break
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError):
            pass
        finally:
            if self.playing is not None:
                self.playing.cancel()
            for socket in self.sockets:
                socket.close()
            self.writer.close()

    async def _request(self) -> _Request | None:
        """Return the next request; what comes interleaved (receiver reports) is passed over."""
        while (first := await self.reader.readexactly(1)) in b"$\r\n":
            if first == b"$":
                size = int.from_bytes((await self.reader.readexactly(3))[1:], "big")
                await self.reader.readexactly(size)
        lines = (first + await self.reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace").split("\r\n")
        words = lines[0].split()
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        await self.reader.readexactly(min(int(headers.get("content-length", 0)), 65536))
        return _Request(words[0], words[1], headers) if len(words) == 3 else None

    async def _answer(self, request: _Request) -> bool:
        """Answer a request; return whether the connection goes on."""
        match request.method:
            case "OPTIONS":
                self._say(request, 200, Public=", ".join(_METHODS))
            case "DESCRIBE":
                self._describe(request)
            case "SETUP":
                await self._setup(request)
            case "PLAY" if self.clip is not None and self.sender is not None:
                self._say(request, 200, Session=self.session, Range="npt=now-")
                self.playing = self.playing or asyncio.create_task(self._play(self.clip, self.sender))
            case "PLAY":
                self._say(request, 455)
            case "GET_PARAMETER" | "SET_PARAMETER":
                self._say(request, 200, Session=self.session)
            case "TEARDOWN":
                self._say(request, 200)
                return False
            case _:
                self._say(request, 501)
        await self.writer.drain()
        return True

    def _describe(self, request: _Request) -> None:
        clip = self._asked(request, request.url)
        if clip is None:
            return
        base = {"Content-Base": request.url.rstrip("/") + "/", "Content-Type": "application/sdp"}
        self._say(request, 200, clip.sdp, **base)

    def _asked(self, request: _Request, url: str) -> Clip | None:
        """Return what a client asks for; where that is nothing that can be shown, say so."""
        try:
            clip = self.show.clip(url)
        except BadInput:
            self._say(request, 415)
            return None
        if clip is None:
            self._say(request, 404)
        return clip

    async def _setup(self, request: _Request) -> None:
        self.clip = self._asked(request, request.url.rstrip("/").removesuffix("/track0"))
        if self.clip is None:
            return
        for offered in request.headers.get("transport", "").split(","):
            made = await self._transport(offered.strip())
            if made is not None:
                self._say(request, 200, Session=f"{self.session};timeout={TIMEOUT_S}", Transport=made)
                return
        self._say(request, 461)

    async def _transport(self, offered: str) -> str | None:
        """Take a transport that a client offers, and return it with our part; None: it cannot be had."""
        given = dict(word.partition("=")[::2] for word in offered.split(";"))
        if "multicast" in given:
            return None
        if offered.startswith("RTP/AVP/TCP"):
            rtp, rtcp = _pair(given.get("interleaved", "0-1"))
            self.sender = Sender(partial(self._interleave, rtp), partial(self._interleave, rtcp))
            return f"RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}"
        if not offered.startswith("RTP/AVP") or "client_port" not in given:
            return None
        host, ports = self.writer.get_extra_info("peername")[0], _pair(given["client_port"])
        here = self.writer.get_extra_info("sockname")[0]
        loop = asyncio.get_running_loop()
        for port in ports:
            socket, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=(here, 0), remote_addr=(host, port)
            )
            self.sockets.append(socket)
        rtp_socket, rtcp_socket = self.sockets[-2:]
        self.sender = Sender(rtp_socket.sendto, rtcp_socket.sendto)
        ours = "-".join(str(socket.get_extra_info("sockname")[1]) for socket in (rtp_socket, rtcp_socket))
        return f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]};server_port={ours};ssrc={self.sender.ssrc:08X}"

    def _interleave(self, channel: int, data: bytes) -> None:
        self.writer.write(struct.pack("!BBH", 0x24, channel, len(data)) + data)

    async def _play(self, clip: Clip, sender: Sender) -> None:
        """Send pictures when they are due; at the end of a recording shown once, hang up."""
        clock = asyncio.get_running_loop().time
        units = self.show.pictures(clip, clock())
        zero = reported = float("-inf")
        try:
            for unit in units:
                zero = clock() - unit.due_s if zero == float("-inf") else zero
                await asyncio.sleep(zero + unit.due_s - clock())
                if unit.due_s - reported >= _REPORT_S:
                    reported = unit.due_s
                    sender.report(unit.shown_s, time.time())
                sender.picture(unit)
                await self.writer.drain()
            await asyncio.sleep(zero + clip.lap_s - clock())
            sender.bye()
        except ConnectionError:
            pass
        finally:
            self.writer.close()

    def _say(self, request: _Request, code: int, body: str = "", **headers: str) -> None:
        lines = [f"RTSP/1.0 {code} {_REASONS[code]}", f"CSeq: {request.headers.get('cseq', '0')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body.encode())}"] if body else []
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


def _pair(text: str) -> tuple[int, int]:
    """Read "5000-5001", or "5000" which stands for itself and the next; raises ValueError."""
    first, _, second = text.partition("-")
    return int(first), int(second or int(first) + 1)
