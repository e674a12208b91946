"""The store: events, tracks, media, counters, and the outbox that is written in the same transaction."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from roadstead.errors import BadInput
from roadstead.store import outbox, tables
from roadstead.store.database import Database, inserting, saving
from roadstead.store.outbox import Delivery, State, Tally
from roadstead.store.rows import event_of, event_row, joined, media_of, media_row, track_of, track_row
from roadstead.types import Change, Event, Media, Outcome, Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which events: None is any. An event is in [since, until) when it starts there, UTC epoch seconds."""

    camera: str | None = None
    rule: str | None = None
    since: float | None = None
    until: float | None = None
    outcome: Outcome | None = None
    closed: bool | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the software: when it began and when it last counted."""

    id: str
    started: float
    updated: float


class Store:
    """An open database. Every method is one transaction, may be called from any thread, and raises StoreError.

    Values go in and come out; nothing that comes out is tied to the database.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    @classmethod
    def open(cls, url: str | Path) -> Self:
        """Open `sqlite:///FILE`, a bare file name, or `postgresql://USER@HOST/NAME`, and bring its schema up to date."""
        return cls(Database(str(url)))

    def close(self) -> None:
        """Give the connections back."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Events and their evidence

    def record(
        self, changes: Sequence[Change], media: Sequence[Media] = (), sinks: Sequence[str] = (), *, at: float
    ) -> None:
        """Store the events, their files, and one alert for each sink and each opened or closed event, all or nothing.

        `at` is the time of recording. Recording the same again changes nothing and announces nothing a second time; a
        closed event is never opened again.
        """
        if not changes and not media:
            return
        with self._db.write() as connection:
            if changes:
                connection.execute(_saving_events(connection.dialect.name), [event_row(c.event, at) for c in changes])
            _save_media(connection, media)
            if sinks:
                self._db.in_order(connection)
                outbox.announce(connection, changes, media, sinks, at)

    def events(
        self,
        which: Filter | None = None,
        *,
        limit: int | None = None,
        after: str | None = None,
        newest_first: bool = False,
    ) -> list[Event]:
        """Return events by start and id; `after` is the id of the last event of the page before."""
        table = tables.events
        place = (table.c.start_t, table.c.id)
        query = sa.select(table).where(*_conditions(which)).limit(limit)
        query = query.order_by(*(c.desc() for c in place)) if newest_first else query.order_by(*place)
        with self._db.read() as connection:
            if after is not None:
                last = connection.execute(sa.select(*place).where(table.c.id == after)).one_or_none()
                if last is None:
                    raise BadInput(f"after: no event has the id {after!r}")
                here, there = sa.tuple_(*place), sa.tuple_(*(sa.literal(v) for v in last))
                query = query.where(here < there if newest_first else here > there)
            return [event_of(row) for row in connection.execute(query)]

    def event(self, event_id: str) -> Event | None:
        """Return one event, or None."""
        with self._db.read() as connection:
            row = connection.execute(sa.select(tables.events).where(tables.events.c.id == event_id)).one_or_none()
        return None if row is None else event_of(row)

    def count(self, which: Filter | None = None) -> int:
        """Return how many events there are."""
        query = sa.select(sa.func.count()).select_from(tables.events).where(*_conditions(which))
        with self._db.read() as connection:
            return connection.execute(query).scalar_one()

    def add_media(self, media: Sequence[Media]) -> None:
        """Store files of events that are stored; a file replaces what was known of the same event and kind."""
        if media:
            with self._db.write() as connection:
                _save_media(connection, media)

    def media(self, event_id: str) -> list[Media]:
        """Return the files of an event by kind, those to come and those missing too."""
        table = tables.media
        query = sa.select(table).where(table.c.event == event_id).order_by(table.c.kind)
        with self._db.read() as connection:
            return [media_of(row) for row in connection.execute(query)]

    def pending_clips(self) -> list[tuple[Event, Media]]:
        """Return the clips that were promised and neither cut nor given up, each with its event, oldest first."""
        e, m = tables.events, tables.media
        query = sa.select(m).where(m.c.state == "pending", m.c.kind == "clip")
        with self._db.read() as connection:
            promised = {row.event: media_of(row) for row in connection.execute(query)}
            of = sa.select(e).join(m, m.c.event == e.c.id).where(m.c.state == "pending", m.c.kind == "clip")
            rows = connection.execute(of.order_by(e.c.start_t, e.c.id))
            return [(event_of(row), promised[row.id]) for row in rows]

    # Tracks: the observation log

    def save_tracks(self, tracks: Sequence[Track]) -> None:
        """Store tracks; points of the same track that are stored already and lie outside the new ones stay."""
        tracks = [t for t in tracks if len(t.t)]
        if not tracks:
            return
        table = tables.tracks
        with self._db.write() as connection:
            known = sa.select(table).where(table.c.id.in_([t.id for t in tracks]))
            older = {row.id: track_of(row) for row in connection.execute(known)}
            save = saving(connection.dialect.name, table)
            for track in tracks:
                whole = joined(older[track.id], track) if track.id in older else track
                older[track.id] = whole
                connection.execute(save, track_row(whole))

    def tracks(self, camera: str | None = None, since: float | None = None, until: float | None = None) -> list[Track]:
        """Return the tracks that have a point in [since, until), by their first point."""
        c = tables.tracks.c
        query = sa.select(tables.tracks).order_by(c.start_t, c.id)
        query = query if camera is None else query.where(c.camera == camera)
        query = query if since is None else query.where(c.end_t >= since)
        query = query if until is None else query.where(c.start_t < until)
        with self._db.read() as connection:
            return [track_of(row) for row in connection.execute(query)]

    # Counters

    def save_counters(self, run: str, camera: str, totals: Mapping[str, int], *, at: float) -> None:
        """Store the totals so far of one camera in one run; a name that was stored before gets its new total."""
        with self._db.write() as connection:
            dialect = connection.dialect.name
            run_row = {"id": run, "started_t": at, "updated_t": at}
            connection.execute(saving(dialect, tables.runs, keep=("started_t",)), run_row)
            rows = [{"run": run, "camera": camera, "name": name, "total": int(n)} for name, n in totals.items()]
            if rows:
                connection.execute(saving(dialect, tables.counters), rows)

    def counters(self, run: str) -> dict[str, dict[str, int]]:
        """Return the totals of a run: camera, then name."""
        table = tables.counters
        found: dict[str, dict[str, int]] = {}
        with self._db.read() as connection:
            for row in connection.execute(
                sa.select(table).where(table.c.run == run).order_by(table.c.camera, table.c.name)
            ):
                found.setdefault(row.camera, {})[row.name] = row.total
        return found

    def runs(self) -> list[Run]:
        """Return every run that counted something, newest first."""
        table = tables.runs
        with self._db.read() as connection:
            rows = connection.execute(sa.select(table).order_by(table.c.started_t.desc(), table.c.id))
            return [Run(row.id, row.started_t, row.updated_t) for row in rows]

    # The outbox

    def next_delivery(self, sink: str) -> Delivery | None:
        """Return the alert at the head of a sink's line, due or not."""
        with self._db.read() as connection:
            return outbox.head(connection, sink)

    def settle(self, delivery: Delivery) -> None:
        """Store what became of a delivery."""
        with self._db.write() as connection:
            outbox.settle(connection, delivery)

    def deliveries(
        self, *, state: State | None = None, sink: str | None = None, limit: int | None = None, after: int = 0
    ) -> list[Delivery]:
        """Return deliveries in the order of their acceptance; `after` is the id of the last one of the page before."""
        with self._db.read() as connection:
            return outbox.listed(connection, state, sink, limit, after)

    def retry(self, *, sink: str | None = None, ids: Sequence[int] | None = None, at: float) -> int:
        """Put dead letters (all, of one sink, or of these ids) back into line, in their old order; return how many."""
        with self._db.write() as connection:
            return outbox.revive(connection, sink, ids, at)

    def tallies(self) -> dict[str, Tally]:
        """Return how many alerts are sent, waiting and dead, by sink."""
        with self._db.read() as connection:
            return outbox.tallies(connection)

    def hold(self, sink: str) -> AbstractContextManager[bool]:
        """Whether this caller alone delivers to `sink` for the length of the block; a killed process lets go by itself."""
        return self._db.hold(sink)


def _conditions(which: Filter | None) -> list[sa.ColumnElement[bool]]:
    c, w = tables.events.c, which or Filter()
    wanted = {c.camera: w.camera, c.rule: w.rule, c.outcome: w.outcome, c.closed: w.closed}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    conditions += [] if w.since is None else [c.start_t >= w.since]
    conditions += [] if w.until is None else [c.start_t < w.until]
    return conditions


@cache
def _saving_events(dialect: str) -> Any:
    insert = inserting(dialect, tables.events)
    c = tables.events.c
    values = {x.name: insert.excluded[x.name] for x in c if x.name not in ("id", "recorded_t")}
    # What was announced as closed stays closed while a file is watched again from its start.
    newer = sa.or_(sa.not_(c.closed), insert.excluded.closed)
    return insert.on_conflict_do_update(index_elements=["id"], set_=values, where=newer)


def _save_media(connection: sa.Connection, media: Sequence[Media]) -> None:
    if media:
        connection.execute(saving(connection.dialect.name, tables.media), [media_row(m) for m in media])
