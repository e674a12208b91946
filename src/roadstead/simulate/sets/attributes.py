"""Crops of trucks with what a supervisor asks of them: cover, dirt, view and kind; and of vessels with their kind."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.dataset import masks
from roadstead.dataset.formats.coco import Coco
from roadstead.dataset.samples import Objects, Sample, Split
from roadstead.errors import BadInput
from roadstead.simulate.bodies import plugins as bodies
from roadstead.simulate.render.renderer import Studio
from roadstead.simulate.sets import portraits, worlds
from roadstead.simulate.sets.balance import Quotas
from roadstead.simulate.sets.made import Made, Tally, Tell, write_csv
from roadstead.simulate.sets.photograph import Camera, write_jpeg
from roadstead.simulate.sets.portraits import Sitter
from roadstead.simulate.sets.recipe import Recipe
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.truth import Seer
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import World
from roadstead.types import Floats, Image

COLUMNS = ("file", "split", "cover", "dirt", "view", "kind", "sure")
MARGIN = 0.08
LARGEST_PX = 384
QUALITY = 88
_COVERS = ("covered", "uncovered", "open_empty", "enclosed", "cannot_tell")
_DIRTS = ("clean", "dirty")
_VESSELS = MappingProxyType(
    {
        "cargo": "cargo_ship",
        "container": "container_ship",
        "bulk": "bulk_carrier",
        "tug": "tug",
        "fishing": "fishing_boat",
        "small_boat": "speedboat",
    }
)
_SHOWN, _HIDDEN = 0.02, 0.003
"""The share of a truck's pixels that must show what is in its bed, and that nobody can tell anything from."""
_EMPTY = 2.0
"""An empty bed is told by its inside alone: so many times as much of it must show."""
_SURE = 0.06
_SIDE_M, _TAIL_M, _FRONT_M, _FLOOR_M = 0.13, 0.25, 0.75, 0.1
"""How far the inside of a bed lies from a truck's sides, from its bed's tail and front, and from its underside."""
_LEAST_VISIBLE = 0.4
_MUD_PX = 60
"""How high a truck must be for mud to be told from shadow."""
_DARK, _DARK_KEPT = 10.0, 0.3
"""Between its quartiles a truck's grey levels, before noise, must differ so much, or it is too dark to tell anything; so many are kept."""
_BARREN = 30
"""So many worlds in a row without a wanted crop, or without a place for one: it cannot be done."""


@dataclass(frozen=True, slots=True)
class Told:
    """What can be told of one truck in one picture: its box px, what stands in labels.csv, and the pixels that are its own."""

    box: tuple[int, int, int, int]
    cover: str
    dirt: str
    view: str
    kind: str
    sure: bool
    pixels: npt.NDArray[np.bool_]


@dataclass(slots=True, eq=False)
class _Folder:
    """What is written."""

    root: Path
    rows: list[dict[str, str | int | float]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def make(recipe: Recipe, out: Path, tell: Tell) -> Made:
    """Write labels.csv, and crops/ with COCO annotations; raise BadInput where the recipe cannot be met."""
    quotas = Quotas.of(recipe.samples, recipe.shares, _cells(recipe))
    folder, number, barren, roomless = _Folder(out), 0, 0, 0
    while (split := quotas.split()) is not None:
        before = quotas.done
        world = worlds.world(recipe, number, worlds.Wanted(recipe.size))
        cells = _with_room(quotas.open(split), world)
        roomless = 0 if cells else roomless + 1
        for crop in _session(recipe, number, split, quotas, folder, world, cells) if cells else ():
            folder.samples.append(crop)
            tell(quotas.done, recipe.samples)
        if cells:  # a road has no place for a vessel: that says nothing against the vessel
            barren = 0 if quotas.done > before else barren + 1
        if max(barren, roomless) >= _BARREN:
            raise BadInput(
                f"{recipe.name}: {_BARREN} worlds in a row showed none of {', '.join(quotas.open(split))}; "
                "ask for other scenes, heights or distances"
            )
        number += 1
    files = [write_csv(out / "labels.csv", folder.rows, COLUMNS)]
    if recipe.render:
        Coco().write(folder.samples, out / "crops")
        files.append(out / "crops")
    return Made(
        name=recipe.name,
        task=recipe.task,
        folder=out,
        samples=dict(folder.tally.samples),
        counts=folder.tally.counts(),
        files=tuple(files),
        worlds=number,
    )


def _cells(recipe: Recipe) -> dict[str, float]:
    """Return what is balanced, with weights: each cover with each dirt, and the kinds of vessels."""
    share = recipe.attributes.vessels
    trucks = {f"{cover}/{dirt}": (1 - share) / 10 for cover in _COVERS for dirt in _DIRTS}
    vessels = {f"vessel/{kind}": share / len(_VESSELS) for kind in _VESSELS}
    return {cell: weight for cell, weight in {**trucks, **vessels}.items() if weight > 0}


def _with_room(cells: Iterable[str], world: World) -> list[str]:
    """Return the cells for whose bodies a world has places."""
    there = worlds.room(world)
    return [c for c in cells if ("water" if c.startswith("vessel/") else "road") in there]


def _session(
    recipe: Recipe, number: int, split: Split, quotas: Quotas, folder: _Folder, world: World, cells: Sequence[str]
) -> Iterator[Sample]:
    """Yield the crops of one world, of bodies for some of the cells."""
    want = recipe.attributes
    rng = np.random.default_rng((recipe.seed, number, 2))
    asked = [cells[k % len(cells)] for k in range(want.bodies)]
    world, sitters = portraits.seated(world, [_body(cell, rng, recipe) for cell in asked], rng)
    looks: dict[float, View] = {}
    seer, camera = Seer(world), Camera.of(world, rng)
    with portraits.studio(world, looks, recipe.quality) as studio:
        for sitter in sitters:
            for k in range(want.views):
                t = sitter.t + 0.02 * k
                cell = asked[int(sitter.actor.id.rpartition("-")[2]) - 1]
                view = _view(sitter, recipe, cell, rng)
                if not portraits.fits(view, world, t) or not _stands_free(seer, sitter, view, t):
                    continue
                looks[t] = view
                told = judged(studio, sitter, view, t)
                if told is None or quotas.missing(split, _cell(told, sitter.body)) == 0:
                    continue
                picture = None
                if recipe.render:
                    picture = studio.picture(t)
                    lit = _in_light(told, picture)
                    if lit is not told and rng.random() > _DARK_KEPT:
                        continue
                    told, picture = lit, camera.taken(picture, t)
                if quotas.take(split, _cell(told, sitter.body)):
                    yield _kept(told, picture, f"{number:05d}-{sitter.actor.id}-{k}", split, world, folder)


def _body(cell: str, rng: np.random.Generator, recipe: Recipe) -> Body:
    """Return a body that may fill a cell."""
    what, _, more = cell.partition("/")
    if what == "vessel":
        return bodies.get(_VESSELS[more])().make(rng, recipe.stock)
    if what == "enclosed":
        sort = "mixer" if more == "dirty" or rng.random() < 0.35 else "box_truck"
        wishes: Mapping[str, Any] = {"dirt": more} if sort == "mixer" else {}
        return bodies.get(sort)(**wishes).make(rng, recipe.stock)
    if what == "cannot_tell":
        what = ("covered", "uncovered", "open_empty")[int(rng.integers(3))]
    form, load = {
        "covered": ("sealed", "loaded"),
        "uncovered": (("half", "open", "absent")[int(rng.choice(3, p=(0.3, 0.45, 0.25)))], "loaded"),
        "open_empty": (("open", "absent")[int(rng.integers(2))], "empty"),
    }[what]
    alike = {"cover_like_load": True} if what == "covered" and rng.random() < 0.15 else {}
    asked: Mapping[str, Any] = {"cover": form, "load": load, "dirt": more, **alike}
    return bodies.get("dump_truck")(**asked).make(rng, recipe.stock)


def _view(sitter: Sitter, recipe: Recipe, cell: str, rng: np.random.Generator) -> View:
    """Return a camera around a body; for what nobody can tell it hangs low, and often before it."""
    want, body = recipe.attributes, sitter.body
    low, high = want.heights_m
    around = float(rng.uniform(-np.pi, np.pi))
    if cell.startswith("cannot_tell"):
        around = float(rng.uniform(-0.5, 0.5)) if rng.random() < 0.6 else around
        high = low + 0.2 * (high - low)
    if body.label == "vessel":
        away = body.length_m * float(rng.uniform(1.2, 4.0)) + 10
    else:
        away = float(np.exp(rng.uniform(*np.log(want.distances_m)))) + body.length_m / 2
    base = sitter.state.xyz_m[0]
    angle = sitter.yaw + around
    at = base + np.array((away * np.cos(angle), away * np.sin(angle), rng.uniform(low, high)))
    off = rng.normal(0, 0.08 * body.length_m, 2)
    aim = base + np.array((*off, 0.45 * min(body.height_m, 0.3 * body.length_m)))
    across = body.length_m * abs(np.sin(around)) + body.width_m * abs(np.cos(around))
    wide = float(np.exp(rng.uniform(*np.log(want.widths_px))))
    wide = min(wide, 0.85 * recipe.size[0], 0.8 * recipe.size[1] * across / max(body.height_m, 0.1))
    return portraits.aimed(at, aim, (across, wide), recipe.size)


def _stands_free(seer: Seer, sitter: Sitter, view: View, t: float) -> bool:
    return any(s.id == sitter.actor.id and s.visible >= _LEAST_VISIBLE for s in seer.sights(t, view))


def judged(studio: Studio, sitter: Sitter, view: View, t: float) -> Told | None:
    """Return what a picture tells of a body; None where it is neither clearly told nor clearly not, or hardly there.

    A cover is told by what shows of the inside of the bed, from side to side and from tail to front, be it the load, the
    floor, the walls or the cover that closes it: from a share of the truck's pixels on it is told, below a small one
    nobody can tell. A half cover is told by the rear left quarter, which it leaves open.
    """
    pixels = studio.numbers(t) == sitter.number
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if len(rows) < 24 or len(columns) < 24:
        return None
    box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    body, cover, sure = sitter.body, "", True
    if body.label == "truck":
        cover = body.attributes["cover"]
        if cover != "enclosed":
            inside = _inside(body, sitter.own(portraits.places_of(studio.depth(t), pixels, view)))
            need = _SHOWN * (_EMPTY if cover == "open_empty" else 1.0)
            half = body.attributes.get("cover_form") == "half"
            anything, open_quarter = inside.mean(axis=0).tolist()
            shows = open_quarter if half else anything
            if shows < need and anything >= _HIDDEN:
                return None
            cover, sure = (cover, shows >= _SURE) if shows >= need else ("cannot_tell", True)
    dirt = body.attributes.get("dirt", "")
    if dirt and len(rows) < _MUD_PX:
        dirt = "cannot_tell"
    return Told(box, cover, dirt, _side(sitter, view), body.attributes["kind"], sure, pixels)


def _inside(body: Body, points: Floats) -> npt.NDArray[np.bool_]:
    """Return which points (n, 3) of a body's frame lie in or over its bed, and in the bed's rear left quarter: (n, 2)."""
    tail = next(one.corners for one in body.letterings if one.kind == "number")[:, 0].mean()
    bed = min(body.solids, key=lambda s: abs(float(s[:, 0].min()) - tail) - 0.1 * float(s[:, 2].max() > 2.2))
    (x0, _, z0), (x1, _, _) = bed.min(axis=0), bed.max(axis=0)
    x, y, z = points.T
    over = (np.abs(y) < body.width_m / 2 - _SIDE_M) & (x > x0 + _TAIL_M) & (x < x1 - _FRONT_M) & (z > z0 + _FLOOR_M)
    return np.column_stack((over, over & (x < x0 + 0.4 * (x1 - x0)) & (y > 0.1)))


def _side(sitter: Sitter, view: View) -> str:
    """Return which faces of a body a camera sees, by its angle from straight ahead."""
    dx, dy = np.subtract(view.at_m[:2], sitter.state.xyz_m[0, :2])
    angle = abs(float(np.degrees((np.arctan2(dy, dx) - sitter.yaw + np.pi) % (2 * np.pi) - np.pi)))
    bounds = ((18, "front"), (68, "front_quarter"), (112, "side"), (162, "rear_quarter"), (181, "rear"))
    return next(name for limit, name in bounds if angle < limit)


def _cell(told: Told, body: Body) -> str:
    """Return the cell that a crop fills; where dirt cannot be told, that of the dirt that is there."""
    return f"vessel/{told.kind}" if body.label == "vessel" else f"{told.cover}/{body.attributes['dirt']}"


def _in_light(told: Told, picture: Image) -> Told:
    """Say that nothing can be told of a truck that lies in the dark."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[told.pixels]
    low, high = np.percentile(grey, (25, 75))
    if not told.cover or high - low >= _DARK:
        return told
    return replace(told, cover="cannot_tell", dirt="cannot_tell", sure=True)


def _kept(told: Told, picture: Image | None, name: str, split: Split, world: World, folder: _Folder) -> Sample:
    """Write a crop and its row; return it as a sample."""
    h, w = told.pixels.shape
    x0, y0, x1, y1 = told.box
    mx, my = MARGIN * (x1 - x0), MARGIN * (y1 - y0)
    a, b, c, d = max(0, int(x0 - mx)), max(0, int(y0 - my)), min(w, int(x1 + mx)), min(h, int(y1 + my))
    scale = min(1.0, LARGEST_PX / max(c - a, d - b))
    size = max(1, round((c - a) * scale)), max(1, round((d - b) * scale))
    shape = cv2.resize(told.pixels[b:d, a:c].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    media = None
    if picture is not None:
        crop = cv2.resize(picture[b:d, a:c], size, interpolation=cv2.INTER_AREA)
        media = write_jpeg(folder.root / "crops" / split / f"{name}.jpg", np.asarray(crop, np.uint8), QUALITY)
    row: dict[str, str | int | float] = {
        "file": f"{split}/{name}.jpg",
        "split": split,
        "cover": told.cover,
        "dirt": told.dirt,
        "view": told.view,
        "kind": told.kind,
        "sure": int(told.sure),
    }
    folder.rows.append(row)
    vessel = not told.cover
    cells = [f"{column}={row[column]}" for column in ("cover", "dirt", "view", "kind") if row[column]]
    folder.tally.add(split, cells)
    known = {key: str(row[key]) for key in ("cover", "dirt", "view", "kind") if row[key]}
    box = ((x0 - a) * scale, (y0 - b) * scale, (x1 - a) * scale, (y1 - b) * scale)
    return Sample(
        id=f"{split}/{name}",
        size=size,
        media=media,
        split=split,
        origin="simulated",
        group=f"{world.scene}-{world.seed}",
        target=Objects(
            boxes=np.array([box]),
            labels=("vessel" if vessel else "truck",),
            masks=(masks.encode(shape) if shape.any() else None,),
            attributes=(known,),
        ),
    )
