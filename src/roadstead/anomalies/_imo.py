"""IMO numbers of ships."""

_OFFICIAL = 10_000_000
"""From here on AIS carries the flag state's own number of a ship without one of the IMO (ITU-R M.1371-5, message 5)."""


def check_digit(imo: int) -> int | None:
    """Return the last digit that an IMO number ought to have; None where it isn't of seven digits.

    The first six digits times 7, 6, 5, 4, 3, 2, added up: its last digit (IMO resolution A.1117(30)).

    >>> check_digit(9074729), check_digit(123)
    (9, None)
    """
    if not 1_000_000 <= imo < _OFFICIAL:
        return None
    digits = [int(digit) for digit in str(imo)]
    return sum(digit * weight for digit, weight in zip(digits, range(7, 1, -1), strict=False)) % 10


def valid(imo: int) -> bool:
    """Tell whether a number may stand in the field: a right IMO number, or a flag state's own."""
    return imo >= _OFFICIAL or check_digit(imo) == imo % 10
