"""How a database is opened, brought up to date, and refused."""

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import roadstead.store
from roadstead.errors import StoreError
from roadstead.store import tables
from roadstead.store.database import Database
from roadstead.store.store import Store
from roadstead.types import Change, Event, Text

_MIGRATIONS = Path(str(roadstead.store.__file__)).with_name("migrations")


def event(n: int, size: int = 1) -> Event:
    return Event(f"e{n}", "gate", "r", "k", "s", 1.0, 2.0, "violation", 1.0, Text("a", "b" * size), {})


def test_the_migrations_end_where_the_tables_are(url: str) -> None:
    Store.open(url).close()
    engine = Database(url).engine
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "roadstead_version"})
        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == tables.VERSION
    engine.dispose()
    script = ScriptDirectory(str(_MIGRATIONS))
    assert script.get_heads() == [tables.VERSION]


def test_opening_again_changes_nothing(url: str) -> None:
    with Store.open(url) as store:
        store.record([Change("opened", event(1))], at=1.0)
    for _ in range(2):
        with Store.open(url) as store:
            assert store.events() == [event(1)]


def test_down_and_up_again(url: str) -> None:
    database = Database(url)
    with database.write() as connection:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        downgrade(config, "base")
    with database.read() as connection:
        assert sa.inspect(connection).get_table_names() == ["roadstead_version"]
    database.close()
    with Store.open(url) as store:
        assert store.count() == 0


def test_events_of_an_older_schema_are_kept(url: str) -> None:
    with Store.open(url) as store:
        store.record([Change("opened", replace(event(1), told=1.5))], at=1.0)
    database = Database(url)
    with database.write() as connection:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        downgrade(config, "0001")
    database.close()
    with Store.open(url) as store:
        assert store.events() == [event(1)]


def test_a_newer_database_is_refused(url: str) -> None:
    Store.open(url).close()
    database = Database(url)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE roadstead_version SET version_num = '9001'"))
    database.close()
    with pytest.raises(
        StoreError, match=r"was written by a newer Roadstead \(schema 9001, this one knows 0002\); upgrade"
    ):
        Store.open(url)


def test_another_programs_database_is_refused(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE events (name TEXT)"))
    engine.dispose()
    with pytest.raises(StoreError, match="holds tables of another program; name an empty database"):
        Store.open(url)


def test_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "s.db"))
    with database.read() as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def _garbage(folder: Path) -> str:
    (folder / "s.db").write_bytes(b"no database at all " * 100)
    return str(folder / "s.db")


def _damaged(folder: Path) -> str:
    path = folder / "s.db"
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(path.read_bytes())
    data[100:4096] = os.urandom(3996)
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: f"sqlite:///{folder}/nowhere/s.db", "s.db: cannot be opened or created; check that its folder"),
        (str, "cannot be opened or created"),
        (_garbage, "s.db: is no SQLite database; name another file"),
        (_damaged, "s.db: the file is damaged; restore it from a backup"),
        (lambda _: "sqlite://", "a store in memory would lose what was announced; write sqlite:///FILE"),
        (lambda _: "mysql://u:secret@h/n", "the store cannot be a mysql database; write sqlite:///FILE or postgresql://"),
        (lambda _: "post gres://u:secret@h/n", "the URL of the store cannot be read"),
        (lambda _: "postgresql://u:secret@h:port/n", "the URL of the store cannot be read"),
        (lambda _: "postgresql://u:secret@127.0.0.1:9/n", "://u:***@127.0.0.1:9/n: the database server cannot be reached"),
        (lambda _: "postgres://127.0.0.1:9/n?user=u&password=secret", "the database server cannot be reached"),
    ],
)  # fmt: skip
def test_refusals_are_one_sentence_without_the_password(tmp_path: Path, make: object, sentence: str) -> None:
    assert callable(make)
    with pytest.raises(StoreError) as raised:
        Store.open(make(tmp_path))
    said = str(raised.value)
    assert sentence in said
    assert "secret" not in said
    assert "\n" not in said


def test_a_wrong_password_is_not_repeated(server: sa.Engine) -> None:
    url = server.url.set(username="nobody_at_all", password="hunter2", drivername="postgresql")
    with pytest.raises(StoreError) as raised:
        Store.open(url.render_as_string(hide_password=False))
    assert "hunter2" not in str(raised.value)


_READ_ONLY = """
import os, sys
from roadstead.errors import StoreError
from roadstead.store.store import Store
if os.getuid() == 0:
    os.setuid(65534)
try:
    Store.open(sys.argv[1])
except StoreError as error:
    print(error)
"""


def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    """In a child that is not the administrator, whom no file refuses."""
    Store.open(tmp_path / "s.db").close()
    for path, mode in ((tmp_path / "s.db", 0o444), (tmp_path, 0o555)):
        path.chmod(mode)
    for parent in tmp_path.parents[:2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    found = subprocess.run(
        [sys.executable, "-c", _READ_ONLY, str(tmp_path / "s.db")], capture_output=True, text=True, check=False
    )
    tmp_path.chmod(0o755)
    assert "s.db: " in found.stdout, found.stderr
    assert any(words in found.stdout for words in ("may not be written", "cannot be opened or created"))


def test_a_full_disk_loses_nothing_and_mends_by_itself(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db") as store:
        store.record([Change("opened", event(0))], [], ["log"], at=1.0)
        pages = 100

        def limit(connection: sa.Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        sa.event.listen(store._db.engine, "begin", limit)

        def fill() -> None:
            for n in range(1, 100):
                store.record([Change("opened", event(n, 20_000))], [], ["log"], at=1.0)

        with pytest.raises(StoreError, match="the disk is full; nothing was written, free some space"):
            fill()
        kept = store.count()
        assert 1 < kept < 20
        assert len(store.deliveries()) == kept
        pages = 10_000
        store.record([Change("opened", event(kept, 20_000))], [], ["log"], at=1.0)
        assert store.count() == kept + 1


def test_the_server_going_away_is_an_error_and_then_is_not(postgres: str, server: sa.Engine) -> None:
    with Store.open(postgres) as store:
        store.record([Change("opened", event(0))], at=1.0)
        name = sa.make_url(postgres).database
        with server.connect() as connection:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(sa.text(end), {"name": name})
        store.record([Change("opened", event(1))], at=1.0)
        assert store.count() == 2
