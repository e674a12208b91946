"""Simulated reports as files: CSV, or as terminals and transponders send them, with labels of the faults in them."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from roadstead.errors import BadInput
from roadstead.positions import COLUMNS, Kind, Position, Reports, Static
from roadstead.protocols import nmea
from roadstead.protocols.ais import messages, scales
from roadstead.protocols.ais.encode import messages_of, sentences
from roadstead.protocols.jt808 import location, times
from roadstead.protocols.jt808.messages import Authenticate, Batch, Heartbeat, Register, compose
from roadstead.simulate.reports._own import Label
from roadstead.simulate.reports.faults import FAULTS, split
from roadstead.simulate.reports.fleet import BEGIN
from roadstead.simulate.reports.fleet import trucks as make_trucks
from roadstead.simulate.reports.fleet import vessels as make_vessels

Format = Literal["csv", "wire"]
_PLAIN = (
    "mover",
    "t",
    "t_received",
    "kind",
    "lat",
    "lon",
    "speed_mps",
    "course_deg",
    "heading_deg",
    "backfilled",
    "peer",
)
_STATICS = ("name", "call_sign", "imo", "ship_type", "length_m", "beam_m", "draught_m", "destination")
_AID = 21
_NOT_ON_AIS = frozenset({"swapped_coordinates"})
PART = 2000
"""A larger fleet is written as several files of so many movers each, so that it need not fit into memory."""
_MORNING_H = 8.0
"""A watch of less than 16 hours begins so many hours after midnight: at night there is little to see."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: files, movers, reports, and how many cases of each fault."""

    files: tuple[Path, ...]
    movers: int
    reports: int
    cases: dict[str, int]


def simulate(
    out: Path,
    *,
    trucks: int,
    vessels: int,
    hours: float,
    seed: int = 0,
    faults: Sequence[str] = (),
    format: Format = "csv",  # noqa: A002  # what the command calls it
) -> Summary:
    """Write `trucks` and `vessels` files and labels.jsonl into the folder `out`; return what was written.

    CSV has one row a report, under our own names. On the wire, trucks are lines of reception time, peer and frame in hex
    (JT/T 808-2013), vessels are AIVDM with tag blocks. Every fault named ("all": each) is injected at 1.2 times its
    threshold, one mover a case, one case in ten movers, fewer of many faults. AIS has no room for a latitude beyond 111 degrees, so on the wire
    no vessel exchanges its coordinates. More than PART trucks or vessels are several files: trucks-0001.csv, … Raises BadInput for a fault that there is not and a folder that cannot be used.
    """
    wanted = tuple(FAULTS) if "all" in faults else tuple(faults)
    for name in wanted:
        if name not in FAULTS:
            raise BadInput(f"no fault is called {name!r}; there are: {', '.join(FAULTS)}")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"{out}: cannot be the folder for reports: {error.strerror}; choose another with --out"
        ) from error
    files, labels, movers, rows = list[Path](), list[Label](), 0, 0
    for label, many, make in (("truck", trucks, make_trucks), ("vessel", vessels, make_vessels)):
        if not many:
            continue
        told = [name for name in wanted if not (format == "wire" and label == "vessel" and name in _NOT_ON_AIS)]
        for number, first in enumerate(range(0, many, PART)):
            part = make(min(PART, many - first), max(hours / 24, 1.0), seed=seed, first=first)
            reports, found = injected(_cut(part, hours), told, label, seed + number)
            labels += found
            rows += len(reports)
            path = written(out, label, reports, format)
            files.append(path if many <= PART else path.rename(path.with_stem(f"{path.stem}-{number + 1:04d}")))
        movers += many
    said = out / "labels.jsonl"
    said.write_text("".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in labels), encoding="utf-8")
    cases = {name: sum(one.fault == name for one in labels) for name in wanted}
    return Summary((*files, said), movers, rows, cases)


def injected(reports: Reports, faults: Sequence[str], label: str, seed: int) -> tuple[Reports, list[Label]]:
    """Inject faults into a clean fleet, each mover at most one; a tenth of the movers for each, fewer of many, at least one."""
    rng = np.random.default_rng((seed, 3))
    parts, labels = split(reports), list[Label]()
    free = rng.permutation(len(parts)).tolist()
    single = [name for name in faults if label in FAULTS[name].classes and not FAULTS[name].wide]
    each = max(1, len(parts) // max(10, len(single)))
    for name in single:
        kind = FAULTS[name]
        done = 0
        for k in tuple(free):
            made = kind.inject(parts[k], rng, 1.2) if done < each else None
            if made is not None:
                parts[k], done = made[0], done + 1
                labels.append(made[1])
                free.remove(k)
    everything = Reports.joined(parts)
    for name in faults:
        if FAULTS[name].wide and label in FAULTS[name].classes:
            made = FAULTS[name].inject(everything, rng, 1.2)
            if made is not None:
                everything, said = made
                labels.append(said)
    return everything.where(np.argsort(everything.t_received, kind="stable")), labels


def positions(reports: Reports) -> Iterator[Position]:
    """Yield single reports, in the order of the columns; what is not known is None."""
    names = tuple(reports.columns)
    for i in range(len(reports)):
        extra = {name: float(reports.columns[name][i]) for name in names if np.isfinite(reports.columns[name][i])}
        yield Position(
            mover=reports.movers[int(reports.mover[i])],
            t=_known(reports.t[i]),
            t_received=_known(reports.t_received[i]),
            kind=Kind(int(reports.kind[i])),
            lat=_known(reports.lat[i]),
            lon=_known(reports.lon[i]),
            speed_mps=_known(reports.speed_mps[i]),
            course_deg=_known(reports.course_deg[i]),
            heading_deg=_known(reports.heading_deg[i]),
            backfilled=bool(reports.backfilled[i]),
            peer=reports.peers[int(reports.peer[i])] if reports.peer[i] >= 0 else "",
            static=reports.statics[int(reports.static[i])] if reports.static[i] >= 0 else None,
            extra=extra,
        )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _cut(reports: Reports, hours: float) -> Reports:
    begin = BEGIN + (_MORNING_H * 3600 if hours <= 24 - _MORNING_H else 0.0)
    return reports.where((reports.t_received >= begin) & (reports.t_received < begin + hours * 3600))


def written(out: Path, label: str, reports: Reports, how: Format) -> Path:
    """Write the reports of a "truck" or "vessel" feed, in the order of reception, into a folder; return the file."""
    if how == "csv":
        return _csv(out / f"{label}s.csv", reports)
    return _frames(out / "trucks.jt808.txt", reports) if label == "truck" else _sentences(out / "vessels.nmea", reports)


def _csv(path: Path, reports: Reports) -> Path:
    names = [name for name in COLUMNS if name in reports.columns]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*_PLAIN, *names, *_STATICS])
        for one in positions(reports):
            said = one.static or Static()
            values: list[object] = [
                one.mover,
                one.t,
                one.t_received,
                one.kind.name.lower(),
                one.lat,
                one.lon,
                one.speed_mps,
            ]
            values += [one.course_deg, one.heading_deg, int(one.backfilled), one.peer]
            values += [one.extra.get(name) for name in names]
            values += [said.name, said.call_sign, said.imo, said.kind, said.length_m, said.beam_m, said.draught_m]
            table.writerow(["" if v is None else v for v in (*values, said.destination)])
    return path


def _frames(path: Path, reports: Reports) -> Path:
    with path.open("w", encoding="ascii") as file:
        serials: dict[str, int] = {}
        for one in positions(reports):
            serial = serials[one.mover] = (serials.get(one.mover, -1) + 1) % 65536
            for frame in compose(_message(one), one.mover, serial):
                file.write(f"{one.t_received or 0.0:.3f} {one.peer} {frame.hex()}\n")
    return path


def _message(one: Position) -> "Batch | location.Location | Authenticate | Heartbeat | Register":
    if one.kind is Kind.LINK:
        return Heartbeat()
    if one.kind is Kind.STATIC and one.extra.get("message") == Register.number:
        plate = (one.static or Static()).name or ""
        return Register(31, 115, "ROAD", "SIM", one.mover[-7:], 2, plate)
    if one.kind is Kind.STATIC:
        return Authenticate(one.static.device or one.mover if one.static else one.mover)
    return Batch(Batch.BACKFILL, (_location(one),)) if one.backfilled else _location(one)


def _location(one: Position) -> location.Location:
    extra = one.extra
    extras = [(location.MILEAGE, round(extra["mileage_m"] / 100).to_bytes(4, "big"))] if "mileage_m" in extra else []
    if "recorder_mps" in extra:
        extras.append((location.RECORDER, round(extra["recorder_mps"] * 36).to_bytes(2, "big")))
    for number, name in ((location.SIGNAL, "signal"), (location.SATELLITES, "satellites")):
        if name in extra:
            extras.append((number, bytes((int(extra[name]),))))
    return location.Location(
        alarms=int(extra.get("alarms", 0)),
        status=int(extra.get("status", 0)),
        lat=one.lat or 0.0,
        lon=one.lon or 0.0,
        altitude_m=int(extra.get("altitude_m", 0)),
        speed_kmh=min((one.speed_mps or 0.0) * 3.6, 6553.5),
        course_deg=round(one.course_deg or 0.0) % 360,
        time=times.stamp(one.t or one.t_received or 0.0),
        extras=tuple(extras),
    )


def _aid(one: Position) -> messages.Aid:
    """Return message 21: what it says of a place, and nothing of the aid itself."""
    return messages.Aid(
        type=_AID,
        repeat=0,
        mmsi=int(one.mover),
        aid_type=0,
        name="",
        accuracy=int(one.extra.get("accuracy", 0)),
        lon=scales.LON_NONE if one.lon is None else round(one.lon * scales.PER_DEGREE),
        lat=scales.LAT_NONE if one.lat is None else round(one.lat * scales.PER_DEGREE),
        to_bow=0,
        to_stern=0,
        to_port=0,
        to_starboard=0,
        epfd=1,
        second=int(one.extra.get("second", 60)),
    )


def _sentences(path: Path, reports: Reports) -> Path:
    with path.open("wb") as file:
        for k, one in enumerate(positions(reports)):
            for message in (_aid(one),) if one.extra.get("message") == _AID else messages_of(one):
                for line in sentences(message, sequence=k % 10):
                    file.write(nmea.tagged(line, t=float(int(one.t_received or 0.0)), station=one.peer) + b"\r\n")
    return path
