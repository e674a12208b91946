"""`roadstead evaluate`: what a bundle or a training is worth on data sets; one function a command, no logic."""

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def evaluate(  # noqa: PLR0913  # options of a command
    model: Annotated[
        Path, typer.Argument(metavar="BUNDLE|RUN", help="A bundle's folder, or the folder of a training.")
    ],
    datasets: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DATASET…", help="Folders of labelled samples. [of a training: its held-out samples]"),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="FORMAT", help="Their format. [the training's; the task's usual]")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the format.")
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="THEIRS=OURS", help="What a class of the data sets is called by the model."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder for evaluation.json: every figure and example.")
    ] = None,
    engine: Annotated[str, typer.Option("--engine", help="What runs a bundle: openvino or onnxruntime.")] = "openvino",
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads of the engine.")] = 1,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")] = False,
) -> None:
    """Judge a bundle or a training on labelled samples: the task's figures with intervals, worst examples, speed."""
    from roadstead import evaluating, screen_train
    from roadstead.registry import extra_named

    asked = evaluating.asked(datasets or (), from_, settings or (), classes or ())
    if evaluating.is_bundle(model):
        found: Any = evaluating.evaluate(model, asked, engine=engine, threads=threads)
    else:
        with extra_named("judging a training"):
            from roadstead.train import reloading
        found = reloading.evaluate(model, asked)
    if out is not None:
        evaluating.write(found, out)
    screen_train.evaluated(found.reports, found.speeds, as_json=json)
