"""Short clips of scenes, each with one camera fault or with none: of those without, many only look as if something were wrong."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from roadstead.dataset.samples import Split
from roadstead.dataset.truth import FaultRow, Row, SceneRow, to_line
from roadstead.errors import BadInput
from roadstead.simulate.fonts import available
from roadstead.simulate.lens import KINDS, CameraFault, Display, Lens, faulty, sway
from roadstead.simulate.render.renderer import Studio
from roadstead.simulate.scenes import plugins as scenes
from roadstead.simulate.sets import worlds
from roadstead.simulate.sets.balance import Quotas
from roadstead.simulate.sets.made import Made, Tally, Tell, write_csv
from roadstead.simulate.sets.photograph import Camera
from roadstead.simulate.sets.recipe import Recipe
from roadstead.simulate.video import write_video
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Light, Weather, World
from roadstead.types import Frame, Image

COLUMNS = ("file", "split", "kind", "form", "start_s", "end_s", "strength", "looks_like", "scene", "light", "weather")
NONE = "none"
HARD: dict[str, tuple[Light | None, Weather | None, str]] = {
    "plain": (None, None, ""),
    "quiet": ("day", None, "frozen"),
    "night": ("night", "clear", "black"),
    "rain": (None, "rain", "dirt"),
    "fog": (None, "fog", "blurred"),
    "low_sun": ("low_sun", "clear", "overexposed"),
}
"""What clips without a fault show, in turn: light, weather, and the fault that they may be taken for."""
_STYLES = ("chinese", "iso", "iso_day")
_STILL = ("frozen", "substituted", "low_frame_rate")
"""What cannot be told where nothing moves, and is not put there."""
_STRENGTH = (0.45, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One clip: its name, the second of the world it begins at, what is wrong with it (times of the world), what it may be taken for."""

    name: str
    split: Split
    start: float
    fault: CameraFault | None
    looks_like: str = ""

    @property
    def kind(self) -> str:
        """The fault's kind, or none."""
        return self.fault.kind if self.fault else NONE


@dataclass(slots=True, eq=False)
class _Folder:
    root: Path
    rows: list[dict[str, str | int | float]] = field(default_factory=list)
    truth: list[Row] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def make(recipe: Recipe, out: Path, tell: Tell) -> Made:
    """Write clips/, labels.csv and truth.jsonl; raise BadInput for kinds that there are not, or for clips that H.264 cannot hold."""
    want, folder, number = recipe.faults, _Folder(out), 0
    for kind in want.kinds:
        if kind not in KINDS:
            raise BadInput(
                f"{recipe.name}: faults.kinds: no camera fault is called {kind!r}; there are: {', '.join(KINDS)}"
            )
    kinds = want.kinds or tuple(KINDS)
    cells = {kind: (1 - want.none) / len(kinds) for kind in kinds} | ({NONE: want.none} if want.none else {})
    quotas = Quotas.of(recipe.samples, recipe.shares, cells)
    forms: dict[str, int] = {}
    if recipe.render:
        (out / "clips").mkdir()
    while (split := quotas.split()) is not None:
        rng = np.random.default_rng((recipe.seed, number, 5))
        hard = list(HARD)[number % len(HARD)]
        light, weather, like = HARD[hard]
        seconds = max(60.0, want.per_world * want.seconds)
        world = worlds.world(recipe, number, worlds.Wanted(recipe.size, seconds, want.fps, light, weather))
        if hard == "quiet":
            world = replace(world, actors=())
        with _stage(recipe, world) as stage:
            for clip in _clips(recipe, (world, number), (split, like), quotas, forms, rng):
                _filmed(recipe, stage, clip, folder, rng)
                tell(quotas.done, recipe.samples)
        number += 1
    (out / "truth.jsonl").write_text("".join(to_line(row) + "\n" for row in folder.truth), encoding="utf-8")
    return Made(
        name=recipe.name,
        task=recipe.task,
        folder=out,
        samples=dict(folder.tally.samples),
        counts=folder.tally.counts(),
        files=(write_csv(out / "labels.csv", folder.rows, COLUMNS), out / "truth.jsonl"),
        worlds=number,
    )


@dataclass(slots=True, eq=False)
class _Stage:
    """A world, its studio (None: nothing is rendered), and where the camera of the clip that is filmed looks."""

    world: World
    looks: Callable[[float], View]
    studio: Studio | None = None


@contextmanager
def _stage(recipe: Recipe, world: World) -> Iterator[_Stage]:
    """Open a studio for all clips of a world."""
    made = _Stage(world, looking(world, (), 0))
    if not recipe.render:
        yield made
        return

    def look(t: float) -> View:
        return made.looks(t)

    with Studio(world, quality=recipe.quality, view_at=look) as studio:
        made.studio = studio
        yield made


def _clips(
    recipe: Recipe,
    of: tuple[World, int],
    what: tuple[Split, str],
    quotas: Quotas,
    forms: dict[str, int],
    rng: np.random.Generator,
) -> Iterator[Clip]:
    """Yield the clips of a world, one after another in its time: one or two without a fault, the others of what is most wanted."""
    want, (world, number), (split, like) = recipe.faults, of, what
    for k in range(want.per_world):
        start = k * want.seconds
        open_ = quotas.open(split)
        if not open_ or start + want.seconds > world.seconds + 1e-6:
            return
        healthy = NONE in open_ and (k < max(1, round(want.none * want.per_world)) or len(open_) == 1)
        faults = [kind for kind in open_ if kind != NONE and not (like == "frozen" and kind in _STILL)]
        if not healthy and not faults:
            return
        kind = NONE if healthy else faults[int(rng.integers(min(len(faults), 4)))]
        fault = None if healthy else _fault(kind, start, want.seconds, forms, rng)
        quotas.take(split, kind)
        yield Clip(name=f"{number:05d}-{k}", split=split, start=start, fault=fault, looks_like=like if healthy else "")


def _fault(kind: str, start: float, seconds: float, forms: dict[str, int], rng: np.random.Generator) -> CameraFault:
    """Return a fault within a clip: its forms take turns, half begin suddenly, a third ends before the clip does."""
    forms[kind] = forms.get(kind, -1) + 1
    names = tuple(KINDS[kind].forms)
    begins = start + seconds * float(rng.uniform(0.25, 0.45))
    ends = start + seconds * (float(rng.uniform(0.8, 0.95)) if rng.random() < 1 / 3 else 1.0)
    onset = 0.0 if rng.random() < 0.5 else float(rng.uniform(0.1, 0.3)) * (ends - begins)
    return CameraFault(
        kind=kind,
        form=names[forms[kind] % len(names)],
        start=begins,
        end=ends,
        strength=float(rng.uniform(*_STRENGTH)),
        onset_s=onset,
    )


def _filmed(recipe: Recipe, stage: _Stage, clip: Clip, folder: _Folder, rng: np.random.Generator) -> None:
    """Write one clip, its row and its truth."""
    want, fault, world = recipe.faults, clip.fault, stage.world
    file = f"clips/{clip.name}.mp4"
    seed = int(rng.integers(2**31))
    if stage.studio is not None:
        pictures = _pictures(recipe, stage, stage.studio, (clip, seed), rng)
        write_video(folder.root / file, pictures, recipe.size, want.fps, crf=int(rng.integers(22, 31)))
    folder.rows.append(
        {
            "file": file,
            "split": clip.split,
            "kind": clip.kind,
            "form": fault.form if fault else "",
            "start_s": round(fault.start - clip.start, 2) if fault else "",
            "end_s": round(fault.end - clip.start, 2) if fault else "",
            "strength": round(fault.strength, 2) if fault else "",
            "looks_like": clip.looks_like,
            "scene": world.scene,
            "light": world.conditions.light,
            "weather": world.conditions.weather,
        }
    )
    folder.truth += _truth(recipe, world, clip)
    folder.tally.add(clip.split, (f"kind={clip.kind}",))


def _truth(recipe: Recipe, world: World, clip: Clip) -> list[Row]:
    """Return the rows of truth of a clip; its camera has the clip's name."""
    begin = world.begin + clip.start
    conditions: dict[str, str | float] = {"light": world.conditions.light, "weather": world.conditions.weather}
    scene = SceneRow(
        camera=clip.name,
        scene=world.scene,
        seed=world.seed,
        begin=begin,
        seconds=recipe.faults.seconds,
        fps=recipe.faults.fps,
        size=recipe.size,
        assets=world.stock,
        conditions=conditions,
    )
    if clip.fault is None:
        return [scene]
    start, end = world.begin + clip.fault.start, world.begin + clip.fault.end
    return [scene, FaultRow(camera=clip.name, kind=clip.fault.kind, form=clip.fault.form, start=start, end=end)]


def _pictures(
    recipe: Recipe, stage: _Stage, studio: Studio, of: tuple[Clip, int], rng: np.random.Generator
) -> Iterator[tuple[float, Image]]:
    """Yield (s of the clip, picture) of what the camera sends: rendered where it looks, then through its lens."""
    (clip, seed), world = of, stage.world
    fault = clip.fault
    dated = [] if fault is None else [replace(fault, start=world.begin + fault.start, end=world.begin + fault.end)]
    camera = Camera.of(world, rng)
    fonts = available(recipe.stock)
    display = Display(
        font=fonts[int(rng.integers(len(fonts)))],
        name=f"{scenes.title(world.scene)}{int(rng.integers(1, 20))}号",
        style=_STYLES[int(rng.integers(len(_STYLES)))],  # type: ignore[arg-type]  # one of the display's styles
        clock_at="left" if rng.random() < 0.7 else "right",
    )
    lens = Lens(fov_deg=None, sensor=replace(camera.sensor, adapts_s=0.8), display=display)
    times = clip.start + np.arange(round(recipe.faults.seconds * recipe.faults.fps)) / recipe.faults.fps
    stage.looks = looking(world, dated, seed)
    shot = (Frame(clip.name, world.begin + t, studio.picture(t)) for t in times.tolist())
    for frame in faulty(shot, dated, seed, lens):
        yield round(frame.t - world.begin - clip.start, 6), frame.image


def looking(world: World, faults: Sequence[CameraFault], seed: int) -> Callable[[float], View]:
    """Return where a camera looks at each s of the world, turned by faults whose times are UTC epoch seconds."""

    def view(t: float) -> View:
        pan, tilt, roll = sway(faults, world.begin + t, seed)
        return world.view.turned(-pan, tilt, roll) if pan or tilt or roll else world.view

    return view
