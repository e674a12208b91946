"""The background model of `motion`: what each pixel of the small picture looks like when nothing is there.

Every pixel keeps two looks, each with the seconds of evidence for it: the background, and the candidate that covers
it now. The candidate takes over once its evidence suffices: at once while the model is young, after `hold_s` later.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
"""(h, w) or (h, w, 3) float32; three planes are Y, Cr, Cb."""
Mask = npt.NDArray[np.bool_]

_YOUNG_S = 2.0
_FAST_S = 0.7
_NOISE_FLOOR = 1.5
_NOISE_CAP = 24.0
_CHROMA_STEP = 9.0


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
    """The mutable state; all arrays are (h, w) or (h, w, 3) float32 on the small picture."""

    look: Plane
    seen_s: Plane
    other: Plane
    other_s: Plane
    noise: Plane
    age_s: float = 0.0

    @classmethod
    def of(cls, small: Plane) -> "Background":
        """Start from one picture."""
        plane = small[..., 0]
        return cls(
            small.copy(),
            np.zeros_like(plane),
            small.copy(),
            np.zeros_like(plane),
            np.full_like(plane, 2 * _NOISE_FLOOR),
        )

    def difference(self, small: Plane, rates: Rates) -> tuple[Plane, Mask]:
        """Return the change of each pixel in units of its threshold (h, w), and where only a shadow would explain it."""
        delta = small - self.look
        luma = np.abs(delta[..., 0])
        chroma = np.abs(delta[..., 1]) + np.abs(delta[..., 2])
        threshold = np.maximum(rates.contrast, rates.step * self.noise)
        change = np.maximum(luma / threshold, chroma / (_CHROMA_STEP + self.noise))
        ratio = small[..., 0] / np.maximum(self.look[..., 0], 1.0)
        shadow = (ratio > 0.5) & (ratio < 0.95) & (chroma < _CHROMA_STEP)
        return change, shadow

    def learn(self, small: Plane, *, change: Plane, kept: Mask, dt: float, rates: Rates) -> None:
        """Follow the picture where nothing is; gather evidence for what covers the rest; `kept` is where boxes were reported."""
        self.age_s += dt
        free = change < 1.0
        self._follow(small, free & ~kept, dt, rates)
        self._noise(small, kept, dt, rates)
        self._gather(small, free, dt)
        needed = np.where(self.seen_s < _YOUNG_S, self.seen_s + 0.1, rates.hold_s)
        self.adopt(~free & (self.other_s > needed))
        np.minimum(self.seen_s, rates.hold_s, out=self.seen_s)

    def adopt(self, where: Mask) -> None:
        """Let the candidate be the background, and the background the candidate."""
        if not where.any():
            return
        old, old_s = self.look[where], self.seen_s[where]
        self.look[where], self.seen_s[where] = self.other[where], self.other_s[where]
        self.other[where], self.other_s[where] = old, old_s

    def scale(self, gain: float) -> None:
        """Follow a change of exposure."""
        for plane in (self.look, self.other):
            plane[..., 0] *= gain

    def _follow(self, small: Plane, free: Mask, dt: float, rates: Rates) -> None:
        tau = min(rates.adapt_s, self.age_s + dt)
        rate = 1.0 - float(np.exp(-dt / tau)) if tau > 0 else 1.0
        cv2.accumulateWeighted(small, self.look, rate, free.view(np.uint8))
        self.seen_s += np.where(free, np.float32(dt), np.float32(0.0))

    def _noise(self, small: Plane, kept: Mask, dt: float, rates: Rates) -> None:
        """Widen the threshold where the picture flickers without an object: leaves, water, compression."""
        away = np.minimum(np.abs(small[..., 0] - self.look[..., 0]), _NOISE_CAP)
        rate = 1.0 - float(np.exp(-dt / rates.noise_s))
        cv2.accumulateWeighted(away, self.noise, rate, (~kept).view(np.uint8))
        np.maximum(self.noise, _NOISE_FLOOR, out=self.noise)

    def _gather(self, small: Plane, free: Mask, dt: float) -> None:
        near = np.abs(small - self.other).max(axis=2) < np.maximum(10.0, 3.0 * self.noise)
        same = near & ~free
        cv2.accumulateWeighted(small, self.other, 1.0 - float(np.exp(-dt / _FAST_S)), same.view(np.uint8))
        self.other_s += np.where(same, np.float32(dt), np.float32(-dt))
        fresh = (self.other_s < 0) & ~free
        self.other[fresh] = small[fresh]
        np.maximum(self.other_s, 0.0, out=self.other_s)
