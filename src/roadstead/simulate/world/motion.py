"""Where a body is at which time: knots in time, made by driving along a path, sailing, standing or falling."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats, readonly

STEP_S = 0.05
"""How far knots lie apart in time."""
_GRID_M = 0.25
_SLOWEST_MPS = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Places (n, 3) m, rotations (n, 4) w x y z, speeds (n,) m/s over the ground and courses (n,) degrees from north."""

    xyz_m: Floats
    turn: Floats
    speed_mps: Floats
    course_deg: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Knots: ascending times (n,) s, places (n, 3) m, unit quaternions (n, 4) w x y z. Outside them the body is not there."""

    t: Floats
    xyz_m: Floats
    turn: Floats

    def __post_init__(self) -> None:
        turn = np.array(self.turn, dtype=np.float64).reshape(-1, 4)
        flip = np.cumprod(np.concatenate(([1.0], np.where((turn[1:] * turn[:-1]).sum(axis=1) < 0, -1.0, 1.0))))
        object.__setattr__(self, "t", readonly(self.t))
        object.__setattr__(self, "xyz_m", readonly(self.xyz_m, 3))
        object.__setattr__(self, "turn", readonly(turn * flip[:, None], 4))

    @property
    def start(self) -> float:
        """When it appears."""
        return float(self.t[0])

    @property
    def end(self) -> float:
        """When it is gone."""
        return float(self.t[-1])

    def there(self, t: float) -> bool:
        """Whether it is in the world at t."""
        return bool(self.t[0] <= t <= self.t[-1])

    def at(self, t: npt.ArrayLike) -> State:
        """Return what is true at times (n,), held at the ends."""
        when = np.clip(np.atleast_1d(np.asarray(t, dtype=np.float64)), self.t[0], self.t[-1])
        place = np.column_stack([np.interp(when, self.t, self.xyz_m[:, i]) for i in range(3)])
        turn = np.column_stack([np.interp(when, self.t, self.turn[:, i]) for i in range(4)])
        turn /= np.maximum(np.linalg.norm(turn, axis=1, keepdims=True), 1e-12)
        before, after = np.clip(when - 0.1, self.t[0], self.t[-1]), np.clip(when + 0.1, self.t[0], self.t[-1])
        gone = np.column_stack(
            [np.interp(after, self.t, self.xyz_m[:, i]) - np.interp(before, self.t, self.xyz_m[:, i]) for i in (0, 1)]
        )
        speed = np.hypot(*gone.T) / np.maximum(after - before, 1e-9)
        ahead = ahead_of(turn)
        course = np.where(speed[:, None] > 0.1, gone, ahead[:, :2])
        return State(place, turn, speed, np.degrees(np.arctan2(course[:, 0], course[:, 1])) % 360.0)

    def passes(self, crossed: npt.NDArray[np.bool_]) -> float | None:
        """Return the time of the first knot for which a condition (n,) on the knots holds."""
        rows = np.flatnonzero(crossed)
        return float(self.t[rows[0]]) if len(rows) else None

    def delayed(self, seconds: float) -> "Motion":
        """Return the same later."""
        return Motion(self.t + seconds, self.xyz_m, self.turn)


def yaw_turn(yaw: npt.ArrayLike, pitch: npt.ArrayLike = 0.0, roll: npt.ArrayLike = 0.0) -> Floats:
    """Return quaternions (n, 4) of yaw (rad, from east counterclockwise), pitch (nose down positive) and roll (to the right positive)."""
    y, p, r = np.broadcast_arrays(np.atleast_1d(np.asarray(yaw, float)), pitch, roll)
    cy, sy, cp, sp, cr, sr = np.cos(y / 2), np.sin(y / 2), np.cos(p / 2), np.sin(p / 2), np.cos(r / 2), np.sin(r / 2)
    return np.column_stack(
        (
            cy * cp * cr + sy * sp * sr,
            cy * cp * sr - sy * sp * cr,
            cy * sp * cr + sy * cp * sr,
            sy * cp * cr - cy * sp * sr,
        )
    )


def matrices(turn: Floats) -> Floats:
    """Return the rotation matrices (n, 3, 3) of unit quaternions (n, 4)."""
    w, x, y, z = np.asarray(turn, dtype=np.float64).reshape(-1, 4).T
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def ahead_of(turn: Floats) -> Floats:
    """Return the direction (n, 3) that each of some bodies points to."""
    return matrices(turn)[:, :, 0]


def standing(t0: float, t1: float, at: Sequence[float], yaw: float) -> Motion:
    """Return a body that stands at a place (2 or 3,) from t0 to t1."""
    place = np.array([*at, 0.0][:3], dtype=np.float64)
    return Motion(np.array([t0, t1]), np.vstack((place, place)), yaw_turn([yaw, yaw]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A halt of the body's middle `along_m` of the path, for some seconds."""

    along_m: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Driving:
    """How something drives: its speed, what it makes of bends, its base and its halts. `limits` are (from m, to m, m/s)."""

    speed_mps: float
    gain_mps2: float = 1.2
    brake_mps2: float = 1.8
    lateral_mps2: float = 1.6
    base_m: float = 3.0
    stops: tuple[Stop, ...] = ()
    limits: tuple[tuple[float, float, float], ...] = ()
    end_mps: float | None = None


def smooth_path(points: npt.ArrayLike, radius_m: float = 6.0) -> Floats:
    """Return a way (n, 2) through corners (m, 2), each rounded by an arc of up to a radius, with points every 0.25 m."""
    corner = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    made = [corner[:1]]
    for before, here, after in zip(corner[:-2], corner[1:-1], corner[2:], strict=True):
        a, b = before - here, after - here
        la, lb = float(np.hypot(*a)), float(np.hypot(*b))
        half = np.arccos(np.clip(a @ b / (la * lb), -1, 1)) / 2
        cut = min(radius_m / max(np.tan(half), 1e-6), 0.49 * la, 0.49 * lb)
        start, end = here + a / la * cut, here + b / lb * cut
        s = np.linspace(0, 1, 24)[:, None]
        made.append((1 - s) ** 2 * start + 2 * s * (1 - s) * here + s**2 * end)
    made.append(corner[-1:])
    return resampled(np.concatenate(made), _GRID_M)


def resampled(way: Floats, every_m: float) -> Floats:
    """Return points (m, 2) evenly along a polyline (n, 2), its ends among them."""
    leg = np.hypot(*np.diff(way, axis=0).T)
    way = way[np.concatenate(([True], leg > 1e-9))]
    along = along_m(way)
    at = np.linspace(0.0, along[-1], max(2, round(along[-1] / every_m) + 1))
    return np.column_stack((np.interp(at, along, way[:, 0]), np.interp(at, along, way[:, 1])))


def along_m(way: Floats) -> Floats:
    """Return how far each point (n,) of a polyline (n, 2) lies along it."""
    return np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))))


def drive(path: Floats, how: Driving, start: float) -> Motion:
    """Return the motion of a vehicle along a path (n, 2), beginning at `start` with its speed.

    The speed is the greatest that limits, bends, halts, gain and braking allow. The middle lies halfway between an axle
    that is `base_m` ahead and one as far behind along the path; the body nods and leans with the acceleration.
    """
    way = resampled(path, _GRID_M)
    s = along_m(way)
    top = np.minimum(how.speed_mps, np.sqrt(how.lateral_mps2 / np.maximum(_bend(way), 1e-6)))
    for a, b, limit in how.limits:
        top[(s >= a) & (s <= b)] = np.minimum(top[(s >= a) & (s <= b)], limit)
    if how.end_mps is not None:
        top[-1] = min(top[-1], how.end_mps)
    halts = [(int(np.argmin(np.abs(s - stop.along_m))), stop.seconds) for stop in how.stops]
    for k, _ in halts:
        top[k] = 0.0
    v = _reachable(top, s, how)
    dt = 2 * np.diff(s) / np.maximum(v[1:] + v[:-1], _SLOWEST_MPS)
    t = np.concatenate(([0.0], np.cumsum(dt)))
    for k, seconds in halts:
        t[k + 1 :] += seconds
    knots_t, knots_s = [t], [s]
    for k, seconds in halts:
        knots_t.append(np.array([t[k] + seconds]))
        knots_s.append(np.array([s[k]]))
    order = np.argsort(np.concatenate(knots_t), kind="stable")
    all_t, all_s = np.concatenate(knots_t)[order], np.concatenate(knots_s)[order]
    when = np.append(np.arange(0.0, all_t[-1], STEP_S), all_t[-1])
    return _along(way, s, np.interp(when, all_t, all_s), when + start, how.base_m)


def _reachable(top: Floats, s: Floats, how: Driving) -> Floats:
    """Lower a speed limit (n,) along s until gain and braking can follow it."""
    v2, ds = top**2, np.diff(s)
    for i in range(1, len(s)):
        v2[i] = min(v2[i], v2[i - 1] + 2 * how.gain_mps2 * ds[i - 1])
    for i in range(len(s) - 2, -1, -1):
        v2[i] = min(v2[i], v2[i + 1] + 2 * how.brake_mps2 * ds[i])
    return np.sqrt(v2)


def _bend(way: Floats) -> Floats:
    """Return the curvature (n,), 1/m, of evenly spaced points."""
    step = np.diff(way, axis=0)
    angle = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    bend = np.abs(np.diff(angle)) / _GRID_M
    if not len(bend):
        return np.zeros(len(way))
    wide = np.convolve(np.pad(bend, 4, mode="edge"), np.full(9, 1 / 9), mode="valid")
    return np.concatenate((wide[:1], wide, wide[-1:]))


def _along(way: Floats, s: Floats, at: Floats, t: Floats, base_m: float) -> Motion:
    """Return a motion at distances (n,) along a way at times (n,)."""
    ends = []
    for off in (base_m, -base_m):
        far = at + off
        clipped = np.clip(far, 0, s[-1])
        place = np.column_stack((np.interp(clipped, s, way[:, 0]), np.interp(clipped, s, way[:, 1])))
        first, last = way[1] - way[0], way[-1] - way[-2]
        over = (far - clipped)[:, None]
        place += np.where(over > 0, over * last / np.hypot(*last), over * first / np.hypot(*first))
        ends.append(place)
    front, back = ends
    yaw = np.unwrap(np.arctan2(*(front - back).T[::-1]))
    middle = (front + back) / 2
    speed = np.gradient(at, t)
    smooth = np.full(9, 1 / 9)
    gain = np.convolve(np.pad(np.gradient(speed, t), 4, mode="edge"), smooth, mode="valid")
    lean = np.convolve(np.pad(speed * np.gradient(yaw, t), 4, mode="edge"), smooth, mode="valid")
    turn = yaw_turn(yaw, np.clip(-0.008 * gain, -0.03, 0.03), np.clip(0.01 * lean, -0.04, 0.04))
    return Motion(t, np.column_stack((middle, np.zeros(len(t)))), turn)


def joined(first: Motion, then: Motion) -> Motion:
    """Return one motion after another; between them the body stays where the first ended."""
    later = then.t > first.t[-1]
    return Motion(
        np.concatenate((first.t, then.t[later])),
        np.concatenate((first.xyz_m, then.xyz_m[later])),
        np.concatenate((first.turn, then.turn[later])),
    )
