"""Uncovered load: a loaded dump body drives with its top cover open (车厢顶盖未密闭)."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le, MinLen

from roadstead.behaviours import behaviour
from roadstead.behaviours._attributes import Words, judge_vote
from roadstead.types import Evidence, Mover, Ref, View

_WORDS = Words("load cover", "车厢顶盖")


@behaviour("uncovered_load", zh="车厢顶盖未密闭")
@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredLoad:
    """Violation while a mover's voted attribute "cover" is one of `labels`, by `min_views` views and `min_score`.

    An empty open body and an enclosed one have labels of their own and are no violation. Where `zone` is set, only the
    passage through it counts. A passage that ends, or lasts `patience_s`, without a vote is insufficient.
    """

    zone: Annotated[str | None, Ref("zone")] = None
    labels: Annotated[tuple[str, ...], MinLen(1)] = ("uncovered",)
    min_views: Annotated[int, Ge(1)] = 3
    min_score: Annotated[float, Ge(0), Le(1)] = 0.6
    patience_s: Annotated[float, Ge(0)] = 20.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return evidence during the passage and for three seconds after it."""
        return judge_vote(self, "cover", _WORDS, mover, view)
