"""`roadstead train`: a recipe in, a run folder out; one function a command, no logic."""

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe (*.toml), or with --resume a run folder.")],
    out: Annotated[Path | None, typer.Option("--out", help="The run folder. [runs/<name>]")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="a.b=value", help="Change a setting; give it again for more.")
    ] = None,
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and train nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")] = False,
) -> None:
    """Fine-tune a model as a recipe says: checks, steps, reports before and after, and a bundle."""
    from roadstead import screen_train
    from roadstead.registry import extra_named

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # two threads that wait actively are slower than one
    with extra_named("training"):
        from roadstead.train import starting
    if dry_run:
        screen_train.planned(starting.preview(recipe, settings or ()), as_json=json)
        return
    with screen_train.training(quiet=json) as show:
        outcome = starting.start(recipe, settings or (), out, resume=resume, say=show)
    screen_train.trained(outcome, as_json=json)
