"""What a camera films of a world: rendered pictures through its lens, with what is wrong with it, and what is true of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from roadstead.dataset.truth import FrameRow
from roadstead.simulate.render.renderer import Quality, Studio
from roadstead.simulate.world.truth import Seer
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import World
from roadstead.types import Image


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
        view_at = lens_of(world)
        return cls(world, Studio(world, quality=quality, view_at=view_at), view_at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.studio.close()

    def pictures(self) -> Iterator[tuple[float, Image]]:
        """Yield (t s of the world, picture) of all that the camera sends; what it sends not has a row of truth all the same."""
        for t in self.world.times.tolist():
            self.rows.append(self.row(t))
            yield t, self.studio.picture(t)

    def row(self, t: float) -> FrameRow:
        """Return what is true of the picture at t."""
        return FrameRow(camera=self.world.camera, t=self.world.begin + t, seen=self.seer.sights(t, self.view_at(t)))

    def numbers(self, t: float) -> npt.NDArray[np.int32]:
        """Return whose each pixel (h, w) is at t: k + 1 for the world's actor k."""
        return self.studio.numbers(t)


def lens_of(world: World) -> Callable[[float], View]:
    """Return where the camera of a world looks at each time: faults may have moved it."""
    return lambda _: world.view
