"""One database: how it is opened, brought to the present schema and locked, and what is said when it refuses."""

import contextlib
import fcntl
import sqlite3
import time
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from roadstead.errors import StoreError
from roadstead.store.tables import VERSION, metadata

_BUSY_S = 30.0
_MIGRATE, _RECORD, _SINK = 0x526F6164, 0x526F6165, 0x526F6166
"""The classes of PostgreSQL's advisory locks that are ours."""
_HOW = "write sqlite:///FILE or postgresql://USER@HOST/NAME"


class Database:
    """An engine with the habits that both kinds of database need; safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self.url = _parse(url)
        self.where = _shown(self.url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._one_writer = Lock()
        with self._explained():
            self.engine = self._engine()
            try:
                self._migrate()
            except BaseException:
                self.engine.dispose()
                raise

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view; raises StoreError."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction, committed and on disk when the block ends, undone when it raises; raises StoreError."""
        # One writer at a time in SQLite: waiting here is fair and prompt, its own waiting is neither.
        turn = self._one_writer if self.sqlite else contextlib.nullcontext()
        with self._explained(), turn, self.engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection

    def in_order(self, connection: sa.Connection) -> None:
        """Let rows that are numbered in this transaction be committed in the order of their numbers."""
        if not self.sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_RECORD, 0)))

    @contextlib.contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Whether this is the only holder of `name` among all processes on this database; a dead holder holds nothing."""
        with contextlib.ExitStack() as held:
            with self._explained():
                mine = self._locked_file(name, held) if self.sqlite else self._locked_session(name, held)
            yield mine

    def _locked_file(self, name: str, held: contextlib.ExitStack) -> bool:
        path = Path(f"{self.url.database}-sink-{zlib.crc32(name.encode()):08x}.lock")
        file = held.enter_context(path.open("a"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _locked_session(self, name: str, held: contextlib.ExitStack) -> bool:
        connection = held.enter_context(self.engine.connect().execution_options(isolation_level="AUTOCOMMIT"))
        connection.detach()  # closed for good at the end, and the lock with it
        key = zlib.crc32(name.encode()) - 2**31
        return bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(_SINK, key))).scalar_one())

    def _engine(self) -> sa.Engine:
        if not self.sqlite:
            return sa.create_engine(self.url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        # isolation_level None: we say BEGIN ourselves, and say IMMEDIATE where we mean to write.
        args = {"timeout": _BUSY_S, "isolation_level": None}
        engine = sa.create_engine(self.url, connect_args=args, pool_size=8, max_overflow=24)
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin)
        return engine

    def _migrate(self) -> None:
        """Bring the schema to VERSION; who comes first does it, the others wait."""
        with self.engine.connect() as connection:
            if self._version(connection) == VERSION:
                return
        with self.write() as connection:
            if not self.sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATE, 0)))
            if self._version(connection) != VERSION:
                _upgrade(connection)

    def _version(self, connection: sa.Connection) -> str | None:
        """Return the schema's version, None where nothing is there yet; refuse what is not ours or newer."""
        there = set(sa.inspect(connection).get_table_names())
        if "roadstead_version" not in there:
            if there & set(metadata.tables):
                raise StoreError(f"{self.where}: holds tables of another program; name an empty database")
            return None
        version = connection.execute(sa.text("SELECT version_num FROM roadstead_version")).scalar()
        if version is not None and str(version) > VERSION:
            raise StoreError(
                f"{self.where}: was written by a newer Roadstead (schema {version}, this one knows {VERSION}); upgrade Roadstead"
            )
        return None if version is None else str(version)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, psycopg.Error, OSError) as error:
            raise StoreError(self._sentence(error)) from error

    def _sentence(self, error: Exception) -> str:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        said = " ".join(str(cause).split()) or type(cause).__name__
        secret = self.url.password
        said = said.replace(str(secret), "***") if secret else said
        for sign, advice in _ADVICE:
            if sign in said:
                return f"{self.where}: {advice} ({said})"
        return f"{self.where}: the database refused: {said}"


_ADVICE = (
    ("unable to open database file", "cannot be opened or created; check that its folder is there and may be written"),
    ("readonly database", "may not be written; check the rights of the file and its folder"),
    ("disk is full", "the disk is full; nothing was written, free some space"),
    ("No space left", "the disk is full; nothing was written, free some space"),
    ("disk I/O error", "the disk did not take or give the data; check its health and free space"),
    ("malformed", "the file is damaged; restore it from a backup"),
    ("not a database", "is no SQLite database; name another file"),
    ("database is locked", f"another process has been writing for more than {_BUSY_S:.0f} s; look for one that hangs"),
    ("authentication failed", "the database server refused the user or the password"),
    ("connection failed", "the database server cannot be reached; check that it runs and the address is right"),
    ("connection timeout", "the database server cannot be reached; check that it runs and the address is right"),
    ("server closed the connection", "the database server went away; it is tried again with the next call"),
    ("terminating connection", "the database server went away; it is tried again with the next call"),
)
"""What a driver's words mean, and what to do about it; the first that fits."""


def _parse(url: str) -> sa.URL:
    if "://" not in url:
        url = f"sqlite:///{url}"
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"the URL of the store cannot be read; {_HOW}") from None
    backend = "postgresql" if parsed.drivername == "postgres" else parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"the store cannot be a {backend} database; {_HOW}")
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError(f"a store in memory would lose what was announced; {_HOW}")
    return parsed


def _shown(url: sa.URL) -> str:
    """Return the URL as it may be printed; of SQLite the file."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    masked = url.update_query_dict({name: "***" for name in url.query if "password" in name})
    return masked.render_as_string(hide_password=True)


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_S * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    _use_wal(connection)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; where another opener is doing the same, SQLite does not wait by itself."""
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _upgrade(connection: sa.Connection) -> None:
    # Imported only where a migration runs: most openings need none, and every command opens the store.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@cache
def inserting(dialect: str, table: sa.Table) -> Any:
    """Return the INSERT of a dialect that knows ON CONFLICT."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def saving(dialect: str, table: sa.Table, keep: tuple[str, ...] = ()) -> Any:
    """Return an INSERT that overwrites the row of the same primary key, but for the columns of `keep`."""
    insert = inserting(dialect, table)
    key = [c.name for c in table.primary_key]
    values = {c.name: insert.excluded[c.name] for c in table.c if c.name not in (*key, *keep)}
    return insert.on_conflict_do_update(index_elements=key, set_=values)
