"""How many boxes a gate would have missed, and how sure that is: neighbouring pictures show the same things.

Boxes are counted in blocks of time. The interval is that of Clopper and Pearson for as many independent boxes as the spread
between blocks says there are: E. L. Korn, B. I. Graubard, Survey Methodology 24 (1998). Where nothing was missed there is no
spread, and each block counts as one box.
"""

from dataclasses import dataclass

from roadstead.evaluate.intervals import Share, share

BLOCK_S = 10.0


@dataclass(slots=True)
class Misses:
    """Totals over all blocks, and sums of their squares: the memory it takes does not grow."""

    boxes: int = 0
    missed: int = 0
    blocks: int = 0
    _block: int | None = None
    _now: tuple[int, int] = (0, 0)
    _missed2: float = 0.0
    _boxes2: float = 0.0
    _both: float = 0.0

    def add(self, t: float, boxes: int, missed: int) -> None:
        """Count the boxes of one picture, and those of them that were missed."""
        block = int(t // BLOCK_S)
        if block != self._block:
            self._close()
            self._block = block
        self.boxes, self.missed = self.boxes + boxes, self.missed + missed
        self._now = self._now[0] + boxes, self._now[1] + missed

    def _close(self) -> None:
        boxes, missed = self._now
        if boxes:
            self.blocks += 1
            self._missed2, self._boxes2 = self._missed2 + missed**2, self._boxes2 + boxes**2
            self._both += boxes * missed
        self._now = 0, 0

    def share(self) -> Share:
        """Return the share of missed boxes with its 95 % interval; `hits` and `of` are the plain counts."""
        self._close()
        as_sure = max(1, min(self._independent(), self.boxes))
        if not self.boxes:
            return share(0, 0)
        rate = self.missed / self.boxes
        low = share(int(rate * as_sure), as_sure).low
        high = share(min(as_sure, int(rate * as_sure) + (rate > 0)), as_sure).high
        return Share(self.missed, self.boxes, low, high)

    def _independent(self) -> int:
        """Return how many independent boxes would be as sure as these."""
        if not self.missed or self.missed == self.boxes or self.blocks < 2:
            return self.blocks
        rate = self.missed / self.boxes
        spread = self._missed2 - 2 * rate * self._both + rate**2 * self._boxes2
        variance = self.blocks / (self.blocks - 1) * spread / self.boxes**2
        return int(rate * (1 - rate) / variance) if variance > 0 else self.boxes
