"""Attributes of what is tracked (cover, dirt, kind): a model looks at the best views of each track, and they vote."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from roadstead.bundle.attributes import CANNOT_TELL, shares
from roadstead.bundle.card import CARD, Card
from roadstead.bundle.folder import load
from roadstead.bundle.prepare import prepare
from roadstead.describe import _views, describer
from roadstead.errors import BadBundle, BadSettings
from roadstead.infer import Engine
from roadstead.infer import plugins as engines
from roadstead.types import Floats, Frame, Track, Vote

FORGOTTEN_S = 30.0
"""Views of a track that was not seen for so long are let go of."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """How good a view is, and the share of each value of each attribute."""

    quality: float
    shares: Mapping[str, Floats]


@dataclass(slots=True, eq=False)
class _Views:
    t: float
    best: list[_Seen] = field(default_factory=list)


@describer("attributes", zh="属性投票")
@dataclass(slots=True, kw_only=True, eq=False)
class AttributeVotes:
    """Runs an attributes bundle on the `views` best views of each track whose label is in `labels` (none named: every track).

    A view is the box with `margin` of its sides around it. It is better the larger its shorter side and the sharper it is; a box
    that the picture's edge cuts, or whose shorter side has less than `min_px`, is none. At most `at_most` are looked at on one picture,
    the best first, and one only where it is better than the worst that a track has.

    The shares of the views are averaged, each by its quality. `weights` multiply values before that: above 1 for one that must
    not be missed (漏报), below 1 for one that must not be accused wrongly (误报). A vote is the value with the largest share, None
    ("cannot tell") where that value is `cannot_tell` or has less than `least`; its views are those that say the same. There is no
    vote on an attribute that the model is not asked of such a track (`asked_of` of its card).
    """

    path: Path
    engine: str = "openvino"
    threads: Annotated[int, Ge(1)] = 1
    labels: tuple[str, ...] = ()
    views: Annotated[int, Ge(1)] = 8
    at_most: Annotated[int, Ge(1)] = 4
    margin: Annotated[float, Ge(0), Lt(1)] = 0.08
    min_px: Annotated[float, Gt(0)] = 32.0
    least: Annotated[float, Gt(0), Le(1)] = 0.5
    weights: Mapping[str, Mapping[str, Annotated[float, Gt(0)]]] = field(default_factory=dict)
    _card: Card = field(init=False, repr=False)
    _engine: Engine = field(init=False, repr=False)
    _known: dict[str, _Views] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        bundle = load(self.path)
        where = f"{bundle.folder / CARD}"
        if bundle.card.task != "attributes":
            raise BadBundle(f"{where}: task: is {bundle.card.task}; attributes are voted on by a model for attributes")
        for name, values in self.weights.items():
            if name not in bundle.card.attributes:
                raise BadSettings(
                    f"weights: the model knows no attribute {name!r}; it knows {', '.join(bundle.card.attributes)}"
                )
            strange = sorted(set(values) - set(bundle.card.attributes[name]))
            if strange:
                raise BadSettings(
                    f"weights.{name}: there is no value {strange[0]!r}; there are {', '.join(bundle.card.attributes[name])}"
                )
        self._card = bundle.card
        self._engine = engines.get(self.engine)(bundle.model, threads=self.threads)
        wanted = sum(len(values) for values in bundle.card.attributes.values())
        (name, shape), *_ = self._engine.outputs.items()
        if shape[-1] not in (wanted, None):
            raise BadBundle(f"{where}: attributes: have {wanted} values, but output {name!r} has {shape[-1]}")

    def describe(self, frame: Frame, tracks: Sequence[Track]) -> Sequence[Track]:
        """Return the tracks with a vote on each attribute of the model; a track without a view gets none."""
        wanted = [track for track in tracks if self._asked(track.label)]
        with self._lock:
            self._look(frame, wanted)
            known = {track.id: self._known[track.id].best for track in wanted if track.id in self._known}
        return [
            replace(track, attributes={**track.attributes, **self._votes(track.label, known[track.id])})
            if known.get(track.id)
            else track
            for track in tracks
        ]

    def _asked(self, label: str) -> bool:
        """Whether tracks of a label are looked at: some attribute has to be asked of them."""
        asked = any(label in self._card.asked_of.get(name, (label,)) for name in self._card.attributes)
        return asked and (not self.labels or label in self.labels)

    def _look(self, frame: Frame, tracks: Sequence[Track]) -> None:
        """Take what is better than what the tracks have; let go of tracks that are long gone."""
        for gone in [key for key, one in self._known.items() if one.t < frame.t - FORGOTTEN_S]:
            del self._known[gone]
        found: list[tuple[str, _views.View]] = []
        for track in tracks:
            have = self._known.setdefault(track.id, _Views(frame.t))
            have.t = max(have.t, frame.t)
            if track.t[-1] < frame.t:
                continue  # it is not on this picture
            view = _views.view(frame, track.boxes[-1], self.margin, self.min_px)
            if view is not None and (len(have.best) < self.views or view.quality > have.best[-1].quality):
                found.append((track.id, view))
        found.sort(key=lambda one: -one[1].quality)
        for key, view in found[: self.at_most]:
            tensor, _ = prepare(view.image, self._card.picture)
            seen = _Seen(view.quality, shares(self._card, self._engine.run(tensor[None])[0][0]))
            best = self._known[key].best
            best.append(seen)
            best.sort(key=lambda one: -one.quality)
            del best[self.views :]

    def _votes(self, label: str, views: Sequence[_Seen]) -> dict[str, Vote]:
        """Return what the views say together of each attribute that is asked of a label."""
        quality = np.array([view.quality for view in views])
        votes = {}
        for name, values in self._card.attributes.items():
            if label not in self._card.asked_of.get(name, (label,)):
                continue
            weight = np.array([self.weights.get(name, {}).get(value, 1.0) for value in values])
            rows = np.stack([view.shares[name] for view in views]) * weight
            rows /= rows.sum(axis=1, keepdims=True)
            mean = (rows * quality[:, None]).sum(axis=0) / quality.sum()
            best = int(mean.argmax())
            agreeing = int((rows.argmax(axis=1) == best).sum())
            sure = values[best] != CANNOT_TELL and mean[best] >= self.least
            votes[name] = Vote(values[best] if sure else None, float(mean[best]), agreeing if sure else len(views))
        return votes
