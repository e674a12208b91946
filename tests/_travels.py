"""What pictures of a minute would give of movers: a truck that turns at a junction, a vessel that passes or lies."""

from dataclasses import replace

import numpy as np

from roadstead.positions import Reports, Static
from roadstead.simulate.reports.track import Reporter, reported
from roadstead.simulate.reports.travel import Class, Travel, extended
from roadstead.simulate.reports.vessels import imo_number

T0 = 1_789_950_000.0
ORIGIN = {"truck": (31.2, 121.5), "vessel": (31.38, 121.7)}
SHOWN_S = 60.0
HZ = 10


def shown(kind: Class, number: int) -> Travel:
    """Return a minute of mover `number`, ten times a second."""
    rng = np.random.default_rng((4, number))
    t = np.arange(0.0, SHOWN_S, 1 / HZ)
    speed, rate = _truck(t, number, rng) if kind == "truck" else _vessel(t, number, rng)
    course = rng.uniform(0, 2 * np.pi) + np.cumsum(rate) / HZ
    step = (speed / HZ)[:, None] * np.column_stack((np.sin(course), np.cos(course)))
    place = rng.uniform(-300, 300, 2) if kind == "truck" else rng.uniform(-3000, 3000, 2)
    return Travel(
        origin=ORIGIN[kind],
        t=T0 + 10 * (number % 7) + t,
        xy_m=place + np.cumsum(step, axis=0) - step[0],
        speed_mps=speed,
        course_deg=np.rad2deg(course) % 360,
    )


def _truck(t: np.ndarray, number: int, rng: np.random.Generator) -> "tuple[np.ndarray, np.ndarray]":
    """Speed, m/s, and rate of turn, rad/s: it brakes, stands in two of three cases, and turns off or goes straight on."""
    cruise = rng.uniform(8, 14)
    slow = 0.0 if number % 3 else 4.0
    stand = rng.uniform(3, 15)
    down = np.clip(cruise - 1.4 * np.maximum(t - 10, 0), slow, None)
    up = np.clip(slow + 0.9 * np.maximum(t - 20 - stand, 0), None, cruise)
    speed = np.where(t < 20 + stand, down, up)
    turn = float(rng.choice([-1.0, 0.0, 1.0])) * np.pi / 2
    rate = np.where((t > 22 + stand) & (t < 28 + stand), turn / 6, 0.0)
    return speed, rate


def _vessel(t: np.ndarray, number: int, rng: np.random.Generator) -> "tuple[np.ndarray, np.ndarray]":
    if number % 5 == 0:
        return np.zeros(len(t)), np.zeros(len(t))
    rate = np.deg2rad(float(rng.choice([0.0, 0.0, 0.3, -0.5])))
    return np.full(len(t), rng.uniform(2.5, 8.0)) * (1 + 0.02 * np.sin(t / 20)), np.full(len(t), rate)


def reporter(kind: Class, number: int, **other: object) -> Reporter:
    """Return who reports for mover `number`: every second truck by one way, every third vessel by class B."""
    if kind == "truck":
        plate = Static(name=f"沪D{number:05d}")
        made = Reporter(
            kind=kind,
            id=f"{13_000_000_000 + number}",
            static=plate,
            two_way=number % 2 == 0,
            load=3.0 * (number % 3 > 0),
        )
    else:
        says = Static(
            name=f"JIANG {number:05d}",
            call_sign=f"B{number:05d}",
            imo=imo_number(900_000 + number),
            kind=70,
            length_m=90.0,
            beam_m=14.0,
            draught_m=4.5,
        )
        made = Reporter(kind=kind, id=f"413{number:05d}0", static=says, class_b=number % 3 == 2, lying_status=1.0)
    return replace(made, **other)  # type: ignore[arg-type]  # fields of Reporter


def fleet_of(
    kind: Class, movers: int, *, around_s: float = 1800.0, first: int = 0
) -> "tuple[dict[str, Reports], list[Travel]]":
    """Return the reports by mover, from `around_s` before the picture to as long after it, and the travels."""
    made, travels = dict[str, Reports](), list[Travel]()
    for number in range(first, first + movers):
        travels.append(extended(shown(kind, number), kind, before_s=around_s, after_s=around_s, seed=number))
        who = reporter(kind, number)
        made[who.id] = reported(travels[-1], who)
    return made, travels
