"""The evidence folder of an event of a feed: the map, the reports as they came and as they were read, and the record.

`reports.jsonl` has one line a report from ten minutes before to ten minutes after: what was received, when and from
whom, byte for byte (hex, and as text where it is text), and what was read in it. So the decision can be made again.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from roadstead.positions import ROWS, Defect, Fleet, Ints, Kind, Raw
from roadstead.record import evidence
from roadstead.record.chart import chart, rows_around
from roadstead.record.evidence import Provenance
from roadstead.record.facts import facts
from roadstead.record.overlay import Caption
from roadstead.record.scenery import named_in
from roadstead.types import Event, Media

MOST_REPORTS = 2000
"""So many reports are kept with an event; the record says how many there were."""
_PLAIN = [name for name in ROWS if name not in ("mover", "kind", "peer", "static", "backfilled", "raw")]

ReadRaw = Callable[[int], Raw | None]
"""Returns a record of the raw log by its number; None where it is not there."""


def write(out: Path, event: Event, fleet: Fleet, provenance: Provenance, raw: ReadRaw) -> tuple[Media, ...]:
    """Write an event's folder below the run folder `out`, as a whole; raise RecordingError."""
    rule = evidence.rule_of(event, provenance)
    caption = Caption(
        title=rule.title,
        facts=facts(event.measured, rule.settings.keys()),
        named=named_in(rule.settings),
        timezone=provenance.timezone,
    )
    rows = rows_around(fleet, event)
    lines = b"".join(_lines(fleet, rows[:MOST_REPORTS], raw))
    record = {
        **evidence.decision(event, rule),
        "trigger": {"t": event.start, "judged_t": fleet.now},
        "scene": evidence.scene_record(fleet.scene),
        "subject": {"id": event.subject, "reports": len(rows), "reports_kept": min(len(rows), MOST_REPORTS)},
        **evidence.origin(provenance),
    }
    pictures: dict[evidence.Kind, bytes | None] = {
        "overlay": evidence.jpeg(chart(fleet, event, caption), 88),
        "reports": lines or None,
    }
    return evidence.keep(out, event, record, pictures, "the subject sent no report in that time")


def _lines(fleet: Fleet, rows: Ints, raw: ReadRaw) -> Iterator[bytes]:
    for row in rows.tolist():
        yield json.dumps(_row(fleet, row, raw), ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _row(fleet: Fleet, row: int, raw: ReadRaw) -> dict[str, Any]:
    """Return one report: what came, what was read, and what became of it. Unknown values are left out."""
    reports = fleet.reports
    number = int(reports.raw[row])
    came = raw(number) if number >= 0 else None
    read = {name: float(getattr(reports, name)[row]) for name in _PLAIN}
    read |= {name: float(values[row]) for name, values in reports.columns.items()}
    static = int(reports.static[row])
    peer = int(reports.peer[row])
    return {
        "raw": number if number >= 0 else None,
        "received": None if came is None else came.t_received,
        "peer": came.peer if came else reports.peers[peer] if peer >= 0 else None,
        "hex": None if came is None else came.data.hex(),
        "text": _text(came),
        "kind": Kind(int(reports.kind[row])).name.lower(),
        "read": {name: value for name, value in read.items() if np.isfinite(value)},
        "backfilled": bool(reports.backfilled[row]),
        "static": evidence.plain(reports.statics[static]) if static >= 0 else None,
        "defect": Defect(int(fleet.defect[row])).name.lower() if fleet.defect[row] else None,
        "segment": int(fleet.segment[row]),
        "trusted": bool(fleet.trusted[row]),
    }


def _text(came: Raw | None) -> str | None:
    if came is None:
        return None
    try:
        text = came.data.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None
