"""Pictures of scenes with boxes, masks, attributes and texts, taken at the instants that show what is still rare."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from roadstead.dataset.formats.coco import Coco
from roadstead.dataset.samples import Sample, Split, objects
from roadstead.dataset.truth import FrameRow, Sight
from roadstead.errors import BadInput
from roadstead.simulate.bodies import plugins as bodies
from roadstead.simulate.film import sample
from roadstead.simulate.render.renderer import Studio
from roadstead.simulate.sets import worlds
from roadstead.simulate.sets.balance import Quotas
from roadstead.simulate.sets.made import Made, Tally, Tell
from roadstead.simulate.sets.photograph import Camera, write_jpeg
from roadstead.simulate.sets.recipe import Detection, Recipe
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, standing
from roadstead.simulate.world.script import clearance_m
from roadstead.simulate.world.truth import Seer
from roadstead.simulate.world.world import Actor, World

LABELS = ("person", "motorcycle", "car", "bus", "truck", "vessel", "debris")
_SORTS: Mapping[str, tuple[str, ...]] = {
    "person": ("pedestrian",),
    "motorcycle": ("motorcycle",),
    "car": ("car",),
    "bus": ("bus",),
    "truck": ("dump_truck", "box_truck", "mixer"),
    "vessel": ("fishing_boat", "speedboat", "tug", "cargo_ship", "container_ship", "bulk_carrier"),
    "debris": ("debris", "debris", "paper"),
}
_INSTANTS = 40
_APART_S = 1.5
_AT_LEAST = 3
"""So many pictures are taken of a world even where they show nothing but what there is most of."""
_RARE = 0.6
"""A class is rare that has less than this share of the mean of all."""
_GUESTS = (10, 18)
_STAYS_S = 8.0
_AMPLE = 1.3
"""How much larger than the least a guest must look."""
_LEAST_GAP_M = 0.6
_TRIES = 40


@dataclass(slots=True, eq=False)
class _Balance:
    """How often each class has been seen, by split, and how many pictures are of worlds into which rare ones were put."""

    seen: dict[Split, Counter[str]] = field(default_factory=dict)
    busy: int = 0

    def of(self, split: Split) -> Counter[str]:
        """Return the counts of a split."""
        return self.seen.setdefault(split, Counter())

    def rare(self, split: Split, labels: Sequence[str]) -> list[str]:
        """Return which of some classes are rare, the rarest first."""
        seen = self.of(split)
        mean = sum(seen[label] for label in labels) / max(len(labels), 1)
        return sorted((label for label in labels if seen[label] < _RARE * mean), key=lambda label: seen[label])


def make(recipe: Recipe, out: Path, tell: Tell) -> Made:
    """Write pictures by split and COCO annotations; raise BadInput where the scenes show nothing."""
    want, samples, tally, balance = recipe.detection, list[Sample](), Tally(), _Balance()
    quotas = Quotas.of(recipe.samples, recipe.shares, {"picture": 1.0})
    number = barren = 0
    possible: set[str] = set()
    while (split := quotas.split()) is not None:
        world = worlds.world(recipe, number, worlds.Wanted(recipe.size, want.seconds))
        possible |= _possible(world)
        rng = np.random.default_rng((recipe.seed, number, 4))
        rare = balance.rare(split, [label for label in LABELS if label in _possible(world)])
        if rare and balance.busy < want.busy * max(quotas.done, 2 * want.per_world):
            world = busy(world, rare, want.least_px, rng)
            balance.busy += want.per_world
        wanted = min(want.per_world, quotas.missing(split, "picture"))
        chosen = _chosen(world, wanted, balance.of(split), want, sorted(possible), rng)
        for one in _taken(recipe, world, chosen, out / split, rng):
            quotas.take(split, "picture")
            tally.add(split, _counted(one, want))
            samples.append(replace(one, id=f"{split}/{one.id}", split=split))
            tell(quotas.done, recipe.samples)
        barren, number = (0 if chosen else barren + 1), number + 1
        if barren >= len(worlds.scenes_of(recipe)) + 2:
            raise BadInput(f"{recipe.name}: {barren} worlds in a row showed nothing large enough; lower least_px")
    Coco(labels=LABELS).write(samples, out)
    files = tuple(out / "annotations" / f"instances_{split}.json" for split in tally.samples)
    return Made(
        name=recipe.name,
        task=recipe.task,
        folder=out,
        samples=dict(tally.samples),
        counts=tally.counts(),
        files=files,
        worlds=number,
        notes=(f"{balance.busy} pictures of worlds into which rare classes were put",),
    )


def _possible(world: World) -> set[str]:
    """Return the classes that a world has room for."""
    there = worlds.room(world)
    road = {"person", "motorcycle", "car", "bus", "truck", "debris"} if "road" in there else set[str]()
    return road | ({"vessel"} if "water" in there else set()) | {a.body.label for a in world.actors if a.body.label}


def _counts(sight: Sight, want: Detection) -> bool:
    x0, y0, x1, y1 = sight.box
    return sight.visible >= want.least_visible and max(x1 - x0, y1 - y0) >= want.least_px


def _counted(one: Sample, want: Detection) -> list[str]:
    """Return the classes of the objects of a sample that count."""
    found = objects(one)
    sides = (found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1, initial=0)
    rows = zip(found.labels, sides.tolist(), found.visible.tolist(), strict=True)
    return [label for label, side, visible in rows if side >= want.least_px and visible >= want.least_visible]


def _chosen(
    world: World, many: int, seen: Counter[str], want: Detection, labels: Sequence[str], rng: np.random.Generator
) -> list[FrameRow]:
    """Return the instants that show most of what has been seen least, one after another, and count what they show."""
    seer, label_of = Seer(world), {actor.id: actor.body.label for actor in world.actors}
    times = np.sort(rng.uniform(0.5, world.seconds - 0.5, _INSTANTS)).tolist()
    rows = {t: seer.sights(t) for t in times}
    shows = {t: Counter(label_of[s.id] for s in rows[t] if label_of[s.id] and _counts(s, want)) for t in times}
    chosen: list[float] = []
    while len(chosen) < many:
        free = [t for t in times if shows[t] and all(abs(t - other) >= _APART_S for other in chosen)]
        if not free:
            break
        mean = (sum(seen[label] for label in labels) + 1) / max(len(labels), 1)
        best = max(free, key=lambda t: _gain(shows[t], seen, mean))
        if len(chosen) >= _AT_LEAST and _gain(shows[best], seen, mean) < 0:
            break
        chosen.append(best)
        seen.update(shows[best])
    return [FrameRow(camera=world.camera, t=world.begin + t, seen=rows[t]) for t in sorted(chosen)]


def _gain(shows: Counter[str], seen: Counter[str], mean: float) -> float:
    """Return what a picture brings: each object the more, the fewer of its class there are; more of the many is a loss."""
    return sum(n * (mean - seen[label]) / (mean + seen[label]) for label, n in shows.items())


def _taken(
    recipe: Recipe, world: World, rows: Sequence[FrameRow], folder: Path, rng: np.random.Generator
) -> list[Sample]:
    """Take the pictures of a world; without rendering, return what is true of them alone."""
    if not recipe.render or not rows:
        return [sample(world, row, None) for row in rows]
    camera, made = Camera.of(world, rng), []
    with Studio(world, quality=recipe.quality) as studio:
        for row in rows:
            t = row.t - world.begin
            name = f"{world.camera}-{world.seed}-{round(t * 1000):07d}"
            media = write_jpeg(folder / f"{name}.jpg", camera.taken(studio.picture(t), t), camera.quality)
            made.append(sample(world, row, media, studio.numbers(t)))
    return made


def busy(world: World, labels: Sequence[str], least_px: float, rng: np.random.Generator) -> World:
    """Return a world with guests of some classes, the first most often, who stand for a while where somebody passes, near no one."""
    seer, known = Seer(world), {actor.id: actor for actor in world.actors}
    times = np.linspace(0.5, world.seconds - 0.5, 20).tolist()
    places = [(known[sight.id], sight, t) for t in times for sight in seer.sights(t)]
    weights = 1.0 / (1 + np.arange(len(labels)))
    actors = list(world.actors)
    for k in range(int(rng.integers(*_GUESTS)) if places else 0):
        label = labels[int(rng.choice(len(labels), p=weights / weights.sum()))]
        sort = _SORTS[label][int(rng.integers(len(_SORTS[label])))]
        body = bodies.get(sort)().make(rng, world.stock)
        for _ in range(_TRIES):
            source, sight, t = places[int(rng.integers(len(places)))]
            if not _room(source.body, body):
                continue
            there = _beside(source, sight, t, body, world, rng)
            others = (o for o in actors if o.body.label)
            if _ample(body, there, world, least_px) and all(
                clearance_m(body, there, other.body, other.motion) > _LEAST_GAP_M for other in others
            ):
                actors.append(Actor(id=f"guest-{k + 1}", body=body, motion=there))
                break
    return replace(world, actors=tuple(actors))


def _beside(source: Actor, sight: Sight, t: float, body: Body, world: World, rng: np.random.Generator) -> Motion:
    """Return a stay of some seconds about where somebody passes at t, headed as they are or against it; small things lie nearer."""
    small = body.label == "debris"
    aside = rng.normal(0, 1.0 if body.label == "vessel" else 1.5, 2) * max(1.0, source.body.width_m)
    nearer = float(rng.uniform(0.0, 0.6)) if small else 0.0
    x, y = np.add(sight.xy_m, aside) * (1 - nearer) + np.multiply(world.view.at_m[:2], nearer)
    at = (float(x), float(y), float(source.motion.at(t).xyz_m[0, 2]))
    yaw = np.radians(90.0 - sight.course_deg) + float(rng.choice((0, np.pi))) + float(rng.normal(0, 0.15))
    before, after = rng.uniform(1.0, _STAYS_S * (3 if small else 1), 2)
    return standing(t - float(before), t + float(after), at, float(yaw))


def _ample(body: Body, there: Motion, world: World, least_px: float) -> bool:
    """Whether a body is in the picture and large enough there."""
    px, depth = world.view.project(there.xyz_m[:1])
    inside = bool(np.isfinite(px).all() and (px > 0).all() and (px < world.view.size).all())
    size_px = max(body.length_m, body.height_m) * world.view.focal_px / max(float(depth[0]), 0.1)
    return inside and size_px > _AMPLE * least_px


def _room(source: Body, body: Body) -> bool:
    """Whether a body may stand about where another passes: on water or on land alike, large things where large ones pass."""
    alike = (source.label == "vessel") == (body.label == "vessel")
    return alike and (body.label in ("person", "motorcycle", "debris") or source.length_m >= 0.5 * body.length_m)
