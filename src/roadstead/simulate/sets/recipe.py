"""What a data set shall be: the tables of a recipe's TOML file."""

from pathlib import Path
from typing import Annotated, Literal, Self

import pydantic

from roadstead.dataset.samples import Split
from roadstead.settings import Settings, check, read_toml
from roadstead.simulate.world.stock import Stock
from roadstead.simulate.world.world import Light, Weather

Quality = Literal["fast", "fine"]
Task = Literal["detection", "attributes", "text", "faults"]
Share = Annotated[float, pydantic.Field(ge=0, le=1)]
Side = Annotated[int, pydantic.Field(ge=64, le=4096, multiple_of=2)]
Few = Annotated[int, pydantic.Field(ge=1, le=200)]
Positive = Annotated[float, pydantic.Field(gt=0)]
_SPLITS: dict[Stock, dict[Split, float]] = {"train": {"train": 0.8, "val": 0.2}, "test": {"test": 1.0}}


class Detection(Settings):
    """`per_world` pictures are taken of a world of `seconds`.

    `busy` is the largest share of pictures of worlds into which classes that are still rare were put; objects below
    `least_px` on their longer side, or that show by less than `least_visible`, count for no class.
    """

    per_world: Few = 10
    seconds: Annotated[float, pydantic.Field(ge=10, le=3600)] = 60.0
    busy: Share = 0.5
    least_px: Positive = 16.0
    least_visible: Share = 0.25


class Attributes(Settings):
    """`bodies` pose in a world, each before `views` cameras from `heights_m` and `distances_m`, with a truck `widths_px` wide.

    `vessels` is the share of crops of vessels, of which only the kind is asked.
    """

    bodies: Few = 12
    views: Few = 3
    heights_m: tuple[Positive, Positive] = (2.0, 12.0)
    distances_m: tuple[Positive, Positive] = (9.0, 45.0)
    widths_px: tuple[Positive, Positive] = (80.0, 420.0)
    vessels: Share = 0.0


class Text(Settings):
    """`bodies` pose in a world, each before `views` cameras so that what is written is `heights_px` high.

    `kinds` of what is written (none: every); `blurs` are the radii that crops are blurred by, by chance, of the height.
    """

    kinds: tuple[Literal["plate", "number", "name", "port"], ...] = ()
    bodies: Few = 12
    views: Few = 4
    heights_px: tuple[Positive, Positive] = (12.0, 64.0)
    blurs: tuple[Annotated[float, pydantic.Field(ge=0, le=1)], ...] = (0.0, 0.0, 0.03, 0.07)


class Faults(Settings):
    """Clips of `seconds` at `fps`; `none` is the share of clips without a fault, `kinds` which faults there are (none: every)."""

    seconds: Annotated[float, pydantic.Field(ge=4, le=60)] = 12.0
    fps: Annotated[float, pydantic.Field(ge=1, le=25)] = 2.0
    none: Share = 0.3
    kinds: tuple[str, ...] = ()
    per_world: Few = 5


class Recipe(Settings):
    """One data set. `samples` is how many there are in all, `splits` their shares; a world's samples are never split apart.

    No `scenes`, `lights` or `weathers`: all of them. `render` False writes labels without pictures.
    """

    task: Task
    name: Annotated[str, pydantic.Field(min_length=1)]
    seed: Annotated[int, pydantic.Field(ge=0, le=2**31)] = 0
    samples: Annotated[int, pydantic.Field(ge=1, le=1_000_000)]
    stock: Stock = "train"
    splits: dict[Split, Share] = pydantic.Field(default_factory=dict)
    scenes: tuple[str, ...] = ()
    lights: tuple[Light, ...] = ()
    weathers: tuple[Weather, ...] = ()
    size: tuple[Side, Side] = (960, 540)
    quality: Quality = "fast"
    render: bool = True
    detection: Detection = Detection()
    attributes: Attributes = Attributes()
    text: Text = Text()
    faults: Faults = Faults()

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        for task in ("detection", "attributes", "text", "faults"):
            if task != self.task and task in self.model_fields_set:
                raise ValueError(f"the table {task} belongs to another task than {self.task}; remove it")
        if self.splits and abs(sum(self.splits.values()) - 1) > 1e-6:
            raise ValueError("splits: the shares must add up to 1")
        if self.stock == "train" and self.splits.get("test"):
            raise ValueError('splits: what is tested on is made of stock = "test"; write a recipe of its own')
        if self.stock == "test" and set(self.splits) - {"test"}:
            raise ValueError('splits: stock = "test" is for the split test alone')
        return self

    @property
    def shares(self) -> dict[Split, float]:
        """The share of each split that is not empty."""
        return {split: share for split, share in (self.splits or _SPLITS[self.stock]).items() if share > 0}


def read(path: Path) -> Recipe:
    """Read a recipe; raise BadSettings naming the file and the key that does not fit."""
    return check(Recipe, read_toml(path), str(path))
