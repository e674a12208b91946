"""Which samples are learned from and which are judged on, and whether one side can be seen from the other."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from roadstead.dataset.classes import classes
from roadstead.dataset.pictures import Look, looks, near
from roadstead.dataset.samples import Sample, Split
from roadstead.errors import BadInput

NEAR_BITS = 2
"""Pictures whose 64-bit difference hashes differ in no more bits are near-duplicates."""
_SIDES: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that is on more than one side: the samples that show it, and their sides."""

    kind: Literal["group", "same picture", "near picture", "text"]
    what: str
    samples: tuple[str, ...]
    sides: tuple[Split, ...]

    def __str__(self) -> str:
        shown = ", ".join(self.samples[:4]) + (f" and {len(self.samples) - 4} more" if len(self.samples) > 4 else "")
        return f"{self.what} is in {' and '.join(self.sides)}: {shown}"


@dataclass(slots=True)
class _Group:
    """Samples that stay together: how many, and how many of them show each class."""

    name: str
    n: int
    shows: Counter[str]


def split(
    samples: Sequence[Sample],
    *,
    val: float,
    test: float,
    by: Literal["group", "sample"] = "group",
    seed: int = 0,
) -> tuple[Sample, ...]:
    """Give every sample a split; the order of the samples stays and does not matter to it.

    Samples keep the split they have, and one without joins those of its group. A side that has samples is complete. A side
    that has none, and whose share is above 0, is taken from the rest (those without a split, and train), whole groups at a
    time, so that it has its share of the samples and of every class as nearly as groups allow (iterative stratification,
    Sechidis et al., 2011). Raises BadInput where there are too few groups to fill every side.
    """
    if not (0 <= val < 1 and 0 <= test < 1 and val + test < 1):
        raise ValueError(f"shares of {val} and {test} leave nothing to train on")
    names = [_name(sample, by) for sample in samples]
    fixed: dict[str, Split] = {}
    for side in ("val", "test", "train"):
        for sample, name in zip(samples, names, strict=True):
            if sample.split == side:
                fixed.setdefault(name, side)
    there = {sample.split for sample in samples}
    shares: dict[Split, float] = {"val": val, "test": test}
    wanted = {side: share for side, share in shares.items() if share > 0 and side not in there}
    free = [
        k for k, name in enumerate(names) if fixed.get(name, "train") == "train" and samples[k].split in (None, "train")
    ]
    chosen = _assigned(_groups(samples, names, free), wanted, seed, by) if wanted else {}
    movable = set(free)
    return tuple(
        replace(sample, split=chosen.get(names[k], "train") if k in movable else sample.split or fixed[names[k]])
        for k, sample in enumerate(samples)
    )


def leaks(samples: Sequence[Sample], seen: Mapping[Path, Look] | None = None) -> tuple[Leak, ...]:
    """Return what is on more than one side: groups, pictures (the same bytes, or nearly the same, also mirrored) and texts.

    A text beside a picture, such as a question asked of all of them, is none.

    Samples without a split are on no side. `seen` are looks at the pictures that were taken already; without them every
    picture of a split is decoded.
    """
    sided = [sample for sample in samples if sample.split]
    if len({sample.split for sample in sided}) < 2:
        return ()
    seen = looks(sided) if seen is None else seen
    groups = _shared(((s.group, s) for s in sided if s.group), "group", "group {!r}")
    told = ((s.text.strip(), s) for s in sided if s.text.strip() and s.media is None)
    texts = _shared(told, "text", "the text {!r:.60}")
    pictures = [(s, seen[s.media]) for s in sided if s.media is not None and s.media in seen]
    same = _shared(((one.sha256, s) for s, one in pictures if one.sha256), "same picture", "the same picture")
    return (*groups, *same, *_near(pictures), *texts)


def _name(sample: Sample, by: Literal["group", "sample"]) -> str:
    """Return what keeps a sample together with others: its group, or itself."""
    return f"group {sample.group}" if by == "group" and sample.group else f"sample {sample.id}"


def _groups(samples: Sequence[Sample], names: Sequence[str], free: Sequence[int]) -> list[_Group]:
    found: dict[str, _Group] = {}
    for k in free:
        group = found.setdefault(names[k], _Group(names[k], 0, Counter()))
        group.n += 1
        group.shows.update(classes(samples[k]))
    return list(found.values())


def _assigned(groups: Sequence[_Group], wanted: Mapping[Split, float], seed: int, by: str) -> dict[str, Split]:
    """Share out whole groups: the rarest class first, each group to the side that lacks most of it."""
    if len(groups) <= len(wanted):
        raise BadInput(
            f"{len(groups)} {by}s cannot be shared out to {len(wanted) + 1} sides: "
            + ("give the samples more groups, or split by sample" if by == "group" else "there are too few samples")
        )
    shares: dict[Split, float] = {"train": 1 - sum(wanted.values()), **wanted}
    whole = sum((group.shows for group in groups), Counter[str]())
    total = sum(group.n for group in groups)
    lacks: dict[Split, dict[str, float]] = {
        side: {"": share * total, **{name: share * n for name, n in whole.items()}} for side, share in shares.items()
    }
    order = sorted(groups, key=lambda g: (-g.n, hashlib.sha256(f"{seed} {g.name}".encode()).digest()))
    chosen: dict[str, Split] = {}
    left = Counter(whole)
    while any(group.name not in chosen for group in order):
        rarest = min((name for name, n in left.items() if n > 0), key=lambda name: (left[name], name), default="")
        for group in order:
            if group.name in chosen or (rarest and not group.shows[rarest]):
                continue
            side = max(shares, key=lambda s: (lacks[s][rarest], lacks[s][""], s))
            chosen[group.name] = side
            lacks[side][""] -= group.n
            for name, n in group.shows.items():
                lacks[side][name] -= n
                left[name] -= n
    return _filled(chosen, order, {side: share * total for side, share in shares.items()})


def _filled(chosen: dict[str, Split], groups: Sequence[_Group], wants: Mapping[Split, float]) -> dict[str, Split]:
    """Give a side that came out empty the group whose size is nearest to what it wants, from a side that has several."""
    for side, want in wants.items():
        if side in chosen.values():
            continue
        has = Counter(chosen.values())
        best = min((g for g in groups if has[chosen[g.name]] > 1), key=lambda g: abs(g.n - want))
        chosen[best.name] = side
    return chosen


def _shared(
    keyed: "Iterable[tuple[str, Sample]]", kind: Literal["group", "same picture", "text"], what: str
) -> list[Leak]:
    together: dict[str, list[Sample]] = defaultdict(list)
    for key, sample in keyed:
        together[key].append(sample)
    return [
        Leak(kind, what.format(key), tuple(s.id for s in some), _sides(some))
        for key, some in together.items()
        if len({s.split for s in some}) > 1
    ]


def _sides(samples: Iterable[Sample]) -> tuple[Split, ...]:
    there = {sample.split for sample in samples}
    return tuple(side for side in _SIDES if side in there)


def _near(pictures: Sequence[tuple[Sample, Look]]) -> list[Leak]:
    """Return the pictures that look like one of another side, or like its mirror image; not those that are the same file."""
    found: dict[tuple[str, str], Leak] = {}
    for k, side in enumerate(_SIDES):
        mine = [(s, one) for s, one in pictures if s.split == side and one.dhash is not None]
        others = [(s, one) for s, one in pictures if s.split in _SIDES[k + 1 :] and one.dhash is not None]
        for mirrored in (False, True):
            left = [(one.mirrored if mirrored else one.dhash) or 0 for _, one in mine]
            right = [one.dhash or 0 for _, one in others]
            for i, j, bits in near(left, right, NEAR_BITS):
                (a, look_a), (b, look_b) = mine[i], others[j]
                if look_a.sha256 != look_b.sha256:
                    what = f"nearly the same picture ({bits} of 64 bits apart{', mirrored' if mirrored else ''})"
                    found.setdefault((a.id, b.id), Leak("near picture", what, (a.id, b.id), _sides((a, b))))
    return list(found.values())
