"""A pinhole camera and a depth-buffered canvas for flat convex polygons."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Colour = tuple[float, float, float]

NEAR_M = 0.5
SUN: Floats = np.array([0.42, -0.62, 0.78]) / np.linalg.norm([0.42, -0.62, 0.78])
"""Unit vector from the ground to the sun."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """Position (x, y, z) m, yaw (deg east of north), pitch (deg below the horizon), focal length px, size (w, h) px."""

    position: tuple[float, float, float]
    yaw_deg: float
    pitch_deg: float
    focal_px: float
    size: tuple[int, int]

    def scaled(self, factor: int) -> "Camera":
        """Return the same view with `factor` times the pixels."""
        w, h = self.size
        return Camera(self.position, self.yaw_deg, self.pitch_deg, self.focal_px * factor, (w * factor, h * factor))

    @property
    def axes(self) -> Floats:
        """Rows right, down, forward in world coordinates (3, 3)."""
        return _axes(self.yaw_deg, self.pitch_deg)

    def to_view(self, world: Floats) -> Floats:
        """World points (n, 3) m to camera coordinates (n, 3) m: right, down, forward."""
        return np.asarray((world - np.array(self.position)) @ self.axes.T)

    def to_px(self, view: Floats) -> Floats:
        """Camera coordinates (n, 3), forward > 0, to picture points (n, 2) px."""
        w, h = self.size
        return np.asarray(view[:, :2] / view[:, 2:] * self.focal_px + np.array([w / 2, h / 2]))

    def project(self, world: Floats) -> Floats:
        """World points (n, 3) in front of the camera to picture points (n, 2) px."""
        return self.to_px(self.to_view(world))

    def ground_to_px(self) -> Floats:
        """Homography (3, 3): (x m, y m, 1) on the ground to the picture."""
        w, h = self.size
        k = np.array([[self.focal_px, 0, w / 2], [0, self.focal_px, h / 2], [0, 0, 1]])
        shift = -self.axes @ np.array(self.position)
        return np.asarray(k @ np.column_stack((self.axes[:, 0], self.axes[:, 1], shift)))


@cache
def _axes(yaw_deg: float, pitch_deg: float) -> Floats:
    yaw, pitch = np.radians(yaw_deg), np.radians(pitch_deg)
    forward = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), -np.sin(pitch)])
    right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
    return np.stack([right, np.cross(forward, right), forward])


def clip_near(view: Floats) -> Floats:
    """Cut a polygon in camera coordinates (n, 3) at the near plane; (0, 3) when all of it lies behind."""
    ahead = view[:, 2] >= NEAR_M
    if ahead.all():
        return view
    out: list[Floats] = []
    for i in range(len(view)):
        a, b = view[i - 1], view[i]
        if (a[2] >= NEAR_M) != (b[2] >= NEAR_M):
            out.append(a + (b - a) * (NEAR_M - a[2]) / (b[2] - a[2]))
        if b[2] >= NEAR_M:
            out.append(b)
    return np.array(out).reshape(-1, 3)


def lit(colour: Colour, normal: Floats) -> Colour:
    """Colour of a matt face: skylight from above and sunlight."""
    light = 0.56 + 0.12 * float(normal[2]) + 0.55 * max(0.0, float(normal @ SUN))
    r, g, b = (min(255.0, c * light) for c in colour)
    return r, g, b


@dataclass(slots=True, eq=False)
class Canvas:
    """A picture with inverse depth and the id of what each pixel shows (0 is scenery)."""

    camera: Camera
    colour: Bytes
    inverse: npt.NDArray[np.float32]
    owner: Bytes

    @classmethod
    def blank(cls, camera: Camera) -> "Canvas":
        """Make an empty canvas: black, everything infinitely far."""
        w, h = camera.size
        return cls(camera, np.zeros((h, w, 3), np.uint8), np.zeros((h, w), np.float32), np.zeros((h, w), np.uint8))

    def copy_from(self, other: "Canvas", box: tuple[int, int, int, int]) -> None:
        """Restore a box (left, top, right, bottom) px from another canvas of the same size."""
        part = np.s_[box[1] : box[3], box[0] : box[2]]
        self.colour[part], self.inverse[part], self.owner[part] = other.colour[part], other.inverse[part], 0

    def fill(self, world: Floats, colour: Any, owner: int = 0, nearer: float = 1.0) -> None:
        """Draw one flat convex polygon (n, 3) m where nothing nearer stands; `nearer` > 1 lifts a decal off its face."""
        view = clip_near(self.camera.to_view(world))
        if len(view) < 3:
            return
        px = self.camera.to_px(view)
        w, h = self.camera.size
        lo = np.clip(np.floor(px.min(axis=0)), 0, [w, h]).astype(int)
        hi = np.clip(np.ceil(px.max(axis=0)) + 1, 0, [w, h]).astype(int)
        if (hi <= lo).any():
            return
        mask = np.zeros((hi[1] - lo[1], hi[0] - lo[0]), np.uint8)
        corners = np.clip(np.round((px - lo) * 16), -(2**20), 2**20).astype(np.int32)
        cv2.fillConvexPoly(mask, corners, 1, cv2.LINE_8, 4)
        plane = self._plane(view)
        if plane is None:
            return
        inverse = (
            plane[0] * np.arange(lo[0], hi[0])[None, :] + plane[1] * np.arange(lo[1], hi[1])[:, None] + plane[2]
        ) * nearer
        part = np.s_[lo[1] : hi[1], lo[0] : hi[0]]
        seen = (mask > 0) & (inverse > self.inverse[part])
        self.colour[part][seen] = np.clip(colour, 0, 255)
        self.inverse[part][seen] = inverse[seen]
        self.owner[part][seen] = owner

    def _plane(self, view: Floats) -> Floats | None:
        """Return (a, b, c) with 1 / depth = a·x + b·y + c in px; None for a polygon seen edge-on."""
        normal = normal_of(view)
        offset = float(normal @ view.mean(axis=0))
        if abs(offset) < 1e-4:
            return None
        w, h = self.camera.size
        a, b = normal[0] / self.camera.focal_px, normal[1] / self.camera.focal_px
        return np.array([a, b, normal[2] - a * w / 2 - b * h / 2]) / offset


def normal_of(polygon: Floats) -> Floats:
    """Unit normal of a flat polygon (n, 3) by Newell's method; outward where the corners run anticlockwise."""
    x, y, z = polygon.T
    order = np.arange(1, len(polygon) + 1) % len(polygon)
    after_x, after_y, after_z = polygon[order].T
    normal = np.array([y @ after_z - z @ after_y, z @ after_x - x @ after_z, x @ after_y - y @ after_x])
    return np.asarray(normal / max(float(np.sqrt(normal @ normal)), 1e-12))
