"""What the command line shows of a training: a bar a stage, what is said, and figures before and after."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from roadstead.evaluate.reports import Measured, Report
from roadstead.evaluating import Speed

if TYPE_CHECKING:  # training needs packages that watching does not
    from roadstead.train.plan import Plan
    from roadstead.train.training import Outcome

Say = Callable[[dict[str, Any]], None]
WORST = 5
"""So many of the worst samples of a data set are shown; --out writes all."""


@contextmanager
def training(*, quiet: bool) -> Iterator[Say]:
    """Show steps and evaluations on stderr while they happen, unless the output is for a program."""
    if quiet:
        yield lambda _: None
        return
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[now]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def say(row: dict[str, Any]) -> None:
            match row["kind"]:
                case "said":
                    bars.console.print(escape(row["said"]))
                case "stage":
                    tasks[row["stage"]] = bars.add_task(row["stage"], total=row["steps"], now="")
                case "step":
                    bars.update(tasks[row["stage"]], completed=row["step"], now=f"loss {row['loss']:.4g}")
                case "evaluation":
                    bars.console.print(escape(_evaluation(row)))

        yield say


def trained(outcome: "Outcome", *, as_json: bool) -> None:
    """Print what a training came to."""
    if as_json:
        reports = {
            "before": outcome.before and outcome.before.record(),
            "after": outcome.after and outcome.after.record(),
        }
        facts = {"folder": str(outcome.folder), "steps": outcome.steps, "ended": outcome.ended}
        _print({**facts, **reports})
        return
    console = Console(highlight=False)
    table = Table(
        "figure", "before", "after", title=f"{outcome.folder.name}: {outcome.steps} steps, {outcome.seconds:.0f} s"
    )
    after = outcome.after.metrics if outcome.after else {}
    before = outcome.before.metrics if outcome.before else {}
    for name in (*after, *(n for n in before if n not in after)):
        table.add_row(name, _cell(before.get(name)), _cell(after.get(name)))
    console.print(table)
    console.print(f"ended by {outcome.ended}; everything is in {escape(str(outcome.folder))}")


def planned(plan: "Plan", *, as_json: bool) -> None:
    """Print what a training would do."""
    if as_json:
        _print(plan.record())
        return
    table = Table("", "", title=plan.name, show_header=False)
    for name, value in plan.rows():
        table.add_row(name, escape(value))
    Console(highlight=False).print(table)


def evaluated(reports: Mapping[str, Report], speeds: Mapping[str, Speed], *, as_json: bool) -> None:
    """Print the figures of one model on data sets side by side, how fast it was, and what it is worst at."""
    if as_json:
        _print(
            {
                "reports": {name: r.record() for name, r in reports.items()},
                "speeds": {name: asdict(speed) for name, speed in speeds.items()},
            }
        )
        return
    console = Console(highlight=False)
    table = Table("figure", *(escape(name) for name in reports))
    for name in dict.fromkeys(n for r in reports.values() for n in r.metrics):
        table.add_row(name, *(_cell(r.metrics.get(name)) for r in reports.values()))
    table.add_row("samples", *(str(r.samples) for r in reports.values()))
    table.add_row("samples/s", *(f"{speeds[name].per_second:.4g}" if name in speeds else "" for name in reports))
    console.print(table)
    for name, speed in speeds.items():
        console.print(
            f"{escape(name)}: {speed.engine}, {speed.threads} thread{'s' * (speed.threads > 1)}, a sample at a time: "
            f"{speed.p50_ms:.3g} ms (p50), {speed.p95_ms:.3g} ms (p95), of which the model {speed.model_p50_ms:.3g} ms"
        )
    for name, report in reports.items():
        for note in report.notes:
            console.print(f"{escape(name)}: {escape(note)}")
        for example in report.worst[:WORST] if name in speeds else ():
            console.print(f"{escape(name)}: {escape(f'{example.sample}: said {example.said}, true {example.true}')}")


def _evaluation(row: dict[str, Any]) -> str:
    loss = "" if row["loss"] is None else f", loss {row['loss']:.4g}"
    value = row["metrics"].get(row["main"])
    return f"{row['stage']}, step {row['step']}: {row['main']} {value if value is None else round(value, 4)}{loss}" + (
        " (best)" if row["best"] else ""
    )


def _cell(measured: Measured | None) -> str:
    return "" if measured is None else str(measured)


def _print(content: Any) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
