"""Make the sample that ships: a junction by a work site, with every violation the first run should find.

    python examples/make_sample.py --out samples

writes junction.mp4, junction.truth.json and junction.observations.jsonl. The same seed gives the same pictures.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np

from sample_world import script
from sample_world.camera import Bytes, Camera, Canvas
from sample_world.scenery import Tree, feet, stand, trees
from sample_world.script import Actor
from sample_world.solids import Pose, draw, screen_box, shade, shadows

FPS = 25
LOG_FPS = 5
SEED = 20
FINER = 2
"""Pixels drawn per pixel shown, along each side."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """An actor in a picture: its whole box cut at the picture's edge (px), and its share of pixels that show."""

    name: str
    label: str
    box: tuple[float, float, float, float]
    visible_px: int


@dataclass(slots=True, eq=False)
class Stage:
    """Draws the world at any instant."""

    camera: Camera
    actors: tuple[Actor, ...]
    seed: int = SEED
    fine: Camera = field(init=False)
    scenery: Canvas = field(init=False)
    work: Canvas = field(init=False)
    open_ground: Bytes = field(init=False)
    crowns: tuple[Tree, ...] = field(init=False)
    still: Bytes = field(init=False)
    grain: list[Bytes] = field(init=False, default_factory=list)
    dirty: list[Box] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.fine = self.camera.scaled(FINER)
        self.scenery, self.open_ground = stand(self.fine, self.seed)
        self.work = Canvas.blank(self.fine)
        w, h = self.fine.size
        self.work.copy_from(self.scenery, (0, 0, w, h))
        self.crowns = trees(self.fine, self.seed)
        self.still = cv2.resize(self.scenery.colour, self.camera.size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        rng = np.random.default_rng(self.seed)
        w, h = self.camera.size
        for _ in range(12):
            noise = cv2.GaussianBlur(rng.normal(128, 2.2, (h, w)), (0, 0), 0.7)
            self.grain.append(np.repeat(np.round(noise).astype(np.uint8)[:, :, None], 3, axis=2))

    def at(self, t: float) -> tuple[Bytes, tuple[Seen, ...], Bytes]:
        """Return the picture (h, w, 3) RGB at t, who is in it, and whose each pixel is (h, w): 0, or 1 + actor's place."""
        posed = [(i + 1, a, p) for i, a in enumerate(self.actors) if (p := a.pose(t)) is not None]
        regions = [c.box for c in self.crowns]
        regions += [r for _, a, p in posed if (r := self._region(a, p)) is not None]
        for region in (*self.dirty, *regions):
            self.work.copy_from(self.scenery, region)
        for crown in self.crowns:
            crown.blow(self.work, t)
        self._shadows([(a, p) for _, a, p in posed], regions)
        for number, actor, pose in posed:
            draw(self.work, actor.body, pose, number)
        picture = self.still.copy()
        for x0, y0, x1, y1 in regions:
            small = cv2.resize(
                self.work.colour[y0:y1, x0:x1], None, fx=1 / FINER, fy=1 / FINER, interpolation=cv2.INTER_AREA
            )
            picture[y0 // FINER : y1 // FINER, x0 // FINER : x1 // FINER] = small
        self.dirty = regions
        owner = self.work.owner[::FINER, ::FINER].copy()
        return self._film(picture, t), tuple(self._seen(posed, owner)), owner

    def _film(self, picture: Bytes, t: float) -> Bytes:
        """Add what a real camera adds: drifting exposure and sensor noise."""
        gain = 1.0 + 0.014 * np.sin(2 * np.pi * t / 37) + 0.006 * np.sin(2 * np.pi * t / 9.1)
        noise = self.grain[round(t * FPS) * 7 % len(self.grain)]
        return cv2.addWeighted(picture, gain, noise, 1.0, -128.0).astype(np.uint8)

    def _region(self, actor: Actor, pose: Pose) -> Box | None:
        """The box (px of the fine picture, multiples of FINER) that an actor and its shadow touch."""
        found = screen_box(self.fine, actor.body, pose)
        if found is None:
            return None
        w, h = self.fine.size
        every = np.vstack([np.reshape(found, (2, 2)), *shadows(self.fine, actor.body, pose)])
        (x0, y0), (x1, y1) = every.min(axis=0) - 16, every.max(axis=0) + 16
        left, top = max(0, int(x0) // FINER * FINER), max(0, int(y0) // FINER * FINER)
        right, bottom = min(w, int(x1) // FINER * FINER), min(h, int(y1) // FINER * FINER)
        return (left, top, right, bottom) if right > left and bottom > top else None

    def _shadows(self, posed: list[tuple[Actor, Pose]], regions: list[Box]) -> None:
        w, h = self.camera.size
        mask = np.zeros((h, w), np.uint8)
        for actor, pose in posed:
            shade(mask, self.camera, actor.body, pose)
        mask = cv2.GaussianBlur(mask, (0, 0), 1.6).astype(np.uint8)
        done = np.zeros((h, w), np.uint8)
        for x0, y0, x1, y1 in regions:
            rows, cols = slice(y0 // FINER, y1 // FINER), slice(x0 // FINER, x1 // FINER)
            part = np.where(done[rows, cols] > 0, 0, mask[rows, cols]).astype(np.uint8)
            done[rows, cols] = 1
            if not part.any():
                continue
            wide = cv2.resize(part, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
            dark = 1 - 0.52 * (wide / 255.0) * self.open_ground[y0:y1, x0:x1]
            self.work.colour[y0:y1, x0:x1] = (self.work.colour[y0:y1, x0:x1] * dark[:, :, None]).astype(np.uint8)

    def _seen(self, posed: list[tuple[int, Actor, Pose]], owner: Bytes) -> Iterator[Seen]:
        w, h = self.camera.size
        for number, actor, pose in posed:
            found = screen_box(self.camera, actor.body, pose)
            if found is None:
                continue
            x0, y0, x1, y1 = max(0.0, found[0]), max(0.0, found[1]), min(float(w), found[2]), min(float(h), found[3])
            count = int((owner == number).sum())
            if x1 > x0 and y1 > y0 and count:
                yield Seen(actor.name, actor.body.label, (x0, y0, x1, y1), count)


def video(stage: Stage, path: Path, seconds: float) -> list[tuple[float, tuple[Seen, ...]]]:
    """Render and encode; return what was seen at LOG_FPS."""
    log = []
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height = stage.camera.size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "28", "preset": "medium", "threads": "1", "g": "50"}
        for number in range(round(seconds * FPS)):
            picture, seen, _ = stage.at(number / FPS)
            if number % (FPS // LOG_FPS) == 0:
                log.append((number / FPS, seen))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())
    return log


def vote(label: str, score: float) -> dict[str, object]:
    """An attribute as the observation log writes it."""
    return {"label": label, "score": score, "views": 6}


def observations(stage: Stage, log: list[tuple[float, tuple[Seen, ...]]]) -> Iterator[str]:
    """One JSON line a picture: true boxes with a detector's small faults (jitter, a few misses) and attribute votes."""
    rng = np.random.default_rng(stage.seed)
    votes = {a.name: a.votes for a in stage.actors}
    w, h = stage.camera.size
    for t, seen in log:
        rows = [s for s in seen if s.visible_px >= 90 and rng.uniform() > 0.03]
        boxes, scores, views = [], [], []
        for s in rows:
            size = np.sqrt((s.box[2] - s.box[0]) * (s.box[3] - s.box[1]))
            noisy = np.clip(np.array(s.box) + rng.normal(0, 0.012 * size, 4), 0, (w, h, w, h))
            boxes.append([round(float(v), 1) for v in noisy])
            scores.append(round(float(np.clip(rng.normal(0.86, 0.06), 0.4, 0.99)), 2))
            near = s.visible_px >= 900
            views.append({k: vote(*v) for k, v in votes[s.name].items()} if near else {})
        line = {
            "camera": "junction", "t": script.START_S + t, "size": [w, h], "boxes": boxes, "scores": scores,
            "labels": [s.label for s in rows], "ids": [s.name for s in rows], "votes": views,
        }  # fmt: skip
        yield json.dumps(line, separators=(",", ":"))


def truth(stage: Stage, log: list[tuple[float, tuple[Seen, ...]]], seconds: float) -> dict[str, object]:
    """Who is in the picture when, what should be found, and the scene's shapes in px."""
    spans: dict[str, tuple[str, float, float]] = {}
    for t, seen in log:
        for s in seen:
            spans[s.name] = (s.label, spans.get(s.name, ("", t, t))[1], t)

    def px(points: list[tuple[float, float]]) -> list[list[float]]:
        return [[round(float(x), 1), round(float(y), 1)] for x, y in feet(stage.camera, points)]

    calibration = list(script.CALIBRATION)
    return {
        "camera": "junction", "start": script.START_S, "fps": FPS, "size": list(stage.camera.size), "seconds": seconds,
        "movers": [{"id": k, "class": c, "enter_s": a, "leave_s": b} for k, (c, a, b) in sorted(spans.items())],
        "expected": [asdict(e) for e in script.EXPECTED],
        "expected_of_log": [asdict(e) for e in script.ATTRIBUTES],
        "innocent": script.INNOCENT,
        "scene": {
            "zones": {k: px(v) for k, v in script.ZONES.items()},
            "lines": {k: px(v) for k, v in script.LINES.items()},
            "calibration": {"image_px": px(calibration), "ground_m": [[round(v, 2) for v in p] for p in calibration]},
        },
    }  # fmt: skip


def make(out: Path, seconds: float) -> None:
    """Write the three files of the sample."""
    out.mkdir(parents=True, exist_ok=True)
    stage = Stage(script.CAMERA, script.cast())
    log = video(stage, out / "junction.mp4", seconds)
    (out / "junction.observations.jsonl").write_text("\n".join(observations(stage, log)) + "\n", encoding="utf-8")
    text = json.dumps(truth(stage, log, seconds), indent=1, ensure_ascii=False)
    (out / "junction.truth.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample that ships with Roadstead.")
    parser.add_argument("--out", type=Path, default=Path("samples"))
    parser.add_argument("--seconds", type=float, default=script.SECONDS)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    make(options.out, options.seconds)


if __name__ == "__main__":
    main()
