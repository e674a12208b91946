"""What an alert says: versioned JSON, made once when the event is recorded and never changed after."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from roadstead import __version__
from roadstead.store.rows import plain
from roadstead.types import Change, Event, Media

SCHEMA = "roadstead.alert/1"
"""Goes up when a field changes its meaning or goes away; new fields may come without."""


def key_of(change: Change) -> str:
    """Return the idempotency key of an alert: the same finding in the same phase always has the same."""
    return f"{change.event.id}:{change.phase}"


def payload(change: Change, media: Sequence[Media], at: float) -> dict[str, Any]:
    """Return the alert on a change recorded at `at`; times stand as ISO-8601 UTC and, in `…_epoch_s`, as seconds."""
    return {
        "schema": SCHEMA,
        "key": key_of(change),
        "phase": change.phase,
        "recorded": _iso(at),
        "recorded_epoch_s": at,
        "event": _event(change.event),
        "evidence": [
            {"kind": m.kind, "path": m.path, "sha256": m.sha256, "missing": m.missing}
            for m in media
            if m.event == change.event.id
        ],
        "software": f"roadstead {__version__}",
    }


def _event(event: Event) -> dict[str, Any]:
    legal = event.legal
    return {
        "id": event.id,
        "camera": event.camera,
        "rule": event.rule,
        "kind": event.kind,
        "subject": event.subject,
        "start": _iso(event.start),
        "start_epoch_s": event.start,
        "end": _iso(event.end),
        "end_epoch_s": event.end,
        "outcome": event.outcome,
        "score": event.score,
        "because": {"en": event.because.en, "zh": event.because.zh},
        "measured": plain(event.measured),
        "legal": None if legal is None else {"reference": legal.reference, "version": legal.version},
        "closed": event.closed,
    }


def _iso(t: float) -> str | None:
    """Return the time as ISO-8601 UTC to the microsecond; None where the calendar has no such year."""
    try:
        return datetime.fromtimestamp(t, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return None
