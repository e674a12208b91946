"""`roadstead simulate`: scenes with ground truth, and data sets made of them; one function a command, no logic."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from roadstead.simulate.scenes import plugins

app = typer.Typer(
    name="simulate",
    help="Make scenes whose truth is known: video, boxes, masks, position reports and settings that run as they are.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Assets(StrEnum):
    """Which bodies, textures, colours, fonts and places may be used."""

    TRAIN = "train"
    TEST = "test"


class Light(StrEnum):
    """The light."""

    DAY = "day"
    LOW_SUN = "low_sun"
    DUSK = "dusk"
    NIGHT = "night"
    OVERCAST = "overcast"


class Weather(StrEnum):
    """The weather."""

    CLEAR = "clear"
    RAIN = "rain"
    FOG = "fog"
    HAZE = "haze"


class Quality(StrEnum):
    """How finely pictures are drawn."""

    FAST = "fast"
    FINE = "fine"


Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]
Names = Annotated[str, typer.Option(metavar="A,B")]


def _scene(scene: str) -> None:
    def command(  # noqa: PLR0913  # one parameter an option
        *,
        seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same world.")] = 0,
        minutes: Annotated[float, typer.Option(min=0.02, max=600, help="How long.")] = 1.0,
        out: Annotated[Path | None, typer.Option("--out", help="The folder. [runs/<scene>-<seed>]")] = None,
        fps: Annotated[float, typer.Option(min=1, max=30, help="Pictures a second.")] = 10.0,
        size: Annotated[str, typer.Option(metavar="WxH", help="Of the pictures, px.")] = "960x540",
        video: Annotated[bool, typer.Option("--video/--no-video", help="Render the pictures, or only reckon.")] = True,
        stills: Annotated[float, typer.Option(min=0, help="A still with masks every so many seconds; 0: none.")] = 2.0,
        quality: Annotated[Quality, typer.Option(help="How finely pictures are drawn.")] = Quality.FAST,
        assets: Annotated[Assets, typer.Option(help="Test assets never appear in training sets.")] = Assets.TRAIN,
        light: Annotated[Light | None, typer.Option(help="The light. [by chance]")] = None,
        weather: Annotated[Weather | None, typer.Option(help="The weather. [by chance]")] = None,
        acts: Annotated[str | None, typer.Option(metavar="A,B", help="What shall happen. [by chance]")] = None,
        camera_faults: Annotated[
            str, typer.Option(metavar="KIND[:FORM]@FROM-TO,…", help="What shall be wrong with the camera, when (s).")
        ] = "",
        report_faults: Annotated[
            str, typer.Option(metavar="A,B", help="Faults of reporting, by name; all: every one.")
        ] = "",
        noise: Annotated[bool, typer.Option("--noise", help="Write the boxes with a detector's mistakes.")] = False,
        live: Annotated[
            int | None, typer.Option(metavar="PORT", help="Then serve the video as rtsp://127.0.0.1:PORT/<camera>.")
        ] = None,
        json: Json = False,
    ) -> None:
        from roadstead import screen
        from roadstead.registry import extra_named

        with extra_named("simulating a scene"):
            from roadstead.simulate import making

        asked = making.Asked(
            scene=scene,
            seed=seed,
            seconds=minutes * 60,
            fps=fps,
            size=making.size_of(size),
            assets=assets.value,
            light=light.value if light else None,
            weather=weather.value if weather else None,
            acts=making.names_of(acts) if acts is not None else None,
            camera_faults=making.camera_faults_of(camera_faults),
            report_faults=making.names_of(report_faults),
        )
        folder = out or Path("runs") / f"{scene}-{seed}"
        with screen.rendering(quiet=json) as tell:
            made = making.make(
                asked, folder, video=video, stills_s=stills, quality=quality.value, noise=noise, tell=tell
            )
        screen.filmed(made, folder, as_json=json)
        if live is not None:
            making.serve(folder, live, lambda address: typer.echo(f"live: {address}"))

    command.__doc__ = f"Make a scene of kind {scene}: a folder with video, truth, boxes, reports and settings."
    app.command(scene.replace("_", "-"))(command)


for _name in plugins.names():
    _scene(_name)


@app.command()
def dataset(
    recipe: Annotated[Path, typer.Argument(help="What to make: a TOML file, see docs/simulate.md.")],
    out: Annotated[Path | None, typer.Option("--out", help="The folder. [runs/<name of the recipe>]")] = None,
    *,
    json: Json = False,
) -> None:
    """Make a data set for detection, attributes, text or camera faults, balanced by class."""
    from roadstead import screen
    from roadstead.registry import extra_named

    with extra_named("making a data set"), screen.rendering(quiet=json) as tell:
        from roadstead.simulate import sets

        made = sets.make(recipe, out or Path("runs") / recipe.stem, partial(tell, "samples"))
    screen.dataset_made(made, as_json=json)
