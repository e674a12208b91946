"""Samples of every kind that hypothesis can think of, and what is left of one after it went through a format."""

from collections.abc import Collection
from typing import Any

import numpy as np
from hypothesis import strategies as st

from roadstead.dataset import masks
from roadstead.dataset.masks import Polygons
from roadstead.dataset.samples import Objects, Sample, Split
from roadstead.dataset.samples import objects as objects_of

SIZE = (64, 48)
FPS = 10.0
_name = st.text("abcdefgh木船-", min_size=1, max_size=6)
_table = st.dictionaries(_name, _name, max_size=2)
_split: st.SearchStrategy[Split | None] = st.sampled_from([None, "train", "val", "test"])


@st.composite
def _box(draw: st.DrawFn) -> tuple[float, float, float, float]:
    x, y = draw(st.floats(-9, 50)), draw(st.floats(-9, 40))
    return x, y, x + draw(st.floats(0.5, 60)), y + draw(st.floats(0.5, 40))


@st.composite
def _mask(draw: st.DrawFn) -> masks.Mask | None:
    kind = draw(st.sampled_from(["none", "rle", "polygons"]))
    if kind == "rle":
        pixels = np.random.default_rng(draw(st.integers(0, 99))).random(SIZE[::-1]) < draw(st.floats(0, 1))
        return masks.encode(pixels)
    corner = st.tuples(st.floats(0, 63), st.floats(0, 47))
    rings = [np.array(draw(st.lists(corner, min_size=3, max_size=5))) for _ in range(draw(st.integers(1, 2)))]
    return Polygons(tuple(rings)) if kind == "polygons" else None


@st.composite
def objects(draw: st.DrawFn) -> Objects:
    boxes = draw(st.lists(_box(), max_size=4))
    n = len(boxes)

    def each(one: st.SearchStrategy[Any]) -> tuple[Any, ...]:
        return tuple(draw(st.lists(one, min_size=n, max_size=n)))

    return Objects(
        boxes=np.array(boxes).reshape(-1, 4),
        labels=each(st.sampled_from(["truck", "car", "货船"])),
        masks=each(_mask()),
        ids=tuple(draw(st.lists(_name, min_size=n, max_size=n, unique=True))),
        attributes=each(_table),
        texts=each(_table),
        ignored=each(st.booleans()),
        visible=np.array(each(st.just(float("nan")) | st.floats(0, 1))),
    )


@st.composite
def recordings(draw: st.DrawFn) -> list[Sample]:
    """One or two sequences of a few pictures each, in order."""
    made = []
    for group in draw(st.lists(_name, min_size=1, max_size=2, unique=True)):
        split, begin = draw(_split), draw(st.sampled_from([0.0, 1_700_000_000.25]))
        for k in range(draw(st.integers(1, 4))):
            made.append(
                Sample(
                    id=f"{group}/{k + 1:06d}",
                    size=SIZE,
                    target=draw(objects()),
                    split=split,
                    origin="simulated",
                    group=group,
                    t=begin + k / FPS,
                )
            )
    return made


def essence(sample: Sample, without: Collection[str] = ()) -> dict[str, Any]:
    """Return what can be compared of a sample, numbers to 6 decimals, but for the fields that a format has no place for."""
    target = objects_of(sample)
    values: dict[str, Any] = {name: getattr(sample, name) for name in ("id", "size", "split", "origin", "group")}
    values["t"] = None if sample.t is None else round(sample.t, 6)
    values["picture"] = sample.media.read_bytes() if sample.media else None
    values["boxes"] = target.boxes.round(6).tolist()
    values["visible"] = [None if np.isnan(v) else v for v in target.visible.tolist()]
    for name in ("labels", "masks", "ids", "attributes", "texts", "ignored"):
        values[name] = getattr(target, name)
    return {name: value for name, value in values.items() if name not in without}
