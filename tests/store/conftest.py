"""A fresh store on SQLite and on PostgreSQL: every test that asks for `url` or `store` runs on both."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from roadstead.store.store import Store

_SERVERS = (
    os.environ.get("ROADSTEAD_TEST_POSTGRES", ""),
    "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "postgresql+psycopg://roadstead:roadstead@127.0.0.1:5432/roadstead_test",
)


@pytest.fixture(scope="session")
def server() -> Iterator[sa.Engine]:
    """A PostgreSQL server on which databases may be made."""
    for url in filter(None, _SERVERS):
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
        try:
            engine.connect().close()
        except sa.exc.OperationalError:
            engine.dispose()
            continue
        yield engine
        engine.dispose()
        return
    pytest.skip("no PostgreSQL answers on 127.0.0.1:5432: run `make services`, or set ROADSTEAD_TEST_POSTGRES")


@pytest.fixture
def postgres(server: sa.Engine) -> Iterator[str]:
    """The URL of a new database that is dropped after the test."""
    name = f"roadstead_{uuid.uuid4().hex[:12]}"
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield server.url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened
