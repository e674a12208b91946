"""Every message of gpsd's regression files, field by field; the differences are all named here and in docs/positions/ais-conformance.md."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from roadstead.positions import Raw
from roadstead.protocols.ais import messages as m
from roadstead.protocols.ais.stream import Stream

pytestmark = pytest.mark.data

READ = {1, 2, 3, 4, 5, 9, 18, 19, 21, 24, 27}
NOT_SENT = {"class", "device", "scaled", "status_text", "shiptype_text", "epfd_text", "aid_type_text"}
"""What gpsd adds: names of codes (as text), and how it was asked."""

COUNTED = {
    "ais-18-27.log": 138,
    "ais-nmea-type6-fid55.log": 1102,
    "ais-nmea.log": 160,
    "ais-raw-messages.log": 108,
    "ais_unpack_sixbit.log": 12,
    "sample.aivdm": 25,
}
"""Messages of the types that we read, as gpsd prints them (without those that it prints again, and but for LENGTH)."""
LENGTH = {("ais-nmea-type6-fid55.log", 247092500)}
"""A type 1 of 222 bits: gpsd reads the first 168, we refuse it (bad_length)."""
CUT_OFF = {("sample.aivdm", "radio", 244740981)}
"""A type 1 of 163 bits: gpsd takes the 14 bits of the communication state that are there for its lowest, we for its highest."""


def said(message: Any, field: str) -> object:
    """Return what one of our messages says of a field of gpsd's."""
    if field == "eta":
        return f"{message.month:02d}-{message.day:02d}T{message.hour:02d}:{message.minute:02d}Z"
    if field == "timestamp":
        date = f"{message.year:04d}-{message.month:02d}-{message.day:02d}"
        return f"{date}T{message.hour:02d}:{message.minute:02d}:{message.second:02d}Z"
    return getattr(message, field)


def theirs(checked: Path) -> list[dict[str, Any]]:
    """Return the messages that gpsd prints, without those printed again after a sentence that is none of AIS."""
    lines = checked.read_text(errors="replace").splitlines()
    echoed = any(line.startswith("!") for line in lines)
    found, fresh = [], not echoed
    for line in lines:
        if line.startswith(("!", "$")):
            fresh = line.startswith("!")
        elif line.startswith('{"class":"AIS"'):
            if fresh:
                found.append(json.loads(line))
            fresh = not echoed
    return [row for row in found if row["type"] in READ]


def ours(log: Path) -> tuple[list[Any], Stream]:
    stream = Stream()
    lines = log.read_bytes().split(b"\n")
    heard = [stream.read(Raw(None, "", line), k) for k, line in enumerate(lines)]
    assert sum(n for name, n in stream.counts.items() if name.startswith(("read_", "bad_"))) == len(lines)
    return [found[0] for found in heard if found is not None and not isinstance(found[0], m.Unread)], stream


@pytest.mark.parametrize(
    ("log", "checked"),
    [(name, f"{name}.chk") for name in COUNTED if name.endswith(".log")] + [("sample.aivdm", "sample.aivdm.ju.chk")],
)
def test_every_field_is_gpsds(data: Path, log: str, checked: str) -> None:
    folder = data / "ais" / "gpsd"
    mine, _ = ours(folder / log)
    names: dict[int, str] = {}
    compared: Counter[str] = Counter()
    left = iter(mine)
    for row in theirs(folder / checked):
        if (log, row["mmsi"]) in LENGTH:
            continue
        message = next_like(left, row, names)
        compared[f"type {row['type']}"] += 1
        for field, value in row.items():
            if field in NOT_SENT or (log, field, row["mmsi"]) in CUT_OFF:
                continue
            if isinstance(message, m.DetailsB) and field == "vendorid":
                assert value.startswith(message.vendorid)
            elif isinstance(message, m.DetailsB) and field == "shipname":
                assert names[row["mmsi"]] == value
            else:
                assert said(message, field) == value, (log, row, field)
            compared["fields"] += 1
    print(log, dict(compared))
    rest = [message for message in left if message.type != 24]
    assert not rest
    assert sum(n for name, n in compared.items() if name != "fields") == COUNTED[log]


def next_like(left: Any, row: dict[str, Any], names: dict[int, str]) -> Any:
    """Return our next message, which must be gpsd's; of type 24, which gpsd joins, parts without the other are passed over."""
    for message in left:
        if isinstance(message, m.NameB):
            names[message.mmsi] = message.shipname
        elif (message.type, message.mmsi) == (row["type"], row["mmsi"]):
            return message
        else:
            assert isinstance(message, m.DetailsB), (message, row)
    raise AssertionError(f"gpsd has one more: {row}")


def test_scaled_values_are_gpsds(data: Path) -> None:
    mine, _ = ours(data / "ais" / "gpsd" / "sample.aivdm")
    rows = theirs(data / "ais" / "gpsd" / "sample.aivdm.js.chk")
    left = iter(mine)
    names: dict[int, str] = {}
    compared = 0
    for row in rows:
        message = next_like(left, row, names)
        step = 6e-5 if row["type"] == 27 else 6e-8
        for field, within, none in (("lat", step, 91.0), ("lon", step, 181.0), ("course", 0.05, 360.0)):
            if isinstance(row.get(field), int | float):
                known = getattr(message, f"{field}_deg")
                assert (none if known is None else known) == pytest.approx(row[field], abs=within)
                compared += 1
        if isinstance(row.get("speed"), int | float):
            assert message.speed_mps == pytest.approx(row["speed"] * 1852 / 3600, abs=0.03)
            compared += 1
    assert compared > 40
