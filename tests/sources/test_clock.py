"""From stamps to UTC: repaired where they break, never backwards, anchored by the least-delayed packets."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.sources._clock import FileTimes, Grid, LiveTimes, Steady

P = 0.04
WRAP = 2**33 / 90_000


@pytest.mark.parametrize(
    ("stamps", "times", "counted"),
    [
        pytest.param([0, P, 2 * P], [0, P, 2 * P], {}, id="as they are"),
        pytest.param([7, 7 + P, 7 + 2 * P], [7, 7 + P, 7 + 2 * P], {}, id="begins late"),
        pytest.param([0, 3 * P, P, 2 * P, 4 * P], [0, 3 * P, P, 2 * P, 4 * P], {}, id="reordered pictures"),
        pytest.param([0, P, None, 3 * P], [0, P, 2 * P, 3 * P], {"time_missing": 1}, id="one is missing"),
        pytest.param([None, None, None], [0, P, 2 * P], {"time_missing": 3}, id="none has any"),
        pytest.param([0, 100, 100 + P], [0, 100, 100 + P], {}, id="a pause is a pause"),
        pytest.param([9, 9 + P, 0, P], [9, 9 + P, 9 + 2 * P, 9 + 3 * P], {"time_jumps": 1}, id="goes back"),
        pytest.param([0, P, 1e6, 3 * P, 4 * P], [0, P, 2 * P, 3 * P, 4 * P], {"time_jumps": 2}, id="one is wild"),
        pytest.param([0, P, P - WRAP, 2 * P - WRAP], [0, P, 2 * P, 3 * P], {"time_jumps": 1}, id="wraps"),
    ],
)
def test_file_times(stamps: list[float | None], times: list[float], counted: dict[str, int]) -> None:
    counts: Counter[str] = Counter()
    clock = FileTimes(1000.0, 0.0, P, counts)
    assert [clock.stamp(s).t for s in stamps] == pytest.approx([1000 + t for t in times])
    assert counts == counted


class Wire:
    """A camera's packets on their way: its clock, our clock, and delays between them."""

    def __init__(self, delays: list[float], ppm: float = 0.0, period: float = P) -> None:
        self.sent = [i * period for i in range(len(delays))]
        self.stamps = [5e4 + t * (1 + ppm / 1e6) for t in self.sent]
        arrivals, last = [], 0.0
        for sent, delay in zip(self.sent, delays, strict=True):
            last = max(last, sent + delay)
            arrivals.append(1e9 + last)
        self.arrivals = arrivals
        self.counts: Counter[str] = Counter()
        clock = iter(arrivals)
        self.times = LiveTimes(lambda: next(clock), self.counts)
        self.t = [self.times.stamp(s).t for s in self.stamps]


def test_live_times_follow_the_least_delayed_packets() -> None:
    rng = random.Random(3)
    wire = Wire([0.02 + rng.expovariate(20) for _ in range(3000)])
    off = [t - (1e9 + sent) for t, sent in zip(wire.t, wire.sent, strict=True)]
    assert all(0.0199 <= error < 0.03 for error in off[250:])
    assert not wire.counts


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_drift_is_followed_and_measured(ppm: float) -> None:
    rng = random.Random(4)
    wire = Wire([0.02 + rng.expovariate(50) for _ in range(3000)], ppm, period=0.2)
    off = [t - (1e9 + sent) for t, sent in zip(wire.t, wire.sent, strict=True)]
    assert all(-0.001 < error < 0.06 for error in off[250:])
    timing = wire.times.timing()
    assert timing is not None
    assert timing.drift_ppm == pytest.approx(-ppm, abs=25)


@given(
    st.lists(st.floats(0, 8), min_size=2, max_size=60),
    st.lists(st.sampled_from([P] * 8 + [0.0, 3.0, 20.0, -40.0, WRAP]), min_size=60, max_size=60),
)
def test_live_times_never_run_back_nor_ahead_of_arrival(delays: list[float], steps: list[float]) -> None:
    now, stamp, arrivals, stamps = 1e9, 100.0, [], []
    for delay, step in zip(delays, steps, strict=False):
        now, stamp = now + delay, stamp + step
        arrivals.append(now)
        stamps.append(stamp)
    clock = iter(arrivals)
    times = LiveTimes(lambda: next(clock), Counter())
    given_times = [times.stamp(s) for s in stamps]
    assert all(g.t <= a and g.received == a for g, a in zip(given_times, arrivals, strict=True))
    assert all(b.t >= a.t for a, b in pairwise(given_times))


def test_a_live_stream_that_begins_anew_is_anchored_anew() -> None:
    clock = iter([100.0, 100.04, 100.08, 100.12])
    times, counts = [], Counter[str]()
    live = LiveTimes(lambda: next(clock), counts)
    times = [live.stamp(s).t for s in (5000.0, 5000.04, 0.0, 0.04)]
    assert times == pytest.approx([100.0, 100.04, 100.08, 100.12])
    assert counts == {"time_jumps": 1}


def test_the_cameras_own_wall_clock_is_compared() -> None:
    live = LiveTimes(lambda: 1000.0, Counter())
    assert live.timing() is None
    live.stamp(10.0)
    timing = live.timing(zero_utc=997.0)
    assert timing is not None
    assert timing.camera_ahead_s == pytest.approx(7.0)
    assert timing.drift_ppm is None


def test_our_clock_never_runs_back() -> None:
    utc = iter([100.0, 101.0, 51.0, 61.0, 200.0])
    steady = iter([0.0, 1.0, 2.0, 12.0, 13.0])
    clock = Steady(lambda: next(utc), lambda: next(steady))
    assert [clock.now() for _ in range(5)] == pytest.approx([100.0, 101.0, 101.9, 110.9, 200.0])


@pytest.mark.parametrize(
    ("rate", "fps", "first"), [(25, 5, [0, 5, 10]), (24, 5, [0, 5, 10]), (10, 25, [0, 1, 2]), (30, 0.5, [0, 60, 120])]
)
def test_the_grid_takes_the_first_of_each_slot(rate: int, fps: float, first: list[int]) -> None:
    for origin in (0.0, 1_790_000_000.0):
        grid = Grid(fps, origin)
        taken = [i for i in range(rate * 10) if grid.take(origin + i / rate)]
        assert taken[:3] == first
        assert len(taken) == min(rate, fps) * 10
