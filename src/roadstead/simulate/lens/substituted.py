"""Substituted: somebody plays earlier pictures in a loop instead of what happens now."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.errors import BadInput
from roadstead.simulate.lens.fault import CameraFault
from roadstead.types import Frame

_KEPT_S = 8.0
_AT_MOST = 240
_LEAST = 2


def substituted(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Show the up to 8 s (240 pictures) before the start again and again; of form "clock_runs" under a true on-screen clock.

    They are kept as JPEG of quality 95. Raise BadInput where fewer than two pictures came before.
    """
    del seed
    kept: deque[tuple[float, npt.NDArray[np.uint8]]] = deque(maxlen=_AT_MOST)
    shown = 0
    for frame in pictures:
        if not fault.covers(frame.t):
            if frame.t < fault.start:
                _keep(kept, frame)
            yield frame
            continue
        if len(kept) < _LEAST:
            raise BadInput(
                f"camera fault 'substituted' at {fault.start:g}: no pictures came before it; let it start later"
            )
        picture = np.asarray(cv2.imdecode(kept[shown % len(kept)][1], cv2.IMREAD_COLOR), np.uint8)
        shown += 1
        yield replace(frame, image=np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8))


def _keep(kept: deque[tuple[float, npt.NDArray[np.uint8]]], frame: Frame) -> None:
    packed = cv2.imencode(".jpg", cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
    kept.append((frame.t, np.asarray(packed, np.uint8)))
    while kept[0][0] <= frame.t - _KEPT_S:
        kept.popleft()
