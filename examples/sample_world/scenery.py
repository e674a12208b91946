"""Everything that stands: the work site behind its hoarding, houses, lamps, trees and the sky."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from sample_world.camera import Bytes, Camera, Canvas, Colour, Floats
from sample_world.ground import EAST_STOP_X_M, GATE_Y_M, SIDE_EAST_M, SIDE_WEST_M, lay, paint
from sample_world.solids import Body, Face, Pose, box, draw

HERE = Pose(0.0, 0.0, 0.0)
HAZE: Colour = (203, 214, 222)
BOARD: Colour = (58, 112, 168)


def _haze(colour: Colour, distance_m: float) -> Colour:
    """Colour seen through the air of a city."""
    a = 1 - float(np.exp(-distance_m / 260))
    return (
        colour[0] * (1 - a) + HAZE[0] * a,
        colour[1] * (1 - a) + HAZE[1] * a,
        colour[2] * (1 - a) + HAZE[2] * a,
    )


def _wall(x: tuple[float, float], z: tuple[float, float], y: float, colour: Colour, *, decal: bool = True) -> Face:
    """An upright rectangle that looks south."""
    corners = np.array([[x[0], y, z[0]], [x[1], y, z[0]], [x[1], y, z[1]], [x[0], y, z[1]]])
    return Face(corners, colour, decal=decal)


def _hoarding() -> list[Face]:
    faces: list[Face] = []
    for start, end in ((-62.0, SIDE_WEST_M - 1.2), (SIDE_EAST_M + 1.2, 42.0)):
        for i, x in enumerate(np.arange(start, end - 0.1, 3.0)):
            right = min(x + 2.94, end)
            tone = 1.0 if i % 2 else 0.93
            colour = (BOARD[0] * tone, BOARD[1] * tone, BOARD[2] * tone)
            faces += box((x, right), (GATE_Y_M, GATE_Y_M + 0.12), (0.35, 2.6), colour)
            faces.append(_wall((x, right), (2.3, 2.6), GATE_Y_M - 0.01, (232, 236, 240)))
            if i % 3 == 1:
                faces.append(_wall((x + 0.4, right - 0.4), (1.0, 2.0), GATE_Y_M - 0.01, (222, 232, 226)))
                faces.append(_wall((x + 0.4, right - 0.4), (1.0, 1.3), GATE_Y_M - 0.02, (88, 168, 96)))
        faces += box((start, end), (GATE_Y_M - 0.1, GATE_Y_M + 0.3), (0.0, 0.38), (172, 168, 160))
    return faces


def _gate() -> list[Face]:
    faces: list[Face] = []
    for x in (SIDE_WEST_M - 1.2, SIDE_EAST_M + 0.4):
        faces += box((x, x + 0.8), (GATE_Y_M - 0.4, GATE_Y_M + 0.4), (0.0, 5.4), (236, 236, 232))
        for z in np.arange(0.2, 1.4, 0.4):
            faces.append(_wall((x, x + 0.8), (z, z + 0.2), GATE_Y_M - 0.41, (226, 184, 40)))
    faces += box((SIDE_WEST_M - 1.4, SIDE_EAST_M + 1.4), (GATE_Y_M - 0.3, GATE_Y_M + 0.3), (4.7, 6.0), (40, 96, 168))
    for x in np.arange(SIDE_WEST_M + 0.8, SIDE_EAST_M - 0.6, 1.25):
        faces.append(_wall((x, x + 0.8), (4.98, 5.72), GATE_Y_M - 0.31, (246, 244, 236)))
        faces.append(_wall((x + 0.14, x + 0.66), (5.3, 5.42), GATE_Y_M - 0.32, (40, 96, 168)))
    faces += box((SIDE_EAST_M + 1.5, SIDE_EAST_M + 4.2), (GATE_Y_M - 3.2, GATE_Y_M - 0.6), (0.0, 2.7), (228, 230, 228))
    faces.append(_wall((SIDE_EAST_M + 2.0, SIDE_EAST_M + 3.7), (1.1, 2.1), GATE_Y_M - 3.21, (70, 96, 116)))
    faces += box((SIDE_EAST_M + 1.3, SIDE_EAST_M + 4.4), (GATE_Y_M - 3.4, GATE_Y_M - 0.4), (2.7, 2.9), (178, 62, 50))
    return faces


def _house(x: tuple[float, float], y: float, depth: float, storeys: int, colour: Colour) -> list[Face]:
    """A block of flats with rows of windows."""
    wall = _haze(colour, y)
    height = storeys * 3.0
    faces = box(x, (y, y + depth), (0.0, height), wall)
    glass = _haze((84, 104, 124), y)
    for k in range(storeys):
        for w in np.arange(x[0] + 1.2, x[1] - 2.0, 3.3):
            faces.append(_wall((w, w + 1.7), (k * 3.0 + 0.9, k * 3.0 + 2.3), y - 0.05, glass))
    faces.append(_wall(x, (height - 0.5, height), y - 0.06, _haze((150, 146, 140), y)))
    return faces


def _shell(x: tuple[float, float], y: float, storeys: int) -> list[Face]:
    """A building under construction: slabs, columns, green netting on the lower floors."""
    faces: list[Face] = []
    slab, column = _haze((168, 164, 158), y), _haze((140, 138, 134), y)
    for k in range(storeys):
        z = k * 3.4
        faces += box(x, (y, y + 14), (z + 3.0, z + 3.4), slab)
        faces.append(_wall(x, (z, z + 3.0), y + 10.0, _haze((92, 92, 94), y), decal=False))
        for c in np.linspace(x[0], x[1] - 0.7, 7):
            faces += box((c, c + 0.7), (y + 0.2, y + 0.9), (z, z + 3.0), column)
        if k < storeys - 2:
            faces.append(
                _wall(
                    (x[0], x[0] + (x[1] - x[0]) * 0.62),
                    (z + 0.2, z + 3.1),
                    y - 0.2,
                    _haze((72, 132, 96), y),
                    decal=False,
                )
            )
    return faces


def _crane(x: float, y: float, height: float) -> list[Face]:
    yellow = _haze((226, 172, 44), y)
    faces: list[Face] = []
    for z in np.arange(0, height, 2.0):
        for dx in (-0.8, 0.8):
            faces += box((x + dx - 0.13, x + dx + 0.13), (y, y + 0.3), (z, z + 2.0), yellow)
        lean = np.array([[x - 0.8, y, z], [x - 0.55, y, z], [x + 0.8, y, z + 2.0], [x + 0.55, y, z + 2.0]])
        faces.append(Face(lean, yellow))
    faces += box((x - 12, x + 34), (y, y + 0.4), (height, height + 0.35), yellow)
    faces += box((x - 9, x + 26), (y, y + 0.4), (height + 1.3, height + 1.5), yellow)
    for k in np.arange(x - 9, x + 26, 2.5):
        faces.append(
            Face(
                np.array(
                    [[k, y, height], [k + 0.25, y, height], [k + 1.4, y, height + 1.4], [k + 1.15, y, height + 1.4]]
                ),
                yellow,
            )
        )
    faces += box((x - 12, x - 8.5), (y, y + 1), (height - 1.6, height), _haze((150, 150, 150), y))
    faces += box((x - 1, x + 1), (y - 0.2, y + 1), (height - 2.2, height), _haze((240, 240, 240), y))
    faces += box((x + 20, x + 20.15), (y, y + 0.2), (height - 12, height), _haze((70, 70, 70), y))
    return faces


def _spoil(x: float, y: float, radius: float, height: float, seed: int) -> list[Face]:
    """A heap of dug-out soil."""
    rng = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, 17)
    bumps = np.append(rng.uniform(0.85, 1.15, (4, 16)), np.ones((4, 1)), axis=1)
    bumps[:, -1] = bumps[:, 0]
    rings = []
    for k, (reach, rise) in enumerate(((1.0, 0.0), (0.68, 0.5), (0.38, 0.85), (0.0, 1.0))):
        around = reach * radius * bumps[k]
        rings.append(
            np.column_stack(
                (x + around * np.cos(angles), y + 0.7 * around * np.sin(angles), rise * height * bumps[k] ** 0.5)
            )
        )
    faces = []
    for low, high in pairwise(rings):
        for i in range(16):
            tone = float(rng.uniform(0.9, 1.08))
            colour = _haze((146 * tone, 116 * tone, 82 * tone), y)
            faces += [
                Face(np.stack([low[i], low[i + 1], high[i + 1]]), colour),
                Face(np.stack([low[i], high[i + 1], high[i]]), colour),
            ]
    return faces


def _posts() -> list[Face]:
    """Street lamps, the traffic light and a sign."""
    grey = (150, 154, 158)
    faces: list[Face] = []
    for x in (-31.0, 12.5):
        faces += box((x - 0.09, x + 0.09), (8.3, 8.48), (0.0, 8.0), grey)
        faces += box((x - 0.05, x + 0.05), (6.2, 8.4), (7.9, 8.05), grey)
        faces += box((x - 0.16, x + 0.16), (5.8, 6.6), (7.86, 8.0), (214, 216, 214))
    x, y = SIDE_WEST_M - 5.2, 9.4
    faces += box((x - 0.1, x + 0.1), (y, y + 0.2), (0.0, 6.0), grey)
    faces += box((x - 4.4, x), (y, y + 0.16), (5.75, 5.95), grey)
    faces += box((x - 4.3, x - 3.1), (y - 0.12, y + 0.1), (5.5, 6.1), (36, 38, 40))
    for i, lamp in enumerate(((70, 24, 22), (84, 70, 22), (60, 226, 120))):
        faces.append(_wall((x - 4.2 + i * 0.38, x - 3.9 + i * 0.38), (5.65, 5.95), y - 0.13, lamp))
    x = EAST_STOP_X_M - 8.0
    faces += box((x - 0.05, x + 0.05), (8.4, 8.5), (0.0, 3.0), grey)
    faces.append(_wall((x - 0.45, x + 0.45), (2.2, 3.1), 8.38, (34, 84, 176), decal=False))
    faces.append(_wall((x - 0.3, x + 0.3), (2.58, 2.7), 8.37, (240, 240, 240)))
    return faces


def _standing() -> list[Body]:
    """From far to near."""
    return [
        Body(
            "houses",
            tuple(
                _house((-150, -112), 190, 20, 11, (196, 178, 160)) + _house((-100, -74), 210, 20, 13, (186, 190, 196))
            ),
            (),
        ),
        Body(
            "houses",
            tuple(_house((-66, -48), 230, 20, 15, (204, 190, 170)) + _house((36, 62), 180, 20, 10, (190, 176, 164))),
            (),
        ),
        Body(
            "houses",
            tuple(_house((70, 110), 160, 20, 8, (206, 196, 178)) + _house((-36, -8), 260, 20, 15, (188, 194, 202))),
            (),
        ),
        Body("shell", tuple(_shell((-46, -12), 92, 4) + _shell((14, 40), 110, 5)), ()),
        Body("crane", tuple(_crane(-6.0, 105, 21.0)), ()),
        Body(
            "spoil",
            tuple(_spoil(-12.5, 58, 8.5, 5.6, 1) + _spoil(17, 62, 7.0, 4.0, 2) + _spoil(-32, 64, 9.0, 4.4, 3)),
            (),
        ),
        Body("site", tuple(_hoarding() + _gate() + _posts()), ()),
    ]


def _sky(camera: Camera, seed: int) -> Bytes:
    w, h = camera.size
    rows = np.linspace(0, 1, h)[:, None, None]
    horizon = 0.30
    mix = np.clip(rows / horizon, 0, 1) ** 0.8
    sky = np.array([138, 176, 214]) * (1 - mix) + np.array(HAZE) * mix
    sky = np.broadcast_to(sky, (h, w, 3)).copy()
    rng = np.random.default_rng(seed)
    cloud = np.zeros((h, w), np.float32)
    for scale, weight in ((5, 1.0), (11, 0.6), (24, 0.35)):
        cloud += weight * cv2.resize(
            rng.normal(0, 1, (scale * 2, scale)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC
        )
    veil = np.clip(cloud - 0.2, 0, 1.2)[:, :, None] * 0.45 * (1 - mix * 0.6)
    picture: Bytes = np.clip(sky * (1 - veil) + 246 * veil, 0, 255).astype(np.uint8)
    return picture


def stand(camera: Camera, seed: int) -> tuple[Canvas, Bytes]:
    """Everything that never moves, and a mask (h, w) of the open ground on which shadows fall."""
    canvas = Canvas.blank(camera)
    ground, mask = lay(camera, paint(seed))
    canvas.colour[:] = np.where(mask[:, :, None] > 0, ground, _sky(camera, seed))
    for body in _standing():
        draw(canvas, body, HERE)
    return canvas, (mask * (canvas.inverse == 0)).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A crown that sways: picture (h, w, 4) RGBA at its place (left, top) px."""

    sprite: Bytes
    left: int
    top: int
    phase: float

    def blow(self, canvas: Canvas, t: float) -> None:
        """Paint the crown into the canvas as the wind holds it at t."""
        h, w, _ = self.sprite.shape
        lean = 0.011 * (np.sin(1.7 * t + self.phase) + 0.5 * np.sin(4.1 * t + 2 * self.phase))
        shear = np.array([[1, -lean, lean * h], [0, 1, 0]])
        moved = cv2.warpAffine(self.sprite, shear, (w, h), flags=cv2.INTER_LINEAR)
        part = canvas.colour[self.top : self.top + h, self.left : self.left + w]
        moved = moved[: part.shape[0], : part.shape[1]]
        alpha = moved[:, :, 3:].astype(np.float32) / 255
        part[:] = (part * (1 - alpha) + moved[:, :, :3] * alpha).astype(np.uint8)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom px."""
        h, w, _ = self.sprite.shape
        return self.left, self.top, self.left + w, self.top + h


def _leaves(size_px: int, rng: np.random.Generator) -> Bytes:
    """A crown on its trunk, lit from the upper right, (1.4 size, size, 4)."""
    w, h = size_px, int(size_px * 1.4)
    sprite = np.zeros((h, w, 4), np.uint8)
    trunk = max(2, w // 16)
    cv2.line(sprite, (w // 2, h), (w // 2, h // 2), (92, 76, 60, 255), trunk, cv2.LINE_AA)
    for layer in np.linspace(0, 1, 260):
        angle, radius = rng.uniform(0, 2 * np.pi), 0.36 * np.sqrt(rng.uniform(0, 1))
        x, y = 0.5 + radius * np.cos(angle) * 1.05, 0.40 + radius * np.sin(angle) * 0.82
        light = np.clip(0.55 + 0.5 * (x - 0.5) - 1.1 * (y - 0.40) + 0.25 * layer + rng.normal(0, 0.06), 0.3, 1.15)
        colour = (78 * light, 128 * light, 58 * light, 255.0)
        axes = (max(1, int(w * rng.uniform(0.04, 0.09))), max(1, int(w * rng.uniform(0.03, 0.06))))
        cv2.ellipse(
            sprite,
            (int(x * w), int(y * w) + w // 12),
            axes,
            float(rng.uniform(0, 180)),
            0,
            360,
            colour,
            -1,
            cv2.LINE_AA,
        )
    return sprite


def trees(camera: Camera, seed: int) -> tuple[Tree, ...]:
    """A row of trees along the northern pavement and some by the hoarding."""
    rng = np.random.default_rng(seed)
    places: list[tuple[float, float, float]] = [(-17, 10.4, 5.0), (-24, 10.4, 5.4), (-39, 10.4, 5.2), (-47, 10.4, 5.6)]
    places += [
        (14.5, 10.6, 5.0),
        (20.0, 10.6, 5.4),
        (-10, 31, 5.6),
        (-18, 31.5, 6.2),
        (-30, 31, 5.8),
        (13, 31.5, 5.6),
        (19, 31, 6.4),
    ]
    grown = []
    for x, y, height in sorted(places, key=lambda p: -p[1]):
        foot = camera.project(np.array([[x, y, 0.0]]))[0]
        depth = float(camera.to_view(np.array([[x, y, 0.0]]))[0, 2])
        size = int(height / 1.4 * camera.focal_px / depth) // 20 * 20
        left, top = int(foot[0] - size / 2) // 2 * 2, int(foot[1] - size * 1.4) // 2 * 2
        w, h = camera.size
        sprite = _leaves(size, rng)[max(0, -top) : h - top, max(0, -left) : max(0, w - left)]
        if sprite.size:
            grown.append(Tree(sprite, max(0, left), max(0, top), float(rng.uniform(0, 6))))
    return tuple(grown)


def feet(camera: Camera, points: list[tuple[float, float]]) -> Floats:
    """Ground points (m) to picture points (n, 2) px."""
    return camera.project(np.column_stack((np.array(points, float), np.zeros(len(points)))))
