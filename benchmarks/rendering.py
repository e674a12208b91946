"""What a picture of a scene costs to draw, by its size: own CPU time and time on the wall, ms a picture.

    OMP_NUM_THREADS=1 python benchmarks/rendering.py [--pictures 10]

Writes benchmarks/results/rendering.csv, a row a scene, quality, size and number of threads of the software renderer
(LP_NUM_THREADS of Mesa's llvmpipe; more of them shorten the wall time alone). Each measurement has a process of its own and
draws one picture before it begins. The bar is 150 ms of CPU time for the junction by day at 640 x 360.
"""

import argparse
import csv
import multiprocessing
import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from roadstead.simulate.scenes import Order, plugins
from roadstead.simulate.world.world import Light, Weather

RESULTS = Path(__file__).parent / "results" / "rendering.csv"
SIZES = ((320, 256), (640, 360), (960, 540), (1280, 720))
SCENES: tuple[tuple[str, Light, Weather], ...] = (
    ("junction", "day", "clear"),
    ("junction", "night", "rain"),
    ("quay", "day", "clear"),
)
WAYS = (("fast", 1), ("fast", 2), ("fine", 1))
BAR_MS = 150.0
BEGIN_S = 12.0


@dataclass(frozen=True, slots=True)
class Cost:
    """One row."""

    scene: str
    light: str
    weather: str
    quality: str
    width: int
    height: int
    threads: int
    actors: int
    open_ms: float
    cpu_ms: float
    wall_ms: float
    machine: str


def measured(scene: tuple[str, Light, Weather], way: tuple[str, int], size: tuple[int, int], pictures: int) -> Cost:
    """Draw some pictures in this process."""
    os.environ["LP_NUM_THREADS"] = str(way[1])
    from roadstead.simulate.render.renderer import Studio

    name, light, weather = scene
    world = plugins.get(name)().build(
        Order(seed=1, seconds=30.0, size=size, light=light, weather=weather, varied=False)
    )
    began = time.perf_counter()
    with Studio(world, quality="fine" if way[0] == "fine" else "fast") as studio:
        studio.picture(BEGIN_S)
        opened = time.perf_counter() - began
        cpu, wall = time.process_time(), time.perf_counter()
        for k in range(pictures):
            studio.picture(BEGIN_S + (k + 1) / world.fps)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    there = sum(a.motion.there(BEGIN_S) for a in world.actors)
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    return Cost(
        scene=name,
        light=light,
        weather=weather,
        quality=way[0],
        width=size[0],
        height=size[1],
        threads=way[1],
        actors=there,
        open_ms=round(1e3 * opened, 1),
        cpu_ms=round(1e3 * cpu / pictures, 1),
        wall_ms=round(1e3 * wall / pictures, 1),
        machine=machine,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10)
    pictures = parser.parse_args().pictures
    rows = []
    context = multiprocessing.get_context("spawn")
    for scene in SCENES:
        for way in WAYS:
            for size in SIZES:
                with context.Pool(1) as pool:
                    rows.append(pool.apply(measured, (scene, way, size, pictures)))
                print(*asdict(rows[-1]).values(), flush=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as out:
        table = csv.DictWriter(out, list(asdict(rows[0])), lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(row) for row in rows)
    judged = next(
        r for r in rows if (r.scene, r.light, r.quality, r.threads, r.width) == ("junction", "day", "fast", 1, 640)
    )
    return int(judged.cpu_ms > BAR_MS)


if __name__ == "__main__":
    raise SystemExit(main())
