"""The clean world is possible: speeds, accelerations, intervals, identities; and the same seed makes the same world."""

import numpy as np
import pytest

from roadstead.positions import Defect, Kind, Reports
from roadstead.simulate.reports.fleet import BEGIN, in_parts, trucks, vessels
from roadstead.simulate.reports.noise import fix_error
from roadstead.simulate.reports.vessels import imo_number
from roadstead.track.fleet import fleet

KNOT_MPS = 1852 / 3600


def _same(a: Reports, b: Reports) -> bool:
    names = ("mover", "kind", "t", "t_received", "lat", "lon", "speed_mps", "peer", "static", "raw")
    return a.movers == b.movers and all(
        np.array_equal(getattr(a, n), getattr(b, n), equal_nan=n != "mover") for n in names
    )


@pytest.mark.parametrize("make", [trucks, vessels])
def test_a_seed_is_a_world(make: "type[object]") -> None:
    assert _same(make(3, seed=1), make(3, seed=1))  # type: ignore[arg-type, call-arg]  # both make reports
    assert not _same(make(3, seed=1), make(3, seed=2))  # type: ignore[arg-type, call-arg]


def test_parts_hold_the_same_movers() -> None:
    whole = trucks(4, 0.5, seed=1)
    parts = list(in_parts("trucks", 4, 0.5, seed=1, each=2))
    assert [p.movers for p in parts] == [whole.movers[:2], whole.movers[2:]]
    assert sum(map(len, parts)) == len(whole)


def test_trucks_are_possible() -> None:
    reports = trucks(12, seed=1)
    one = fleet(reports, "truck")
    t = reports.t[reports.kind == Kind.POSITION]
    assert (t >= BEGIN).all()
    assert (t <= BEGIN + 86400).all()
    assert 10 < np.nanmax(reports.speed_mps) < 110 / 3.6
    assert np.nanmax(one.mps) < 160 / 3.6
    same = (np.diff(one.mover) == 0) & (np.diff(one.t) > 0) & (np.diff(one.t) <= 31)
    gain = (np.diff(one.reports.speed_mps) / np.where(same, np.diff(one.t), np.nan))[same]
    assert np.nanmax(gain) < 1.5
    assert np.nanmin(gain) > -8.0
    on = one.column("ignition") == 1
    assert set(np.unique(np.median(one.dt_s[on & (one.dt_s > 0)]))) <= {10.0, 15.0, 30.0}
    assert set(np.unique(one.column("load")[one.reports.kind == Kind.POSITION])) == {0.0, 3.0}
    assert reports.backfilled.any()
    assert (reports.kind == Kind.LINK).any()
    assert one.trusted[one.segment >= 0].all()
    status = one.column("status")[one.reports.kind == Kind.POSITION].astype(np.int64)
    position = one.reports.kind == Kind.POSITION
    assert ((status & 1) == one.column("ignition")[position]).all()
    assert ((status >> 1 & 1) == one.column("fix")[position]).all()
    assert ((status >> 8 & 3) == one.column("load")[position]).all()


def test_load_changes_only_at_stops() -> None:
    one = fleet(trucks(6, seed=2), "truck")
    rows = np.flatnonzero(one.reports.kind == Kind.POSITION)
    changed = (np.diff(one.column("load")[rows]) != 0) & (np.diff(one.mover[rows]) == 0)
    slower = np.minimum(one.reports.speed_mps[rows][1:], one.reports.speed_mps[rows][:-1])
    assert changed.any()
    assert (slower[changed] < 0.5).all()


def test_vessels_are_possible() -> None:
    reports = vessels(30, seed=1)
    one = fleet(reports, "vessel")
    assert np.nanmax(reports.speed_mps) < 20 * KNOT_MPS
    assert set(np.unique(one.defect)) <= {Defect.NONE, Defect.REPEATED}
    assert one.trusted[one.segment >= 0].all()
    status, speed = one.column("nav_status"), one.reports.speed_mps
    lying = np.isin(status, (1.0, 5.0))
    assert lying.any()
    assert (speed[lying] < 3 * KNOT_MPS).mean() > 0.99
    fast = (speed > 4 * KNOT_MPS) & (one.column("class_b") == 0) & (one.dt_s > 0) & (one.dt_s < 60)
    assert np.median(one.dt_s[fast]) == 10.0
    for name in reports.movers:
        assert len(name) == 9
        assert 201 <= int(name[:3]) <= 775


def test_imo_numbers_have_their_check_digit() -> None:
    # 9074729 is the worked example of the IMO number's check digit: 9*7 + 0*6 + 7*5 + 4*4 + 7*3 + 2*2 = 139
    assert imo_number(907472) == 9074729


def test_fix_error_is_as_large_as_said() -> None:
    """White 3 m and wandering 4.4 m a coordinate make 7.5 m over the ground."""
    error = np.concatenate([fix_error(np.arange(0, 86400.0, 10), np.random.default_rng(k))[0] for k in range(20)])
    assert np.hypot(*error.T).std() < 7.5
    assert np.sqrt((error**2).sum(axis=1).mean()) == pytest.approx(7.5, rel=0.1)
