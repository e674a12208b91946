"""The outbox: one row for each alert and sink, written with the event, and what became of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa

from roadstead.store.database import inserting
from roadstead.store.payload import key_of, payload
from roadstead.store.rows import media_of, text_of
from roadstead.store.tables import deliveries, media
from roadstead.types import Change, Media, Phase

State = Literal["waiting", "sent", "dead"]
"""A dead letter was given up, is kept, and can be put back into line."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert for one sink. `tried` is the time of the last attempt, `due` the earliest time of the next, UTC epoch s."""

    id: int
    sink: str
    key: str
    event: str
    phase: Phase
    payload: Mapping[str, Any]
    state: State
    created: float
    attempts: int
    tried: float | None
    due: float
    error: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many alerts of one sink are sent, waiting and dead."""

    sent: int = 0
    waiting: int = 0
    dead: int = 0


def announce(
    connection: sa.Connection, changes: Sequence[Change], given: Sequence[Media], sinks: Sequence[str], at: float
) -> None:
    """Put an alert for each opened or closed event into each sink's line; one that was there already stays as it was."""
    rows = []
    for change in changes:
        if change.phase == "extended":
            continue
        files = _files(connection, change, given)
        said = text_of(payload(change, files, at))
        rows += [_row(change, sink, said, at) for sink in sinks]
    if rows:
        connection.execute(_putting(connection.dialect.name), rows)


def head(connection: sa.Connection, sink: str) -> Delivery | None:
    """Return the first alert of a sink that waits."""
    c = deliveries.c
    query = sa.select(deliveries).where(c.sink == sink, c.state == "waiting").order_by(c.id).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _delivery(row)


def settle(connection: sa.Connection, delivery: Delivery) -> None:
    """Store a delivery's state, attempts, times and error."""
    values = {
        "state": delivery.state,
        "attempts": delivery.attempts,
        "tried_t": delivery.tried,
        "next_t": delivery.due,
        "error": delivery.error,
    }
    connection.execute(sa.update(deliveries).where(deliveries.c.id == delivery.id).values(values))


def listed(
    connection: sa.Connection, state: State | None, sink: str | None, limit: int | None, after: int
) -> list[Delivery]:
    """Return deliveries by id."""
    c = deliveries.c
    query = sa.select(deliveries).where(c.id > after).order_by(c.id).limit(limit)
    query = query if state is None else query.where(c.state == state)
    query = query if sink is None else query.where(c.sink == sink)
    return [_delivery(row) for row in connection.execute(query)]


def revive(connection: sa.Connection, sink: str | None, ids: Sequence[int] | None, at: float) -> int:
    """Make dead letters wait again, with all their attempts before them."""
    c = deliveries.c
    query = sa.update(deliveries).where(c.state == "dead")
    query = query if sink is None else query.where(c.sink == sink)
    query = query if ids is None else query.where(c.id.in_(ids))
    return connection.execute(query.values(state="waiting", attempts=0, created_t=at, tried_t=None, next_t=at)).rowcount


def tallies(connection: sa.Connection) -> dict[str, Tally]:
    """Return the number of alerts in each state, by sink."""
    c = deliveries.c
    query = sa.select(c.sink, c.state, sa.func.count().label("n")).group_by(c.sink, c.state).order_by(c.sink)
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.sink, {})[row.state] = row.n
    return {sink: Tally(**by_state) for sink, by_state in found.items()}


@cache
def _putting(dialect: str) -> Any:
    return inserting(dialect, deliveries).on_conflict_do_nothing(index_elements=["sink", "key"])


def _files(connection: sa.Connection, change: Change, given: Sequence[Media]) -> list[Media]:
    """Return the files of an event: those given now are stored already; an event that opens can have no others."""
    if change.phase == "opened":
        return [m for m in given if m.event == change.event.id]
    query = sa.select(media).where(media.c.event == change.event.id).order_by(media.c.kind)
    return [media_of(row) for row in connection.execute(query)]


def _row(change: Change, sink: str, said: str, at: float) -> dict[str, Any]:
    return {
        "sink": sink,
        "key": key_of(change),
        "event": change.event.id,
        "phase": change.phase,
        "payload": said,
        "state": "waiting",
        "created_t": at,
        "attempts": 0,
        "tried_t": None,
        "next_t": at,
        "error": "",
    }


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        sink=row.sink,
        key=row.key,
        event=row.event,
        phase=row.phase,
        payload=json.loads(row.payload),
        state=row.state,
        created=row.created_t,
        attempts=row.attempts,
        tried=row.tried_t,
        due=row.next_t,
        error=row.error,
    )
