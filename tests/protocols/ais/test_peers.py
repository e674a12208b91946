"""Recordings beside other decoders: a Gatehouse stream beside pyais, tag blocks beside libais."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyais
import pytest

from _ais import decoded, lines_of, records_of
from roadstead.positions import Kind, Raw
from roadstead.protocols.ais.messages import Message, PositionA, PositionB, StaticA
from roadstead.protocols.ais.position import Receipt
from roadstead.protocols.ais.stream import Stream

pytestmark = pytest.mark.data


def heard(lines: list[bytes]) -> list[tuple[Message, Receipt]]:
    stream = Stream()
    found = [stream.read(Raw(None, "", line), k) for k, line in enumerate(lines)]
    return [each for each in found if each is not None]


def message_is_alone(line: bytes) -> bool:
    """Tell whether a line ends with the checksum: a time behind it counts before that of the line before."""
    return line[-3:-2] == b"*"


def test_a_stream_of_several_talkers_holds_what_pyais_reads_in_it(data: Path) -> None:
    lines = lines_of(data / "ais" / "aislib" / "stream_example.txt")
    theirs: list[Any] = list(pyais.IterMessages(lines))
    mine = heard(lines)
    assert len(mine) == len(theirs)
    compared = 0
    for (message, receipt), sentence in zip(mine, theirs, strict=True):
        other: Any = sentence.decode()
        assert (message.type, message.mmsi) == (other.msg_type, other.mmsi)
        if isinstance(message, PositionA | PositionB):
            assert message.lon / 600_000 == pytest.approx(other.lon, abs=1e-6)
            assert message.lat / 600_000 == pytest.approx(other.lat, abs=1e-6)
            assert (message.speed / 10, message.course / 10) == (other.speed, other.course)
            assert (message.heading, message.second) == (other.heading, other.second)
            compared += 1
        elif isinstance(message, StaticA):
            assert (message.shipname.strip(), message.destination.strip()) == (other.shipname, other.destination)
            assert (message.imo, message.draught / 10) == (other.imo, other.draught)
            compared += 1
        if sentence.wrapper_msg is not None and message_is_alone(lines[receipt.raw]):
            clock = sentence.wrapper_msg.timestamp.replace(tzinfo=UTC)
            assert receipt.t == pytest.approx(clock.timestamp(), abs=1e-3)
            compared += 1
    print(f"{compared} compared")
    assert compared > 6000


def test_times_of_tag_blocks_are_those_of_libais(data: Path) -> None:
    folder = data / "ais" / "libais"
    rows = [json.loads(line) for line in (folder / "tagblock.json").read_text().splitlines()]
    reports, counts = decoded(records_of(lines_of(folder / "tagblock.nmea")))
    expected = {(f"{row['mmsi']:09d}", datetime.fromisoformat(row["tagblock_timestamp"]).timestamp()) for row in rows}
    assert {(reports.movers[k], t) for k, t in zip(reports.mover.tolist(), reports.t.tolist(), strict=True)} == expected
    assert sorted(reports.kind.tolist()) == [Kind.POSITION] * 3 + [Kind.STATIC]
    assert counts == {"read_position": 3, "read_part": 1, "read_static": 1}
