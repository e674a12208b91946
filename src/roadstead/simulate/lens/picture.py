"""The healthy camera: what a lens, a sensor and its processing make of light."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.simulate.lens.grain import Grain, Plane
from roadstead.types import Frame, Image

_SEED = 20260511
_SLOW_S = 60.0
_LIMITS = (0.65, 1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A camera's marks on its pictures. All lengths are shares, so any picture size looks alike.

    `noise` is the deviation in the dark (of 255) and grows with the root of the light as photons do; double it for each
    6 dB of gain (by day about 1.5, at night 6). `vignette` is the loss in the corners, `aberration` how much larger the
    red picture is than the others, `sharpen` the strength of the halo, `banding` the depth of the bands that
    fluorescent lamps make at `banding_hz`. `adapts_s` is the lag of the exposure control, 0: none.
    `quality` 1-100 is that of a JPEG between sensor and reader, None: none.
    """

    noise: float = 1.5
    vignette: float = 0.18
    aberration: float = 0.0008
    sharpen: float = 0.45
    banding: float = 0.0
    banding_hz: float = 0.7
    adapts_s: float = 0.8
    quality: int | None = None


def develop(
    image: Image, sensor: Sensor, rng: np.random.Generator, *, exposure: float = 1.0, phase: float = 0.0
) -> Image:
    """Return one picture (h, w, 3) as the camera would send it; `phase` (turns) is where the bands stand."""
    size = (image.shape[1], image.shape[0])
    made: Image = image
    if sensor.aberration > 0:
        made = _fringed(made, sensor.aberration)
    if sensor.vignette > 0 or exposure != 1 or sensor.banding > 0:
        gain = _vignette(size, sensor.vignette)
        if sensor.banding > 0:
            rows = 2 * np.pi * (np.arange(size[1]) / size[1] * 2.5 + phase)
            gain = gain * (1 + sensor.banding * np.sin(rows))[:, None, None].astype(np.float32)
        made = np.asarray(cv2.multiply(made, gain, scale=exposure, dtype=cv2.CV_8U), np.uint8)
    if sensor.noise > 0:
        made = _noisy(made, sensor.noise, rng)
    if sensor.sharpen > 0:
        soft = cv2.GaussianBlur(made, (5, 5), max(0.8, size[0] / 900))
        made = np.asarray(cv2.addWeighted(made, 1 + sensor.sharpen, soft, -sensor.sharpen, 0), np.uint8)
    if sensor.quality is not None:
        packed = cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, sensor.quality])[1]
        made = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return made


def developed(pictures: Iterable[Frame], sensor: Sensor, rng: np.random.Generator) -> Iterator[Frame]:
    """Develop a stream: the exposure follows what becomes brighter or darker, late, and forgets it within a minute."""
    usual = now = 0.0
    last: float | None = None
    for frame in pictures:
        level = float(frame.image[::8, ::8].mean()) + 1
        if last is None:
            usual = now = level
        else:
            now += (level - now) * (1 - np.exp(-(frame.t - last) / max(sensor.adapts_s, 1e-3)))
            usual += (now - usual) * (1 - np.exp(-(frame.t - last) / _SLOW_S))
        last = frame.t
        exposure = 1.0 if sensor.adapts_s == 0 else min(max((usual / now) ** 0.7, _LIMITS[0]), _LIMITS[1])
        yield replace(
            frame, image=develop(frame.image, sensor, rng, exposure=exposure, phase=sensor.banding_hz * frame.t % 1)
        )


@lru_cache(maxsize=8)
def _vignette(size: tuple[int, int], loss: float) -> Plane:
    """Return the gain (h, w, 3): cos⁴ of the angle to the axis, fitted to the loss in the corners."""
    x, y = (np.linspace(-1, 1, n, dtype=np.float32) for n in size)
    r2 = (x[None, :] ** 2 + (y[:, None] * size[1] / size[0]) ** 2) / (1 + (size[1] / size[0]) ** 2)
    reach = 1 / np.sqrt(1 - min(loss, 0.9)) - 1
    gain = 1 / (1 + r2 * np.float32(reach)) ** 2
    return np.repeat(gain[..., None], 3, axis=2).astype(np.float32)


def _fringed(image: Image, share: float) -> Image:
    """Return the picture with red a little larger about the middle."""
    size = (image.shape[1], image.shape[0])
    red = cv2.remap(
        cv2.extractChannel(image, 0), *_maps(size, 1 + share), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.insertChannel(red, image.copy(), 0), np.uint8)


@lru_cache(maxsize=8)
def _maps(size: tuple[int, int], scale: float) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]:
    """Return the maps of `cv2.remap` that enlarge a picture about its middle."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    middle = ((size[0] - 1) / 2, (size[1] - 1) / 2)
    from_x, from_y = (np.asarray((a - m) / scale + m, np.float32) for a, m in zip((x, y), middle, strict=True))
    places, weights = cv2.convertMaps(from_x, from_y, cv2.CV_16SC2)
    return np.asarray(places, np.int16), np.asarray(weights, np.uint16)


@lru_cache(maxsize=2)
def _bank(size: tuple[int, int]) -> Grain:
    return Grain.of(size, np.random.default_rng((_SEED, *size)), coarse=0.6, colour=0.35)


@lru_cache(maxsize=16)
def _deviation(noise: float) -> Plane:
    """Return the noise (256,) of each value: read noise and shot noise, the latter less where the curve is flat (gamma)."""
    value = np.arange(256, dtype=np.float32)
    return np.asarray(noise * np.sqrt(1 + value / 90) / (1 + value / 180), np.float32)


def _noisy(image: Image, noise: float, rng: np.random.Generator) -> Image:
    """Add noise to each value as strong as the value's own deviation."""
    drawn = _bank((image.shape[1], image.shape[0])).draw(rng)
    strong = cv2.multiply(cv2.LUT(image, _deviation(noise)), drawn)
    return np.asarray(cv2.add(image, strong, dtype=cv2.CV_8U), np.uint8)
