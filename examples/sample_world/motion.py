"""Ways over the ground and speeds along them: no jumps, brakes and engines of ordinary strength."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sample_world.camera import Floats
from sample_world.solids import Pose

STEP_S = 0.02
GRID_M = 0.05


def way(points: Sequence[tuple[float, float]], radius_m: float = 8.0) -> Floats:
    """A way through the points (n, 2), its corners rounded to arcs; one row every 5 cm."""
    corners = np.asarray(points, float)
    pieces: list[Floats] = [corners[:1]]
    for before, at, after in zip(corners, corners[1:], corners[2:], strict=False):
        a, b = (before - at) / np.linalg.norm(before - at), (after - at) / np.linalg.norm(after - at)
        half = np.arccos(np.clip(a @ b, -1, 1)) / 2
        if half > np.pi / 2 - 1e-3:
            continue
        reach = radius_m / np.tan(half)
        centre = at + (a + b) / np.linalg.norm(a + b) * radius_m / np.sin(half)
        start, end = at + a * reach - centre, at + b * reach - centre
        sweep = np.arctan2(start[0] * end[1] - start[1] * end[0], start @ end)
        turns = np.linspace(0, sweep, 60)
        spin = np.column_stack((np.cos(turns), np.sin(turns)))
        pieces.append(
            centre
            + np.column_stack(
                (start[0] * spin[:, 0] - start[1] * spin[:, 1], start[1] * spin[:, 0] + start[0] * spin[:, 1])
            )
        )
    rough = np.vstack([*pieces, corners[-1:]])
    length = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(rough, axis=0), axis=1))))
    rough, length = rough[np.append(True, np.diff(length) > 1e-9)], length[np.append(True, np.diff(length) > 1e-9)]
    grid = np.arange(0, length[-1], GRID_M)
    return np.column_stack((np.interp(grid, length, rough[:, 0]), np.interp(grid, length, rough[:, 1])))


@dataclass(frozen=True, slots=True)
class Stop:
    """Stand for `seconds` with the middle of the vehicle `at_m` along the way."""

    at_m: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """Where a vehicle is at each of its instants: t (n,) s, s (n,) m along the way, v (n,) m/s."""

    way: Floats
    t: Floats
    s: Floats
    v: Floats
    axles_m: float

    def pose(self, t: float) -> Pose | None:
        """Return the pose at t, both axles on the way; None before the start and after the end."""
        if not self.t[0] <= t <= self.t[-1]:
            return None
        s = float(np.interp(t, self.t, self.s))
        front, rear = self._at(s + self.axles_m / 2), self._at(s - self.axles_m / 2)
        middle, along = (front + rear) / 2, front - rear
        gain = (float(np.interp(t + 0.2, self.t, self.v)) - float(np.interp(t - 0.2, self.t, self.v))) / 0.4
        nod = -0.006 * gain
        return Pose(float(middle[0]), float(middle[1]), float(np.arctan2(along[1], along[0])), 0.0, nod)

    def speed(self, t: float) -> float:
        """Speed along the way at t, m/s."""
        return float(np.interp(t, self.t, self.v))

    def _at(self, s: float) -> Floats:
        last = (len(self.way) - 1) * GRID_M
        at = np.clip(s, 0, last) / GRID_M
        return np.array([np.interp(at, np.arange(len(self.way)), self.way[:, k]) for k in (0, 1)])


def drive(
    line: Floats,
    start_s: float,
    limits: Sequence[tuple[float, float]],
    stops: Sequence[Stop] = (),
    *,
    axles_m: float = 2.8,
    gain_mps2: float = 1.6,
    brake_mps2: float = 2.0,
) -> Drive:
    """Drive a way from `start_s`. `limits` are (from m along the way, speed m/s): slow down before, speed up after."""
    end = (len(line) - 1) * GRID_M - axles_m / 2
    s, v, t = axles_m / 2, limits[0][1], start_s
    waiting = list(stops)
    left = waiting[0].seconds if waiting else 0.0
    rows = [(t, s, v)]
    while s < end and t < start_s + 300:
        now = [speed for at, speed in limits if at <= s][-1] if limits[0][0] <= s else limits[0][1]
        allowed = [now, *(np.sqrt(speed**2 + 2 * brake_mps2 * (at - s)) for at, speed in limits if at > s)]
        if waiting:
            allowed.append(np.sqrt(2 * brake_mps2 * max(0.0, waiting[0].at_m - s)))
        v = min(float(min(allowed)), v + gain_mps2 * STEP_S)
        if waiting and waiting[0].at_m - s < 0.03:
            v, left = 0.0, left - STEP_S
            if left <= 0:
                waiting.pop(0)
                left = waiting[0].seconds if waiting else 0.0
        s, t = s + v * STEP_S, t + STEP_S
        rows.append((t, s, v))
    table = np.array(rows)
    # A third of a second of smoothing stands for the driver's foot and the tyres.
    kernel = np.ones(17) / 17
    smooth = np.convolve(np.pad(table[:, 1], 8, mode="reflect", reflect_type="odd"), kernel, "valid")
    return Drive(line, table[:, 0], smooth, np.gradient(smooth, STEP_S), axles_m)


def fall(at: tuple[float, float], height_m: float, v: tuple[float, float], start_s: float, t: float) -> Pose | None:
    """A lump that falls, bounces twice and comes to rest; None before it falls."""
    if t < start_s:
        return None
    left, z, up, x, y, vx, vy = t - start_s, height_m, 0.0, *at, *v
    for _ in range(int(left / STEP_S)):
        up -= 9.81 * STEP_S
        z += up * STEP_S
        if z <= 0:
            z, up = 0.0, -up * 0.32 if up < -0.9 else 0.0
            vx, vy = vx * 0.72, vy * 0.72
        x, y = x + vx * STEP_S, y + vy * STEP_S
    if abs(vx) + abs(vy) < 0.05:
        vx = vy = 0.0
    return Pose(x, y, 0.6 + (x - at[0]) * 0.4, z, 0.0)
