"""The vectors and real frames of the development data decode to what is known of them."""

from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from _jt808 import lines, vectors, verdict
from roadstead.protocols.jt808 import framing, header, messages
from roadstead.protocols.jt808.framing import BadFrame
from roadstead.protocols.jt808.header import Header
from roadstead.protocols.jt808.location import Location

pytestmark = pytest.mark.data
BEIJING = timezone(timedelta(hours=8))


def test_every_vector_has_the_header_the_checks_and_the_body_that_are_known(data: Path) -> None:
    assert len(vectors(data)) == 33
    for vector in vectors(data):
        frame, told = bytes.fromhex(vector["hex"]), vector["header"]
        payload = framing.unescape(framing.content(frame))
        assert (framing.checksum(payload) == 0) == vector["xor_ok"], vector["name"]
        read, body = header.read(payload[:-1], versioned=told["ver"] is not None)
        expected = Header(
            int(told["id"], 16), told["phone"], told["sn"], told["ver"], told["enc"], told["total"], told["no"]
        )
        assert read == expected, vector["name"]
        assert body.hex() == vector["body"], vector["name"]
        if vector["len_ok"]:
            assert header.parse(payload[:-1]) == (expected, body), vector["name"]
            assert len(body) == told["blen"]
        else:
            with pytest.raises(BadFrame, match="length"):
                header.parse(payload[:-1])


def test_every_frame_that_is_whole_is_written_back_the_same(data: Path) -> None:
    frames = [bytes.fromhex(v["hex"]) for v in vectors(data) if v["xor_ok"] and v["len_ok"]]
    frames += [f for name in ("traccar", "smallchi") for f in lines(data, f"{name}_frames.txt") if verdict(f) == "ok"]
    assert len(frames) == 31 + 42 + 38
    for frame in frames:
        head, body = header.parse(framing.unwrap(frame))
        assert messages.encode(messages.decode(head, body), head.version) == body
        assert framing.wrap(header.build(head, body)) == frame


def test_every_location_has_the_fields_that_are_known(data: Path) -> None:
    located = [v for v in vectors(data) if "location" in v]
    assert len(located) == 10
    for vector in located:
        told = vector["location"]
        found = messages.decode(*header.parse(framing.unwrap(bytes.fromhex(vector["hex"]))))
        assert isinstance(found, Location)
        assert (hex(found.alarms), hex(found.status)) == (told["alarm"], told["status"]), vector["name"]
        assert (found.lat, found.lon) == (told["lat"], told["lon"]), vector["name"]
        assert (found.altitude_m, found.speed_kmh, found.course_deg) == (told["alt"], told["kmh"], told["dir"])
        moment = datetime.strptime(told["t"], "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
        assert found.t == moment.timestamp(), vector["name"]
        assert {hex(id_): value.hex() for id_, value in found.extras} == told["ext"], vector["name"]
        assert found.remainder == b""


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("traccar_frames.txt", {"ok": 42, "checksum": 5, "length": 4, "flag": 4, "escape": 1}),
        ("smallchi_frames.txt", {"ok": 38, "checksum": 4}),
    ],
)
def test_every_real_frame_decodes_or_is_refused_for_the_right_reason(
    data: Path, name: str, refused: dict[str, int]
) -> None:
    told: Counter[str] = Counter()
    for frame in lines(data, name):
        try:
            messages.decode(*header.parse(framing.unwrap(frame)))
            reason = "ok"
        except BadFrame as bad:
            reason = bad.reason
        assert reason == verdict(frame), frame.hex()
        told[reason] += 1
    assert told == refused
