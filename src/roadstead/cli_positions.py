"""`roadstead positions …`: position reports of truck terminals and ship transponders. One function a command, no logic."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="positions",
    help="Position reports of truck terminals and ship transponders: check, receive, simulate, explain, rate.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE…", help="AIS lines, JT/T 808 frames, CSV, Parquet, GPX, or a raw log folder."),
]
Format = Annotated[str | None, typer.Option("--format", help="nmea, jt808_file, table or rawlog. [told by the file]")]
Config = Annotated[
    Path | None, typer.Option("--config", help="A settings file: ground, anomalies, rules. [every anomaly, no rules]")
]
FeedName = Annotated[str | None, typer.Option("--feed", help="The feed of the settings that the files are of.")]
Label = Annotated[str | None, typer.Option("--label", help="The class of the movers. [truck; of AIS lines: vessel]")]
Datum = Annotated[str | None, typer.Option("--datum", help="wgs84, gcj02 or bd09. [wgs84]")]
Timezone = Annotated[
    str | None, typer.Option("--timezone", help="Of times without a zone in a table, and of what is shown. [UTC]")
]


class Form(StrEnum):
    """How simulated reports are written."""

    CSV = "csv"
    WIRE = "wire"


@app.command()
def check(  # noqa: PLR0913  # one parameter an option
    files: Files,
    *,
    out: Annotated[Path, typer.Option("--out", help="The folder for flags, summary and map.")] = Path("runs/positions"),
    kind: Format = None,
    config: Config = None,
    feed: FeedName = None,
    label: Label = None,
    datum: Datum = None,
    timezone: Timezone = None,
    json: Json = False,
) -> None:
    """Check recorded reports: flags.jsonl, summary.json and map.html in the folder."""
    from roadstead import checking, screen

    found = checking.check(files, kind=kind, settings=config, feed=feed, label=label, datum=datum, timezone=timezone)
    written = checking.write(out, found)
    screen.checked(checking.summary(found), written, as_json=json)


@app.command()
def gateway(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The TCP port to listen on.")] = 6808,
    udp_port: Annotated[int | None, typer.Option(min=0, max=65535, help="A UDP port beside it.")] = None,
    terminals: Annotated[
        Path | None, typer.Option(help="A CSV of who may report: phone, token, plate, operator. [everybody]")
    ] = None,
    secret: Annotated[
        str, typer.Option(envvar="ROADSTEAD_SECRET", help="What tokens are made of that the list does not give.")
    ] = "",
    out: Annotated[Path, typer.Option("--out", help="The run folder.")] = Path("runs/gateway"),
    *,
    json: Json = False,
) -> None:
    """Receive truck terminals by JT/T 808, keep every frame, and judge what they report."""
    from roadstead import config, runner, screen
    from roadstead.sources.jt808 import demand_port

    plan = config.gateway(port=port, udp_port=udp_port, terminals=terminals, secret=secret)
    demand_port(port)
    with screen.watching(quiet=json) as show:
        summary = runner.run(plan, out, fast=False, annotate=False, show=show)
    screen.summary(summary, out, as_json=json)
    if summary.problems:
        raise typer.Exit(1)


@app.command()
def simulate(  # noqa: PLR0913  # one parameter an option
    *,
    trucks: Annotated[int, typer.Option(min=0, help="How many trucks.")] = 20,
    vessels: Annotated[int, typer.Option(min=0, help="How many vessels.")] = 20,
    hours: Annotated[float, typer.Option(min=0.1, help="How long a watch.")] = 8.0,
    faults: Annotated[
        str, typer.Option(help="Faults to inject, by name and with commas between; all: every one; none.")
    ] = "all",
    kind: Annotated[Form, typer.Option("--format", help="wire: JT/T 808 frames and AIVDM lines.")] = Form.CSV,
    seed: Annotated[int, typer.Option(help="The same seed gives the same reports.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="The folder for reports and labels.")] = Path("runs/simulated"),
    to: Annotated[
        str | None, typer.Option("--to", metavar="HOST:PORT", help="Instead: let terminals report to a gateway, live.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.01, help="With --to: places a second of each terminal.")] = 1.0,
    seconds: Annotated[float, typer.Option(min=1, help="With --to: for how long.")] = 60.0,
    json: Json = False,
) -> None:
    """Simulate trucks and vessels with labelled faults, as files; or truck terminals that report to a gateway."""
    from roadstead import screen
    from roadstead.simulate.reports import terminals, write

    if to is not None:
        host, port = terminals.address(to)
        screen.loaded(terminals.load(host, port, trucks, rate, seconds), as_json=json)
        return
    named = [name.strip() for name in faults.split(",") if name.strip() not in ("", "none")]
    made = write.simulate(
        out,
        trucks=trucks,
        vessels=vessels,
        hours=hours,
        seed=seed,
        faults=named,
        format="wire" if kind is Form.WIRE else "csv",
    )
    screen.simulated(made, as_json=json)


@app.command()
def explain(
    frame: Annotated[str, typer.Argument(metavar="HEX", help="A JT/T 808 frame in hex, or - for stdin.")],
    *,
    json: Json = False,
) -> None:
    """Explain a JT/T 808 frame byte by byte: what each means, by which clause, and what is wrong with it."""
    from roadstead import screen

    screen.explanation(frame, as_json=json)


@app.command()
def kpi(  # noqa: PLR0913  # one parameter an option
    files: Files,
    *,
    terminals: Annotated[
        Path | None, typer.Option(help="A CSV of the registered terminals: phone, plate, operator.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder for kpi.csv and kpi.svg.")] = Path("runs/kpi"),
    kind: Format = None,
    config: Config = None,
    feed: FeedName = None,
    label: Label = None,
    datum: Datum = None,
    timezone: Timezone = None,
    json: Json = False,
) -> None:
    """Rate terminals and operators: 上线率, 数据合格率, 轨迹完整率, 漂移率, as table, CSV and picture."""
    from roadstead import checking, screen

    found = checking.check(files, kind=kind, settings=config, feed=feed, label=label, datum=datum, timezone=timezone)
    table, written = checking.rate(found, terminals, out)
    screen.rated(table, written, as_json=json)
