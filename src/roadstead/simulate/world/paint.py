"""A picture of the ground, painted in metres: asphalt, grass, mud, kerbs, road markings, tracks, wear."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.simulate.world.motion import resampled
from roadstead.simulate.world.world import Ground
from roadstead.types import Floats, Image

Mask = npt.NDArray[np.float32]
"""(height, width) shares 0-1."""
Colour = tuple[int, int, int]

WHITE: Colour = (214, 216, 212)
YELLOW: Colour = (216, 172, 56)
_SHIFT = 4
_ARROWS: Mapping[str, list[list[tuple[float, float]]]] = {
    "straight": [[(-3, -0.08), (1, -0.08), (1, 0.08), (-3, 0.08)], [(1, -0.4), (3, 0), (1, 0.4)]],
    "right": [
        [(-3, -0.08), (0.6, -0.08), (0.6, 0.08), (-3, 0.08)],
        [(0.2, 0.08), (1.0, -0.5), (1.3, -0.35), (0.7, 0.08)],
        [(0.6, -0.35), (2.0, -0.95), (1.9, -0.1)],
    ],
}
"""Polygons (ahead, left) m of a road arrow 6 m long; the left ones are the right ones mirrored (GB 5768.3)."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What ground is made of: a colour, the fine `grain`, and a slow `mottle` over `mottle_m` towards `other`; grey levels."""

    rgb: Colour
    grain: float = 6.0
    mottle: float = 5.0
    mottle_m: float = 2.5
    other: Colour | None = None


ASPHALT = Surface((92, 93, 95), 7, 5, 3.0)
OLD_ASPHALT = Surface((122, 119, 114), 8, 8, 2.0)
CONCRETE = Surface((158, 154, 146), 5, 7, 2.2)
PAVING = Surface((150, 138, 128), 5, 5, 1.2)
GRASS = Surface((86, 102, 54), 13, 9, 1.0, (112, 112, 66))
SOIL = Surface((134, 108, 80), 11, 12, 1.4, (108, 84, 60))
MUD = Surface((106, 84, 62), 9, 14, 1.0, (78, 62, 48))
GRAVEL = Surface((140, 134, 124), 16, 8, 1.8)


@dataclass(slots=True, eq=False)
class Canvas:
    """A picture from (x0, y0) to (x1, y1) m, north at its top; what is painted later lies above."""

    extent_m: tuple[float, float, float, float]
    px_per_m: float
    rng: np.random.Generator
    _rgb: npt.NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        x0, y0, x1, y1 = self.extent_m
        size = round((y1 - y0) * self.px_per_m), round((x1 - x0) * self.px_per_m)
        self._rgb = np.zeros((*size, 3), np.float32)

    @property
    def picture(self) -> Image:
        """What has been painted so far."""
        return np.asarray(np.clip(self._rgb, 0, 255).astype(np.uint8))

    def ground(self, height_m: float = 0.0) -> Ground:
        """Return the painted piece of land."""
        return Ground(self.extent_m, self.picture, height_m)

    def px(self, points_m: npt.ArrayLike) -> Floats:
        """Return where points (n, 2) m lie on the picture, px."""
        x0, _, _, y1 = self.extent_m
        return np.asarray((np.asarray(points_m, float).reshape(-1, 2) - (x0, y1)) * (self.px_per_m, -self.px_per_m))

    def everywhere(self, surface: Surface) -> None:
        """Cover all of the picture."""
        x0, y0, x1, y1 = self.extent_m
        self.surface([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], surface)

    def surface(self, polygon_m: npt.ArrayLike, surface: Surface, *, edge_m: float = 0.0) -> None:
        """Cover a polygon with a surface; `edge_m` frays its edge, as mud and grass do."""
        rows, columns, mask = self._mask([self.px(polygon_m)], grow_m=edge_m)
        if not mask.size:
            return
        if edge_m > 0:
            soft = cv2.GaussianBlur(mask, (0, 0), max(edge_m * self.px_per_m / 2, 0.5))
            mask = np.clip((soft + 0.35 * self._slow(mask.shape, 4 * edge_m) - 0.5) * 4 + 0.5, 0, 1).astype(np.float32)
        self._blend(rows, columns, mask, self._texture(mask.shape, surface))

    def line(
        self,
        points_m: npt.ArrayLike,
        width_m: float,
        colour: Colour = WHITE,
        *,
        dash_m: tuple[float, float] | None = None,
        wear: float = 0.25,
    ) -> None:
        """Paint a line along a way (n, 2); `dash_m` is the length of a dash and of a gap, `wear` 0-1 how much has gone."""
        for piece in _dashes(np.asarray(points_m, float).reshape(-1, 2), dash_m):
            self.paint([_band(piece, width_m)], colour, wear=wear)

    def paint(
        self, polygons_m: Sequence[npt.ArrayLike], colour: Colour, *, wear: float = 0.25, cover: float = 1.0
    ) -> None:
        """Paint polygons with road paint that has worn off in places."""
        rows, columns, mask = self._mask([self.px(p) for p in polygons_m])
        if mask.size:
            self._blend(rows, columns, mask * cover * self._worn(mask.shape, wear), _tone(colour))

    def zebra(self, start_m: npt.ArrayLike, end_m: npt.ArrayLike, length_m: float = 4.0, wear: float = 0.25) -> None:
        """Paint a zebra crossing: bars 0.45 m wide and 0.6 m apart from a kerb to the other, `length_m` long."""
        a, b = np.asarray(start_m, float), np.asarray(end_m, float)
        along = (b - a) / np.hypot(*(b - a))
        side = np.array((-along[1], along[0])) * length_m / 2
        for s in np.arange(0.4, float(np.hypot(*(b - a))) - 0.45, 1.05):
            p, q = a + s * along, a + (s + 0.45) * along
            self.paint([[p - side, q - side, q + side, p + side]], WHITE, wear=wear)

    def grid(
        self, polygon_m: npt.ArrayLike, *, step_m: float = 1.6, colour: Colour = YELLOW, wear: float = 0.3
    ) -> None:
        """Paint a yellow grid: keep clear."""
        shape = np.asarray(polygon_m, float).reshape(-1, 2)
        rows, columns, inside = self._mask([self.px(shape)])
        if not inside.size:
            return
        low, high = shape.min(axis=0), shape.max(axis=0)
        reach = float((high - low).sum())
        bars = [
            _band(np.array(((low[0] + s, low[1]), (low[0] + s + d * reach, low[1] + reach))), 0.14)
            for d in (-1, 1)
            for s in np.arange(-reach, reach, step_m)
        ]
        bars += [_band(np.array((a, b)), 0.2) for a, b in zip(shape, np.roll(shape, -1, axis=0), strict=True)]
        lines = self._filled([self.px(bar) for bar in bars], rows, columns)
        self._blend(rows, columns, lines * inside * self._worn(inside.shape, wear), _tone(colour))

    def arrow(self, at_m: npt.ArrayLike, yaw: float, kind: str, *, wear: float = 0.25, size: float = 1.0) -> None:
        """Paint a road arrow: "straight", "left", "right", or two of them joined by "+"."""
        turn = np.array(((np.cos(yaw), np.sin(yaw)), (-np.sin(yaw), np.cos(yaw))))
        for name in kind.split("+"):
            mirror = np.array((1.0, -1.0 if name == "left" else 1.0))
            for polygon in _ARROWS["right" if name == "left" else name]:
                shape = np.asarray(polygon) * mirror * size @ turn + np.asarray(at_m, float)
                self.paint([shape], WHITE, wear=wear)

    def stamp(
        self,
        mask: Mask,
        at_m: npt.ArrayLike,
        yaw: float,
        size_m: tuple[float, float],
        colour: Colour,
        *,
        wear: float = 0.25,
    ) -> None:
        """Paint a mask (h, w), the letters on a road for instance, as wide and long as `size_m`, its top towards `yaw`."""
        height, width = mask.shape
        ahead, right = np.array((np.cos(yaw), np.sin(yaw))), np.array((np.sin(yaw), -np.cos(yaw)))
        middle = np.asarray(at_m, float)
        corners = [
            middle + ahead * size_m[1] / 2 * f + right * size_m[0] / 2 * r for f, r in ((1, -1), (1, 1), (-1, -1))
        ]
        rows, columns, outside = self._mask([_around(self.px(corners))])
        if not outside.size:
            return
        to = (self.px(corners) - (columns.start, rows.start)).astype(np.float32)
        how = cv2.getAffineTransform(np.array(((0, 0), (width, 0), (0, height)), np.float32), to)
        shown = cv2.warpAffine(mask.astype(np.float32), how, outside.shape[::-1], flags=cv2.INTER_AREA)
        self._blend(rows, columns, shown * self._worn(shown.shape, wear), _tone(colour))

    def kerb(self, points_m: npt.ArrayLike, *, width_m: float = 0.22) -> None:
        """Paint a row of kerb stones along a way (n, 2), with the dark gutter beside it."""
        way = np.asarray(points_m, float).reshape(-1, 2)
        self.paint([_band(piece, width_m + 0.5) for piece in _dashes(way, None)], (70, 68, 64), wear=0.0, cover=0.35)
        for piece in _dashes(way, (0.95, 0.05)):
            shade = int(self.rng.integers(-9, 10))
            self.paint([_band(piece, width_m)], (172 + shade, 168 + shade, 160 + shade), wear=0.05)

    def seams(
        self,
        polygon_m: npt.ArrayLike,
        step_m: tuple[float, float],
        *,
        yaw: float = 0.0,
        colour: Colour = (104, 100, 94),
    ) -> None:
        """Paint the joints of slabs of a size over a polygon."""
        shape = np.asarray(polygon_m, float).reshape(-1, 2)
        rows, columns, inside = self._mask([self.px(shape)])
        if not inside.size:
            return
        middle, reach = shape.mean(axis=0), float(np.ptp(shape, axis=0).sum()) / 2
        bars = []
        for turned, step in ((yaw, step_m[1]), (yaw + np.pi / 2, step_m[0])):
            along = np.array((np.cos(turned), np.sin(turned)))
            aside = np.array((-along[1], along[0]))
            ends = middle - along * reach, middle + along * reach
            bars += [_band(np.stack(ends) + aside * s, 0.05) for s in np.arange(-reach, reach, step)]
        lines = self._filled([self.px(bar) for bar in bars], rows, columns)
        self._blend(rows, columns, lines * inside * 0.6, _tone(colour))

    def tracks(
        self,
        way_m: npt.ArrayLike,
        *,
        gauge_m: float = 1.9,
        width_m: float = 0.55,
        colour: Colour = (58, 56, 54),
        strength: float = 0.3,
    ) -> None:
        """Darken two wheel tracks along a way (n, 2), soft at their edges and uneven along them."""
        way = resampled(np.asarray(way_m, float).reshape(-1, 2), 1.0)
        sides = _normals(way) * gauge_m / 2
        bands = [_band(way + sides, width_m), _band(way - sides, width_m)]
        rows, columns, mask = self._mask([self.px(b) for b in bands], grow_m=width_m)
        if mask.size:
            soft = cv2.GaussianBlur(mask, (0, 0), width_m * self.px_per_m / 2.5)
            uneven = np.clip(0.75 + 0.35 * self._slow(mask.shape, 3.0), 0, 1)
            self._blend(rows, columns, soft * strength * uneven, _tone(colour))

    def wear(self, polygon_m: npt.ArrayLike, *, cracks: int = 6, patches: int = 3, stains: int = 8) -> None:
        """Age a road: cracks, patches of newer asphalt, stains of oil."""
        shape = np.asarray(polygon_m, float).reshape(-1, 2)
        for _ in range(patches):
            at, yaw = self._somewhere(shape), self.rng.choice((0.0, np.pi / 2))
            half = self.rng.uniform((0.6, 0.5), (3.0, 1.4))
            along = np.array((np.cos(yaw), np.sin(yaw))) * half[0]
            aside = np.array((-np.sin(yaw), np.cos(yaw))) * half[1]
            tone = int(self.rng.integers(-22, 6))
            self.surface(
                [at - along - aside, at + along - aside, at + along + aside, at - along + aside],
                Surface((90 + tone, 90 + tone, 92 + tone), 6, 3, 1.0),
            )
        for _ in range(stains):
            self.blot(
                self._somewhere(shape),
                float(self.rng.uniform(0.15, 0.7)),
                (56, 54, 52),
                float(self.rng.uniform(0.15, 0.4)),
            )
        for _ in range(cracks):
            way = [self._somewhere(shape)]
            yaw = self.rng.uniform(0, 2 * np.pi)
            for _ in range(int(self.rng.integers(4, 12))):
                yaw += self.rng.normal(0, 0.5)
                way.append(way[-1] + self.rng.uniform(0.4, 1.2) * np.array((np.cos(yaw), np.sin(yaw))))
            self.paint([_band(np.array(way), 0.06)], (52, 51, 50), wear=0.2, cover=0.6)

    def blot(self, at_m: Floats, radius_m: float, colour: Colour, strength: float) -> None:
        """Paint a soft, uneven blot: oil, wet ground, spilt soil."""
        angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        radius = radius_m * (1 + 0.25 * self.rng.normal(0, 1, 24).clip(-1.5, 1.5))
        ring = np.asarray(at_m) + radius[:, None] * np.column_stack((np.cos(angle), np.sin(angle)))
        rows, columns, mask = self._mask([self.px(ring)], grow_m=radius_m)
        if mask.size:
            soft = cv2.GaussianBlur(mask, (0, 0), max(radius_m * self.px_per_m / 4, 0.5))
            self._blend(rows, columns, soft * strength, _tone(colour))

    def _somewhere(self, shape: Floats) -> Floats:
        low, high = shape.min(axis=0), shape.max(axis=0)
        for _ in range(50):
            at = self.rng.uniform(low, high)
            if cv2.pointPolygonTest(shape.astype(np.float32), (float(at[0]), float(at[1])), measureDist=False) >= 0:
                return np.asarray(at)
        return np.asarray(shape.mean(axis=0))

    def _mask(self, polygons: Sequence[Floats], *, grow_m: float = 0.0) -> tuple[slice, slice, Mask]:
        """Return rows, columns and shares (h, w) that some polygons (n, 2) px cover, each px in parts."""
        every = np.concatenate(polygons)
        grow = 2 + int(np.ceil(grow_m * self.px_per_m))
        height, width = self._rgb.shape[:2]
        x0, y0 = np.clip(np.floor(every.min(axis=0)).astype(int) - grow, 0, (width, height)).tolist()
        x1, y1 = np.clip(np.ceil(every.max(axis=0)).astype(int) + grow, 0, (width, height)).tolist()
        rows, columns = slice(y0, y1), slice(x0, x1)
        if y1 <= y0 or x1 <= x0:
            return rows, columns, np.zeros((0, 0), np.float32)
        return rows, columns, self._filled(polygons, rows, columns)

    def _filled(self, polygons: Sequence[Floats], rows: slice, columns: slice) -> Mask:
        canvas = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        for polygon in polygons:
            corners = np.clip(polygon - (columns.start, rows.start), -30_000, 30_000)
            cv2.fillPoly(canvas, [np.round((corners - 0.5) * 2**_SHIFT).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)
        return np.asarray(canvas / 255.0, np.float32)

    def _blend(self, rows: slice, columns: slice, mask: Mask, colour: npt.NDArray[np.float32]) -> None:
        share = mask[..., None]
        self._rgb[rows, columns] = self._rgb[rows, columns] * (1 - share) + colour * share

    def _slow(self, shape: tuple[int, ...], metres: float) -> Mask:
        """Return noise of deviation 1 that varies over some metres."""
        step = max(metres * self.px_per_m, 1.0)
        coarse = self.rng.normal(0, 1, (int(shape[0] / step) + 3, int(shape[1] / step) + 3)).astype(np.float32)
        wide = cv2.resize(
            coarse, (int(coarse.shape[1] * step) + 1, int(coarse.shape[0] * step) + 1), interpolation=cv2.INTER_CUBIC
        )
        return np.asarray(wide[: shape[0], : shape[1]], np.float32)

    def _texture(self, shape: tuple[int, ...], surface: Surface) -> npt.NDArray[np.float32]:
        slow = 0.6 * self._slow(shape, surface.mottle_m) + 0.4 * self._slow(shape, surface.mottle_m / 4)
        fine = self.rng.normal(0, surface.grain, shape).astype(np.float32)
        base = _tone(surface.rgb) + (surface.mottle * slow + fine)[..., None]
        if surface.other is not None:
            share = np.clip(0.5 + 0.6 * self._slow(shape, 3 * surface.mottle_m), 0, 1)[..., None]
            base = base + share * (_tone(surface.other) - _tone(surface.rgb))
        return np.asarray(base, np.float32)

    def _worn(self, shape: tuple[int, ...], wear: float) -> Mask:
        """Return which share of paint is still there."""
        if wear <= 0:
            return np.ones(shape, np.float32)
        rough = 0.6 * self._slow(shape, 0.5) + self.rng.normal(0, 0.7, shape).astype(np.float32)
        return np.asarray(np.clip(1.25 - wear - 0.55 * wear * np.abs(rough), 0.1, 0.95), np.float32)


def _dashes(way: Floats, dash_m: tuple[float, float] | None) -> Iterator[Floats]:
    """Cut a way (n, 2) into dashes."""
    if dash_m is None:
        yield way
        return
    fine = resampled(way, 0.25)
    gone = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(fine, axis=0).T))))
    for start in np.arange(0.0, gone[-1], sum(dash_m)):
        marks = np.unique(
            np.clip([start, *gone[(gone > start) & (gone < start + dash_m[0])], start + dash_m[0]], 0, gone[-1])
        )
        if len(marks) > 1:
            yield np.column_stack((np.interp(marks, gone, fine[:, 0]), np.interp(marks, gone, fine[:, 1])))


def _tone(colour: Colour) -> npt.NDArray[np.float32]:
    return np.array(colour, np.float32)


def _normals(way: Floats) -> Floats:
    step = np.gradient(way, axis=0)
    step /= np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    return np.column_stack((-step[:, 1], step[:, 0]))


def _band(way: Floats, width_m: float) -> Floats:
    """Return the outline of a band along a way (n, 2)."""
    side = _normals(way) * width_m / 2
    return np.concatenate((way + side, (way - side)[::-1]))


def _around(corners: Floats) -> Floats:
    """Return a parallelogram (4, 2) from three of its corners: top left, top right, bottom left."""
    return np.array((corners[0], corners[1], corners[1] + corners[2] - corners[0], corners[2]))
