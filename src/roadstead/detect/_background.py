"""The background model of `motion`: what each pixel of the small picture looks like when nothing is there.

Every pixel keeps two looks, each with the seconds of evidence for it: the background, and the candidate that covers
it now. The candidate takes over once its evidence suffices: at once while the model is young, after `hold_s` later.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
"""(h, w) float32."""
Planes = npt.NDArray[np.float32]
"""(3, h, w) float32: Y, Cr, Cb."""
Mask = npt.NDArray[np.bool_]

_YOUNG_S = 2.0
_FAST_S = 0.7
_NOISE_FLOOR = 1.5
_NOISE_CAP = 24.0
_CHROMA_STEP = 9.0
_EDGE_SHARE = np.float32(0.12)
_SHADOW_FROM, _SHADOW_TO = 0.4, 0.95

_NARROW = np.ones((3, 3), np.uint8)
_WIDE = np.ones((5, 5), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How the model learns: seconds, and the multiple of a pixel's noise that is a change."""

    adapt_s: float
    hold_s: float
    noise_s: float
    step: float
    contrast: float


@dataclass(slots=True, eq=False)
class Background:
    """The mutable state: looks (3, h, w), seconds of evidence and noise (h, w), all on the small picture.

    `_rough` and `_fine` are what the comparison needs of the look: it changes less often than it is compared with.
    """

    look: Planes
    seen_s: Plane
    other: Planes
    other_s: Plane
    noise: Plane
    age_s: float = 0.0
    _rough: Plane = field(init=False, repr=False)
    _fine: Plane = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._study()

    @classmethod
    def of(cls, small: Planes) -> "Background":
        """Start from one picture."""
        still = np.zeros_like(small[0])
        return cls(small.copy(), still, small.copy(), still.copy(), np.full_like(still, 2 * _NOISE_FLOOR))

    def compare(self, small: Planes, rates: Rates) -> tuple[Plane, Mask]:
        """Return the change of each pixel in units of its threshold (h, w), and where an object, not its shadow, is.

        The threshold grows with the noise of the pixel and at edges of the background, where a trembling camera and
        compression make the picture differ.
        """
        delta = small - self.look
        luma = np.abs(delta[0])
        chroma = np.abs(delta[1]) + np.abs(delta[2])
        threshold = np.maximum(np.float32(rates.contrast), np.float32(rates.step) * self.noise)
        threshold += self._rough
        change = np.maximum(luma / threshold, chroma / (np.float32(_CHROMA_STEP) + self.noise))
        changed = change >= 1.0
        return change, changed & ~self._shadow(small[0], chroma, changed, rates)

    def learn(self, small: Planes, *, change: Plane, kept: Mask, dt: float, rates: Rates) -> None:
        """Follow the picture where nothing is; gather evidence for what covers the rest; `kept` is where boxes were reported."""
        self.age_s += dt
        free = change < 1.0
        self._follow(small, free & ~kept, dt, rates)
        self._gather(small, free, dt)
        young = (self.seen_s < _YOUNG_S) & (self.other_s > 2.0 * self.seen_s + np.float32(0.1))
        self.adopt(~free & (young | (self.other_s > rates.hold_s)))
        np.minimum(self.seen_s, rates.hold_s, out=self.seen_s)
        self._study()

    def adopt(self, where: Mask) -> None:
        """Let the candidate be the background, and the background the candidate."""
        if not where.any():
            return
        old, old_s = self.look[:, where], self.seen_s[where]
        self.look[:, where], self.seen_s[where] = self.other[:, where], self.other_s[where]
        self.other[:, where], self.other_s[where] = old, old_s

    def uncover(self, small: Planes, where: Mask) -> None:
        """Take the picture for the background where something left; what stood there is forgotten."""
        self.look[:, where] = small[:, where]
        self.seen_s[where] = np.maximum(self.seen_s[where], _YOUNG_S)
        self.other_s[where] = 0.0
        self._study()

    def scale(self, gain: float) -> None:
        """Follow a change of exposure."""
        if gain != 1.0:
            self.look[0] *= gain
            self.other[0] *= gain
            self._study()

    def _study(self) -> None:
        self._rough = _EDGE_SHARE * edges(self.look[0])
        self._fine = detail(self.look[0])

    def _shadow(self, luma: Plane, chroma: Plane, changed: Mask, rates: Rates) -> Mask:
        """Where the background shines through, only darker: same colour, and no pattern of its own.

        The outline of a region is left out of the search for a pattern (a shadow has one as well), and regions too
        small to have an inside are taken for objects.
        """
        look = self.look[0]
        ratio = luma / np.maximum(look, np.float32(1.0))
        darker = (ratio > _SHADOW_FROM) & (ratio < _SHADOW_TO) & (chroma < _CHROMA_STEP) & changed
        pattern = np.abs(detail(luma) - ratio * self._fine) > 0.3 * rates.contrast
        whole = changed.view(np.uint8)
        inside = cv2.erode(whole, _WIDE)
        body = (changed & ~darker) | (pattern & (inside > 0))
        near = cv2.dilate(body.view(np.uint8), _NARROW)
        large = cv2.dilate(inside, _WIDE)
        return np.asarray(darker & (near == 0) & (large > 0))

    def _follow(self, small: Planes, free: Mask, dt: float, rates: Rates) -> None:
        """Move the look towards the picture, and the noise towards how far the picture strays from the look."""
        delta = small - self.look
        tau = min(rates.adapt_s, self.age_s)
        weight = free.astype(np.float32)
        self.look += delta * (weight * np.float32(share(dt, tau)))
        self.seen_s += weight * np.float32(dt)
        away = np.minimum(np.abs(delta[0]), _NOISE_CAP)
        self.noise += (away - self.noise) * (weight * np.float32(share(dt, rates.noise_s)))
        np.maximum(self.noise, _NOISE_FLOOR, out=self.noise)

    def _gather(self, small: Planes, free: Mask, dt: float) -> None:
        """Count the seconds for the candidate where it covers the background, and against it elsewhere."""
        covered = np.flatnonzero(~free)
        other, other_s = self.other.reshape(3, -1), self.other_s.reshape(-1)
        other_s -= np.float32(dt)
        now, before, left_s = small.reshape(3, -1).take(covered, axis=1), other.take(covered, axis=1), other_s[covered]
        away = now - before
        same = np.abs(away).sum(axis=0) < np.maximum(np.float32(14.0), 4.0 * self.noise.reshape(-1)[covered])
        fresh = ~same & (left_s < 0)
        other[:, covered] = np.where(fresh, now, before + away * (same * np.float32(share(dt, _FAST_S))))
        other_s[covered] = left_s + np.where(same, np.float32(2.0 * dt), np.float32(0.0))
        np.maximum(self.other_s, 0.0, out=self.other_s)


def share(dt: float, tau: float) -> float:
    """Return the weight of a new value after dt seconds when old ones fade with tau seconds."""
    return 1.0 - float(np.exp(-dt / tau)) if tau > 0 else 1.0


def edges(luma: Plane) -> Plane:
    """Return how steep the picture is at each pixel, grey levels a pixel (h, w)."""
    across = cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=0.25)
    return np.asarray(np.abs(across) + np.abs(down), np.float32)


def detail(luma: Plane) -> Plane:
    """Return what a 3 x 3 blur takes away (h, w)."""
    return np.asarray(luma - cv2.blur(luma, (3, 3)), np.float32)
