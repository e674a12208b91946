"""Contact sheets of all that the simulator can show: bodies, scenes, light and weather.

    python examples/contact_sheets.py --out docs/simulate [--only vehicles,scenes] [--quick]

Writes sheet-vehicles.jpg, sheet-small.jpg, sheet-covers.jpg, sheet-vessels.jpg, sheet-scenes.jpg, sheet-junction.jpg,
sheet-quay.jpg and sheet-scenery.jpg, each at most 300 kB. `--quick` draws two bodies and one scene, small.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import cv2
import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw

from roadstead.simulate import fonts
from roadstead.simulate.bodies import plugins as bodies
from roadstead.simulate.render.renderer import Studio
from roadstead.simulate.scenes import Order
from roadstead.simulate.scenes import plugins as scenes
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import standing
from roadstead.simulate.world.paint import GRASS, OLD_ASPHALT, Canvas
from roadstead.simulate.world.truth import Seer
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import LIGHTS, WEATHERS, Actor, Conditions, Light, Place, Water, Weather, World
from roadstead.types import Image

LARGEST_BYTES = 300_000
CAPTION_PX = 15
FOV_DEG, RISE_DEG = 24.0, 17.0
FILLED = 0.9
"""Which share of the picture a body may fill, across or upright."""
SUNKEN_M = -0.2
"""What lies below is in the ground or under water."""
LARGE_M = 240.0
LONGEST = 4.0
"""Of what is longer than twice so many times its height only the middle is shown."""
SEEDS = {"junction": 2, "anchorage": 1}
"""Seeds by which more is to be seen at once."""
BY_THE_WATER = ("buoy", "bank", "bridge", "skyline")
ENOUGH_PX = 4000.0
FRONT, SIDE, REAR = 38.0, 90.0, 142.0
"""From where a body is seen: degrees from straight ahead of it, to its right."""
LIGHTS_ZH = {"day": "白天", "low_sun": "低角度阳光", "dusk": "黄昏", "night": "夜间", "overcast": "阴天"}
WEATHERS_ZH = {"clear": "晴", "rain": "雨", "fog": "雾", "haze": "霾"}
WORDS_ZH = {
    "sealed": "全密闭",
    "half": "半遮盖",
    "open": "未遮盖",
    "absent": "无篷布",
    "loaded": "重载",
    "empty": "空载",
    "clean": "干净",
    "dirty": "脏",
}
VARIANTS = {
    "car": "form",
    "motorcycle": "form",
    "pedestrian": "role",
    "debris": "form",
    "paper": "form",
    "bank": "form",
    "bridge": "form",
    "building": "form",
    "buoy": "form",
    "crane": "form",
    "fence": "form",
    "sign": "form",
    "skyline": "form",
    "tree": "form",
}
"""Sorts of which every form is shown, and the wish that says which."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a sheet, and what is written below it."""

    picture: Image
    caption: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """How large the tiles of a sheet are, px, and how many stand side by side."""

    size: tuple[int, int]
    columns: int

    def drawn(self, tiles: Iterable[Tile]) -> Image:
        """Return the tiles as one picture."""
        w, h = self.size
        some = list(tiles)
        rows = -(-len(some) // self.columns)
        made = Pictures.new("RGB", (w * self.columns, (h + CAPTION_PX + 5) * rows), (24, 24, 26))
        pen, font = ImageDraw.Draw(made), fonts.available()[0].sized(CAPTION_PX - 3)
        for k, tile in enumerate(some):
            x, y = k % self.columns * w, k // self.columns * (h + CAPTION_PX + 5)
            made.paste(Pictures.fromarray(tile.picture), (x, y))
            pen.text((x + 5, y + h + 1), tile.caption, font=font, fill=(235, 235, 235))
        return np.asarray(made)


def portraits(body: Body, sides: Sequence[float], size: tuple[int, int]) -> Iterator[Image]:
    """Yield pictures of one body by day, seen from some sides; a vessel floats, all else stands on asphalt."""
    afloat = body.label == "vessel" or body.sort in BY_THE_WATER
    views = [_view(body, side, size) for side in sides]
    actor = Actor(id="a", body=body, motion=standing(0.0, 100.0, (0.0, 0.0), 0.0))
    world = World(
        scene="portrait",
        camera="portrait",
        seed=0,
        stock="train",
        begin=0.0,
        seconds=100.0,
        fps=1.0,
        view=views[0],
        place=_floating() if afloat else _ground(body),
        conditions=Conditions(sun_azimuth_deg=150.0, sun_height_deg=42.0),
        actors=(actor,),
        events=(),
    )
    with Studio(world, quality="fine", view_at=lambda t: views[round(t)]) as studio:
        for k in range(len(sides)):
            yield studio.picture(float(k))


def _view(body: Body, side: float, size: tuple[int, int]) -> View:
    """Return a view that a body fills, from a side and a little above."""
    around, rise = np.radians(-side), np.radians(RISE_DEG)
    corners = np.concatenate([part.mesh.corners for part in body.parts])
    reach = LONGEST * body.height_m
    corners = np.clip(corners[corners[:, 2] > SUNKEN_M], (-reach, -reach, SUNKEN_M), (reach, reach, np.inf))
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    away = np.array((np.cos(rise) * np.cos(around), np.cos(rise) * np.sin(around), np.sin(rise)))
    aim = (float(middle[0]), float(middle[1]), float(middle[2]))
    far = 4.0 * float(np.linalg.norm(corners.max(axis=0) - corners.min(axis=0)))

    def at(far_m: float) -> View:
        x, y, z = (middle + far_m * away).tolist()
        return View(at_m=(x, y, max(z, 0.3)), aim_m=aim, fov_deg=FOV_DEG, size=size)

    def fits(view: View) -> bool:
        px, _ = view.project(corners)
        return bool((np.abs(px / size - 0.5) < FILLED / 2).all())

    while fits(at(0.95 * far)):
        far *= 0.95
    return at(far)


def _ground(body: Body) -> Place:
    side = float(np.clip(20 * max(body.length_m, body.width_m, body.height_m), 8.0, 250.0))
    canvas = Canvas((-side, -side, side, side), 700.0 / side, np.random.default_rng(1))
    canvas.everywhere(OLD_ASPHALT if side < LARGE_M else GRASS)
    return Place(grounds=(canvas.ground(),))


def _floating() -> Place:
    return Place(grounds=(), water=Water(wave_m=0.12))


def made(sort: str, *, seed: int = 4, **wishes: Any) -> Body:
    """Return a body of a sort."""
    return bodies.get(sort)(**wishes).make(np.random.default_rng(seed), "train")


def of_sorts(sorts: Sequence[str]) -> Iterator[tuple[str, Body]]:
    """Yield the caption and body of each form of some sorts."""
    seed = 20
    for sort in sorts:
        forms: tuple[str | None, ...] = (None,)
        if sort in VARIANTS:
            forms = _forms(sort, VARIANTS[sort])
        for form in forms:
            wishes: dict[str, Any] = {} if form is None else {VARIANTS[sort]: form}
            name = sort.replace("_", " ") + (f": {form.replace('_', ' ')}" if form else "")
            seed += 1
            yield f"{name} {bodies.title(sort)}", made(sort, seed=seed, **wishes)


def _forms(sort: str, wish: str) -> tuple[str | None, ...]:
    """Return what a wish of a sort may be, from its type; one by chance where the type does not say."""
    kinds = [a for part in get_args(get_type_hints(bodies.get(sort))[wish]) for a in get_args(part)]
    return tuple(str(a) for a in kinds) or (None,)


def sorts_of(asked: Callable[[Body], bool]) -> list[str]:
    """Return the sorts whose bodies answer a question."""
    return [sort for sort in bodies.names() if asked(made(sort))]


def turned(shown: Iterable[tuple[str, Body]], sides: Sequence[float], size: tuple[int, int]) -> Iterator[Tile]:
    """Yield a tile for each side of each body; the caption stands below the first."""
    for caption, body in shown:
        for k, picture in enumerate(portraits(body, sides, size)):
            yield Tile(picture, caption if k == 0 else "")


def vehicles(size: tuple[int, int]) -> Iterator[Tile]:
    """Yield every car, bus and lorry, from front, side and rear."""
    return turned(of_sorts(sorts_of(lambda b: b.label in ("car", "bus", "truck"))), (FRONT, SIDE, REAR), size)


def small(size: tuple[int, int]) -> Iterator[Tile]:
    """Yield who walks or rides, and what lies about, from front, side and rear."""
    few = sorts_of(lambda b: b.label in ("person", "motorcycle", "debris"))
    return turned(of_sorts(few), (FRONT, SIDE, REAR), size)


def vessels(size: tuple[int, int]) -> Iterator[Tile]:
    """Yield every vessel, from front, side and rear."""
    return turned(of_sorts(sorts_of(lambda b: b.label == "vessel")), (FRONT, SIDE, REAR), size)


def scenery(size: tuple[int, int]) -> Iterator[Tile]:
    """Yield all that stands around."""
    return turned(of_sorts(sorts_of(lambda b: b.label == "")), (FRONT + 20,), size)


def covers(size: tuple[int, int]) -> Iterator[Tile]:
    """Yield the dump truck in every cover, load and dirt."""
    for cover in ("sealed", "half", "open", "absent"):
        for load in ("loaded", "empty"):
            for dirt in ("clean", "dirty"):
                body = made("dump_truck", seed=7, cover=cover, load=load, dirt=dirt)
                words = (cover, load, dirt)
                caption = f"{', '.join(words)} {'·'.join(WORDS_ZH[w] for w in words)}"
                yield from turned([(caption, body)], (REAR,), size)


def by_day(names: Sequence[str], size: tuple[int, int]) -> Iterator[Tile]:
    """Yield scenes by day, each when most happens."""
    for name in names:
        yield Tile(still(name, "day", "clear", size), f"{name.replace('_', ' ')} {scenes.title(name)}")


def conditions(name: str, size: tuple[int, int]) -> Iterator[Tile]:
    """Yield a scene in every light and weather."""
    for light in LIGHTS:
        for weather in WEATHERS:
            caption = f"{light.replace('_', ' ')}, {weather} {LIGHTS_ZH[light]}·{WEATHERS_ZH[weather]}"
            yield Tile(still(name, light, weather, size), caption)


def still(name: str, light: Light, weather: Weather, size: tuple[int, int]) -> Image:
    """Return a scene when most is in its picture."""
    order = Order(seed=SEEDS.get(name, 11), seconds=40.0, size=size, light=light, weather=weather, varied=False)
    world = scenes.get(name)().build(order)
    seer = Seer(world)
    best = max(np.arange(2.0, 38.0, 1.5).tolist(), key=lambda t: _shows(seer, t))
    with Studio(world, quality="fine") as studio:
        return studio.picture(best)


def _shows(seer: Seer, t: float) -> float:
    """Return how much there is to see at t: who shows counts, the larger the more."""
    boxes = [(s.visible, (s.box[2] - s.box[0]) * (s.box[3] - s.box[1])) for s in seer.sights(t)]
    return sum(visible * min(1.0, float(np.sqrt(area / ENOUGH_PX))) for visible, area in boxes)


def write(sheet: Image, path: Path) -> None:
    """Write a sheet as a JPEG that is small enough."""
    for quality in (85, 80, 75, 68, 60, 50):
        data = cv2.imencode(".jpg", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        if len(data) <= LARGEST_BYTES:
            break
    path.write_bytes(data.tobytes())
    print(f"{path}: {sheet.shape[1]} x {sheet.shape[0]}, quality {quality}, {len(data) / 1000:.0f} kB", flush=True)


def sheets(*, quick: bool) -> Mapping[str, tuple[Sheet, Callable[[tuple[int, int]], Iterator[Tile]]]]:
    """Return what there is to draw, by name."""
    if quick:
        tiny = (128, 80)
        return {
            "bodies": (Sheet(tiny, 2), lambda s: turned(of_sorts(("bus", "tug")), (FRONT,), s)),
            "scenes": (Sheet(tiny, 1), lambda s: by_day(("quay",), s)),
        }
    return {
        "vehicles": (Sheet((240, 160), 6), vehicles),
        "small": (Sheet((180, 132), 6), small),
        "covers": (Sheet((320, 200), 4), covers),
        "vessels": (Sheet((360, 170), 3), vessels),
        "scenes": (Sheet((640, 360), 2), lambda s: by_day(scenes.names(), s)),
        "junction": (Sheet((320, 180), 4), lambda s: conditions("junction", s)),
        "quay": (Sheet((320, 180), 4), lambda s: conditions("quay", s)),
        "scenery": (Sheet((228, 160), 6), scenery),
    }


def main() -> None:
    """Draw the sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="names of sheets, with commas between")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name, (sheet, tiles) in sheets(quick=given.quick).items():
        if not given.only or name in given.only.split(","):
            write(sheet.drawn(tiles(sheet.size)), given.out / f"sheet-{name}.jpg")


if __name__ == "__main__":
    main()
