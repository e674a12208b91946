"""What the command line asks for, as worlds and files."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from roadstead.dataset.truth import FaultRow
from roadstead.errors import BadInput
from roadstead.simulate.film import Filmed, Tell, Wanted, film
from roadstead.simulate.lens import CameraFault, checked
from roadstead.simulate.observed import MEASURED
from roadstead.simulate.reports.faults import FAULTS
from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.world.stock import Stock
from roadstead.simulate.world.world import Light, Weather, World

_SIZE = re.compile(r"(\d{2,5})x(\d{2,5})")
_FAULT = re.compile(r"(?P<kind>\w+)(:(?P<form>\w+))?@(?P<start>[\d.]+)-(?P<end>[\d.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One scene as somebody asks for it; None leaves a thing to chance."""

    scene: str
    seed: int = 0
    seconds: float = 60.0
    fps: float = 10.0
    size: tuple[int, int] = (960, 540)
    assets: str = "train"
    light: str | None = None
    weather: str | None = None
    acts: tuple[str, ...] | None = None
    camera_faults: tuple[FaultRow, ...] = ()
    report_faults: tuple[str, ...] = ()


def world_of(asked: Asked) -> World:
    """Return the world; raise BadInput for acts and faults that there are not."""
    scene = plugins.get(asked.scene)()
    for fault in asked.camera_faults:
        checked(CameraFault(kind=fault.kind, form=fault.form, start=fault.start, end=fault.end))
    known(asked.acts or (), scene.acts, "act", f"scene {asked.scene}")
    order = Order(
        seed=asked.seed,
        seconds=asked.seconds,
        fps=asked.fps,
        size=asked.size,
        stock=cast("Stock", asked.assets),
        light=cast("Light | None", asked.light),
        weather=cast("Weather | None", asked.weather),
        acts=asked.acts,
    )
    world = scene.build(order)
    return replace(world, faults=tuple(replace(f, camera=world.camera) for f in asked.camera_faults))


def make(asked: Asked, out: Path, *, video: bool, stills_s: float, quality: str, noise: bool, tell: Tell) -> Filmed:
    """Make a scene's folder; `tell` hears how far it is."""
    faults = tuple(FAULTS) if "all" in asked.report_faults else asked.report_faults
    known(faults, tuple(FAULTS), "fault of reports", "catalogue")
    wanted = Wanted(
        video=video,
        stills_s=stills_s,
        quality=cast("Literal['fast', 'fine']", quality),
        noise=MEASURED if noise else None,
        report_faults=faults,
    )
    return film([world_of(asked)], out, wanted, tell=tell)


def known(asked: Iterable[str], there: Iterable[str], noun: str, where: str) -> None:
    """Raise BadInput for a name that is not among those there are."""
    names = tuple(there)
    for name in asked:
        if name not in names:
            raise BadInput(f"no {noun} of the {where} is called {name!r}; there are: {', '.join(names)}")


def names_of(text: str) -> tuple[str, ...]:
    """Return names written with commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def size_of(text: str) -> tuple[int, int]:
    """Return a picture size written as 960x540; both sides must be even, as H.264 wants them."""
    found = _SIZE.fullmatch(text)
    if not found or any(int(side) % 2 for side in found.groups()):
        raise BadInput(f"--size: {text!r} is no picture size; write two even numbers of px like 960x540")
    return int(found[1]), int(found[2])


def camera_faults_of(text: str) -> tuple[FaultRow, ...]:
    """Return camera faults written as blocked:leaf@20-40,black@50-55, in seconds of the scene."""
    made = []
    for part in names_of(text):
        found = _FAULT.fullmatch(part)
        if found is None or float(found["start"]) >= float(found["end"]):
            raise BadInput(f"--camera-faults: {part!r} cannot be read; write them like blocked:leaf@20-40")
        made.append(
            FaultRow(
                camera="",
                kind=found["kind"],
                form=found["form"] or "",
                start=float(found["start"]),
                end=float(found["end"]),
            )
        )
    return tuple(made)


def serve(folder: Path, port: int, said: Callable[[str], None]) -> None:
    """Show the videos of a folder as live cameras until somebody stops it; `said` is told their addresses."""
    from roadstead.simulate.live import serving

    async def run() -> None:
        async with serving(folder, port=port) as listening:
            for video in sorted(folder.glob("*.mp4")):
                said(f"rtsp://127.0.0.1:{listening}/{video.stem}")
            await asyncio.Event().wait()

    asyncio.run(run())
