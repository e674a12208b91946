"""A watch killed at any moment: nothing announced is lost, nothing is delivered twice under two keys, order is kept."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa

from roadstead.alerts._deliver import Courier, Patience
from roadstead.alerts.webhook import Webhook
from roadstead.store.outbox import Tally
from roadstead.store.store import Store

_EVENTS = 400
_SINKS = ("office", "harbour")
_SERVERS = (
    os.environ.get("ROADSTEAD_TEST_POSTGRES", ""),
    "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "postgresql+psycopg://roadstead:roadstead@127.0.0.1:5432/roadstead_test",
)

_CHILD = """
import sys, threading, time
from roadstead.alerts._deliver import Courier, Patience
from roadstead.alerts.webhook import Webhook
from roadstead.store.store import Store
from roadstead.types import Change, Event, Text
url, events, *sinks = sys.argv[1:]
store = Store.open(url)
stop = threading.Event()
for sink in sinks:
    name, _, address = sink.partition("=")
    courier = Courier(store, name, Webhook(url=address), patience=Patience(first_s=0.01, longest_s=0.05))
    threading.Thread(target=courier.run, args=(stop,), kwargs={"poll_s": 0.005}, daemon=True).start()
names = [sink.partition("=")[0] for sink in sinks]
print("begins", flush=True)
# As a watch of a file that is started anew: the same events with the same ids, from the first.
for n in range(int(events)):
    e = Event(f"e{n:05d}", "gate", "r", "k", "s", float(n), n + 1.0, "violation", 1.0, Text("a", "b"), {"n": n})
    store.record([Change("opened", e)], [], names, at=time.time())
    store.record([Change("closed", Event(*[getattr(e, f) for f in e.__slots__][:-1], True))], [], names, at=time.time())
    time.sleep(0.002)
time.sleep(60)
"""


class Office:
    """A sink that writes down what it took, and refuses now and then before or after it did."""

    def __init__(self) -> None:
        self.took: list[tuple[str, str]] = []
        office, chance = self, random.Random(5)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                luck = chance.random()
                if luck > 0.03:
                    office.took.append((self.headers["Idempotency-Key"], body["event"]["id"] + ":" + body["phase"]))
                self.send_response_only(200 if luck > 0.06 else 503)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True  # the sender was killed

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def offices(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Office]]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = {name: Office() for name in _SINKS}
    yield made
    for office in made.values():
        office.close()


@pytest.fixture
def postgres() -> Iterator[str]:
    for url in filter(None, _SERVERS):
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
        name = f"roadstead_{uuid.uuid4().hex[:12]}"
        try:
            with engine.connect() as connection:
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
        except sa.exc.OperationalError:
            engine.dispose()
            continue
        yield engine.url.set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
        return
    pytest.skip("no PostgreSQL answers on 127.0.0.1:5432: run `make services`, or set ROADSTEAD_TEST_POSTGRES")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return str(request.getfixturevalue("postgres"))


def _run_and_kill(url: str, offices: dict[str, Office], after_s: float) -> None:
    sinks = [f"{name}={office.url}" for name, office in offices.items()]
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, url, str(_EVENTS), *sinks], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stderr is not None
    assert child.stdout.readline() == b"begins\n", child.stderr.read().decode()
    time.sleep(after_s)
    assert child.poll() is None, child.stderr.read().decode()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    child.stderr.close()


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(12, marks=[pytest.mark.slow, pytest.mark.timeout(300)]),
        pytest.param(60, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
)
def test_killed_at_random_moments(url: str, offices: dict[str, Office], kills: int) -> None:
    chance = random.Random(11)
    told = 0
    for _ in range(kills):
        _run_and_kill(url, offices, chance.uniform(0.0, 0.4))
        with Store.open(url) as store:
            stored = {e.id for e in store.events()}
            keys = {d.key for d in store.deliveries()}
            for office in offices.values():
                assert {key for key, _ in office.took} <= keys
                assert {said.partition(":")[0] for _, said in office.took} <= stored
        told += any(o.took for o in offices.values())
    assert told > 0
    with Store.open(url) as store:
        for name, office in offices.items():
            _finish(store, name, office)


def _finish(store: Store, name: str, office: Office) -> None:
    """Deliver the rest, and check the whole of what this sink saw."""
    sink = Webhook(url=office.url)
    courier = Courier(store, name, sink, patience=Patience(first_s=0.001, longest_s=0.002))
    while store.next_delivery(name) is not None:
        courier.once()
    order = [d.key for d in store.deliveries(sink=name)]
    assert len(order) > 10
    assert store.tallies()[name] == Tally(sent=len(order))
    assert all(key == said for key, said in office.took), "the same alert always has the same key"
    assert list(dict.fromkeys(key for key, _ in office.took)) == order, "first sights are in the order of acceptance"
    opened, closed = ([k.partition(":")[0] for k in order if k.endswith(p)] for p in ("opened", "closed"))
    assert opened[: len(closed)] == closed
    assert opened == sorted(opened)
