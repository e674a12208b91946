"""AIS lines for tests: the recordings of the development data, and comparison of reports."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from roadstead.positions import COLUMNS, ROWS, Raw, Reports
from roadstead.protocols.ais.decoder import AisDecoder

SUFFIXES = {".log", ".aivdm", ".txt", ".nmea", ".ais"}


def recordings(data: Path) -> list[Path]:
    return sorted(p for p in (data / "ais").rglob("*") if p.suffix in SUFFIXES)


def lines_of(path: Path) -> list[bytes]:
    return [line.rstrip(b"\r") for line in path.read_bytes().split(b"\n") if line.strip()]


def records_of(lines: Iterable[bytes], *, peers: Sequence[str] = ("",), start: float | None = None) -> list[Raw]:
    return [
        Raw(None if start is None else start + 0.1 * k, peers[k % len(peers)], line) for k, line in enumerate(lines)
    ]


def decoded(records: Sequence[Raw], cuts: Iterable[int] = ()) -> tuple[Reports, dict[str, int]]:
    decoder = AisDecoder()
    places = sorted({0, len(records), *cuts})
    parts = [decoder.decode(records[a:b], a) for a, b in pairwise(places)]
    return Reports.joined(parts), dict(decoder.counts)


def rows_of(reports: Reports) -> Iterator[tuple[object, ...]]:
    """Yield the rows with their tables resolved, so that reports can be compared (NaN as None)."""
    columns = {name: reports.column(name).tolist() for name in COLUMNS}
    own = {name: getattr(reports, name).tolist() for name in ROWS}
    for k in range(len(reports)):
        peer, said = own["peer"][k], own["static"][k]
        yield (
            reports.movers[own["mover"][k]],
            reports.peers[peer] if peer >= 0 else "",
            reports.statics[said] if said >= 0 else None,
            *(_known(own[n][k]) for n in ROWS if n not in ("mover", "peer", "static")),
            *(_known(values[k]) for values in columns.values()),
        )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
