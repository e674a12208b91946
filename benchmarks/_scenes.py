"""Made scenes with known identities: what a detector would give of them, picture by picture.

`lanes`: trucks pass through one another in four lanes; three in ten stop for 3 s at one place. The parameters and the order of
the random draws are those of the scene that figures of other trackers were published for, so the same seed is the same scene.
`motorway`: six lanes seen in perspective, boxes of 25 to 240 px, faster than their own length per picture at 2 pictures a second.
`junction`: two roads from above, a traffic light, queues, turns. `yard`: small and large objects on 640 x 360 px, random ways with
stops, two pillars that hide what passes behind. These three have boxes hidden by nearer ones, missed boxes, false boxes, weak
scores; the movement is drawn once for a seed, so that every picture rate sees the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
STEP_S = 0.02
MISS, JITTER, FALSE_BOXES = 0.06, 0.02, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture: boxes (n, 4) px, scores (n,), and the true object of each box (-1: a false box)."""

    t: float
    boxes: Array
    scores: Array
    truth: Ids


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All pictures of one scene, their size in px, and how many objects there are."""

    name: str
    fps: float
    size: tuple[int, int]
    pictures: tuple[Picture, ...]
    objects: int


def lanes(
    fps: float, seed: int, *, seconds: float = 40, speed: float = 260, miss: float = 0.08, noise: float = 2.0
) -> Scene:
    """120 x 70 px trucks at `speed` px/s (+- 20 %) in two lanes each way; `noise` in px."""
    rng = np.random.default_rng(seed)
    trucks: list[tuple[float, float, float, bool]] = []
    for y in (200.0, 320.0, 440.0, 560.0):
        enters = float(rng.uniform(0, 2))
        while enters < seconds - 8:
            v = speed * float(rng.uniform(0.8, 1.2)) * (1 if y < 400 else -1)
            trucks.append((enters, y, v, bool(rng.random() < 0.3)))
            enters += float(rng.uniform(2.5, 4.0))
    pictures = []
    for k in range(int(seconds * fps)):
        t, boxes, truth = k / fps, [], []
        for who, (enters, y, v, stops) in enumerate(trucks):
            x = _lane_x(t - enters, v, stops)
            if x is not None and rng.random() >= miss:
                cx, cy = np.array([x, y]) + rng.normal(0, noise, 2)
                boxes.append([cx - 60, cy - 35, cx + 60, cy + 35])
                truth.append(who)
        at = np.array(boxes, np.float32).reshape(-1, 4).astype(np.float64)
        pictures.append(Picture(t, at, np.ones(len(at)), np.array(truth, np.int64)))
    return Scene("lanes", fps, (1920, 1080), tuple(pictures), len(trucks))


def _lane_x(driven_s: float, v: float, stops: bool) -> float | None:
    if driven_s < 0:
        return None
    middle_s = 960 / abs(v)
    if stops and driven_s >= middle_s:
        driven_s = max(middle_s, driven_s - 3)
    x = (-60 if v > 0 else 1980) + v * driven_s
    return x if -60 <= x <= 1980 else None


@dataclass(frozen=True, slots=True)
class _Seen:
    """One object at one instant: its box, and how near it is (larger is nearer)."""

    who: int
    box: tuple[float, float, float, float]
    near: float


def _render(
    name: str, fps: float, seed: int, size: tuple[int, int], at: Callable[[int], list[_Seen]], steps: int
) -> Scene:
    """Give what a detector sees of the objects `at(step)`: hidden and missed ones left out, false ones added."""
    rng = np.random.default_rng((seed, round(fps * 1000)))
    pictures, everyone = [], set()
    for k in range(int(steps * STEP_S * fps)):
        there = sorted(at(round(k / fps / STEP_S)), key=lambda seen: -seen.near)
        boxes, scores, truth = [], [], []
        covering: list[tuple[float, float, float, float]] = []
        for seen in there:
            left, top = max(seen.box[0], 0), max(seen.box[1], 0)
            right, bottom = min(seen.box[2], size[0]), min(seen.box[3], size[1])
            inside = max(right - left, 0) * max(bottom - top, 0)
            whole = (seen.box[2] - seen.box[0]) * (seen.box[3] - seen.box[1])
            hidden = max((_covered(seen.box, other) for other in covering), default=0.0)
            covering.append(seen.box)
            if seen.who < 0 or inside < 0.3 * whole or hidden > 0.55 or rng.random() < MISS:
                continue
            side = np.sqrt(whole)
            boxes.append(np.array([left, top, right, bottom]) + rng.normal(0, JITTER * side, 4))
            scores.append(rng.uniform(0.3, 0.6) if hidden > 0.25 else rng.uniform(0.72, 0.95))
            truth.append(seen.who)
            everyone.add(seen.who)
        for _ in range(rng.poisson(FALSE_BOXES)):
            middle, half = rng.uniform((0, 0), size), rng.uniform(8, 40, 2) * size[0] / 1280
            boxes.append(np.concatenate((middle - half, middle + half)))
            scores.append(rng.uniform(0.3, 0.75))
            truth.append(-1)
        order = rng.permutation(len(boxes))
        pictures.append(
            Picture(
                k / fps,
                np.array(boxes).reshape(-1, 4)[order],
                np.array(scores)[order],
                np.array(truth, np.int64)[order],
            )
        )
    return Scene(name, fps, size, tuple(pictures), len(everyone))


def _covered(box: tuple[float, float, float, float], by: tuple[float, float, float, float]) -> float:
    w, h = min(box[2], by[2]) - max(box[0], by[0]), min(box[3], by[3]) - max(box[1], by[1])
    return max(w, 0) * max(h, 0) / ((box[2] - box[0]) * (box[3] - box[1]))


def _queue(
    rng: np.random.Generator,
    steps: int,
    length: float,
    wish: tuple[float, float],
    gap_s: tuple[float, float],
    red: Callable[[float, float], float],
) -> Array:
    """Return how far each vehicle of one lane has driven at each step (n, steps), m; NaN outside. They keep their distance.

    `red(t, s)` is how far it is from s to the next stop line that may not be passed at t.
    """
    wishes: list[float] = []
    enters: list[float] = []
    t = float(rng.uniform(0, gap_s[1]))
    while t < steps * STEP_S - 3:
        enters.append(t)
        wishes.append(float(rng.uniform(*wish)))
        t += float(rng.uniform(*gap_s))
    way = np.full((len(enters), steps), np.nan)
    s, v = np.full(len(enters), np.nan), np.array(wishes)
    for step in range(steps):
        ahead = np.inf
        for k in range(len(enters)):
            if np.isnan(s[k]) and step * STEP_S >= enters[k] and ahead > 12:
                s[k] = 0.0
                v[k] = min(v[k], max(ahead - 12, 0) + 1)
            if not s[k] <= length:
                if np.isnan(s[k]):
                    break
                continue
            room = min(ahead - 8, red(step * STEP_S, s[k]))
            safe = np.sqrt(max(2 * 3.0 * (room - 0.5), 0))
            v[k] = max(min(v[k] + 2.0 * STEP_S, wishes[k], safe), v[k] - 6.0 * STEP_S, 0)
            s[k] += v[k] * STEP_S
            way[k, step] = ahead = s[k]
    way[way > length] = np.nan
    return way


def motorway(fps: float, seed: int, *, seconds: float = 40) -> Scene:
    """Six lanes along the view, three away and three towards; 18 to 33 m/s; pinhole camera 8 m up."""
    rng, steps = np.random.default_rng(seed), int(seconds / STEP_S)
    movers: list[tuple[Array, float, bool, float, float]] = []
    for lane, x in enumerate((-11.0, -7.3, -3.6, 3.6, 7.3, 11.0)):
        way = _queue(rng, steps, 107.0, (18 + lane % 3 * 4, 25 + lane % 3 * 4), (1.2, 2.8), lambda _t, _s: np.inf)
        for one in way:
            lorry = rng.random() < 0.3
            width, height = (2.5, rng.uniform(2.8, 3.8)) if lorry else (rng.uniform(1.8, 2.1), rng.uniform(1.4, 1.9))
            movers.append((one, x, lane < 3, width, height))

    def at(step: int) -> list[_Seen]:
        seen = []
        for who, (way, x, towards, width, height) in enumerate(movers):
            if not np.isnan(way[step]):
                z = 120 - way[step] if towards else 13 + way[step]
                foot, middle, scale = 200 + 1400 * 8 / z, 960 + 1400 * x / z, 1400 / z
                half = width * scale / 2
                seen.append(_Seen(who, (middle - half, foot - height * scale, middle + half, foot), -z))
        return seen

    return _render("motorway", fps, seed, (1920, 1080), at, steps)


def junction(fps: float, seed: int, *, seconds: float = 60) -> Scene:
    """Two roads of two lanes each way, from above (15 px a metre, 1280 x 720 px); the light changes every 10 s; a quarter turns."""
    rng, steps = np.random.default_rng(seed), int(seconds / STEP_S)
    movers: list[tuple[Array, Array, float, float]] = []
    for direction in range(4):
        for offset in (2.0, 5.5):
            line = 36.0 if direction % 2 == 0 else 17.0

            def red(t: float, s: float, line: float = line, direction: int = direction) -> float:
                green = int(t / 10) % 2 == direction % 2
                return np.inf if green or s > line else line - s

            for way in _queue(rng, steps, 110.0, (7, 13), (2.5, 6), red):
                lorry = rng.random() < 0.3
                long, wide = (rng.uniform(7, 9), 2.5) if lorry else (rng.uniform(4, 5), 1.9)
                movers.append((way, _route(direction, offset, rng.random() < 0.25), long, wide))

    def at(step: int) -> list[_Seen]:
        seen = []
        for who, (way, route, long, wide) in enumerate(movers):
            if not np.isnan(way[step]):
                x, y, dx, dy = _along(route, float(way[step]))
                half_w, half_h = 7.5 * (abs(dx) * long + abs(dy) * wide), 7.5 * (abs(dy) * long + abs(dx) * wide)
                seen.append(_Seen(who, (x - half_w, y - half_h, x + half_w, y + half_h), y))
        return seen

    return _render("junction", fps, seed, (1280, 720), at, steps)


def _route(direction: int, offset: float, turns: bool) -> Array:
    """Return the corner points (n, 2) px of a way across, coming from the left, top, right or bottom."""
    ahead = np.array([(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][direction])
    right = np.array([-ahead[1], ahead[0]])
    far = 640 if direction % 2 == 0 else 360
    middle = np.array([640.0, 360.0]) + right * offset * 15
    start = middle - ahead * (far + 60)
    if not turns:
        return np.array([start, middle + ahead * (far + 400)])
    corner = middle - ahead * offset * 15
    bend = [corner + right * 40 * (1 - np.cos(a)) - ahead * 40 * (1 - np.sin(a)) for a in np.linspace(0, np.pi / 2, 6)]
    return np.array([start, *bend, corner + right * 900])


def _along(route: Array, driven_m: float) -> tuple[float, float, float, float]:
    """Return place (px) and direction after so many metres."""
    left = driven_m * 15
    for a, b in pairwise(route):
        piece = float(np.hypot(*(b - a)))
        if left <= piece or b is route[-1]:
            break
        left -= piece
    d = (b - a) / piece
    x, y = a + d * left
    return float(x), float(y), float(d[0]), float(d[1])


def yard(fps: float, seed: int, *, seconds: float = 60) -> Scene:
    """16 objects of 14 to 90 px on 640 x 360 px, 0.3 to 2.5 of their sides a second, with stops; two pillars of 45 px."""
    rng, steps = np.random.default_rng(seed), int(seconds / STEP_S)
    ways = [
        np.array(list(_wander(rng, steps, float(side)))) for side in np.exp(rng.uniform(np.log(14), np.log(90), 16))
    ]
    pillars = [_Seen(-1, (x, 0.0, x + 45.0, 360.0), 1e9) for x in (190.0, 430.0)]

    def at(step: int) -> list[_Seen]:
        seen = list(pillars)
        for who, way in enumerate(ways):
            x, y, side = way[step]
            seen.append(_Seen(who, (x - 0.6 * side, y - 0.4 * side, x + 0.6 * side, y + 0.4 * side), y + 0.4 * side))
        return seen

    return _render("yard", fps, seed, (640, 360), at, steps)


def _wander(rng: np.random.Generator, steps: int, side: float) -> Iterator[tuple[float, float, float]]:
    low, high = np.array([side, side]), np.array([640 - side, 360 - side])
    place, done = rng.uniform(low, high), 0
    while done < steps:
        goal, pace = rng.uniform(low, high), side * rng.uniform(0.3, 2.5)
        rest = int(rng.uniform(2, 15) / STEP_S) if rng.random() < 0.5 else 0
        n = max(int(np.hypot(*(goal - place)) / pace / STEP_S), 1)
        for k in range(min(n + rest, steps - done)):
            x, y = place + (goal - place) * min((k + 1) / n, 1)
            yield float(x), float(y), side
        place, done = goal, done + n + rest


DENSE: tuple[Callable[[float, int], Scene], ...] = (motorway, junction, yard)
