"""Dirty body: a truck leaves a site unwashed and carries mud onto the road (车身未清洁)."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le, MinLen

from roadstead.behaviours import behaviour
from roadstead.behaviours._attributes import Words, judge_vote
from roadstead.types import Evidence, Mover, Ref, View

_WORDS = Words("body", "车身清洁状况")


@behaviour("dirty_body", zh="车身未清洁")
@dataclass(frozen=True, slots=True, kw_only=True)
class DirtyBody:
    """Violation while a mover's voted attribute "dirt" is one of `labels`, by `min_views` views and `min_score`.

    Where `zone` is set (the way out of a washing bay, say), only the passage through it counts. A passage that ends, or
    lasts `patience_s`, without a vote is insufficient.
    """

    zone: Annotated[str | None, Ref("zone")] = None
    labels: Annotated[tuple[str, ...], MinLen(1)] = ("dirty",)
    min_views: Annotated[int, Ge(1)] = 3
    min_score: Annotated[float, Ge(0), Le(1)] = 0.6
    patience_s: Annotated[float, Ge(0)] = 20.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return evidence during the passage and for three seconds after it."""
        return judge_vote(self, "dirt", _WORDS, mover, view)
