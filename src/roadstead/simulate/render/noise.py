"""Noise that repeats at its edges: clouds, waves, puddles, foam."""

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.simulate.render.light import Grey

Field = npt.NDArray[np.float32]


def cloudy(rng: np.random.Generator, px: int = 512, *, fall: float = 1.9) -> Field:
    """Return a square (px, px) of noise whose power falls with frequency, mean 0, deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(px)[:, None], np.fft.rfftfreq(px)[None, :]) * px
    size = np.where(frequency > 0, np.maximum(frequency, 1.0) ** (-fall), 0.0)
    spectrum = size * np.exp(2j * np.pi * rng.random(size.shape))
    field = np.fft.irfft2(spectrum, s=(px, px))
    return np.asarray(field / field.std(), np.float32)


def waves(rng: np.random.Generator, px: int, tile_m: float, longest_m: float, towards: float) -> Field:
    """Return the slopes (px, px, 2) of random waves on a square tile, root mean square 1, running mostly `towards` (rad).

    Waves longer than `longest_m` are left out; amplitudes fall as those of a wind sea do, slope spectrum ~ 1 / wavenumber^2.
    """
    kx, ky = np.fft.fftfreq(px)[:, None].T * px, np.fft.fftfreq(px)[:, None] * px
    k = np.hypot(kx, ky)
    least = tile_m / longest_m
    angle = np.arctan2(ky, kx) - towards
    height = np.where((k >= least) & (k < px / 3), np.maximum(k, 1.0) ** -2.6 * (0.25 + np.cos(angle) ** 2), 0.0)
    spectrum = height * np.exp(2j * np.pi * rng.random(k.shape))
    slopes = np.stack([np.fft.ifft2(1j * axis * spectrum).real for axis in (kx, ky)], axis=-1)
    return np.asarray(slopes / np.sqrt((slopes**2).sum(axis=-1).mean()), np.float32)


def sampled(field: Field, x: Grey, y: Grey, tile: float) -> Field:
    """Return a repeating field at places (h, w), linearly between its cells; `tile` is the length of its side."""
    px = len(field)
    scale = np.float32(px / tile)
    u, v = _wrapped(x * scale, px), _wrapped(y * scale, px)
    return np.asarray(cv2.remap(field, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)


def _wrapped(u: Grey, px: int) -> Grey:
    """Return coordinates modulo a number of cells."""
    return np.asarray(u - np.float32(px) * np.floor(u * np.float32(1 / px)), np.float32)
