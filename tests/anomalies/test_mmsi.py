"""What a number says of its station."""

import pytest
from pyais.constants import COUNTRY_MAPPING

from roadstead.anomalies._mmsi import ALLOCATED, form


def test_the_allocated_digits_are_those_of_another_table_and_two_that_it_lacks() -> None:
    assert {550, 638} | set(COUNTRY_MAPPING) == ALLOCATED  # Timor-Leste, South Sudan


@pytest.mark.parametrize(
    ("mmsi", "kind"),
    [
        ("413298950", "ship"),
        ("041329895", "group"),
        ("004132001", "coast"),
        ("111413001", "sar_aircraft"),
        ("994131001", "aid"),
        ("984130001", "craft"),
        ("841300001", "handheld"),
        ("970201234", "sart"),
        ("972201234", "man_overboard"),
        ("974201234", "epirb"),
        ("979201234", "amrd"),
        ("000000000", "mid"),
        ("111111111", "mid"),
        ("999999999", "mid"),
        ("200000001", "mid"),
        ("776000000", "mid"),
        ("123456789", "form"),
        ("912345678", "form"),
        ("41329895", "digits"),
        ("4132989500", "digits"),
        ("四一三二九八九五零", "digits"),
        ("٤١٣٢٩٨٩٥٠", "digits"),
        ("", "digits"),
    ],
)
def test_the_form_of_a_number(mmsi: str, kind: str) -> None:
    assert form(mmsi) == kind
