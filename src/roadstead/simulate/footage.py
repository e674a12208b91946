"""What a camera films of a world: rendered pictures through its lens, with what is wrong with it, and what is true of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from roadstead.dataset.truth import FrameRow
from roadstead.simulate import fonts
from roadstead.simulate.lens import CameraFault, Display, Lens, Sensor, faulty, sway
from roadstead.simulate.render.renderer import Quality, Studio
from roadstead.simulate.scenes import plugins
from roadstead.simulate.world.truth import Seer
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import World
from roadstead.types import Frame, Image

_NOISE = {"night": 5.0, "dusk": 3.0}
_BY_DAY = 1.5


@dataclass(slots=True, eq=False)
class Footage:
    """The pictures of one camera of a world; a context manager, for one thread. `rows` grows with the pictures."""

    world: World
    studio: Studio
    view_at: Callable[[float], View]
    rows: list[FrameRow] = field(default_factory=list)
    seer: Seer = field(init=False)

    def __post_init__(self) -> None:
        self.seer = Seer(self.world)

    @classmethod
    def of(cls, world: World, *, quality: Quality = "fast") -> "Footage":
        """Open the studio of a world."""
        view_at = views_of(world)
        return cls(world, Studio(world, quality=quality, view_at=view_at), view_at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.studio.close()

    def pictures(self) -> Iterator[tuple[float, Image]]:
        """Yield (t s of the world, picture) of all that the camera sends.

        What it does not send has a row of truth all the same.
        """
        world = self.world
        for frame in faulty(self._clean(), faults_of(world), world.seed, lens_of(world)):
            yield frame.t - world.begin, frame.image

    def _clean(self) -> Iterator[Frame]:
        world = self.world
        for t in world.times.tolist():
            self.rows.append(self.row(t))
            yield Frame(world.camera, world.begin + t, self.studio.picture(t))

    def row(self, t: float) -> FrameRow:
        """Return what is true of the picture at t."""
        return FrameRow(camera=self.world.camera, t=self.world.begin + t, seen=self.seer.sights(t, self.view_at(t)))

    def numbers(self, t: float) -> npt.NDArray[np.int32]:
        """Return whose each pixel (h, w) is at t: k + 1 for the world's actor k."""
        return self.studio.numbers(t)


def faults_of(world: World) -> tuple[CameraFault, ...]:
    """Return what is wrong with the camera, in UTC epoch seconds."""
    return tuple(
        CameraFault(kind=f.kind, form=f.form, start=world.begin + f.start, end=world.begin + f.end)
        for f in world.faults
    )


def views_of(world: World) -> Callable[[float], View]:
    """Return where the camera looks at each time, s of the world: faults may have turned it."""
    faults = faults_of(world)
    if not any(fault.kind in ("moved", "shaking") for fault in faults):
        return lambda _: world.view
    return lambda t: world.view.turned(*sway(faults, world.begin + t, world.seed))


def lens_of(world: World) -> Lens:
    """Return the healthy part of a world's camera: a sensor that is noisier in the dark, and a display of the world's stock."""
    rng = np.random.default_rng((world.seed, 23))
    there = fonts.available(world.stock)
    display = Display(font=there[int(rng.integers(len(there)))], name=plugins.title(world.scene))
    noise = _NOISE.get(world.conditions.light, _BY_DAY) * float(rng.uniform(0.7, 1.4))
    return Lens(fov_deg=None, sensor=Sensor(noise=noise), display=display)
