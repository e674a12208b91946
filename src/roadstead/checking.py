"""Checks recorded reports: files in, flags and a summary out. What `roadstead positions check` does."""

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from roadstead import config, feeds
from roadstead.episodes import Terms
from roadstead.errors import BadInput
from roadstead.feed_runner import Shelf, batches
from roadstead.feeds import FeedPlan, FeedTable
from roadstead.findings import joined
from roadstead.geometry.datums import Datum
from roadstead.geometry.schedules import clock
from roadstead.kpi import Table, kpis
from roadstead.mapping import write_map
from roadstead.pipeline import title_zh
from roadstead.positions import Decoder, Defect, Fleet, Kind, Raw, Reports
from roadstead.rawlog import RawLog
from roadstead.record import files
from roadstead.reporting import Judged, judged
from roadstead.settings import check as checked_table
from roadstead.sources._mapping import clock_of
from roadstead.terminals import read_terminals
from roadstead.types import Evidence, Scene

FORMATS = ("nmea", "table", "jt808_file", "rawlog")
_TABLES = (".csv", ".csv.gz", ".tsv", ".parquet", ".gpx")
_FRAME = re.compile(rb"(?:^|[\s,;])7e[0-9a-f\s]*7e$")
_NAMED = (*_TABLES, ".txt", ".txt.gz", ".tsv.gz", ".gpx.gz", ".pq")
"""Names that tell what kind of table a file is; others are text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of a check: `counts` of everything that was read, the kind of each rule, and what was judged."""

    feed: str
    timezone: str
    counts: Mapping[str, int]
    judged: Judged
    found: tuple[Evidence, ...]
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def fleet(self) -> Fleet:
        """The reports, in order."""
        return self.judged.fleet

    def totals(self) -> dict[str, dict[str, int]]:
        """Return, by rule, how many findings there are and of how many movers."""
        rules: dict[str, list[str]] = {}
        for found in self.found:
            rules.setdefault(found.rule, []).append(found.subject)
        return {rule: {"findings": len(s), "movers": len(set(s))} for rule, s in sorted(rules.items())}


def check(
    paths: Sequence[Path],
    *,
    kind: str | None = None,
    settings: Path | None = None,
    feed: str | None = None,
    label: str | None = None,
    datum: str | None = None,
    timezone: str | None = None,
) -> Checked:
    """Read files and ask everything of them; raise BadInput where one cannot be read.

    `kind` is one of FORMATS (None: told by the file); a settings file says what is known of the ground and what is
    looked for, its feed `feed` (its only one, else) the class and the datum.
    """
    _demand(paths, kind, datum, timezone)
    if feed is not None and settings is None:
        raise BadInput(f"--feed: needs --config, the settings file that has a feed {feed!r}")
    plan = _plan(paths, kind, settings, feed, label, datum)
    counts: Counter[str] = Counter()
    parts = [_read(path, kind or told(path), plan, timezone, counts) for path in paths]
    seen = judged(Reports.joined(parts), plan.stages)
    kinds = {c.name: c.kind for c in plan.checks} | {r.name: r.kind for r in plan.rules}
    found = tuple(joined(seen.evidence, {name: Terms(name, kind, plan.gaps[name]) for name, kind in kinds.items()}))
    zone = config.load(settings).watch.timezone if settings else timezone or "UTC"
    return Checked(feed=plan.name, timezone=zone, counts=counts, judged=seen, found=found, kinds=kinds)


def _demand(paths: Sequence[Path], kind: str | None, datum: str | None, timezone: str | None) -> None:
    """Raise BadInput where a file is not there, or a word is not one of those that there are."""
    if kind is not None and kind not in FORMATS:
        raise BadInput(f"--format: {kind!r} is none; give {' | '.join(FORMATS)}")
    if datum is not None and datum not in get_args(Datum):
        raise BadInput(f"--datum: {datum!r} is none; give {' | '.join(get_args(Datum))}")
    if timezone is not None:
        clock_of(timezone, "auto")
    for path in paths:
        if not path.exists():
            raise BadInput(f"{path}: there is no such file")
        if path.is_dir() and not any(path.glob("*.raw")):
            raise BadInput(f"{path}: is a folder without a raw log in it (*.raw); a watch keeps them in raw/<feed>")
        if kind == "rawlog" and not path.is_dir():
            raise BadInput(f"{path}: is no raw log; that is a folder, raw/<feed> in the folder of a watch")
        if kind not in (None, "rawlog") and path.is_dir():
            raise BadInput(f"{path}: is a folder; name the files in it")


def told(path: Path) -> str:
    """Return the format of a file by its name and its beginning; raise BadInput where neither says it."""
    if path.is_dir():
        return "rawlog"
    name = path.name.lower()
    if name.endswith(_TABLES):
        return "table"
    with path.open("rb") as file:
        head = file.read(65536)
    if name.endswith((".nmea", ".aivdm", ".ais")) or b"!AIV" in head or b"!BSV" in head:
        return "nmea"
    lines = [line.strip().lower() for line in head.splitlines()[:20]]
    if head[:1] == b"\x7e" or any(_FRAME.search(line) for line in lines):
        return "jt808_file"
    if b"," in head.split(b"\n", 1)[0]:
        return "table"
    raise BadInput(f"{path}: its format is not told by its name or beginning; give --format {' | '.join(FORMATS)}")


def _names_mmsi(path: Path) -> bool:
    """Tell whether a table's first line has a column called MMSI."""
    if not path.is_file() or not path.name.lower().endswith((".csv", ".csv.gz")):
        return False
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            return b"mmsi" in file.readline(4096).lower()
    except (OSError, EOFError, zlib.error):  # whoever reads it says so
        return False


def _plan(
    paths: Sequence[Path],
    kind: str | None,
    settings: Path | None,
    feed: str | None,
    label: str | None,
    datum: str | None,
) -> FeedPlan:
    """Return the plan by which the files are judged; their source is set file by file."""
    formats = {kind or told(path) for path in paths}
    usual = label or ("vessel" if formats == {"nmea"} or any(_names_mmsi(path) for path in paths) else "truck")
    if settings is None:
        own: dict[str, Any] = {"source": {}, "label": usual} | ({"datum": datum} if datum else {})
        table = checked_table(FeedTable, own, "--label, --datum")
        every = feeds.checks(None, ["files"], "anomalies").on("files")
        return feeds.plan("files", table, Scene("files"), every, (), feeds.terms({}))
    loaded = config.load(settings)
    there = {f.name: f for f in loaded.feeds}
    if feed is None and len(there) != 1:
        raise BadInput(f"{settings}: has {len(there)} feeds ({', '.join(there) or 'none'}); name one with --feed")
    if feed is not None and feed not in there:
        raise BadInput(f"{settings}: there is no feed {feed!r}; there are: {', '.join(there)}")
    chosen = there[feed] if feed else next(iter(there.values()))
    changes: dict[str, Any] = {"labels": {"": label}} if label else {}
    changes |= {"datum": datum} if datum else {}
    return replace(chosen, stages=replace(chosen.stages, **changes))


def _read(path: Path, kind: str, plan: FeedPlan, timezone: str | None, counts: Counter[str]) -> Reports:
    """Return the reports of one file and add up what was read and what could not be."""
    if kind == "rawlog":
        with RawLog.open(path, write=False) as log:
            decoder = plan.source.decoder() if plan.source else _jt808_decoder()
            return _decoded(decoder, batches(log.read()), counts)
    table: dict[str, Any] = {"kind": kind, "path": str(path.resolve())}
    if kind == "table":
        table |= {key: value for key, value in plan.table.source.items() if key not in ("kind", "path")}
        table |= {"timezone": timezone} if timezone else {}
        table |= {} if path.name.lower().endswith(_NAMED) else {"format": "csv"}
    source = feeds.source(plan.name, table, Path(), str(path))
    shelf = Shelf()
    decoder = source.decoder()
    found = _decoded(decoder, source.read(shelf.keep), counts)
    counts.update({f"source_{name}": n for name, n in source.counts.items()})
    return found


def _jt808_decoder() -> Decoder:
    return feeds.source("raw", {"kind": "jt808"}, Path(), "raw log").decoder()


def _decoded(decoder: Decoder, records: Iterator[tuple[int, Sequence[Raw]]], counts: Counter[str]) -> Reports:
    parts = []
    for first, some in records:
        counts["messages"] += len(some)
        parts.append(decoder.decode(some, first))
    counts.update({name: n for name, n in decoder.counts.items() if n})
    return Reports.joined(parts)


def write(out: Path, checked: Checked) -> list[Path]:
    """Write flags.jsonl, summary.json and map.html into a folder; return the paths."""
    _make(out)
    flags, summed = out / "flags.jsonl", out / "summary.json"
    lines = (json.dumps(flag(checked, found), ensure_ascii=False, allow_nan=False) for found in checked.found)
    files.write(flags, "".join(line + "\n" for line in lines).encode())
    files.write(summed, (json.dumps(summary(checked), ensure_ascii=False, indent=1) + "\n").encode())
    titles = {rule: title(checked.kinds[rule]) for rule in checked.totals()}
    page = write_map(
        out,
        checked.fleet,
        checked.found,
        title=out.name,
        timezone=checked.timezone,
        titles=titles,
        counts=checked.counts,
    )
    return [flags, summed, page]


def rate(checked: Checked, terminals: Path | None, out: Path) -> tuple[Table, list[Path]]:
    """Work out the key figures of terminals and operators, and write kpi.csv and kpi.svg into a folder."""
    listed = None if terminals is None else read_terminals(terminals)
    table = kpis(checked.fleet, checked.judged.evidence, listed)
    _make(out)
    return table, [table.write_csv(out / "kpi.csv"), table.write_picture(out / "kpi.svg")]


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"{out}: cannot be the folder to write to: {error.strerror}; choose another with --out"
        ) from None


def title(kind: str) -> tuple[str, str]:
    """Return the name of what was found in English and Chinese."""
    return kind.replace("_", " "), title_zh(kind)


def flag(checked: Checked, found: Evidence) -> dict[str, Any]:
    """Return one finding as a line of flags.jsonl."""
    since = found.t if found.since is None else found.since
    return {
        "rule": found.rule,
        "kind": checked.kinds[found.rule],
        "subject": found.subject,
        "start": clock(since, checked.timezone),
        "end": clock(found.t, checked.timezone),
        "start_epoch_s": since,
        "end_epoch_s": found.t,
        "outcome": found.outcome,
        "score": round(found.score, 4),
        "because": {"en": found.because.en, "zh": found.because.zh},
        "measured": {k: _finite(v) for k, v in found.measured.items()},
    }


def _finite(value: float | int | str | None) -> float | int | str | None:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def summary(checked: Checked) -> dict[str, Any]:
    """Return what was read, what became of each report, and what was found; the numbers add up."""
    fleet = checked.fleet
    kinds = {kind.name.lower(): int((fleet.reports.kind == kind).sum()) for kind in Kind}
    defects = {d.name.lower(): int((fleet.defect == d).sum()) for d in Defect if d != Defect.NONE}
    usable = (fleet.reports.kind == Kind.POSITION) & (fleet.defect == Defect.NONE)
    t = fleet.t[np.isfinite(fleet.t)]
    return {
        "feed": checked.feed,
        "movers": len(fleet.reports.movers),
        "from": clock(float(t.min()), checked.timezone) if len(t) else None,
        "to": clock(float(t.max()), checked.timezone) if len(t) else None,
        "read": dict(sorted(checked.counts.items())),
        "reports": {"all": len(fleet), **kinds},
        "places": {
            "trusted": int(fleet.trusted.sum()),
            "not_trusted": int((usable & ~fleet.trusted & np.isfinite(fleet.t)).sum()),
            "without_time": int((usable & ~np.isfinite(fleet.t)).sum()),
            **{name: n for name, n in defects.items() if n},
        },
        "findings": checked.totals(),
        "titles_zh": {rule: title(checked.kinds[rule])[1] for rule in checked.totals()},
    }
