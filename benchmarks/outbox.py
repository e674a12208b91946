"""How many alerts a second are accepted durably: event, evidence and outbox row in one transaction, synchronous=FULL.

Bar: 1,000 a second on SQLite, one alert a transaction. Beside it stands what Python's bare sqlite3 does with the same
bytes on the same disk (the floor: one table, one insert, one commit), and PostgreSQL where one answers. All of it hangs
on how fast the disk flushes, and neighbours on a shared disk slow that down tenfold: so the cases take turns, and `of_bare` is
the median of the ratios within a round. The bar is held against the median; where the floor itself does not reach the
bar, the disk was too slow or too busy to judge by, and that is said.

    python benchmarks/outbox.py [--folder DIR] [--postgres URL]
"""

import argparse
import csv
import os
import platform
import shutil
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from roadstead.alerts._deliver import Courier
from roadstead.errors import StoreError
from roadstead.store.store import Store
from roadstead.types import Change, Event, Legal, Media, Text

BAR = 1000.0
ROUNDS = 20
N = 200
RESULTS = Path(__file__).with_name("results") / "outbox.csv"
SINKS = ("office", "harbour")


def event(n: int) -> Event:
    return Event(
        id=f"{n:020x}",
        camera="gate",
        rule="right turn without a stop",
        kind="right_turn_without_stop",
        subject=f"gate-{n}",
        start=1.7e9 + n,
        end=1.7e9 + n + 4.2,
        outcome="violation",
        score=0.93,
        because=Text(
            "It turned right without a full stop: 3.1 m/s at the line.", "右转未停车:停止线处速度 3.1 米/秒。"
        ),
        measured={"speed_mps": 3.1, "speed_error_mps": 0.4, "stopped_s": 0.0, "needed_s": 2.0, "views": 14},
        legal=Legal("某市大型车辆右转必停规定", "2024"),
    )


def media(e: Event) -> list[Media]:
    return [
        Media(e.id, "trigger", f"events/{e.id}/trigger.jpg", "ab" * 32),
        Media(e.id, "overlay", f"events/{e.id}/overlay.jpg", "cd" * 32),
        Media(e.id, "clip", f"events/{e.id}/clip.mp4", None),
    ]


def alert(store: Store, first: int, sinks: tuple[str, ...], at_once: int = 1) -> None:
    events = [event(n) for n in range(first, first + at_once)]
    files = [m for e in events for m in media(e)]
    store.record([Change("opened", e) for e in events], files, sinks, at=1.7e9)


def bare(folder: Path, payload: str) -> float:
    """Python's sqlite3 alone, one insert of the same payload a commit."""
    connection = sqlite3.connect(folder / f"{uuid.uuid4().hex}.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE outbox (id INTEGER PRIMARY KEY, payload TEXT)")

    def append(n: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO outbox (payload) VALUES (?)", (payload,))
        connection.execute("COMMIT")

    rate = timed(append, N)
    connection.close()
    return rate


def accepted(url: str, sinks: int, threads: int) -> float:
    """`Store.record`, one alert a transaction; the total over the threads."""
    with Store.open(url) as store:
        each = N // threads
        first = store.count()

        def camera(c: int) -> None:
            for n in range(each):
                alert(store, first + c * each + n, SINKS[:sinks])

        work = [threading.Thread(target=camera, args=(c,)) for c in range(threads)]
        began = time.perf_counter()
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        took = time.perf_counter() - began
        if store.count() != first + each * threads:
            raise SystemExit("some alerts are not in the store")
        return each * threads / took


def accepted_together(url: str, at_once: int) -> float:
    """`Store.record` with several alerts a transaction: what a burst on one camera costs."""
    with Store.open(url) as store:
        return at_once * timed(lambda n: alert(store, n * at_once, SINKS[:1], at_once), N // at_once)


def delivered(url: str) -> float:
    """The courier's own part: take the head, hand it to a transport that does nothing, settle it."""

    class Nowhere:
        def send(self, key: str, payload: Mapping[str, Any]) -> None:
            pass

    with Store.open(url) as store:
        for n in range(N):
            alert(store, n, SINKS[:1])
        began = time.perf_counter()
        sent = Courier(store, SINKS[0], Nowhere()).once().sent
        return sent / (time.perf_counter() - began)


def timed(act: Callable[[int], None], times: int) -> float:
    began = time.perf_counter()
    for n in range(times):
        act(n)
    return times / (time.perf_counter() - began)


def measure(folder: Path, server: str | None) -> list[dict[str, object]]:
    with Store.open(folder / "size.db") as store:
        alert(store, 1, SINKS[:1])
        payload = str(dict(store.deliveries()[0].payload))
    cases: dict[str, Callable[[], float]] = {
        "bare sqlite3: one insert a commit": lambda: bare(folder, payload),
        "SQLite: 1 sink, 1 thread": lambda: accepted(_file(folder), 1, 1),
        "SQLite: 2 sinks, 1 thread": lambda: accepted(_file(folder), 2, 1),
        "SQLite: 1 sink, 8 threads": lambda: accepted(_file(folder), 1, 8),
        "SQLite: 1 sink, 10 a transaction": lambda: accepted_together(_file(folder), 10),
        "SQLite: delivered to nowhere": lambda: delivered(_file(folder)),
    }
    if server is not None:
        cases["PostgreSQL: 1 sink, 1 thread"] = lambda: _on_postgres(server, 1)
        cases["PostgreSQL: 1 sink, 8 threads"] = lambda: _on_postgres(server, 8)
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):  # in turn, so that a busy moment of the machine does not fall on one case alone
        for name, case in cases.items():
            rates[name].append(case())
    floor = rates["bare sqlite3: one insert a commit"]
    return [
        {
            "case": name,
            "best": round(max(found), 1),
            "median": round(statistics.median(found), 1),
            "lowest": round(min(found), 1),
            "of_bare": round(statistics.median(f / b for f, b in zip(found, floor, strict=True)), 3),
        }
        for name, found in rates.items()
    ]


def _file(folder: Path) -> str:
    return str(folder / f"{uuid.uuid4().hex}.db")


def _on_postgres(server: str, threads: int) -> float:
    name = f"roadstead_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        return accepted(engine.url.set(database=name).render_as_string(hide_password=False), 1, threads)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def _server(url: str) -> str | None:
    engine = sa.create_engine(url, connect_args={"connect_timeout": 3})
    try:
        engine.connect().close()
    except sa.exc.OperationalError:
        return None
    else:
        return url
    finally:
        engine.dispose()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, help="where the files lie while measuring [a temporary folder]")
    default = os.environ.get("ROADSTEAD_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    parser.add_argument("--postgres", default=default, help="a server to measure too, where it answers")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        rows = measure(folder, _server(options.postgres))
    except StoreError as error:
        sys.exit(str(error))
    finally:
        shutil.rmtree(folder)
    RESULTS.parent.mkdir(exist_ok=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, sqlite {sqlite3.sqlite_version}"
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0], "rounds", "alerts_a_round", "machine"])
        writer.writeheader()
        writer.writerows({**row, "rounds": ROUNDS, "alerts_a_round": N, "machine": machine} for row in rows)
    for row in rows:
        print("{case:36} best {best:>8} /s  median {median:>8}  lowest {lowest:>8}  {of_bare} of bare".format_map(row))
    floor, ours = (float(str(row["median"])) for row in rows[:2])
    print(f"bar: {BAR:.0f} /s; SQLite, 1 sink, 1 thread: {ours:.0f} /s = {ours / BAR:.2f} of the bar")
    if floor < BAR:
        print(
            f"not a fair day: bare sqlite3 itself does {floor:.0f} /s on this disk now; measure again when it is idle"
        )
    return 0 if ours >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
