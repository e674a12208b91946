"""What a JT/T 808 gateway answers on one connection: no sockets, no clock.

Nothing but a registration (0x0100) and an authentication (0x0102) is taken from a terminal before it authenticated on
this connection; it is answered "failed" and its frame is marked. One connection may carry several terminals.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from roadstead.protocols.jt808 import header as headers
from roadstead.protocols.jt808 import messages, times
from roadstead.protocols.jt808.assembly import Assembly, Missing
from roadstead.protocols.jt808.framing import BadFrame, unwrap, wrap
from roadstead.protocols.jt808.header import Header
from roadstead.sources._jt808_admission import REGISTERED, Admission
from roadstead.sources._jt808_roster import Bucket, Known, Roster

REFUSED = b"#refused "
"""Stands before a frame in the raw log that was not taken, because its terminal had not authenticated."""

DONE, FAILED, BAD, UNSUPPORTED = range(4)
"""Results of 0x8001."""

TERMINALS = 256
"""So many terminals may speak on one connection."""

RESEND_S, RESENDS = 5.0, 3
"""Missing parts are asked for where none came for so long, and so many times."""
SPLIT_MESSAGES, SPLIT_AGE_S = 8, 120.0
"""So many split messages of one connection are watched, each for so long."""

TERMINAL_ANSWER, HEARTBEAT, LOGOUT, TIME_QUERY, RESEND_DOWN = 0x0001, 0x0002, 0x0003, 0x0004, 0x0005
REGISTER, AUTHENTICATE, LOCATION, BATCH, MEDIA_EVENT, MEDIA_DATA = 0x0100, 0x0102, 0x0200, 0x0704, 0x0800, 0x0801
LOCATION_BYTES = 28


class Session:
    """One connection, or one peer by UDP. `counts` are the gateway's own."""

    def __init__(
        self, link: object, admission: Admission, roster: Roster[object], counts: Counter[str], bucket: Bucket
    ) -> None:
        self.bucket = bucket
        self._link = link
        self._admission = admission
        self._roster = roster
        self._counts = counts
        self._admitted: dict[str, Known[object]] = {}
        self._assembly: Assembly | None = None
        self._asked: dict[tuple[str, int, int], tuple[int, float]] = {}
        self._serial = 0

    @property
    def terminals(self) -> tuple[str, ...]:
        """The identities that authenticated here and did not log out."""
        return tuple(self._admitted)

    def take(self, frame: bytes, t: float, now: float) -> tuple[bytes, bytes]:
        """Return what to keep of a frame, and what to answer once it is kept (b"": nothing).

        `t` is when it came, UTC epoch s; `now` the same by a steady clock.
        """
        try:
            header, body = headers.parse(unwrap(frame))
        except BadFrame as bad:
            self._counts[f"bad_{bad.reason}"] += 1
            return frame, b""
        known = self._admitted.get(header.identity)
        if known is None:
            if header.message not in _OPENING:
                self._counts["frames_refused"] += 1
                return REFUSED + frame, self._answer(header, FAILED)
        elif known.repeated(frame):
            self._counts["frames_repeated"] += 1
        try:
            return frame, self._judge(header, body, t, now)
        except BadFrame:
            self._counts["bad_body"] += 1
            return frame, self._answer(header, BAD)

    def missing(self, now: float) -> bytes:
        """Return requests (0x8003) for parts that did not come, where it is time to ask."""
        if self._assembly is None:
            return b""
        self._assembly.expire(now)
        wanted = self._assembly.missing()
        still = {_key(w) for w in wanted}
        self._asked = {key: asked for key, asked in self._asked.items() if key in still}
        sent = b""
        for w in wanted:
            asked, last = self._asked.get(_key(w), (0, w.changed))
            if asked < RESENDS and now - max(last, w.changed) >= RESEND_S:
                self._asked[_key(w)] = asked + 1, now
                self._counts["resends_asked"] += 1
                sent += self._send(w.header, messages.Resend(w.serial, w.indices))
        return sent

    def close(self) -> None:
        """Let its terminals go."""
        for terminal in self._admitted:
            self._roster.leave(terminal, self._link)
        self._admitted.clear()

    def _judge(self, header: Header, body: bytes, t: float, now: float) -> bytes:
        if header.encryption:
            self._counts["frames_encrypted"] += 1
            return self._answer(header, UNSUPPORTED)
        if header.total is not None and header.total > 1:
            return self._part(header, now)
        act = _ACTS.get(header.message)
        if act is None:
            self._counts["messages_unsupported"] += 1
            return self._answer(header, UNSUPPORTED)
        return act(self, header, body, t)

    def _part(self, header: Header, now: float) -> bytes:
        """Note which part came; its bytes are kept already and are put together by the decoder."""
        if self._assembly is None:
            self._assembly = Assembly(max_messages=SPLIT_MESSAGES, max_age_s=SPLIT_AGE_S)
        if self._assembly.add(header, b"", now) is not None:
            self._counts["messages_joined"] += 1
        return self._answer(header, DONE)

    def _done(self, header: Header, _body: bytes, _t: float) -> bytes:
        return self._answer(header, DONE)

    def _location(self, header: Header, body: bytes, _t: float) -> bytes:
        if len(body) < LOCATION_BYTES:
            raise BadFrame("body")
        return self._answer(header, DONE)

    def _decodable(self, header: Header, body: bytes, _t: float) -> bytes:
        messages.decode(header, body)
        return self._answer(header, DONE)

    def _register(self, header: Header, body: bytes, _t: float) -> bytes:
        said = messages.decode(header, body)
        if not isinstance(said, messages.Register):
            raise BadFrame("body")
        result = self._admission.register(header.identity, said.plate, said.colour)
        self._counts["registered" if result == REGISTERED else "registrations_refused"] += 1
        token = self._admission.token(header.identity) if result == REGISTERED else ""
        return self._send(header, messages.RegisterAnswer(header.serial, result, token))

    def _authenticate(self, header: Header, body: bytes, _t: float) -> bytes:
        said = messages.decode(header, body)
        if not isinstance(said, messages.Authenticate):
            raise BadFrame("body")
        terminal = header.identity
        if terminal not in self._admitted and len(self._admitted) >= TERMINALS:
            self._counts["authentications_refused"] += 1
            return self._answer(header, FAILED)
        if not self._admission.admits(terminal, said.token):
            self._counts["authentications_refused"] += 1
            return self._answer(header, FAILED)
        self._counts["authenticated" if self._admission.listed is not None else "authenticated_without_list"] += 1
        if terminal not in self._admitted:
            known, elsewhere = self._roster.enter(terminal, self._link)
            self._admitted[terminal] = known
            self.bucket = known.bucket
            self._counts["duplicate_connections"] += elsewhere
        return self._answer(header, DONE)

    def _logout(self, header: Header, _body: bytes, _t: float) -> bytes:
        if self._admitted.pop(header.identity, None) is not None:
            self._roster.leave(header.identity, self._link)
        return self._answer(header, DONE)

    def _time(self, header: Header, _body: bytes, t: float) -> bytes:
        return self._send(header, messages.TimeAnswer(times.stamp(t, 0)))

    def _heard(self, _header: Header, _body: bytes, _t: float) -> bytes:
        return b""

    def _nothing_to_resend(self, header: Header, _body: bytes, _t: float) -> bytes:
        """Answer 0x0005: what this gateway sends is never split, so it has no parts to send again."""
        return self._answer(header, FAILED)

    def _answer(self, header: Header, result: int) -> bytes:
        return self._send(header, messages.Answer(header.serial, header.message, result))

    def _send(self, header: Header, message: messages.Message) -> bytes:
        """Return a message to the terminal of a header, in its layout; what is sent here fits into one frame."""
        self._serial = (self._serial + 1) & 0xFFFF
        back = Header(message.number, header.phone, self._serial, header.version, misflagged=header.misflagged)
        return wrap(headers.build(back, message.encode(header.version)))


def _key(missing: Missing) -> tuple[str, int, int]:
    return missing.header.phone, missing.header.message, missing.serial


_OPENING = frozenset({REGISTER, AUTHENTICATE})
_ACTS: Mapping[int, Callable[[Session, Header, bytes, float], bytes]] = {
    TERMINAL_ANSWER: Session._heard,
    HEARTBEAT: Session._done,
    LOGOUT: Session._logout,
    TIME_QUERY: Session._time,
    RESEND_DOWN: Session._nothing_to_resend,
    REGISTER: Session._register,
    AUTHENTICATE: Session._authenticate,
    LOCATION: Session._location,
    BATCH: Session._decodable,
    MEDIA_EVENT: Session._decodable,
    MEDIA_DATA: Session._decodable,
}
