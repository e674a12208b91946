"""`roadstead data …`: data sets to learn from. One function a command, no logic."""

import json as json_
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

app = typer.Typer(
    name="data",
    help="Data sets to learn from: convert between formats, check, split, and preview what training sees.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
Source = Annotated[Path, typer.Argument(metavar="FOLDER", help="The data set's folder.")]
Target = Annotated[Path, typer.Argument(metavar="TO", help="The folder to write; new or empty.")]
From = Annotated[str, typer.Option("--from", metavar="FORMAT", help="Its format; `roadstead plugins` lists them.")]
To = Annotated[str, typer.Option("--to", metavar="FORMAT", help="The format to write.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="A setting of the format that is read, such as columns.text=plate."
    ),
]
SetTo = Annotated[
    list[str] | None, typer.Option("--set-to", metavar="KEY=VALUE", help="A setting of the format that is written.")
]


@app.command()
def convert(
    source: Source,
    target: Target,
    from_: From,
    to: To,
    settings: Set = None,
    settings_to: SetTo = None,
    *,
    json: Json = False,
) -> None:
    """Write a data set in another format; what is lost is counted and told before."""
    from roadstead.dataset.converting import conversion

    plan = conversion(source, _table(from_, settings), target, _table(to, settings_to))
    _tell(plan.lines(), plan.record(), as_json=json)
    plan.write()


@app.command()
def check(
    source: Source,
    from_: From,
    settings: Set = None,
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="A class that there should be; give it again for more. [any]")
    ] = None,
    *,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Decode every picture, and look for the same one twice.")
    ] = True,
    json: Json = False,
) -> None:
    """Look for corrupt pictures, bad boxes, texts and tags, odd classes and leaks between splits. Exit code 1: errors."""
    from roadstead.dataset.checks import check as check_
    from roadstead.dataset.reading import read

    found = read(source, _table(from_, settings), class_map={})
    findings = check_(found.samples, known=classes or (), counts=found.counts, pictures=pictures)
    _tell(findings.lines(), findings.record(), as_json=json)
    if findings.bad:
        raise typer.Exit(1)


@app.command()
def split(  # noqa: PLR0913  # one parameter an option
    source: Source,
    target: Target,
    from_: From,
    *,
    to: Annotated[str | None, typer.Option("--to", metavar="FORMAT", help="The format to write. [the same]")] = None,
    val: Annotated[float, typer.Option(min=0.0, max=0.99, help="The share to choose by.")] = 0.2,
    test: Annotated[float, typer.Option(min=0.0, max=0.99, help="The share to judge by at the end.")] = 0.0,
    by: Annotated[
        Literal["group", "sample"], typer.Option(help="What stays together: groups (a vehicle, a camera, a day).")
    ] = "group",
    seed: Annotated[int, typer.Option(help="The same seed gives the same split.")] = 0,
    settings: Set = None,
    settings_to: SetTo = None,
    json: Json = False,
) -> None:
    """Share out samples to train, val and test, whole groups at a time, and write them."""
    from roadstead.dataset.converting import Shares, conversion

    shares = Shares(val, test, by, seed)
    again = settings if to is None and settings_to is None else settings_to
    plan = conversion(source, _table(from_, settings), target, _table(to or from_, again), shares)
    _tell(plan.lines(), plan.record(), as_json=json)
    plan.write()


@app.command()
def preview(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A training recipe (TOML).")],
    out: Annotated[Path, typer.Option("--out", help="The picture to write.")] = Path("preview.png"),
    count: Annotated[int, typer.Option(min=1, help="So many samples.")] = 16,
) -> None:
    """Draw training samples as the recipe's augmentations change them, with boxes and masks: one sheet."""
    from roadstead.registry import extra_named

    with extra_named("a preview"):
        from roadstead.train.preview import preview as preview_

        preview_(recipe, out, count)
    typer.echo(str(out))


def _table(kind: str, settings: Sequence[str] | None) -> dict[str, Any]:
    """Return a format's table of its name and `key=value` settings."""
    from roadstead.train.recipe import set_

    table: dict[str, Any] = {"kind": kind}
    for setting in settings or ():
        set_(table, setting)
    return table


def _tell(lines: Sequence[str], record: Mapping[str, Any], *, as_json: bool) -> None:
    typer.echo(json_.dumps(record, ensure_ascii=False) if as_json else "\n".join(lines))
