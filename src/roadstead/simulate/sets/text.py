"""Crops of what is written on vehicles and vessels: plates, numbers, names and home ports, with the corners of their fields."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np

from roadstead.dataset.samples import Split
from roadstead.errors import BadInput
from roadstead.simulate.bodies import plugins as bodies
from roadstead.simulate.lens.blurred import defocused
from roadstead.simulate.render.renderer import Studio
from roadstead.simulate.sets import portraits, worlds
from roadstead.simulate.sets.balance import Quotas
from roadstead.simulate.sets.made import Made, Tally, Tell, write_csv
from roadstead.simulate.sets.photograph import Camera, write_jpeg
from roadstead.simulate.sets.portraits import Sitter
from roadstead.simulate.sets.recipe import Recipe
from roadstead.simulate.world.body import Lettering
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import World
from roadstead.types import Floats, Image

COLUMNS = (
    *("file", "rectified", "split", "kind", "text", "x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3"),
    *("height_px", "blur_px", "sort", "stock", "light", "weather"),
)
HIGH_PX = 48
_WIDEST_PX = 480
_SORTS = MappingProxyType(
    {
        "plate": ("dump_truck", "car", "bus", "box_truck", "mixer", "car"),
        "number": ("dump_truck", "fishing_boat"),
        "name": ("cargo_ship", "container_ship", "bulk_carrier", "tug", "fishing_boat", "speedboat"),
        "port": ("cargo_ship", "container_ship", "bulk_carrier", "tug", "fishing_boat"),
    }
)
_LAND = ("dump_truck", "car", "bus", "box_truck", "mixer")
_SURROUNDINGS = 0.7
"""How much around the field a crop shows, of the field's height."""
_FACING = 0.4
"""The least cosine between the field's normal and the way to the camera."""
_OWN = 0.93
"""The share of a field that must show, unhidden by others and by its own body."""
_LEAST_CONTRAST = 14.0
_BARREN = 30


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A lettering in a picture: its corners (4, 2) px from the top left one clockwise, how high it is, px, and as wide as how many heights."""

    lettering: Lettering
    corners_px: Floats
    height_px: float
    aspect: float


@dataclass(slots=True, eq=False)
class _Folder:
    root: Path
    rows: list[dict[str, str | int | float]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def make(recipe: Recipe, out: Path, tell: Tell) -> Made:
    """Write crops/, rectified/ and labels.csv; raise BadInput where the recipe cannot be met."""
    quotas = Quotas.of(recipe.samples, recipe.shares, dict.fromkeys(recipe.text.kinds or _SORTS, 1.0))
    folder, number, barren = _Folder(out), 0, 0
    while (split := quotas.split()) is not None:
        before = quotas.done
        for _ in _session(recipe, number, split, quotas, folder):
            tell(quotas.done, recipe.samples)
        barren = 0 if quotas.done > before else barren + 1
        if barren >= _BARREN:
            raise BadInput(
                f"{recipe.name}: {barren} worlds in a row showed none of {', '.join(quotas.open(split))}; "
                "ask for other scenes, kinds or smaller heights"
            )
        number += 1
    return Made(
        name=recipe.name,
        task=recipe.task,
        folder=out,
        samples=dict(folder.tally.samples),
        counts=folder.tally.counts(),
        files=(write_csv(out / "labels.csv", folder.rows, COLUMNS),),
        worlds=number,
    )


def _fitting(world: World) -> dict[str, list[str]]:
    """Return the sorts of bodies, by what is written on them, for which a world has room."""
    there = worlds.room(world)
    found = {
        kind: [sort for sort in sorts if ("road" if sort in _LAND else "water") in there]
        for kind, sorts in _SORTS.items()
    }
    return {kind: sorts for kind, sorts in found.items() if sorts}


def _session(recipe: Recipe, number: int, split: Split, quotas: Quotas, folder: _Folder) -> Iterator[None]:
    """Write the crops of one world; yield after each."""
    want = recipe.text
    world = worlds.world(recipe, number, worlds.Wanted(recipe.size))
    rng = np.random.default_rng((recipe.seed, number, 3))
    fitting = {kind: sorts for kind, sorts in _fitting(world).items() if quotas.missing(split, kind)}
    if not fitting:
        return
    kinds = [list(fitting)[k % len(fitting)] for k in range(want.bodies)]
    sorts = [fitting[kind][int(rng.integers(len(fitting[kind])))] for kind in kinds]
    world, sitters = portraits.seated(world, [bodies.get(s)().make(rng, recipe.stock) for s in sorts], rng)
    looks: dict[float, View] = {}
    camera = Camera.of(world, rng)
    with portraits.studio(world, looks, recipe.quality) as studio:
        for sitter in sitters:
            own = [one for one in sitter.body.letterings if quotas.missing(split, one.kind)]
            for k in range(want.views if own else 0):
                t, lettering = sitter.t + 0.02 * k, own[int(rng.integers(len(own)))]
                looks[t] = _view(sitter, lettering, recipe, rng)
                if not quotas.missing(split, lettering.kind) or not portraits.fits(looks[t], world, t):
                    continue
                found = shown(studio, sitter, lettering, looks[t], t, want.heights_px[0])
                if found is None:
                    continue
                picture = studio.picture(t) if recipe.render else None
                if picture is not None and _flat(picture, found):
                    continue
                quotas.take(split, lettering.kind)
                blur = round(want.blurs[int(rng.integers(len(want.blurs)))] * found.height_px, 2)
                sent = None if picture is None else camera.taken(defocused(picture, blur), t)
                name = f"{split}/{number:05d}-{sitter.actor.id}-{k}"
                _written(found, sent, name, (split, blur, camera.quality), (sitter, world), folder)
                yield


def _view(sitter: Sitter, lettering: Lettering, recipe: Recipe, rng: np.random.Generator) -> View:
    """Return a camera before a lettering, to its side and above it by chance."""
    field_m = sitter.placed(lettering.corners)
    middle, normal = field_m.mean(axis=0), _normal(field_m)
    high = float(np.linalg.norm(field_m[3] - field_m[0]))
    aside, above = np.radians(rng.uniform(-55, 55)), np.radians(rng.uniform(2, 30))
    around = np.arctan2(normal[1], normal[0]) + aside
    low, top = recipe.text.heights_px
    wanted = float(np.exp(rng.uniform(np.log(low * 1.15), np.log(top))))
    away = float(np.exp(rng.uniform(np.log(5.0), np.log(35.0)))) * max(1.0, high / 0.4)
    up = min(away * np.sin(above), 14.0)
    flat = np.sqrt(max(away**2 - up**2, 1.0))
    at = middle + np.array((flat * np.cos(around), flat * np.sin(around), up))
    return portraits.aimed(at, middle + rng.normal(0, 0.4 * high, 3), (high, wanted), recipe.size)


def _normal(field_m: Floats) -> Floats:
    """Return the unit vector from a field (4, 3) towards its reader."""
    made = np.cross(field_m[3] - field_m[0], field_m[1] - field_m[0])
    return np.asarray(made / max(float(np.linalg.norm(made)), 1e-9))


def shown(studio: Studio, sitter: Sitter, lettering: Lettering, view: View, t: float, least_px: float) -> Field | None:
    """Return a lettering as a view shows it; None where it looks away, is too small, cut off, or hidden by others or its own body."""
    field_m = sitter.placed(lettering.corners)
    middle, normal = field_m.mean(axis=0), _normal(field_m)
    way = np.asarray(view.at_m) - middle
    if float(normal @ way / np.linalg.norm(way)) < _FACING:
        return None
    corners, _ = view.project(field_m)
    w, h = view.size
    if not np.isfinite(corners).all() or (corners < 1).any() or (corners > (w - 1, h - 1)).any():
        return None
    side = np.linalg.norm(corners[[3, 2]] - corners[[0, 1]], axis=1)
    if float(side.min()) < least_px:
        return None
    mask = np.zeros((h, w), np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners * 16).astype(np.int32), 1, shift=4)
    inside = mask > 0
    if float((studio.numbers(t)[inside] == sitter.number).mean()) < _OWN:
        return None
    seen = portraits.places_of(studio.depth(t), inside, view)
    wide = float(np.linalg.norm(field_m[1] - field_m[0]))
    off = np.abs((seen - middle) @ normal)
    if float((off < max(0.08, 0.1 * wide)).mean()) < _OWN:
        return None
    high = float(np.linalg.norm(field_m[3] - field_m[0]))
    return Field(lettering, np.asarray(corners), float(side.mean()), wide / max(high, 1e-9))


def _flat(picture: Image, found: Field) -> bool:
    """Whether the letters hardly stand out from their ground."""
    grey = cv2.cvtColor(rectified(picture, found), cv2.COLOR_RGB2GRAY)
    low, high = np.percentile(grey, (4, 96))
    return bool(high - low < _LEAST_CONTRAST)


def rectified(picture: Image, found: Field) -> Image:
    """Return a field as it is read from straight before it, 48 px high."""
    wide = int(np.clip(round(HIGH_PX * found.aspect), HIGH_PX // 2, _WIDEST_PX))
    to = np.array([(0, 0), (wide, 0), (wide, HIGH_PX), (0, HIGH_PX)], np.float32)
    matrix = cv2.getPerspectiveTransform(found.corners_px.astype(np.float32), to)
    return np.asarray(cv2.warpPerspective(picture, matrix, (wide, HIGH_PX), flags=cv2.INTER_LINEAR), np.uint8)


def _written(
    found: Field,
    picture: Image | None,
    name: str,
    how: tuple[Split, float, int],
    of: tuple[Sitter, World],
    folder: _Folder,
) -> None:
    """Write a crop, the same rectified, and its row."""
    (split, blur, quality), (sitter, world) = how, of
    gap = _SURROUNDINGS * found.height_px
    w, h = world.view.size
    low = np.floor(np.maximum(found.corners_px.min(axis=0) - gap, 0)).astype(int)
    high = np.ceil(np.minimum(found.corners_px.max(axis=0) + gap, (w, h))).astype(int)
    if picture is not None:
        write_jpeg(folder.root / "crops" / f"{name}.jpg", picture[low[1] : high[1], low[0] : high[0]], quality)
        write_jpeg(folder.root / "rectified" / f"{name}.jpg", rectified(picture, found), 95)
    corners = np.round(found.corners_px - low, 1).ravel().tolist()
    names = ("x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3")
    kind = found.lettering.kind
    folder.rows.append(
        {
            "file": f"crops/{name}.jpg",
            "rectified": f"rectified/{name}.jpg",
            "split": split,
            "kind": kind,
            "text": found.lettering.text,
            **dict(zip(names, corners, strict=True)),
            "height_px": round(found.height_px, 1),
            "blur_px": blur,
            "sort": sitter.body.sort,
            "stock": world.stock,
            "light": world.conditions.light,
            "weather": world.conditions.weather,
        }
    )
    folder.tally.add(split, (f"kind={kind}", f"sort={sitter.body.sort}"))
