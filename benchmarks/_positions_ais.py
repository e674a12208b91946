"""AIS: lines to messages and to reports, ours beside pyais.

    python benchmarks/_positions_ais.py [--few]

Input: the lines of pyais' own test corpus (nmea_data_sample.txt of the development data) that have a payload, repeated to
80,000; 96 in 100 are position reports in one sentence, the rest parts of type 5 and other types. pyais decodes them by
`for m in pyais.IterMessages(lines): m.decode()`, and live through its NMEAQueue, a line at a time.

Batch: AisDecoder over all lines at once, once to the columns of fields with single lines for the rest (what pyais does:
messages), and once to Reports (movers, SI units, defects of fields, static data), which is more than pyais does.
Bar: the former 8 times pyais. Live: Stream, a line at a time, to messages; bar: as fast as pyais. Verifying checksums
(pyais delivers what is wrong) is in all of ours. One process, one thread, in turns; the best of the rounds counts.

Exit code 1 where a bar is missed. The data is that of the tests (ROADSTEAD_DATA).
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyais
from pyais.queue import NMEAQueue

from roadstead.positions import Raw
from roadstead.protocols.ais.columns import read_columns
from roadstead.protocols.ais.decoder import AisDecoder
from roadstead.protocols.ais.stream import Stream

RESULTS = Path(__file__).with_name("results") / "ais.csv"
LINES, ROUNDS = 80_000, 7
BATCH = 2_000
DATA = Path(os.environ.get("ROADSTEAD_DATA") or Path(__file__).parents[2] / "shared" / "data")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", action="store_true", help="a tenth of the lines, and write nothing")
    few = parser.parse_args().few
    lines = corpus(LINES // 10 if few else LINES)
    records = [Raw(1.6e9, "receiver", line) for line in lines]
    best = in_turns(
        {
            "pyais": lambda: by_pyais(lines),
            "pyais live": lambda: by_pyais_live(lines),
            "live": lambda: by_stream(records),
            "batch": lambda: by_columns(lines, records),
            "reports": lambda: by_decoder(records, len(records)),
            "reports, 2,000 lines at a time": lambda: by_decoder(records, BATCH),
        },
        len(lines),
    )
    rows = report(best)
    for row in rows:
        print("{measure:48} {value:>12} {unit:10} {bar:>8} {verdict}".format(**row))
    if not few:
        with RESULTS.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return int(any(row["verdict"] == "MISSED" for row in rows))


def corpus(count: int) -> list[bytes]:
    lines = [line.strip() for line in (DATA / "ais" / "pyais" / "nmea_data_sample.txt").read_bytes().splitlines()]
    full = [line for line in lines if line.count(b",") == 6 and line.split(b",")[5]]
    return (full * (count // len(full) + 1))[:count]


def by_pyais(lines: Sequence[bytes]) -> int:
    count = 0
    for message in pyais.IterMessages(lines):
        message.decode()
        count += 1
    return count


def by_pyais_live(lines: Sequence[bytes]) -> int:
    count, queue = 0, NMEAQueue()
    for line in lines:
        queue.put_line(line)
        sentence: Any = queue.get_or_none()
        if sentence is not None:
            sentence.decode()
            count += 1
    return count


def by_stream(records: Sequence[Raw]) -> int:
    stream, count = Stream(), 0
    for number, record in enumerate(records):
        count += stream.read(record, number) is not None
    return count


def by_columns(lines: Sequence[bytes], records: Sequence[Raw]) -> int:
    groups = read_columns(lines)
    rest = np.ones(len(lines), dtype=bool)
    for group in groups:
        rest[group.rows] = False
    stream = Stream()
    return sum(len(g.rows) for g in groups) + sum(
        stream.read(records[k], k) is not None for k in np.flatnonzero(rest).tolist()
    )


def by_decoder(records: Sequence[Raw], at_once: int) -> int:
    decoder = AisDecoder()
    for first in range(0, len(records), at_once):
        decoder.decode(records[first : first + at_once], first)
    counts = decoder.counts
    return sum(counts.get(name, 0) for name in ("read_position", "read_static", "read_unread"))


def in_turns(runs: Mapping[str, Callable[[], int]], lines: int) -> dict[str, float]:
    """Return the best lines a second of each; all must find the same number of messages."""
    best: dict[str, float] = {}
    found: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            found[name] = run()
            best[name] = max(best.get(name, 0.0), lines / (time.perf_counter() - start))
    print(f"messages found: {found}")
    if len(set(found.values())) != 1:
        raise SystemExit("not the same messages: there is nothing to compare")
    return best


def report(best: Mapping[str, float]) -> list[dict[str, str]]:
    rows = [
        {"measure": name, "value": f"{rate:,.0f}", "unit": "lines/s", "bar": "", "verdict": ""}
        for name, rate in best.items()
    ]
    ratios = (
        ("batch over pyais", best["batch"] / best["pyais"], 8.0),
        ("live over pyais", best["live"] / best["pyais"], 1.0),
        ("live over pyais live", best["live"] / best["pyais live"], 1.0),
        ("reports over pyais", best["reports"] / best["pyais"], None),
        ("reports, 2,000 lines at a time, over pyais", best["reports, 2,000 lines at a time"] / best["pyais"], None),
    )
    for name, ratio, bar in ratios:
        verdict = "" if bar is None else "ok" if ratio >= bar else "MISSED"
        rows.append(
            {
                "measure": name,
                "value": f"{ratio:.2f}",
                "unit": "x",
                "bar": f">= {bar:g}" if bar else "",
                "verdict": verdict,
            }
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
