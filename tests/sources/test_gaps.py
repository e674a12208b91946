"""A recording whose times leave a gap says that the signal was lost, and when it came back."""

from collections.abc import Sequence

import numpy as np
import pytest

from roadstead.sources._gaps import with_gaps_told
from roadstead.types import Detections, Frame, Signal

PICTURE = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ((0.0, 0.2, 0.4), []),
        ((0.0, 5.0), []),
        ((0.0, 5.1), [(0.0, False), (5.1, True)]),
        ((0.0, 9.0, 9.2, 20.0), [(0.0, False), (9.0, True), (9.2, False), (20.0, True)]),
        ((), []),
    ],
)
def test_a_long_gap_is_a_lost_signal(times: Sequence[float], told: Sequence[tuple[float, bool]]) -> None:
    items = list(with_gaps_told(iter([Frame("gate", t, PICTURE) for t in times])))
    assert [(i.t, i.ok) for i in items if isinstance(i, Signal)] == list(told)
    assert [i.t for i in items if isinstance(i, Frame)] == list(times)
    assert [i.t for i in items] == sorted(i.t for i in items)


def test_what_the_source_told_itself_is_not_told_again() -> None:
    given: list[Frame | Detections | Signal] = [
        Frame("gate", 0.0, PICTURE),
        Signal("gate", 1.0, ok=False, reason="gone"),
        Signal("gate", 60.0, ok=True),
    ]
    assert list(with_gaps_told(iter(given))) == given
