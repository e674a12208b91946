"""The classes that samples of one label each ask for."""

from collections.abc import Sequence

from roadstead.dataset.samples import Label, Sample
from roadstead.errors import BadInput


def classes(samples: Sequence[Sample], first: Sequence[str], task: str) -> tuple[str, ...]:
    """Return the classes, `first` in their order and all others sorted behind; raise BadInput where there are fewer than two."""
    found = sorted({s.target.label for s in samples if isinstance(s.target, Label)})
    labels = (*first, *(name for name in found if name not in first))
    if len(labels) < 2:
        raise BadInput(f"data: {task} needs at least two classes; found {', '.join(labels) or 'none'}")
    return labels
