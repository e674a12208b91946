"""A sample's columns fit together; what is unknown is None, nan or nothing."""

import numpy as np
import pytest

from roadstead.dataset.samples import Objects, Sample, labels


def test_columns_that_are_left_out_are_unknown() -> None:
    two = Objects(boxes=np.array([(0, 0, 1, 1), (2, 2, 3, 3)]), labels=("car", "truck"), ids=("a", None))
    assert (two.masks, two.ids, two.ignored) == ((None, None), ("a", None), (False, False))
    assert np.isnan(two.visible).all()
    assert two == Objects(boxes=two.boxes, labels=two.labels, ids=two.ids)
    assert two != Objects(boxes=two.boxes + 1, labels=two.labels, ids=two.ids)
    with pytest.raises(ValueError, match="read-only"):
        two.boxes[0, 0] = 5


@pytest.mark.parametrize("column", ["ids", "masks", "attributes", "texts", "ignored"])
def test_columns_that_do_not_fit_are_refused(column: str) -> None:
    with pytest.raises(ValueError, match=f"1 boxes and 2 {column}"):
        Objects(boxes=np.array([(0, 0, 1, 1)]), labels=("car",), **{column: (None, None)})  # type: ignore[arg-type]  # on purpose


def test_labels_of_a_set() -> None:
    some = [
        Sample(id=str(k), size=(9, 9), target=Objects(boxes=np.zeros((1, 4)), labels=(name,)))
        for k, name in enumerate(["truck", "car", "truck"])
    ]
    assert labels(some) == ("car", "truck")
