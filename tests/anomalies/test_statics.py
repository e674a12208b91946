"""Which static data hold at each row."""

import numpy as np

from _fleets import T0
from _vessels import OTHER, SHIP, sail, says
from roadstead.anomalies._statics import codes, numbers
from roadstead.positions import Kind, Reports, Static
from roadstead.track.fleet import fleet


def test_what_was_said_last_holds_and_before_the_first_the_first() -> None:
    rows = [
        *sail(seconds=60),
        *says(Static(draught_m=7.0), at=(15,)),
        *says(Static(draught_m=8.5), at=(35,)),
        *sail(OTHER, seconds=60, north_m=900),
    ]
    f = fleet(Reports.of(rows), "vessel")
    own = (f.mover == f.reports.movers.index(SHIP)) & (f.reports.kind == Kind.POSITION)
    assert (f.t[own] - T0).tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert numbers(f, "draught_m")[own].tolist() == [7, 7, 7, 7, 8.5, 8.5, 8.5]
    assert np.isnan(numbers(f, "draught_m")[f.mover == f.reports.movers.index(OTHER)]).all()


def test_fields_of_partial_messages_hold_each_by_itself_and_zero_says_nothing() -> None:
    rows = [
        *sail(seconds=60),
        *says(Static(kind=70, length_m=100.0), at=(5,)),
        *says(Static(name="HAI XING", length_m=0.0, kind=0), at=(25,)),
    ]
    f = fleet(Reports.of(rows), "vessel")
    assert set(numbers(f, "kind").tolist()) == {70.0}
    assert set(numbers(f, "length_m").tolist()) == {100.0}


def test_names_are_compared_without_what_the_protocol_pads_with() -> None:
    rows = says(Static(name="hai  xing@@@"), at=(0,)) + says(Static(name="HAI XING"), at=(10,))
    values, said = codes(fleet(Reports.of(rows), "vessel"), "name")
    assert values == ("HAI XING",)
    assert said.tolist() == [0, 0]


def test_without_static_data_nothing_holds() -> None:
    f = fleet(Reports.of(sail(seconds=60)), "vessel")
    assert np.isnan(numbers(f, "imo")).all()
    assert codes(f, "name")[0] == ()
