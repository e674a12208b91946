"""Every injector takes whatever it is given, and what it makes of it is what its label says."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadstead.anomalies._mmsi import form
from roadstead.positions import Reports
from roadstead.simulate.reports._identity import aid_misuse, invalid_mmsi
from roadstead.simulate.reports.faults import FAULTS, split
from roadstead.simulate.reports.fleet import trucks, vessels


@pytest.fixture(scope="module")
def carriers() -> dict[str, list[Reports]]:
    return {"truck": split(trucks(6, 0.5, seed=1)), "vessel": split(vessels(12, 0.25, seed=1))}


@pytest.mark.parametrize("label", ["truck", "vessel"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mover=st.integers(0, 5), begin=st.floats(0, 1), rows=st.integers(0, 60), seed=st.integers(0, 99), thin=st.booleans()
)
def test_too_little_is_no_occasion(
    carriers: dict[str, list[Reports]], label: str, mover: int, begin: float, rows: int, seed: int, thin: bool
) -> None:
    own = carriers[label][mover]
    first = int(begin * max(len(own) - rows, 0))
    some = own.where(np.arange(first, min(first + rows * (7 if thin else 1), len(own)), 7 if thin else 1))
    for name, fault in FAULTS.items():
        if label in fault.classes:
            made = fault.inject(some, np.random.default_rng(seed), 1.2)
            if made is not None:
                assert made[1].fault == name
                assert made[1].start <= made[1].end


@pytest.mark.parametrize("fault", [invalid_mmsi, aid_misuse])
def test_false_numbers_are_not_shared(carriers: dict[str, list[Reports]], fault: "type[object]") -> None:
    made = [fault(own, np.random.default_rng(3), 1.2) for own in carriers["vessel"]]  # type: ignore[call-arg]  # an injector
    names = [done[1].mover for done in made if done is not None]  # type: ignore[index]  # reports and label
    assert len(names) >= 6
    assert len(set(names)) == len(names)
    if fault is invalid_mmsi:
        assert not {form(name) for name in names} & {"ship", "coast", "aid", "craft", "digits"}
