"""The static data that hold at each row: what the mover said last at or before it, else what it said first after it.

Every field is taken by itself, since a message may give some only (AIS 24 A the name, 24 B the call sign and the size).
What the protocol defines for "not available" (0, a blank text) is nothing said.
"""

from collections.abc import Hashable
from typing import Literal

import numpy as np

from roadstead.positions import Bools, Fleet, Ints, Static
from roadstead.types import Floats

Number = Literal["imo", "kind", "length_m", "beam_m", "draught_m"]
Name = Literal["name", "call_sign"]
Field = Number | Name


def value(static: Static, field: Field) -> str | float | None:
    """Return one field as it is compared: text in capitals with single blanks, and None for what says nothing.

    >>> value(Static(name=" hai  xing@@"), "name"), value(Static(draught_m=0.0), "draught_m")
    ('HAI XING', None)
    """
    found = getattr(static, field)
    if isinstance(found, str):
        return " ".join(found.replace("@", " ").upper().split()) or None
    return None if found is None or not np.isfinite(found) or found <= 0 else float(found)


def codes(fleet: Fleet, field: Field) -> tuple[tuple[str | float, ...], Ints]:
    """Return the values of one field, and each row's own (n,) as an index into them; -1 where the row says nothing of it."""
    table: dict[Hashable, int] = {}
    own = [value(s, field) for s in fleet.reports.statics]
    of_static = [-1 if v is None else table.setdefault(v, len(table)) for v in own]
    said = np.array([*of_static, -1], dtype=np.int64)[fleet.reports.static]
    return tuple(v for v in table if isinstance(v, (str, float))), said


def held(fleet: Fleet, said: Bools) -> Ints:
    """Return for each row (n,) the row whose statement holds there, of the same mover; -1 where it never said anything."""
    n = len(fleet)
    at = np.arange(n, dtype=np.int64)
    if not said.any():
        return np.full(n, -1, dtype=np.int64)
    before = np.maximum.accumulate(np.where(said, at, -1))
    after = np.minimum.accumulate(np.where(said, at, n)[::-1])[::-1]
    own = before >= fleet.start[fleet.mover]
    return np.asarray(np.where(own, before, np.where(after < fleet.start[fleet.mover + 1], after, -1)))


def numbers(fleet: Fleet, field: Number) -> Floats:
    """Return what holds at each row (n,) of a field that is a number; NaN where the mover never said it."""
    values, said = codes(fleet, field)
    if not values:
        return np.full(len(fleet), np.nan)
    table = np.array([*values, np.nan], dtype=np.float64)
    row = held(fleet, said >= 0)
    return np.asarray(table[np.where(row >= 0, said[row], -1)])


def changes(fleet: Fleet, said: Ints) -> tuple[Ints, Ints]:
    """Return the rows at which a mover says another code than it said last, and the rows where it said that one last."""
    rows = np.flatnonzero(said >= 0)
    other = (np.diff(said[rows]) != 0) & (np.diff(fleet.mover[rows]) == 0)
    at = np.flatnonzero(other)
    return rows[at + 1], rows[at]
