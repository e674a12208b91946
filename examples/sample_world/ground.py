"""The ground seen from above, painted once and then laid under the camera."""

import cv2
import numpy as np

from sample_world.camera import Bytes, Camera, Colour, Floats

WEST_M, EAST_M, SOUTH_M, NORTH_M = -90.0, 50.0, -16.0, 74.0
PX_PER_M = 28
ROAD_M = 7.6
"""Half the width of the main road, kerb to kerb."""
SIDE_WEST_M, SIDE_EAST_M = -4.0, 6.0
"""The kerbs of the side road that leads to the gate."""
SIDE_MID_M = (SIDE_WEST_M + SIDE_EAST_M) / 2
CORNER_M = 6.0
GATE_Y_M = 34.0
STOP_Y_M = 14.0
EAST_STOP_X_M = -11.0
NO_PARKING = ((-4.0, -7.3), (6.5, -7.3), (6.5, -3.7), (-4.0, -3.7))

ASPHALT: Colour = (104, 105, 108)
WHITE: Colour = (222, 223, 220)
YELLOW: Colour = (226, 178, 52)


class _Map:
    """A picture of the ground from above with drawing in metres."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        w, h = int((EAST_M - WEST_M) * PX_PER_M), int((NORTH_M - SOUTH_M) * PX_PER_M)
        self.picture: Bytes = np.zeros((h, w, 3), np.uint8)

    def px(self, points: Floats) -> Floats:
        return np.column_stack(((points[:, 0] - WEST_M) * PX_PER_M, (NORTH_M - points[:, 1]) * PX_PER_M))

    def fill(self, points: list[tuple[float, float]], colour: Colour) -> None:
        corners = np.round(self.px(np.array(points)) * 16).astype(np.int32)
        cv2.fillPoly(self.picture, [corners], colour, cv2.LINE_AA, 4)

    def rect(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        self.fill([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)

    def line(self, points: list[tuple[float, float]], width_m: float, colour: Colour) -> None:
        corners = np.round(self.px(np.array(points)) * 16).astype(np.int32)
        thick = max(1, round(width_m * PX_PER_M))
        cv2.polylines(
            self.picture, [corners], isClosed=False, color=colour, thickness=thick, lineType=cv2.LINE_AA, shift=4
        )

    def dashes(self, x0: float, x1: float, y: float, colour: Colour) -> None:
        for x in np.arange(x0, x1, 6.0):
            self.rect(x, y - 0.075, min(x + 2.5, x1), y + 0.075, colour)

    def grain(self) -> None:
        """Give every surface its roughness: fine stones and broad stains."""
        h, w, _ = self.picture.shape
        fine = self.rng.normal(0, 5.0, (h // 2, w // 2)).astype(np.float32)
        broad = self.rng.normal(0, 1.0, (h // 80, w // 80)).astype(np.float32)
        stains = cv2.resize(broad, (w, h), interpolation=cv2.INTER_CUBIC) * 4.5
        rough = cv2.resize(fine, (w, h), interpolation=cv2.INTER_LINEAR) + stains
        self.picture = np.clip(self.picture.astype(np.float32) + rough[:, :, None], 0, 255).astype(np.uint8)


def _corner(x: float, y: float, start_deg: float) -> list[tuple[float, float]]:
    """Arc of the kerb around (x, y) through 90 degrees, clockwise from start_deg."""
    angles = np.radians(np.linspace(start_deg, start_deg - 90, 16))
    return [(x + CORNER_M * float(np.cos(a)), y + CORNER_M * float(np.sin(a))) for a in angles]


def _kerb_lines() -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    west = [(WEST_M, ROAD_M), *reversed(_corner(SIDE_WEST_M - CORNER_M, ROAD_M + CORNER_M, 0))]
    east = [*reversed(_corner(SIDE_EAST_M + CORNER_M, ROAD_M + CORNER_M, 270)), (EAST_M, ROAD_M)]
    return [*west, (SIDE_WEST_M, GATE_Y_M)], [(SIDE_EAST_M, GATE_Y_M), *east]


def _surfaces(m: _Map) -> None:
    m.picture[:] = (112, 132, 78)
    west, east = _kerb_lines()
    m.fill([(WEST_M, -7.6), (EAST_M, -7.6), (EAST_M, -11.2), (WEST_M, -11.2)], (178, 172, 162))
    paving = (184, 178, 168)
    m.fill([*west, (SIDE_WEST_M - 3.2, GATE_Y_M), (SIDE_WEST_M - 3.2, ROAD_M + 3.4), (WEST_M, ROAD_M + 3.4)], paving)
    m.fill([*east, (EAST_M, ROAD_M + 3.4), (SIDE_EAST_M + 3.2, ROAD_M + 3.4), (SIDE_EAST_M + 3.2, GATE_Y_M)], paving)
    for x in np.arange(WEST_M, EAST_M, 0.8):
        m.line([(x, -7.7), (x, -11.2)], 0.03, (160, 154, 146))
    for y in np.arange(-11.2, -7.7, 0.7):
        m.line([(WEST_M, y), (EAST_M, y)], 0.03, (160, 154, 146))
    m.fill([*west, *east, (EAST_M, -ROAD_M), (WEST_M, -ROAD_M)], ASPHALT)
    m.rect(-60, GATE_Y_M, 40, NORTH_M, (163, 139, 104))
    m.rect(SIDE_WEST_M, GATE_Y_M - 0.5, SIDE_EAST_M, GATE_Y_M + 16, (140, 128, 108))
    dust = (121, 116, 107)
    m.fill([(-3.2, GATE_Y_M), (0.4, GATE_Y_M), (0.1, 20), (-2.6, 20)], dust)
    m.fill([(1.6, GATE_Y_M), (5.2, GATE_Y_M), (4.6, 24), (2.0, 24)], dust)


def _wear(m: _Map) -> None:
    """Wheel tracks, repairs and cracks."""
    for lane in (-5.4, -1.8, 1.8, 5.4):
        for wheel in (-0.8, 0.8):
            y = lane + wheel
            m.line([(WEST_M, y), (EAST_M, y)], 0.45, (99, 100, 103))
    m.rect(-3, -1.6, 2, 0.6, (94, 95, 98))
    m.rect(-26, -6.6, -20.5, -4.2, (96, 96, 99))
    m.rect(-8.5, -6.9, -6.4, -5.6, (92, 93, 96))
    for _ in range(14):
        x, y = m.rng.uniform(-40, 25), m.rng.uniform(-7, 7)
        walk = np.cumsum(m.rng.normal([0.25, 0.0], 0.22, (9, 2)), axis=0) + np.array([x, y])
        m.line([(float(a), float(b)) for a, b in walk], 0.04, (80, 81, 84))


def _arrow(m: _Map, x: float, y: float, towards: float, turn: float) -> None:
    """A lane arrow with its stem at (x, y): straight for turn 0, else with a head to the left (+1) or right (-1)."""

    def at(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        c, s = float(np.cos(towards)), float(np.sin(towards))
        return [(x + c * a - s * b, y + s * a + c * b) for a, b in points]

    m.fill(at([(-1.8, -0.09), (0.6, -0.09), (0.6, 0.09), (-1.8, 0.09)]), WHITE)
    if turn == 0:
        m.fill(at([(0.5, -0.38), (1.9, 0.0), (0.5, 0.38)]), WHITE)
        return
    m.fill(at([(0.45, 0.0), (0.65, 0.0), (0.65, turn * 0.7), (0.45, turn * 0.7)]), WHITE)
    m.fill(at([(0.1, turn * 0.6), (1.0, turn * 0.6), (0.55, turn * 1.35)]), WHITE)


def _zebra(m: _Map) -> None:
    for x in np.arange(SIDE_WEST_M + 0.5, SIDE_EAST_M - 0.3, 1.0):
        m.rect(x, 9.0, x + 0.5, 12.6, WHITE)
    for y in np.arange(-ROAD_M + 0.5, ROAD_M - 0.3, 1.0):
        m.rect(EAST_STOP_X_M + 1.4, y, EAST_STOP_X_M + 5.0, y + 0.5, WHITE)


def _markings(m: _Map) -> None:
    for y in (-0.14, 0.14):
        m.rect(WEST_M, y - 0.06, EAST_STOP_X_M, y + 0.06, YELLOW)
        m.rect(10.0, y - 0.06, EAST_M, y + 0.06, YELLOW)
    for y in (-3.6, 3.6):
        m.dashes(WEST_M, EAST_STOP_X_M - 14, y, WHITE)
        m.dashes(10.0, EAST_M, y, WHITE)
    m.rect(EAST_STOP_X_M - 14, -3.68, EAST_STOP_X_M, -3.52, WHITE)
    for y in (-7.25, 7.25):
        m.rect(WEST_M, y - 0.06, SIDE_WEST_M - CORNER_M if y > 0 else EAST_M, y + 0.06, WHITE)
    m.rect(SIDE_EAST_M + CORNER_M, 7.19, EAST_M, 7.31, WHITE)
    _zebra(m)
    m.rect(EAST_STOP_X_M - 0.4, -7.2, EAST_STOP_X_M, -0.2, WHITE)
    m.rect(SIDE_WEST_M + 0.2, STOP_Y_M, SIDE_MID_M - 0.1, STOP_Y_M + 0.4, WHITE)
    m.rect(SIDE_MID_M - 0.07, STOP_Y_M, SIDE_MID_M + 0.07, GATE_Y_M, YELLOW)
    for turn in (0, 1):
        _arrow(m, EAST_STOP_X_M - 5, -1.8, 0.0, turn)
    _arrow(m, EAST_STOP_X_M - 5, -5.4, 0.0, 0)
    _arrow(m, SIDE_WEST_M + 2.4, STOP_Y_M + 5, -np.pi / 2, -1)
    for x in (22.0, 14.0):
        _arrow(m, x, 1.8, np.pi, 0)
        _arrow(m, x, 5.4, np.pi, 0)


def _no_parking_grid(m: _Map) -> None:
    """The yellow grid that forbids stopping."""
    (x0, y0), _, (x1, y1), _ = NO_PARKING
    m.line([*NO_PARKING, NO_PARKING[0]], 0.16, YELLOW)
    height = y1 - y0
    for x in np.arange(x0 - height, x1, 1.35):
        for rise in (1, -1):
            a, b = max(x, x0), min(x + height, x1)
            ya, yb = (y0 + a - x, y0 + b - x) if rise > 0 else (y1 - a + x, y1 - b + x)
            if a < b:
                m.line([(a, ya), (b, yb)], 0.11, YELLOW)


def _kerbs(m: _Map) -> None:
    west, east = _kerb_lines()
    for line in (west, east, [(WEST_M, -ROAD_M), (EAST_M, -ROAD_M)]):
        m.line(line, 0.34, (150, 148, 142))
        m.line(line, 0.16, (205, 203, 196))
    for y in (-ROAD_M + 0.3, ROAD_M - 0.3):
        for x in (-34.0, -19.5, 12.0, 24.0):
            m.rect(x, y - 0.2, x + 0.7, y + 0.2, (66, 66, 68))


def paint(seed: int) -> Bytes:
    """The ground from above, (h, w, 3) RGB; north is up."""
    m = _Map(seed)
    _surfaces(m)
    _wear(m)
    _no_parking_grid(m)
    _markings(m)
    _kerbs(m)
    m.grain()
    return m.picture


def lay(camera: Camera, ground: Bytes) -> tuple[Bytes, Bytes]:
    """The ground as the camera sees it (h, w, 3), and a mask (h, w) of where there is ground at all."""
    map_to_ground = np.array([[1 / PX_PER_M, 0, WEST_M], [0, -1 / PX_PER_M, NORTH_M], [0, 0, 1]])
    whole = camera.ground_to_px() @ map_to_ground
    w, h = camera.size
    out = np.zeros((h, w, 3), np.float32)
    ys, xs = np.mgrid[0:h, 0:w]
    rays = np.stack([(xs - w / 2) / camera.focal_px, (ys - h / 2) / camera.focal_px, np.ones_like(xs, float)], -1)
    down = rays @ camera.axes[:, 2]
    mask = down < -1e-3
    depth = np.where(mask, camera.position[2] / np.maximum(-down, 1e-3), 1e6)
    # Each pixel is taken from a map blurred as coarsely as one pixel is wide there, so that far markings do not flicker.
    level = np.clip(np.log2(np.maximum(depth**2 / camera.position[2] / camera.focal_px * PX_PER_M * 0.6, 1)), 0, 5)
    current = ground
    for k in range(6):
        shrink = np.diag([2.0**k, 2.0**k, 1.0])
        seen = cv2.warpPerspective(current, whole @ shrink, (w, h), flags=cv2.INTER_LINEAR, borderValue=(176, 180, 172))
        weight = np.clip(1 - np.abs(level - k), 0, 1)[:, :, None]
        out += seen.astype(np.float32) * weight.astype(np.float32)
        current = cv2.pyrDown(current).astype(np.uint8)
    out[~mask] = 0
    return np.clip(out, 0, 255).astype(np.uint8), mask.astype(np.uint8)
