"""What vessels do: calls at the port, river traffic, ferries, tugs at work, fishing, pleasure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from roadstead.simulate.reports.ride import Driver, Timeline, ride
from roadstead.simulate.reports.waters import END_M, LEG_M, Waters, passage, through_fairway
from roadstead.types import Floats

MOORED, ANCHORED, ENGINE, FISHING = 5.0, 1.0, 0.0, 7.0
TIDE_S = 22_356.0
"""How long the stream runs one way: half of 12 h 25 min."""


@dataclass(slots=True)
class Log:
    """What is being written of one vessel: its ways, and its status, heading when still and draught from which time on."""

    rng: np.random.Generator
    t: float
    spot: Floats
    parts: list[Timeline] = field(default_factory=list)
    status: list[tuple[float, float]] = field(default_factory=list)
    heading: list[tuple[float, float]] = field(default_factory=list)
    draught: list[tuple[float, float]] = field(default_factory=list)

    def sail(self, points: list[Floats], top_mps: float, status: float = ENGINE, *, slow_m: float = 800.0) -> None:
        """Go through points; acceleration of a vessel."""
        self.status.append((self.t, status))
        self.heading.append((self.t, np.nan))
        hand = Driver(gain_mps2=0.03, brake_mps2=0.05, congested=0.0)
        self.parts.append(ride(passage([self.spot, *points], top_mps, slow_m=slow_m), self.t, hand, self.rng))
        self.t, self.spot = float(self.parts[-1].t[-1]), self.parts[-1].xy_m[-1]

    def lie(self, seconds: float, status: float, heading_deg: float) -> None:
        """Lie still, moored or stopped."""
        self._still(np.stack((self.spot, self.spot)), np.array([self.t, self.t + seconds]))
        self.status.append((self.t - seconds, status))
        self.heading.append((self.t - seconds, heading_deg))

    def swing(self, seconds: float, scope_m: float) -> None:
        """Lie at anchor, turn with the tide and yaw in the wind; the bow points to the anchor, up-stream."""
        at = np.arange(self.t, self.t + seconds + 60, 60.0)
        stream = 80 + 180 / (1 + np.exp(-25 * np.sin(np.pi * at / TIDE_S)))
        yaw = 8 * np.sin(2 * np.pi * at / 660 + self.rng.uniform(0, 6))
        angle = np.deg2rad(stream + yaw)
        lies = scope_m * np.column_stack((np.sin(angle), np.cos(angle)))
        self._still(self.spot + lies - lies[0], at)
        self.status.append((at[0], ANCHORED))
        self.heading += list(zip(at.tolist(), ((stream + yaw + 180) % 360).tolist(), strict=True))

    def _still(self, xy: Floats, at: Floats) -> None:
        speed = np.append(np.hypot(*(xy[1:] - xy[:-1]).T) / (at[1:] - at[:-1]), 0.0)
        self.parts.append(Timeline(at, xy, speed, np.zeros(len(at), dtype=bool)))
        self.t, self.spot = float(at[-1]), xy[-1]

    def load(self, metres: float) -> None:
        """Change the draught from now on."""
        self.draught.append((self.t, round(metres, 1)))


def cargo(waters: Waters, log: Log, end: float) -> None:
    """Come in, wait at anchor, work cargo at a berth, go out again."""
    rng = log.rng
    far = np.array([END_M, 0.0]) if rng.random() < 0.7 else np.array([-END_M, 0.0])
    log.spot, top = far.copy(), rng.uniform(5.0, 7.7)
    full, empty = rng.uniform(8.0, 12.0), rng.uniform(5.0, 7.0)
    if rng.random() < 0.6:
        _berth(waters, log, rng.uniform(1, 30) * 3600)
    log.load(full)
    while log.t < end:
        if far is not None and np.hypot(*(log.spot - far)) < 500:
            log.lie(rng.uniform(1, 10) * 3600, ENGINE, 90.0)
        if rng.random() < 0.6:
            spot = waters.anchorages[rng.integers(len(waters.anchorages))]
            log.sail(through_fairway(log.spot, spot)[1:], top, slow_m=2500)
            log.swing(rng.uniform(3, 20) * 3600, rng.uniform(80, 220))
        _berth(waters, log, rng.uniform(8, 30) * 3600, top)
        log.load(empty)
        log.sail(through_fairway(log.spot, far)[1:], top, slow_m=2500)
        full, empty = empty, full


def _berth(waters: Waters, log: Log, seconds: float, top_mps: float = 5.0) -> None:
    berth = waters.berths[log.rng.integers(len(waters.berths))]
    if log.parts:
        log.sail(through_fairway(log.spot, berth)[1:], top_mps, slow_m=3000)
    log.spot = berth.copy()
    log.lie(seconds, MOORED, float(log.rng.choice([92.0, 272.0])))


def barge(waters: Waters, log: Log, end: float) -> None:
    """Go up and down the river, now and then to a berth."""
    rng, top = log.rng, log.rng.uniform(2.5, 4.5)
    side = float(rng.choice([-1.0, 1.0]))
    log.spot = (
        np.array([side * END_M, 0.0]) if rng.random() < 0.3 else waters.berths[rng.integers(len(waters.berths))].copy()
    )
    full, empty = rng.uniform(2.5, 4.0), rng.uniform(0.8, 1.5)
    log.load(full)
    log.lie(rng.uniform(0.05, 6) * 3600, MOORED, 90.0)
    while log.t < end:
        if rng.random() < 0.4:
            _berth(waters, log, rng.uniform(2, 12) * 3600, top)
            log.load(empty)
            full, empty = empty, full
        side = -side
        log.sail(through_fairway(log.spot, np.array([side * END_M, 0.0]))[1:], top)
        log.lie(rng.uniform(1, 5) * 3600, MOORED, 90.0)


def ferry(waters: Waters, log: Log, end: float) -> None:
    """Cross the river from 6 to 22 o'clock, local time."""
    near, far = waters.ferry
    shift = log.rng.uniform(-60, 60, 2)
    log.spot, midnight = near + shift, log.t
    while log.t < end:
        log.lie(max(60.0, midnight + 6 * 3600 + log.rng.uniform(0, 1200) - log.t), MOORED, 0.0)
        while log.t < midnight + 22 * 3600:
            for pier in (far, near):
                bow = (log.spot + pier) / 2 + log.rng.uniform(-80, 80, 2)
                log.sail([bow, pier + shift], 5.5, slow_m=500)
                log.lie(log.rng.uniform(360, 720), MOORED, 0.0 if pier is far else 180.0)
        midnight += 86400.0


def tug(waters: Waters, log: Log, end: float) -> None:
    """Help others at the berths: short ways with many turns, then back home."""
    rng, top = log.rng, log.rng.uniform(4.0, 6.0)
    log.spot = waters.home + rng.uniform(-150, 150, 2)
    while log.t < end:
        home = log.spot.copy()
        log.lie(rng.uniform(0.5, 5) * 3600, MOORED, 90.0)
        job = waters.berths[rng.integers(len(waters.berths))] - np.array([0.0, 700.0])
        log.sail([(log.spot + job) / 2 - np.array([0.0, 400.0]), job], top, slow_m=500)
        for _ in range(int(rng.integers(2, 5))):
            log.sail([log.spot + _wander(rng, int(rng.integers(15, 40)), 0.35)], rng.uniform(1.0, 2.6), slow_m=100)
            log.lie(rng.uniform(60, 600), ENGINE, float(rng.uniform(0, 360)))
        log.sail([(log.spot + home) / 2 - np.array([0.0, 300.0]), home], top, slow_m=500)


def fishing(waters: Waters, log: Log, end: float) -> None:
    """Go to the grounds at night or in the morning, trawl for hours, come back."""
    rng, (low, high) = log.rng, waters.grounds
    log.spot = waters.home + np.array([900.0, 0.0]) + rng.uniform(-150, 150, 2)
    while log.t < end:
        home = log.spot.copy()
        log.lie(rng.uniform(2, 12) * 3600, MOORED, 90.0)
        target = rng.uniform(low, high)
        log.sail([*through_fairway(log.spot, target)[1:]], rng.uniform(3.5, 5.0))
        for _ in range(int(rng.integers(1, 4))):
            log.sail([log.spot + _wander(rng, int(rng.integers(100, 300)), 0.12)], rng.uniform(1.3, 2.1), FISHING)
            log.lie(rng.uniform(600, 2400), FISHING, float(rng.uniform(0, 360)))
        log.sail([*through_fairway(log.spot, home)[1:]], rng.uniform(3.5, 5.0))


def pleasure(waters: Waters, log: Log, end: float) -> None:
    """A tour by day, moored else."""
    rng = log.rng
    log.spot, midnight = waters.home + np.array([-900.0, 0.0]) + rng.uniform(-150, 150, 2), log.t
    while log.t < end:
        home = log.spot.copy()
        log.lie(max(600.0, midnight + rng.uniform(8, 14) * 3600 - log.t), MOORED, 90.0)
        turn = log.spot - np.array([0.0, 1500.0]) + _wander(rng, 120, 0.15)
        log.sail([turn, home], rng.uniform(2.5, 4.5), slow_m=300)
        midnight += 86400.0


def _wander(rng: np.random.Generator, n: int, bend: float) -> Floats:
    """Return n legs of a random way from 0, 0 whose course changes slowly."""
    course = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, bend, n))
    return np.cumsum(LEG_M * np.column_stack((np.sin(course), np.cos(course))), axis=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A kind of vessel: its AIS type, what it does, length and beam, share of class B, and of the fleet."""

    kind: int
    live: Callable[[Waters, Log, float], None]
    length_m: tuple[float, float]
    class_b: float
    share: float
    seagoing: bool = False


TRADES: Mapping[str, Trade] = {
    "cargo": Trade(kind=70, live=cargo, length_m=(90, 300), class_b=0.0, share=0.25, seagoing=True),
    "tanker": Trade(kind=80, live=cargo, length_m=(80, 250), class_b=0.0, share=0.10, seagoing=True),
    "barge": Trade(kind=70, live=barge, length_m=(40, 90), class_b=0.4, share=0.33),
    "ferry": Trade(kind=60, live=ferry, length_m=(30, 60), class_b=0.0, share=0.06),
    "tug": Trade(kind=52, live=tug, length_m=(25, 40), class_b=0.0, share=0.08),
    "fishing": Trade(kind=30, live=fishing, length_m=(15, 45), class_b=0.7, share=0.12),
    "pleasure": Trade(kind=37, live=pleasure, length_m=(8, 20), class_b=1.0, share=0.06),
}
