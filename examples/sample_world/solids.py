"""Flat-faced bodies: faces in a body's own coordinates, x forward, y to the left, z up (m)."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from sample_world.camera import SUN, Bytes, Camera, Canvas, Colour, Floats, clip_near, lit, normal_of


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A convex flat polygon (n, 3) m, anticlockwise seen from outside; a `decal` lies on the face below it."""

    points: Floats
    colour: Colour
    decal: bool = False
    glow: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """Something that stands or moves as one piece. `hulls` are point sets whose convex hulls cast the shadow."""

    label: str
    faces: tuple[Face, ...]
    hulls: tuple[Floats, ...]

    @property
    def extent(self) -> Floats:
        """Corners (8, 3) of the upright box around the body, m."""
        every = np.vstack([f.points for f in self.faces])
        lo, hi = every.min(axis=0), every.max(axis=0)
        return np.array([[x, y, z] for x in (lo[0], hi[0]) for y in (lo[1], hi[1]) for z in (lo[2], hi[2])])


@dataclass(frozen=True, slots=True)
class Pose:
    """Place on the ground x, y (m), height z (m), heading (rad, anticlockwise from east), pitch and roll (rad)."""

    x: float
    y: float
    heading: float
    z: float = 0.0
    pitch: float = 0.0

    def place(self, points: Floats) -> Floats:
        """Body coordinates (n, 3) to world coordinates (n, 3)."""
        c, s, cp, sp = np.cos(self.heading), np.sin(self.heading), np.cos(self.pitch), np.sin(self.pitch)
        x = points[:, 0] * cp + points[:, 2] * sp
        z = points[:, 2] * cp - points[:, 0] * sp
        return np.column_stack((self.x + c * x - s * points[:, 1], self.y + s * x + c * points[:, 1], self.z + z))


def extrude(profile: Any, half: float | Any, colour: Colour) -> list[Face]:
    """A body with a convex side view [(x, z), …] (anticlockwise from the right side), `half` a width per corner, m."""
    side = np.asarray(profile, float)
    halves = np.broadcast_to(np.asarray(half, float), len(side))
    right = np.column_stack((side[:, 0], -halves, side[:, 1]))
    left = right * (1, -1, 1)
    faces = [Face(right, colour), Face(left[::-1], colour)]
    for i in range(len(side)):
        a, b = i - 1, i
        faces.append(Face(np.stack([right[b], right[a], left[a], left[b]]), colour))
    return faces


def box(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], colour: Colour) -> list[Face]:
    """An upright box."""
    middle = (y[0] + y[1]) / 2
    faces = extrude([(x[0], z[0]), (x[1], z[0]), (x[1], z[1]), (x[0], z[1])], (y[1] - y[0]) / 2, colour)
    return [Face(f.points + np.array([0, middle, 0]), f.colour) for f in faces]


def wheel(x: float, half: float, radius: float, width: float = 0.26) -> list[Face]:
    """A pair of wheels on one axle at x, their outer sides at ±half, m."""
    angles = np.linspace(0, 2 * np.pi, 15)[:-1]
    ring = np.column_stack((x + radius * np.cos(angles), np.zeros(14), radius + radius * np.sin(angles)))
    faces = []
    for sign in (-1, 1):
        outer, inner = ring + np.array([0, sign * half, 0]), ring + np.array([0, sign * (half - width), 0])
        order = slice(None) if sign < 0 else slice(None, None, -1)
        faces.append(Face(outer[order], (38, 38, 40)))
        hub = (ring - (x, 0, radius)) * 0.58 + (x, sign * half, radius)
        faces.append(Face(hub[order], (150, 152, 156), decal=True))
        cap = (ring - (x, 0, radius)) * 0.2 + (x, sign * (half + 0.01), radius)
        faces.append(Face(cap[order], (84, 86, 90), decal=True))
        for i in range(14):
            quad = np.stack([outer[i - 1], outer[i], inner[i], inner[i - 1]])
            faces.append(Face(quad[:: -sign if sign > 0 else 1], (30, 30, 32)))
    return faces


def side_decal(points: Any, half: float, colour: Colour) -> list[Face]:
    """The same polygon [(x, z), …] (anticlockwise from the right side) on both sides of a body, at ±half m."""
    side = np.asarray(points, float)
    right = np.column_stack((side[:, 0], np.full(len(side), -half), side[:, 1]))
    return [Face(right, colour, decal=True), Face((right * (1, -1, 1))[::-1], colour, decal=True)]


def front_decal(x: float, y: tuple[float, float], z: tuple[float, float], colour: Colour, **more: Any) -> Face:
    """A rectangle that looks forward (towards +x), at x; `slant` leans its top back by so many metres."""
    lean = more.pop("slant", 0.0)
    top = x - lean
    corners = np.array([[x, y[0], z[0]], [x, y[1], z[0]], [top, y[1], z[1]], [top, y[0], z[1]]])
    return Face(corners, colour, decal=True, **more)


def rear_decal(x: float, y: tuple[float, float], z: tuple[float, float], colour: Colour, **more: Any) -> Face:
    """A rectangle that looks back (towards -x), at x."""
    corners = np.array([[x, y[1], z[0]], [x, y[0], z[0]], [x, y[0], z[1]], [x, y[1], z[1]]])
    return Face(corners, colour, decal=True, **more)


def draw(canvas: Canvas, body: Body, pose: Pose, owner: int = 0) -> None:
    """Draw every face of the body that looks at the camera."""
    eye = np.array(canvas.camera.position)
    every, end = pose.place(np.vstack([f.points for f in body.faces])), 0
    for face in body.faces:
        start, end = end, end + len(face.points)
        world = every[start:end]
        normal = normal_of(world)
        if float(normal @ (eye - world[0])) <= 0:
            continue
        colour = face.colour if face.glow else lit(face.colour, normal)
        canvas.fill(world, colour, owner, 1.004 if face.decal else 1.0)


def shade(mask: Bytes, camera: Camera, body: Body, pose: Pose) -> None:
    """Fill the body's shadow on the ground into a mask (h, w) of the camera's size."""
    for outline in shadows(camera, body, pose):
        px = np.clip(np.round(outline * 16), -(2**20), 2**20).astype(np.int32)
        cv2.fillConvexPoly(mask, px, 255, cv2.LINE_AA, 4)


def shadows(camera: Camera, body: Body, pose: Pose) -> list[Floats]:
    """Outlines (n, 2) px of the body's shadow on the ground."""
    found = []
    for hull in body.hulls:
        world = pose.place(hull)
        flat = world - np.outer(world[:, 2] / SUN[2], SUN)
        order = cv2.convexHull(flat[:, :2].astype(np.float32)).reshape(-1, 2).astype(float)
        view = clip_near(camera.to_view(np.column_stack((order, np.zeros(len(order))))))
        if len(view) >= 3:
            found.append(camera.to_px(view))
    return found


def screen_box(camera: Camera, body: Body, pose: Pose) -> tuple[float, float, float, float] | None:
    """The body's box (left, top, right, bottom) px, not cut at the picture's edge; None when it is behind the camera."""
    world = pose.place(np.vstack([f.points for f in body.faces]))
    view = camera.to_view(world)
    if (view[:, 2] < 0.5).all():
        return None
    px = camera.to_px(np.asarray(view[view[:, 2] >= 0.5]))
    (x0, y0), (x1, y1) = px.min(axis=0), px.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)
