"""Cars, vans, a bus, dump trucks and what falls off them."""

from itertools import pairwise

import numpy as np

from sample_world.camera import Colour, Floats
from sample_world.solids import Body, Face, box, extrude, front_decal, rear_decal, side_decal, wheel

GLASS: Colour = (46, 58, 70)
BLACK: Colour = (40, 41, 44)
LAMP: Colour = (246, 244, 226)
RED: Colour = (196, 32, 28)
BLUE_PLATE: Colour = (28, 74, 178)
GREEN_PLATE: Colour = (96, 190, 128)
YELLOW_PLATE: Colour = (236, 186, 24)
SOIL: Colour = (134, 98, 62)


def _corners(x: tuple[float, float], half: float, z: tuple[float, float]) -> Floats:
    return np.array([[a, b, c] for a in x for b in (-half, half) for c in z])


def car(colour: Colour, plate: Colour = BLUE_PLATE, *, tall: float = 0.0) -> Body:
    """A saloon 4.6 m long; `tall` metres more make it a sport-utility vehicle."""
    z = tall
    lower = [(-2.28, 0.42), (-2.1, 0.24), (2.1, 0.24), (2.3, 0.4), (2.26, 0.66 + z), (1.15, 0.88 + z), (-2.2, 0.94 + z)]
    faces = extrude(lower, [0.86, 0.88, 0.88, 0.8, 0.8, 0.88, 0.86], colour)
    back, top = (-1.85, -1.35) if tall == 0 else (-2.15, -1.85)
    cabin = [(back, 0.9 + z), (1.15, 0.86 + z), (0.35, 1.44 + z), (top, 1.44 + z)]
    faces += extrude(cabin, [0.82, 0.82, 0.63, 0.63], GLASS)
    roof = np.array([[0.35, -0.63, 1.45 + z], [0.35, 0.63, 1.45 + z], [top, 0.63, 1.45 + z], [top, -0.63, 1.45 + z]])
    faces.append(Face(roof, colour))
    for x in (-0.45, back + 0.55):
        pillar = np.array(
            [[x, -0.83, 0.9 + z], [x + 0.12, -0.83, 0.9 + z], [x + 0.1, -0.64, 1.44 + z], [x, -0.64, 1.44 + z]]
        )
        faces += [Face(pillar, colour, decal=True), Face((pillar * (1, -1, 1))[::-1], colour, decal=True)]
    shade: Colour = (colour[0] * 0.72, colour[1] * 0.72, colour[2] * 0.72)
    faces += side_decal([(-2.1, 0.26), (2.05, 0.26), (2.05, 0.36), (-2.1, 0.36)], 0.885, BLACK)
    faces += side_decal([(-0.52, 0.4), (-0.47, 0.4), (-0.47, 0.86 + z), (-0.52, 0.86 + z)], 0.885, shade)
    for y in ((-0.76, -0.44), (0.44, 0.76)):
        faces.append(front_decal(2.3, y, (0.54 + z, 0.68 + z), LAMP, glow=True))
        faces.append(rear_decal(-2.27, y, (0.68 + z, 0.84 + z), RED, glow=True))
    faces.append(front_decal(2.31, (-0.24, 0.24), (0.38, 0.5), plate, glow=True))
    faces.append(rear_decal(-2.3, (-0.24, 0.24), (0.5, 0.62), plate, glow=True))
    faces.append(front_decal(2.305, (-0.42, 0.42), (0.52 + z, 0.62 + z), BLACK))
    faces += wheel(1.42, 0.91, 0.33) + wheel(-1.38, 0.91, 0.33)
    hulls = (_corners((-2.25, 2.25), 0.86, (0.0, 0.8 + z)), _corners((top, 0.5), 0.66, (0.8, 1.45 + z)))
    return Body("car", tuple(faces), hulls)


def van(colour: Colour) -> Body:
    """A small van 4.5 m long."""
    lower = [(-2.2, 0.3), (2.1, 0.3), (2.25, 0.5), (2.15, 0.95), (1.3, 1.9), (-2.05, 1.9), (-2.22, 1.2)]
    faces = extrude(lower, [0.84, 0.84, 0.82, 0.84, 0.74, 0.74, 0.84], colour)
    screen = np.array([[2.12, -0.72, 1.02], [2.12, 0.72, 1.02], [1.42, 0.66, 1.78], [1.42, -0.66, 1.78]])
    faces.append(Face(screen, GLASS, decal=True))
    faces.append(rear_decal(-2.2, (-0.62, 0.62), (1.28, 1.72), GLASS))
    for x0, x1 in ((-1.95, -1.0), (-0.9, 0.25)):
        faces += side_decal([(x0, 1.24), (x1, 1.24), (x1, 1.7), (x0, 1.7)], 0.845, GLASS)
    faces += side_decal([(0.35, 1.2), (1.62, 1.2), (1.2, 1.7), (0.35, 1.7)], 0.845, GLASS)
    faces += side_decal([(-2.1, 0.32), (2.05, 0.32), (2.1, 0.5), (-2.15, 0.5)], 0.85, BLACK)
    for y in ((-0.78, -0.5), (0.5, 0.78)):
        faces.append(front_decal(2.24, y, (0.66, 0.86), LAMP, glow=True))
        faces.append(rear_decal(-2.24, y, (0.8, 1.1), RED, glow=True))
    faces.append(front_decal(2.27, (-0.24, 0.24), (0.42, 0.54), BLUE_PLATE, glow=True))
    faces += wheel(1.38, 0.87, 0.3) + wheel(-1.3, 0.87, 0.3)
    return Body(
        "car", tuple(faces), (_corners((-2.2, 2.1), 0.82, (0.0, 1.2)), _corners((-2.05, 1.4), 0.76, (1.0, 1.9)))
    )


def bus(colour: Colour, stripe: Colour) -> Body:
    """A city bus 10.6 m long."""
    profile = [(-5.3, 0.32), (5.3, 0.32), (5.3, 1.3), (5.15, 3.0), (-5.25, 3.05)]
    faces = extrude(profile, [1.24, 1.24, 1.24, 1.2, 1.2], colour)
    faces += side_decal([(-5.2, 0.36), (5.2, 0.36), (5.2, 0.95), (-5.2, 0.95)], 1.245, stripe)
    faces += side_decal([(-4.9, 1.45), (4.95, 1.45), (4.9, 2.5), (-4.9, 2.5)], 1.235, GLASS)
    for x in np.arange(-3.5, 4.5, 1.42):
        faces += [
            Face(f.points * (1, 1.004, 1), f.colour, decal=True)
            for f in side_decal([(x, 1.45), (x + 0.09, 1.45), (x + 0.09, 2.5), (x, 2.5)], 1.236, colour)
        ]
    faces.append(front_decal(5.305, (-1.1, 1.1), (1.25, 2.5), GLASS, slant=0.11))
    faces.append(front_decal(5.2, (-0.75, 0.75), (2.58, 2.88), (250, 150, 40), slant=0.03, glow=True))
    faces.append(rear_decal(-5.3, (-1.0, 1.0), (1.6, 2.5), GLASS))
    for y in ((-1.1, -0.75), (0.75, 1.1)):
        faces.append(front_decal(5.32, y, (0.6, 0.86), LAMP, glow=True))
        faces.append(rear_decal(-5.32, y, (0.8, 1.3), RED, glow=True))
    faces.append(front_decal(5.32, (-0.26, 0.26), (0.42, 0.56), YELLOW_PLATE, glow=True))
    faces += box((-2.2, 1.6), (-0.8, 0.8), (3.03, 3.22), (216, 218, 220))
    faces += wheel(3.3, 1.26, 0.48) + wheel(-2.6, 1.26, 0.48)
    return Body("bus", tuple(faces), (_corners((-5.3, 5.3), 1.22, (0.0, 3.05)),))


def _heap(seed: int) -> list[Face]:
    """Loose soil above the rim of a bed, as a field of triangles."""
    rng = np.random.default_rng(seed)
    xs, ys = np.linspace(-4.2, 2.3, 9), np.linspace(-1.08, 1.08, 6)
    rise = np.outer(np.sin(np.linspace(0.12, np.pi - 0.12, 9)) ** 0.7, np.sin(np.linspace(0.1, np.pi - 0.1, 6)) ** 0.8)
    z = 2.55 + 0.85 * rise * rng.uniform(0.72, 1.12, rise.shape)
    faces = []
    for i in range(8):
        for j in range(5):
            p = [np.array([xs[a], ys[b], z[a, b]]) for a, b in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))]
            tone = float(rng.uniform(0.82, 1.15))
            colour = (SOIL[0] * tone, SOIL[1] * tone, SOIL[2] * tone)
            faces += [Face(np.stack([p[0], p[1], p[2]]), colour), Face(np.stack([p[0], p[2], p[3]]), colour)]
    return faces


def _cover() -> list[Face]:
    """The closed lid of a bed."""
    ridge = [(-4.42, 2.74), (2.5, 2.74), (2.4, 2.92), (-4.3, 2.92)]
    faces = extrude(ridge, [1.25, 1.25, 0.9, 0.9], (98, 106, 112))
    for x in np.arange(-3.6, 2.3, 1.15):
        strip = np.array([[x, -0.9, 2.93], [x + 0.1, -0.9, 2.93], [x + 0.1, 0.9, 2.93], [x, 0.9, 2.93]])
        faces.append(Face(strip, (70, 76, 82), decal=True))
    return faces


def _mud(seed: int) -> list[Face]:
    """Dried mud on the lower panels and the bed."""
    rng = np.random.default_rng(seed)
    faces: list[Face] = []
    for x in np.arange(-4.2, 2.2, 0.62):
        top = 1.4 + float(rng.uniform(0.15, 0.8))
        faces += side_decal(
            [(x, 1.28), (x + 0.75, 1.28), (x + 0.5, top), (x + 0.12, top * 0.94)], 1.262, (150, 124, 92)
        )
    faces += side_decal([(2.8, 0.5), (4.5, 0.5), (4.4, 1.0), (3.5, 1.25), (2.8, 1.1)], 1.24, (150, 124, 92))
    return faces


def _cab(colour: Colour) -> list[Face]:
    profile = [(2.72, 0.5), (4.6, 0.5), (4.62, 1.55), (4.42, 2.95), (4.1, 3.05), (2.72, 3.05)]
    faces = extrude(profile, [1.22, 1.22, 1.22, 1.16, 1.12, 1.16], colour)
    faces.append(front_decal(4.63, (-1.06, 1.06), (1.68, 2.72), GLASS, slant=0.15))
    faces.append(front_decal(4.635, (-0.95, 0.95), (1.0, 1.45), BLACK))
    faces.append(front_decal(4.65, (-1.22, 1.22), (0.5, 0.78), (70, 72, 76)))
    faces.append(front_decal(4.66, (-0.26, 0.26), (0.58, 0.74), YELLOW_PLATE, glow=True))
    for y in ((-1.14, -0.8), (0.8, 1.14)):
        faces.append(front_decal(4.65, y, (0.82, 1.0), LAMP, glow=True))
    faces += side_decal([(3.15, 1.75), (4.42, 1.75), (4.25, 2.6), (3.15, 2.6)], 1.225, GLASS)
    faces += side_decal([(3.0, 0.5), (3.04, 0.5), (3.04, 2.7), (3.0, 2.7)], 1.222, BLACK)
    for mirror in (-1.42, 1.42):
        faces += box((4.25, 4.4), (mirror - 0.09, mirror + 0.09), (1.8, 2.5), BLACK)
    return faces


def dump_truck(colour: Colour, bed: Colour, load: str, *, dirty: bool = False, seed: int = 0) -> Body:
    """A four-axle dump truck 9.1 m long; `load` is "heap", "cover" or "empty"."""
    faces = _cab(colour)
    faces += box((-4.35, 4.3), (-0.5, 0.5), (0.62, 1.25), (52, 54, 58))
    faces += box((-0.9, 0.7), (-1.12, 1.12), (0.6, 1.15), (78, 82, 86))
    profile = [(-4.25, 1.25), (2.45, 1.25), (2.55, 2.75), (-4.45, 2.75)]
    faces += [
        f for f in extrude(profile, [1.14, 1.14, 1.25, 1.25], bed) if load != "empty" or f.points[:, 2].min() < 2.7
    ]
    rib: Colour = (bed[0] * 0.74, bed[1] * 0.74, bed[2] * 0.74)
    for x in np.arange(-3.9, 2.3, 0.98):
        faces += side_decal([(x, 1.3), (x + 0.14, 1.3), (x + 0.14, 2.7), (x, 2.7)], 1.256, rib)
    faces += side_decal([(-4.42, 2.6), (2.52, 2.6), (2.54, 2.75), (-4.44, 2.75)], 1.26, rib)
    faces += [rear_decal(-4.4, y, (0.75, 0.95), RED, glow=True) for y in ((-1.1, -0.75), (0.75, 1.1))]
    faces.append(rear_decal(-4.46, (-0.9, 0.9), (1.6, 2.1), (238, 238, 230)))
    if load == "empty":
        faces += [
            Face(f.points[::-1], rib)
            for f in extrude(profile, [1.1, 1.1, 1.21, 1.21], bed)
            if f.points[:, 2].min() < 2.7
        ]
    faces += _heap(seed) if load == "heap" else _cover() if load == "cover" else []
    faces += _mud(seed) if dirty else []
    for x in (3.55, 1.65, -2.3, -3.62):
        faces += wheel(x, 1.24, 0.52, 0.34)
    top = 3.25 if load == "heap" else 2.9
    hulls = (
        _corners((2.7, 4.6), 1.2, (0.0, 3.05)),
        _corners((-4.4, 2.7), 1.22, (0.0, 2.75)),
        _corners((-3.4, 1.6), 0.7, (2.5, top)),
    )
    return Body("truck", tuple(faces), hulls)


def clump(seed: int) -> Body:
    """A lump of soil about 1.1 m across."""
    rng = np.random.default_rng(seed)
    rings = [(0.02, 0.5), (0.2, 0.56), (0.42, 0.4), (0.56, 0.16)]
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    levels = [
        np.column_stack((r * np.cos(angles) * 1.15, r * np.sin(angles), np.full(8, z)))
        * rng.uniform(0.85, 1.15, (8, 1))
        for z, r in rings
    ]
    faces = []
    for low, high in pairwise(levels):
        for i in range(8):
            tone = float(rng.uniform(0.75, 1.1))
            colour = (SOIL[0] * tone, SOIL[1] * tone, SOIL[2] * tone)
            quad = (low[i - 1], low[i], high[i], high[i - 1])
            faces += [Face(np.stack(quad[:3]), colour), Face(np.stack([quad[0], quad[2], quad[3]]), colour)]
    faces += [Face(np.stack([levels[-1][i - 1], levels[-1][i], levels[-1].mean(axis=0)]), SOIL) for i in range(8)]
    return Body("debris", tuple(faces), (np.vstack(levels),))
