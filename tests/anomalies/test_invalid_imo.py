"""Invalid IMO number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _fleets import T0
from _vessels import found, sail, says
from roadstead.anomalies._imo import valid
from roadstead.anomalies.invalid_imo import InvalidImo
from roadstead.positions import Static


@pytest.mark.parametrize("imo", [9074729, 9780017, 9197545, 9207912])  # of resolution A.1117, and of ships at sea
def test_numbers_that_ships_have_are_right(imo: int) -> None:
    assert valid(imo)


@given(st.integers(100_000, 999_999))
def test_one_last_digit_of_ten_is_right_and_it_is_that_of_the_sum(six: int) -> None:
    right = [last for last in range(10) if valid(six * 10 + last)]
    total = sum(six // 10 ** (5 - place) % 10 * (7 - place) for place in range(6))
    assert right == [total % 10]


@pytest.mark.parametrize(("imo", "due"), [(9074728, 9), (9197546, 5), (1234, None), (682459, None)])
def test_a_wrong_number_is_found_from_its_first_to_its_last_report(imo: int, due: int | None) -> None:
    (e,) = found(InvalidImo(), sail(), says(Static(imo=imo), at=(360, 720, 1080)))
    assert (e.since, e.t) == (T0 + 360, T0 + 1080)
    assert (e.measured["imo"], e.measured["check_digit"]) == (imo, due)


def test_two_wrong_numbers_are_two_findings() -> None:
    ways = says(Static(imo=9074728), at=(0, 360)), says(Static(imo=9074721), at=(720, 1080))
    assert [e.measured["imo"] for e in found(InvalidImo(), sail(), *ways)] == [9074728, 9074721]


@pytest.mark.parametrize("static", [Static(imo=9074729), Static(imo=0), Static(name="A"), Static(imo=12_345_678)])
def test_right_no_and_flag_states_own_numbers_are_not_found(static: Static) -> None:
    assert not found(InvalidImo(), sail(), says(static, at=(360, 720)))


def test_trucks_are_left_out() -> None:
    assert not found(InvalidImo(), sail(), says(Static(imo=9074728), at=(360,)), label="truck")
