"""One function a command, no logic. Exit codes: 0 done, 1 not done, 2 bad input or usage, 130 stopped by the keyboard."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from roadstead.cli_data import app as data
from roadstead.cli_evaluate import app as evaluation
from roadstead.cli_positions import app as positions
from roadstead.cli_simulate import app as simulate
from roadstead.cli_train import app as training

app = typer.Typer(
    name="roadstead",
    help="Cameras, truck terminals and ship transponders into evidence-backed violation cases.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(data)
app.add_typer(evaluation)
app.add_typer(positions)
app.add_typer(simulate)
app.add_typer(training)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
Out = Annotated[Path | None, typer.Option("--out", help="The run folder; made if it is not there. [runs/<name>]")]


def main() -> None:
    """Run the command line; every refusal is one sentence on stderr and an exit code."""
    from roadstead.errors import BadInput, MissingExtra, RoadsteadError, UnknownPlugin

    try:
        app(standalone_mode=True)
    except (BadInput, UnknownPlugin, MissingExtra) as error:
        sys.exit(_refuse(error, 2))
    except RoadsteadError as error:
        sys.exit(_refuse(error, 1))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _refuse(error: Exception, code: int) -> int:
    sys.stderr.write(f"roadstead: {error}\n")
    return code


def _version(wanted: bool) -> None:  # noqa: FBT001  # Typer hands an option's value to its callback by position
    if wanted:
        from roadstead import __version__

        typer.echo(f"roadstead {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep the options of the program itself."""


@app.command()
def watch(
    source: Annotated[
        Path, typer.Argument(metavar="VIDEO_OR_CONFIG", help="A video file, or a settings file (*.toml).")
    ],
    out: Out = None,
    *,
    fast: Annotated[
        bool, typer.Option("--fast", help="Read files as fast as the machine can, not at their own pace.")
    ] = False,
    video: Annotated[
        bool | None,
        typer.Option("--annotate/--no-annotate", help="Write an annotated video. [a bare video: yes, settings: no]"),
    ] = None,
    json: Json = False,
) -> None:
    """Watch cameras or a video: tracks, events, evidence, alerts and a report in the run folder."""
    from roadstead import config, runner, screen

    bare = not config.is_settings(source)
    plan = config.bare(source) if bare else config.load(source)
    folder = out or Path("runs") / plan.watch.name.replace(" ", "-")
    with screen.watching(quiet=json) as show:
        summary = runner.run(plan, folder, fast=fast, annotate=bare if video is None else video, show=show)
    screen.summary(summary, folder, as_json=json)
    if summary.problems:
        raise typer.Exit(1)


@app.command()
def replay(
    log: Annotated[Path, typer.Argument(help="The observation log of a run (observations.jsonl).")],
    settings: Annotated[Path, typer.Argument(metavar="CONFIG", help="The settings file to judge it by.")],
    *,
    json: Json = False,
) -> None:
    """Judge recorded observations again: the same log and settings give the same events, bit for bit."""
    from roadstead import config, runner, screen

    plan = config.load(settings)
    with screen.watching(quiet=json) as show:
        found = runner.replay(plan, log, show)
    screen.events(found, as_json=json)


@app.command()
def events(
    run: Annotated[str, typer.Argument(metavar="RUN_OR_URL", help="A run folder, or the URL of a database.")],
    camera: Annotated[str | None, typer.Option(help="Of this camera only.")] = None,
    rule: Annotated[str | None, typer.Option(help="Of this rule only.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    *,
    json: Json = False,
) -> None:
    """List stored events."""
    from roadstead import runner, screen
    from roadstead.store.store import Filter

    with runner.opened(run) as store:
        screen.events(store.events(Filter(camera=camera, rule=rule), limit=limit), as_json=json)


@app.command()
def look(
    run: Annotated[Path, typer.Argument(help="The run folder.")],
    settings: Annotated[Path, typer.Argument(metavar="CONFIG", help="A settings file with a [second_look] table.")],
    rule: Annotated[str | None, typer.Option(help="At events of this rule only.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many events.")] = 1000,
    *,
    json: Json = False,
) -> None:
    """Let a vision-language model look at the events of a finished run; what it says stands beside the evidence."""
    from roadstead import config, runner, screen
    from roadstead.store.store import Filter

    counts, problems = runner.look(config.load(settings), run, Filter(rule=rule), limit)
    screen.looked(counts, problems, run, as_json=json)
    if problems:
        raise typer.Exit(1)


@app.command()
def score(
    events: Annotated[
        str, typer.Argument(metavar="EVENTS", help="A run folder, or what `events --json` or `replay --json` printed.")
    ],
    truth: Annotated[Path, typer.Argument(metavar="TRUTH", help="A truth.jsonl, or the folder that holds it.")],
    rules: Annotated[
        list[str] | None,
        typer.Option(
            "--rule", help="Judge events of this rule (give it again for more) and of the truth's only. [all]"
        ),
    ] = None,
    log: Annotated[
        Path | None, typer.Option("--log", help="The observation log that names the tracks. [the run folder's]")
    ] = None,
    slack: Annotated[
        float, typer.Option("--slack", min=0.0, help="Times may miss each other by so many seconds.")
    ] = 2.0,
    *,
    json: Json = False,
) -> None:
    """Score found events against the truth: precision, recall, delay and duplicates of each rule."""
    from roadstead import scoring, screen

    screen.scored(scoring.score(events, truth, log=log, slack_s=slack, asked=rules), as_json=json)


@app.command()
def alerts(
    run: Annotated[str, typer.Argument(metavar="RUN_OR_URL", help="A run folder, or the URL of a database.")],
    *,
    dead: Annotated[bool, typer.Option("--dead", help="Only those given up.")] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Put those given up back in the queue; the next watch sends them.")
    ] = False,
    json: Json = False,
) -> None:
    """List what was sent to which sink, what waits, and what was given up and why."""
    from roadstead import runner, screen

    with runner.opened(run) as store:
        if retry:
            store.retry(at=time.time())
        screen.deliveries(store.deliveries(state="dead" if dead else None), as_json=json)


@app.command()
def plugins(
    kind: Annotated[str | None, typer.Argument(help="One kind only, e.g. behaviours.")] = None,
    *,
    schema: Annotated[bool, typer.Option("--schema", help="With the JSON schema of each plug-in's settings.")] = False,
    json: Json = False,
) -> None:
    """List every registered plug-in by kind."""
    from roadstead import registry, screen

    screen.plugins(registry.listing(kind), schema=schema, as_json=json)


if __name__ == "__main__":
    main()
