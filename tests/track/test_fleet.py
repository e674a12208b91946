"""Reports become a fleet: in event time, every place judged usable or not, split into hypotheses, whatever the order."""

from dataclasses import replace

import numpy as np
import pytest

from _fleets import T0, drive
from roadstead.geometry.geodesy import moved
from roadstead.positions import Defect, Kind, Position, Reports
from roadstead.track.fleet import FleetTerms, fleet


def shifted(p: Position, east_m: float, north_m: float = 0.0) -> Position:
    assert p.lat is not None
    assert p.lon is not None
    lat, lon = moved(p.lat, p.lon, np.rad2deg(np.arctan2(east_m, north_m)), np.hypot(east_m, north_m))
    return replace(p, lat=float(lat), lon=float(lon))


@pytest.mark.parametrize(
    ("lat", "lon", "extra", "expected"),
    [
        (31.2, 121.5, {}, Defect.NONE),
        (None, 121.5, {}, Defect.NO_POSITION),
        (31.2, 121.5, {"fix": 0.0}, Defect.NO_FIX),
        (31.2, 121.5, {"fix": 1.0}, Defect.NONE),
        (91.0, 121.5, {}, Defect.OUT_OF_RANGE),
        (31.2, -180.1, {}, Defect.OUT_OF_RANGE),
        (121.5, 31.2, {}, Defect.SWAPPED),
        (80.0, 31.2, {}, Defect.SWAPPED),
        (42.9, -78.9, {}, Defect.NONE),  # Lake Erie
        (0.0, 0.0, {}, Defect.ZERO),
        (0.0, 121.5, {}, Defect.ZERO),
        (0.00005, -0.00005, {}, Defect.ZERO),
    ],
)
def test_a_place_that_cannot_be_used_says_why(
    lat: float | None, lon: float | None, extra: dict[str, float], expected: Defect
) -> None:
    seen = fleet(Reports.of([Position(mover="a", t=T0, lat=lat, lon=lon, extra=extra)]), "truck")
    assert Defect(int(seen.defect[0])) == expected
    assert bool(seen.trusted[0]) == (expected == Defect.NONE)


def test_a_ship_in_the_arctic_is_not_taken_for_swapped() -> None:
    """74.7 N 17.2 E lies in the Barents Sea; exchanged it lies in China, where no truck's latitude is 74.7."""
    arctic = Reports.of([Position(mover="a", t=T0, lat=74.667637, lon=17.191002)])
    assert Defect(int(fleet(arctic, "vessel").defect[0])) == Defect.NONE
    assert Defect(int(fleet(arctic, "truck").defect[0])) == Defect.SWAPPED
    certain = Reports.of([Position(mover="a", t=T0, lat=121.5, lon=31.2)])
    assert Defect(int(fleet(certain, "vessel").defect[0])) == Defect.SWAPPED
    elsewhere = Reports.of([Position(mover="a", t=T0, lat=93.6, lon=-78.0)])
    assert Defect(int(fleet(elsewhere, "vessel").defect[0])) == Defect.OUT_OF_RANGE


def test_a_retransmission_is_kept_and_marked() -> None:
    reports = drive()
    seen = fleet(Reports.of([*reports, reports[7]]), "truck")
    assert (seen.defect == Defect.REPEATED).sum() == 1
    assert len(seen) == len(reports) + 1
    assert seen.trusted.sum() == len(reports)


def test_the_same_time_at_another_place_is_no_retransmission() -> None:
    reports = drive()
    seen = fleet(Reports.of([*reports, shifted(reports[7], 5000)]), "truck")
    assert not (seen.defect == Defect.REPEATED).any()
    assert (~seen.trusted).sum() == 1


def test_without_a_device_time_the_time_of_reception_counts() -> None:
    reports = [replace(p, t=None) for p in drive(delay_s=2.0)]
    seen = fleet(Reports.of(reports), "truck")
    assert seen.t.tolist() == [T0 + 10.0 * i + 2.0 for i in range(len(reports))]


def test_a_clean_way_is_one_confirmed_hypothesis() -> None:
    seen = fleet(Reports.of(drive()), "truck")
    assert [(s.number, s.rows, s.confirmed, s.trusted) for s in seen.segments] == [(0, 61, True, True)]
    assert seen.trusted.all()
    assert seen.previous.tolist() == [-1, *range(60)]
    assert np.nanmax(np.abs(seen.dt_s - 10.0)) == 0
    assert np.nanmedian(seen.step_m) == pytest.approx(100.0, abs=3)
    assert np.nanmedian(seen.bearing_deg) == pytest.approx(90.0, abs=3)


@pytest.mark.parametrize("at", [0, 1, 30, 60])
def test_a_stray_fix_costs_only_itself(at: int) -> None:
    """A first fix that is wrong too: what follows recovers at once."""
    reports = drive()
    reports[at] = shifted(reports[at], 0, 20_000)
    seen = fleet(Reports.of(reports), "truck")
    assert np.flatnonzero(~seen.trusted).tolist() == [at]
    rest = [i for i in range(61) if i != at]
    assert seen.previous[rest].tolist() == [-1, *rest[:-1]]


def test_a_conflict_at_one_time_costs_only_the_other_place() -> None:
    reports = drive()
    seen = fleet(Reports.of([*reports, *(shifted(p, 0, 9000) for p in reports[30:31])]), "truck")
    assert seen.trusted.sum() == len(reports)


def test_zero_at_the_start_costs_only_itself() -> None:
    reports = drive()
    reports[0] = replace(reports[0], lat=0.0, lon=0.0)
    seen = fleet(Reports.of(reports), "truck")
    assert np.flatnonzero(~seen.trusted).tolist() == [0]


def test_a_shift_is_two_hypotheses_after_one_another_both_trusted() -> None:
    reports = [p if i < 30 else shifted(p, 0, 20_000) for i, p in enumerate(drive())]
    seen = fleet(Reports.of(reports), "truck")
    assert [(s.rows, s.trusted) for s in seen.segments] == [(30, True), (31, True)]
    assert seen.previous[30] == -1


def test_two_movers_under_one_identity_are_told_apart() -> None:
    ours = [replace(p, raw=0) for p in drive(every_s=10.0)]
    theirs = [
        replace(shifted(p, 3_000, 15_000), raw=1, t=(p.t or 0) + 3.0)
        for p in drive(every_s=20.0, seed=1, way=((0, 0, 0), (600, -6000, 0)))
    ]
    seen = fleet(Reports.of([*ours, *theirs]), "truck")
    assert len(seen.segments) == 2
    for number in (0, 1):
        whose = seen.reports.raw[seen.segment == number]
        assert max((whose == 0).mean(), (whose == 1).mean()) >= 0.99
    assert (seen.reports.raw[seen.trusted] == 0).all()


def test_one_mover_does_not_touch_another() -> None:
    alone = fleet(Reports.of(drive("b", seed=3)), "truck")
    both = fleet(
        Reports.of([*(shifted(p, 0, i % 2 * 30_000.0) for i, p in enumerate(drive("a"))), *drive("b", seed=3)]), "truck"
    )
    rows = slice(int(both.start[1]), int(both.start[2]))
    assert both.reports.movers == ("a", "b")
    assert both.segment[rows].tolist() == alone.segment.tolist()
    assert both.trusted[rows].all()


def test_the_order_of_arrival_changes_nothing() -> None:
    reports = drive("a") + drive("b", seed=2)
    reports[5] = shifted(reports[5], 9_000)
    reports += [reports[9], replace(reports[10], lat=0.0, lon=0.0), replace(reports[11], t=None)]
    straight = fleet(Reports.of(reports), "truck")
    rng = np.random.default_rng(1)
    for _ in range(20):
        shuffled = [reports[i] for i in rng.permutation(len(reports))]
        cut = int(rng.integers(1, len(reports)))
        again = fleet(Reports.joined([Reports.of(shuffled[:cut]), Reports.of(shuffled[cut:])]), "truck")
        for name in ("t", "defect", "segment", "trusted", "previous", "dt_s", "step_m", "bearing_deg"):
            np.testing.assert_array_equal(getattr(straight, name), getattr(again, name), err_msg=name)
        np.testing.assert_array_equal(straight.reports.lat, again.reports.lat)


def test_labels_and_their_exceptions() -> None:
    reports = Reports.of([*drive("a"), *drive("b")])
    assert fleet(reports, {"": "truck", "b": "vessel"}).labels == ("truck", "vessel")
    slow = FleetTerms(home_lat=(40.0, 50.0))
    assert fleet(reports, "truck", terms=slow).trusted.all()


def test_static_and_link_reports_have_no_defect_and_no_place() -> None:
    link = Position(mover="a", t=None, t_received=T0 + 5, kind=Kind.LINK)
    seen = fleet(Reports.of([*drive("a"), link]), "truck")
    row = int(np.flatnonzero(seen.reports.kind == Kind.LINK)[0])
    assert (seen.defect[row], seen.segment[row], bool(seen.trusted[row])) == (Defect.NONE, -1, False)


def test_no_report_at_all() -> None:
    seen = fleet(Reports.of([]), "truck")
    assert len(seen) == 0
    assert seen.segments == ()


@pytest.mark.parametrize("n", [1, 2])
def test_a_mover_heard_once_or_twice_is_trusted(n: int) -> None:
    assert fleet(Reports.of(drive()[:n]), "truck").trusted.all()


@pytest.mark.parametrize("t", [1e300, -1.0, 5e9, float("inf")])
def test_a_time_that_is_none_is_unknown(t: float) -> None:
    some = [replace(p, t=t) if i == 3 else p for i, p in enumerate(drive())]
    made = fleet(Reports.of(some), "truck")
    assert made.t.tolist() == sorted(T0 + 10.0 * i + (i == 3) for i in range(len(some))), "when it came counts"
    assert made.trusted.all()
