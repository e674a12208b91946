"""Turning: the angles by which faults turn a camera, for a renderer, and the same turn as a warp of a finished picture."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from roadstead.simulate.lens import moved, shaking
from roadstead.simulate.lens.fault import CameraFault
from roadstead.types import Floats, Frame, Image

TURNS = {"moved": moved.sway, "shaking": shaking.sway}
Angles = tuple[float, float, float]


def sway(faults: Sequence[CameraFault], t: float, seed: int) -> Angles:
    """Return pan (right), tilt (up) and roll (clockwise) at t in degrees: the sum of what the faults do; others count nothing."""
    turned = [TURNS[fault.kind](fault, t, seed) for fault in faults if fault.kind in TURNS and fault.covers(t)]
    pan, tilt, roll = (float(sum(axis)) for axis in zip(*turned, strict=True)) if turned else (0.0, 0.0, 0.0)
    return pan, tilt, roll


def homography(angles_deg: Angles, size: tuple[int, int], fov_deg: float) -> Floats:
    """Return (3, 3) K R K⁻¹ that maps px of the untouched picture to px of that of the turned camera.

    `fov_deg` is the horizontal field of view. The camera looks along +z with x right and y down (Hartley and Zisserman,
    Multiple View Geometry, 8.4): it is panned first, then tilted, then rolled.
    """
    pan, tilt, roll = np.radians(angles_deg)
    focal = size[0] / 2 / np.tan(np.radians(fov_deg) / 2)
    k = np.array([[focal, 0, (size[0] - 1) / 2], [0, focal, (size[1] - 1) / 2], [0, 0, 1]])
    about_y = np.array([[np.cos(pan), 0, -np.sin(pan)], [0, 1, 0], [np.sin(pan), 0, np.cos(pan)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), np.sin(tilt)], [0, -np.sin(tilt), np.cos(tilt)]])
    about_z = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(k @ about_z @ about_x @ about_y @ np.linalg.inv(k))


def turned(pictures: Iterable[Frame], faults: Sequence[CameraFault], seed: int, fov_deg: float) -> Iterator[Frame]:
    """Warp each picture as if the camera had turned; what was never filmed is the mirror image of what is beside it."""
    for frame in pictures:
        angles = sway(faults, frame.t, seed)
        yield replace(frame, image=warped(frame.image, angles, fov_deg)) if any(angles) else frame


def warped(image: Image, angles_deg: Angles, fov_deg: float) -> Image:
    """Return one picture as the turned camera would show it."""
    size = (image.shape[1], image.shape[0])
    matrix = homography(angles_deg, size, fov_deg)
    return np.asarray(
        cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.uint8
    )
