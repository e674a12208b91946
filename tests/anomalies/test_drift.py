"""Swinging across the way, which bends, roundabouts and stops do not make."""

from dataclasses import replace

import numpy as np
import pytest

from _altered import found
from _fleets import HOME, T0, drive
from roadstead.geometry.geodesy import from_ground, to_ground
from roadstead.positions import Position


def swung(some: list[Position], rows: range, swing_m: float) -> list[Position]:
    """Return the reports with these fixes to the left and the right of a way to the east in turn."""
    out = list(some)
    for i in rows:
        p = some[i]
        assert p.lat is not None
        assert p.lon is not None
        lat, lon = from_ground(HOME, to_ground(HOME, p.lat, p.lon) + np.array([[0.0, swing_m * (-1) ** i]]))
        out[i] = replace(p, lat=float(lat[0]), lon=float(lon[0]))
    return out


@pytest.mark.parametrize(("label", "limit_m"), [("truck", 15.0), ("vessel", 20.0)])
@pytest.mark.parametrize("every_s", [10.0, 30.0])
def test_a_fifth_beyond_the_limit_is_found(label: str, limit_m: float, every_s: float) -> None:
    clean = drive("a", ((0, 0, 0), (60 * every_s, 600 * every_s, 0)), every_s=every_s, jitter_m=0.0)
    (said,) = found("drift", swung(clean, range(20, 40), 1.2 * limit_m) + drive("b"), label)
    assert said.subject == "a"
    assert said.since is not None
    assert T0 + 15 * every_s <= said.since <= T0 + 21 * every_s
    assert T0 + 38 * every_s <= said.t <= T0 + 45 * every_s
    assert said.measured["swing_m"] == pytest.approx(1.2 * limit_m, rel=0.02)
    assert said.measured["limit_m"] == pytest.approx(limit_m)
    assert found("drift", swung(clean, range(20, 40), 0.8 * limit_m), label) == []


def test_random_jitter_of_36_m_is_found() -> None:
    noisy = drive("a", ((0, 0, 0), (1200, 12_000, 0)), jitter_m=36.0, seed=3)
    assert found("drift", noisy)


def test_few_satellites_halve_the_limit() -> None:
    for satellites, times in ((4.0, 1), (5.0, 0)):
        clean = drive("a", jitter_m=0.0, extra={"satellites": satellites})
        said = found("drift", swung(clean, range(20, 40), 9.0))
        assert len(said) == times
        assert all(e.measured["satellites"] == satellites for e in said)


def way(points: list[tuple[float, float]], mps: float) -> list[tuple[float, float, float]]:
    """Return a way through points at one speed, as drive takes it."""
    xy = np.array(points)
    t = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))) / mps
    return [(float(a), float(b), float(c)) for a, (b, c) in zip(t, xy, strict=True)]


ROUND = [(float(30 * np.cos(a)), float(30 * np.sin(a))) for a in np.linspace(0, 20 * np.pi, 200)]
STAIRS = [(300.0 * ((k + 1) // 2), 300.0 * (k // 2)) for k in range(40)]


@pytest.mark.parametrize("every_s", [5.0, 10.0, 30.0])
@pytest.mark.parametrize(
    "points", [way(ROUND, 8.0), way(STAIRS, 10.0), way([(0, 0), (3000, 0), (3000, 50), (0, 50)], 10.0)]
)
def test_bends_are_no_drift(points: list[tuple[float, float, float]], every_s: float) -> None:
    assert found("drift", drive("a", points, every_s=every_s, jitter_m=5.3)) == []


def test_stopping_and_starting_is_no_drift() -> None:
    stops = [(30.0 * k, 300.0 * ((k + 1) // 2), 0.0) for k in range(60)]
    assert found("drift", drive("a", stops, jitter_m=5.3)) == []


def test_one_wild_fix_and_standing_are_no_drift() -> None:
    assert found("drift", swung(drive("a"), range(30, 31), 300.0)) == []
    assert found("drift", drive("a", ((0, 0, 0), (1200, 0.0, 0)), jitter_m=60.0, speeds=False)[:4]) == []
    still = [replace(p, speed_mps=0.0) for p in drive("a", ((0, 0, 0), (1200, 0.0, 0)), jitter_m=60.0)]
    assert found("drift", still) == []
