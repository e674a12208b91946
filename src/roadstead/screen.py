"""What the command line shows: tables and progress for people, JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from roadstead import registry
from roadstead.evaluate import scores
from roadstead.evaluate.events import Judged
from roadstead.evaluate.intervals import Share
from roadstead.geometry.schedules import clock
from roadstead.kpi import Table as KpiTable
from roadstead.pipeline import Show, Step, title_zh
from roadstead.report import RunSummary
from roadstead.settings import settings_of
from roadstead.store.outbox import Delivery
from roadstead.types import Event

if TYPE_CHECKING:  # what simulates needs packages that watching does not
    from roadstead.simulate.film import Filmed
    from roadstead.simulate.reports.terminals import LoadResult
    from roadstead.simulate.reports.write import Summary as Simulated
    from roadstead.simulate.sets.made import Made


class _Quiet:
    def step(self, camera: str, step: Step, total_s: float | None) -> None:
        """Say nothing."""

    def problem(self, text: str) -> None:
        """Say it all the same: it must not wait for the end."""
        sys.stderr.write(f"roadstead: {text}\n")


class _Bars:
    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.tasks: dict[str, tuple[TaskID, float]] = {}

    def step(self, camera: str, step: Step, total_s: float | None) -> None:
        """Move the camera's bar to the picture's time, and print an event as it opens."""
        if camera not in self.tasks:
            self.progress.start()  # not earlier: what is refused before the first picture stands alone
            self.tasks[camera] = (self.progress.add_task(camera, total=total_s), step.t)
        task, first = self.tasks[camera]
        self.progress.update(task, completed=step.t - first)
        for change in step.changes:
            if change.phase == "opened":
                self.progress.console.print(f"  {escape(_title(change.event))}  {escape(change.event.because.en)}")

    def problem(self, text: str) -> None:
        """Print what could not be done."""
        self.progress.console.print(f"[bold]problem:[/bold] {escape(text)}")


@contextmanager
def watching(*, quiet: bool) -> Iterator[Show]:
    """Show the progress of a watch on stderr while it runs, unless its output is for a program."""
    console = Console(stderr=True, highlight=False)
    if quiet:
        yield _Quiet()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} s"),
        TimeRemainingColumn(),
    )
    bars = _Bars(Progress(*columns, console=console))
    try:
        yield bars
    finally:
        if bars.tasks:
            bars.progress.stop()


@contextmanager
def rendering(*, quiet: bool) -> Iterator[Callable[[str, float, float], None]]:
    """Show on stderr how far something that takes long has come: what is called with its name, what is done, and all of it."""
    if quiet:
        yield lambda *_: None
        return
    console = Console(stderr=True, highlight=False)
    progress = Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console)
    tasks: dict[str, TaskID] = {}

    def tell(name: str, done: float, all_of_it: float) -> None:
        if name not in tasks:
            progress.start()  # not earlier: what is refused before stands alone
            tasks[name] = progress.add_task(name, total=all_of_it)
        progress.update(tasks[name], completed=done)

    try:
        yield tell
    finally:
        if tasks:
            progress.stop()


def summary(run: RunSummary, out: Path, *, as_json: bool) -> None:
    """Print what a watch did: its events, what was dropped, where the evidence lies and what to open next."""
    if as_json:
        print_json({"out": str(out), "report": str(out / "report.html"), **asdict(run)})
        return
    console = Console(highlight=False)
    if run.events:
        _print_events(console, [card.event for card in run.events], run.timezone)
    for camera in run.cameras:
        console.print(
            f"{camera.name}: " + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in camera.counts.items()),
            soft_wrap=True,
        )
        for note in camera.notes:
            console.print(f"{camera.name}: {note.en}", soft_wrap=True, markup=False)
    for sink, states in run.deliveries.items():
        console.print(f"alerts to {sink}: " + ", ".join(f"{n} {state}" for state, n in states.items()))
    if not run.deliveries:
        console.print("alerts: nobody was told; to be told, add an [[alerts]] table to the settings", markup=False)
    if run.looks:
        told = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in run.looks.items())
        console.print(f"second look: {told}")
    for problem in run.problems:
        console.print(f"[bold]problem:[/bold] {escape(problem)}")
    clips = sum(any(m.kind == "clip" and m.sha256 for m in card.media) for card in run.events)
    console.print(f"evidence: {out / 'evidence'} ({len(run.events)} events, {clips} with a clip)")
    for video in run.videos:
        console.print(f"annotated video: {out / video}")
    console.print(f"open next: {out / 'report.html'}")


def looked(counts: Mapping[str, int], problems: Sequence[str], out: Path, *, as_json: bool) -> None:
    """Print what second looks at a run's events came to."""
    if as_json:
        print_json({"out": str(out), "counts": dict(counts), "problems": list(problems)})
        return
    console = Console(highlight=False)
    told = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in {"looked": 0, **counts}.items())
    console.print(f"second look: {told}")
    for problem in problems:
        console.print(f"[bold]problem:[/bold] {escape(problem)}")
    console.print(f"open next: {out / 'report.html'}", markup=False)


def events(found: Sequence[Event], *, as_json: bool) -> None:
    """Print events."""
    if as_json:
        print_json([asdict(event) for event in found])
        return
    console = Console(highlight=False)
    _print_events(console, found, "UTC")
    console.print(f"{len(found)} events")


def deliveries(found: Sequence[Delivery], *, as_json: bool) -> None:
    """Print what was sent where."""
    if as_json:
        print_json([asdict(delivery) for delivery in found])
        return
    table = Table("sink", "key", "state", "attempts", "last error", box=None)
    for d in found:
        table.add_row(d.sink, d.key, d.state, str(d.attempts), escape(d.error))
    Console(highlight=False).print(table if found else "no deliveries")


def plugins(listing: Mapping[str, Sequence[str]], *, schema: bool, as_json: bool) -> None:
    """Print plug-ins by kind, with what each says of itself."""
    if as_json:
        print_json({kind: {name: _plugin(kind, name, schema) for name in names} for kind, names in listing.items()})
        return
    console = Console(highlight=False)
    for kind, names in listing.items():
        console.print(f"[bold]{kind}[/bold]")
        for name in names:
            about = _plugin(kind, name, schema)
            console.print(f"  {name:26} {about['title']:14} {escape(about['about'])}")
            if schema:
                for field, value in about["schema"].get("properties", {}).items():
                    default = f" = {value['default']!r}" if "default" in value else ""
                    console.print(f"      {field}: {escape(value.get('type', 'any of several'))}{escape(default)}")


def checked(summary: Mapping[str, Any], written: Sequence[Path], *, as_json: bool) -> None:
    """Print what a check of reports found, and what became of every report."""
    if as_json:
        print_json({**summary, "files": [str(path) for path in written]})
        return
    console = Console(highlight=False)
    console.print(f"{summary['movers']} movers, {summary['from'] or '–'} to {summary['to'] or '–'}")
    for part in ("read", "reports", "places"):
        console.print(f"{part}: " + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in summary[part].items()))
    table = Table("finding", "", "findings", "movers", box=None)
    for rule, totals in summary["findings"].items():
        table.add_row(rule, summary["titles_zh"][rule], str(totals["findings"]), str(totals["movers"]))
    console.print(table if summary["findings"] else "nothing was found")
    for path in written[:-1]:
        console.print(f"written: {path}")
    console.print(f"open next: {written[-1]}")


def rated(table: KpiTable, written: Sequence[Path], *, as_json: bool) -> None:
    """Print the key figures of terminals and operators."""
    if as_json:
        rows = [
            {
                "level": row.level,
                "operator": row.operator,
                "terminal": row.terminal,
                "plate": row.plate,
                **{
                    name: {"value": share.value, "of": share.of, "all": share.all} for name, share in row.shares.items()
                },
            }
            for row in table.rows
        ]
        print_json({"rows": rows, "files": [str(path) for path in written]})
        return
    sys.stdout.write(table.text() + "\n")
    for path in written:
        sys.stdout.write(f"written: {path}\n")


def scored(judged: Judged, *, as_json: bool) -> None:
    """Print how events stand against the truth."""
    if as_json:
        print_json(scores.record(judged))
        return
    heads = {
        "true": "true",
        "matched": "matched",
        "duplicates": "told\ntwice",
        "false": "false",
        "wrong_subject": "wrong\nsubject",
        "innocent": "inno-\ncent",
        "insufficient": "insuf-\nficient",
    }
    table = Table("rule", box=None, padding=(0, 2, 0, 0))
    for head in (*heads.values(), "precision", "recall", "delay, s"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in scores.scores(judged):
        counts = [str(getattr(one, name)) for name in heads]
        table.add_row(escape(one.rule), *counts, _share(one.precision), _share(one.recall), _delays(one))
    console = Console(highlight=False)
    console.width = max(console.width, 140)  # a table that is folded cannot be read
    console.print(table)
    console.print(
        "in brackets: 95 % intervals; delay after it could be known: median, 95th percentile, longest; false holds "
        "wrong subject and innocent",
        soft_wrap=True,
    )
    for note in scores.notes(judged):
        console.print(f"note: {escape(note)}", soft_wrap=True)


def _share(share: Share) -> str:
    return "–" if share.value is None else f"{share.value:.3f} ({share.low:.3f}–{share.high:.3f})"


def _delays(score: scores.Score) -> str:
    quantiles = [score.delay_s(q) for q in (0.5, 0.95, 1.0)]
    return " / ".join("–" if q is None else f"{q:.1f}" for q in quantiles)


def simulated(made: "Simulated", *, as_json: bool) -> None:
    """Print what was simulated."""
    if as_json:
        print_json(asdict(made))
        return
    console = Console(highlight=False)
    console.print(f"{made.movers} movers, {made.reports} reports")
    for fault, cases in made.cases.items():
        console.print(f"  {fault:26} {title_zh(fault):10} {cases} cases")
    for path in made.files:
        console.print(f"written: {path}")


def filmed(made: "Filmed", out: Path, *, as_json: bool) -> None:
    """Print what was filmed, and what to run next."""
    if as_json:
        print_json({**asdict(made), "files": [str(path) for path in made.files]})
        return
    console = Console(highlight=False)
    console.print(f"{made.pictures} pictures rendered, {made.boxes} boxes, {made.reports} reports")
    console.print("truth: " + ", ".join(f"{n} {row.replace('_', ' ')}" for row, n in made.rows.items()))
    for path in made.files:
        console.print(f"written: {path}", soft_wrap=True)
    if made.unplayed:
        console.print(f"no room for: {', '.join(made.unplayed)}; give another seed or more minutes", soft_wrap=True)
    settings = out / ("watch.toml" if made.pictures else "replay.toml")
    console.print(f"watch it: roadstead watch {settings} --out {out / 'run'} --fast", soft_wrap=True)
    console.print(f"score it: roadstead score {out / 'run'} {out}", soft_wrap=True)


def dataset_made(made: "Made", *, as_json: bool) -> None:
    """Print what a data set holds."""
    if as_json:
        plain = {f.name: getattr(made, f.name) for f in fields(made)}
        print_json({**plain, "folder": str(made.folder), "files": [str(path) for path in made.files]})
        return
    console = Console(highlight=False)
    console.print(f"{made.name}: {sum(made.samples.values())} samples for {made.task} out of {made.worlds} worlds")
    for split, counts in made.counts.items():
        held = ", ".join(f"{n} {escape(cell)}" for cell, n in counts.items())
        console.print(f"{split}: {made.samples[split]} samples: {held}", soft_wrap=True)
    for note in made.notes:
        console.print(f"note: {escape(note)}", soft_wrap=True)
    for path in made.files:
        console.print(f"written: {path}", soft_wrap=True)


def loaded(result: "LoadResult", *, as_json: bool) -> None:
    """Print what became of terminals that reported to a gateway."""
    figures = {
        **{name: int(n) for name, n in result.counts.items()},
        "seconds": round(result.seconds, 1),
        **{f"answer_ms_p{p}": round(result.latency_ms(p), 2) for p in (50, 99, 100) if len(result.latency_s)},
    }
    if as_json:
        print_json(figures)
    else:
        Console(highlight=False).print(
            ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in figures.items())
        )


def explanation(frame: str, *, as_json: bool) -> None:
    """Print what the bytes of a JT/T 808 frame mean."""
    from roadstead.protocols.jt808 import explain

    found = explain.explain(sys.stdin.read() if frame == "-" else frame)
    if as_json:
        print_json(asdict(found))
    else:
        sys.stdout.write(explain.render(found) + "\n")


def print_json(value: Any) -> None:
    """Print one JSON document on stdout."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1, default=str, allow_nan=False)
    sys.stdout.write("\n")


def _plugin(kind: str, name: str, schema: bool) -> dict[str, Any]:  # noqa: FBT001  # private
    found = registry.folder(kind)
    plugin = found.get(name)
    about = (plugin.__doc__ or "").strip().splitlines()[0]
    title = found.title(name)
    settings = (
        {"schema": settings_of(plugin).model_json_schema()}
        if schema and kind != "infer"
        else {"schema": {}}
        if schema
        else {}
    )
    return {"title": "" if title == name else title, "about": about, **settings}


def _title(event: Event) -> str:
    return f"{event.rule} {title_zh(event.kind)}"


def _print_events(console: Console, found: Sequence[Event], timezone: str) -> None:
    for e in found:
        console.print(
            f"[bold]{escape(_title(e))}[/bold]  {e.outcome}  {escape(e.camera)}  {clock(e.start, timezone)}  {e.end - e.start:.1f} s",
            soft_wrap=True,
        )
        console.print(f"    {escape(e.because.en)}", style="dim", soft_wrap=True)
