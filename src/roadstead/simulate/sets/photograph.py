"""A healthy camera of a data set: what its lens, its sensor and its JPEG make of rendered pictures."""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np

from roadstead.simulate.lens import CameraFault, Lens, Sensor, faulty
from roadstead.simulate.world.world import World
from roadstead.types import Frame, Image

_NOISE = MappingProxyType({"day": 1.5, "low_sun": 1.8, "overcast": 1.8, "dusk": 3.5, "night": 5.0})
_DIRT = ("dust", "drops", "smear")


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """The marks of one camera: its sensor, what lies on its glass, how its pictures are packed."""

    sensor: Sensor
    dirt: tuple[CameraFault, ...]
    quality: int
    seed: int

    @classmethod
    def of(cls, world: World, rng: np.random.Generator) -> "Camera":
        """Draw a camera for a world: more noise in the dark, dirt where the world's conditions say so."""
        sensor = Sensor(
            noise=_NOISE[world.conditions.light] * float(rng.uniform(0.6, 1.6)),
            vignette=float(rng.uniform(0.05, 0.3)),
            aberration=float(rng.uniform(0.0, 0.0012)),
            sharpen=float(rng.uniform(0.0, 0.7)),
            adapts_s=0.0,
        )
        dirt = world.conditions.dirt
        form = "drops" if world.conditions.weather == "rain" else _DIRT[int(rng.integers(len(_DIRT)))]
        faults = (CameraFault(kind="dirt", form=form, start=-1.0, end=1e6, strength=dirt),) if dirt > 0 else ()
        return cls(sensor=sensor, dirt=faults, quality=int(rng.integers(60, 96)), seed=int(rng.integers(2**31)))

    def taken(self, picture: Image, t: float) -> Image:
        """Return a rendered picture as the camera sends it at t, s of the world."""
        lens = Lens(fov_deg=None, sensor=self.sensor)
        sent = next(faulty([Frame("camera", t, picture)], self.dirt, (self.seed + round(t * 1000)) % 2**31, lens), None)
        return picture if sent is None else sent.image


def write_jpeg(path: Path, picture: Image, quality: int) -> Path:
    """Write a picture; return the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return path
