"""What tests of feeds share: a keep that remembers, and a feed read to its end."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from roadstead.positions import ROWS, Position, Raw, Reports
from roadstead.sources import Feed


class Kept:
    """Keeps messages in memory, numbered as a raw log would."""

    def __init__(self) -> None:
        self.records: list[Raw] = []

    def __call__(self, records: Sequence[Raw]) -> int:
        first = len(self.records)
        self.records += records
        return first


def read(feed: Feed) -> tuple[Reports, Mapping[str, int], list[Raw]]:
    """Return all reports of a feed, its decoder's counts, and the records."""
    kept, decoder = Kept(), feed.decoder()
    parts = [decoder.decode(batch, first) for first, batch in feed.read(kept)]
    return Reports.joined(parts), decoder.counts, kept.records


def decoded(feed: Feed, records: Sequence[Raw], cuts: Sequence[int] = ()) -> Reports:
    """Return the reports of records, decoded in batches that are cut at those places."""
    decoder = feed.decoder()
    edges = [0, *sorted({min(c, len(records)) for c in cuts}), len(records)]
    return Reports.joined(decoder.decode(records[a:b], a) for a, b in pairwise(edges) if a < b)


def columns(reports: Reports) -> dict[str, Any]:
    """Return what a batch says as lists that compare: tables looked up, NaN as None."""
    said: dict[str, Any] = {
        "mover": [reports.movers[i] for i in reports.mover],
        "peer": [reports.peers[i] if i >= 0 else "" for i in reports.peer],
        "static": [reports.statics[i] if i >= 0 else None for i in reports.static],
    }
    for name in ROWS:
        if name not in said:
            said[name] = _plain(getattr(reports, name))
    filled = {name: _plain(values) for name, values in reports.columns.items()}
    return said | {name: values for name, values in filled.items() if any(v is not None for v in values)}


def _plain(values: Any) -> list[Any]:
    return [None if isinstance(v, float) and np.isnan(v) else v for v in values.tolist()]


def positions(reports: Reports) -> Iterator[Position]:
    """Yield the rows one by one."""
    table = columns(reports)
    own = {f.name for f in dataclasses.fields(Position)}
    for i in range(len(reports)):
        row = {name: values[i] for name, values in table.items()}
        extra = {name: value for name, value in row.items() if name not in own and value is not None}
        yield Position(**{name: value for name, value in row.items() if name in own}, extra=extra)


def handled(counts: Mapping[str, int]) -> int:
    """Return how many records a decoder has counted."""
    return sum(count for name, count in counts.items() if name.startswith(("read_", "bad_")))
