"""What ships have in common: the painted hull, names on bows and stern, houses, masts, funnels, rails."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from roadstead.simulate.bodies._hull import BELOW_M, Hull, decking, hull_solids, rim_cap, skin, strip
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._letters import aspect, board, letter, written
from roadstead.simulate.bodies._shapes import bar, pole
from roadstead.simulate.bodies._surfaces import DARK, FLAG, LIT, RED_LEAD, STEEL, WHITE, load_line, weathered, windows
from roadstead.simulate.bodies._tiles import panes, tiled
from roadstead.simulate.fonts import Font, available
from roadstead.simulate.world.body import Body, Lamp, Material, Mesh, Rgb
from roadstead.simulate.world.solids import box, cylinder, moved, quad, turned
from roadstead.simulate.world.stock import Stock


@dataclass(frozen=True, slots=True, eq=False)
class Paint:
    """The colours of a ship."""

    hull: Rgb
    house: Rgb = WHITE
    deck: Rgb = (0.36, 0.16, 0.13)
    belt: Rgb = RED_LEAD
    ink: Rgb = (0.95, 0.95, 0.92)


def font_of(rng: np.random.Generator, stock: Stock) -> Font:
    """Return a font with Chinese characters."""
    fonts = available(stock)
    return fonts[int(rng.integers(len(fonts)))]


@dataclass(slots=True, eq=False)
class Ship:
    """A hull in a yard, ready for what stands on it."""

    kit: Kit
    hull: Hull
    paint: Paint
    font: Font
    belt_m: float
    """How high its red underwater paint shows."""
    tags: list[str]
    """The assets it is made of, but for its font."""

    def build(self, rng: np.random.Generator, *, wear: float) -> None:
        """Add the hull, with `wear` 0-1 of rust."""
        hull, s = self.hull, self.hull.stations
        rim, deck = hull.rim(s), hull.deck(s)
        belt = np.minimum(np.full(len(s), self.belt_m), rim * 0.6)
        top = Material(picture=weathered(self.paint.hull, rng, wear).picture, shine=0.3, specular=0.2)
        add = self.kit.add
        add(skin(hull, np.full(len(s), -BELOW_M), belt, rows=2), Material(self.paint.belt), "", smooth=True)
        add(skin(hull, belt, rim, rows=3), top, "", smooth=True)
        line = np.minimum(belt + max(0.1, hull.length_m * 0.0022), rim)
        add(_outward(skin(hull, belt, line, rows=2)), Material((0.88, 0.88, 0.85)), "", smooth=True)
        add(skin(hull, deck, rim, rows=2, inside=True), Material(self.paint.house), "")
        add(decking(hull, deck), Material(self.paint.deck), "")
        add(rim_cap(hull), Material(self.paint.house), "")

    def house(
        self,
        group: str,
        low: tuple[float, float, float],
        high: tuple[float, float, float],
        form: str,
        *,
        taper: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
        rgb: Rgb | None = None,
        bay_m: float = 2.2,
        tier_m: float = 2.6,
    ) -> None:
        """Add a tier of a house with windows, and its roof's edge."""
        wall = windows(rgb or self.paint.house, form)
        walls = tiled(box(low, high, taper=taper), (bay_m, tier_m))
        self.kit.add(walls, wall, group)
        if form == "square" and (lit := panes(walls, (0.33, 0.36, 0.67, 0.67), 5)) is not None:
            self.kit.add(lit, LIT, "")
        edge = 0.15
        roof = box(
            (low[0] + taper[1] - edge, low[1] + taper[3] - edge, high[2]),
            (high[0] - taper[0] + edge, high[1] - taper[2] + edge, high[2] + 0.15),
        )
        self.kit.add(roof, Material(rgb or self.paint.house), group)

    def sign(self, text: str, middle_x: float, below_rim_m: float, high_m: float, *, share: float = 0.3) -> None:
        """Write a name on both sides of the hull, each line `high_m` high and at most a share of the hull's length wide."""
        for k, line in enumerate(text.split("\n")):
            surface = written(line, self.font, self.paint.ink, self.paint.hull)
            wide = min(high_m * aspect(surface), self.hull.length_m * share)
            for side in (1.0, -1.0):
                mesh, corners = strip(self.hull, side, middle_x, below_rim_m + 1.05 * k * high_m, (wide, high_m))
                letter(self.kit, "name", line, mesh, corners, surface)

    def marks(self, anchor_x: float) -> None:
        """Add what sea-going ships carry on their sides: load line, draught marks at both ends, anchors."""
        hull, high, deep = self.hull, self.hull.length_m * 0.011, self.belt_m > 1.5
        ladder = written("8\n6\n4\n2", self.font, self.paint.ink, self.paint.belt if deep else self.paint.hull, lines=4)
        top = self.belt_m - 0.1 if deep else self.belt_m + 0.5 + 2.2 * high
        for side in (1.0, -1.0):
            mesh, _ = strip(
                hull, side, 0.0, float(hull.rim(0.5)) - self.belt_m - 0.4 - 1.3 * high, (2.6 * high, 1.3 * high)
            )
            self.kit.add(mesh, load_line(self.paint.ink, self.paint.hull), "")
            for x in (0.42 * hull.length_m, -0.40 * hull.length_m):
                rim = float(hull.rim(hull.share(x, 1e9)))
                mesh, _ = strip(hull, side, x, rim - top, (high * 0.5, min(2.2 * high, 0.8 * top)))
                self.kit.add(mesh, ladder, "")
            s = float(hull.share(anchor_x, 1e9))
            z = float(hull.rim(s)) * 0.66
            y = float(hull.point(hull.share(anchor_x + 0.6, z), z)[1])
            self.kit.add(
                box((anchor_x - 0.9, side * y - 0.25, z - 1.2), (anchor_x + 0.9, side * y + 0.25, z - 0.7)), DARK, ""
            )
            self.kit.add(
                box((anchor_x - 0.2, side * y - 0.25, z - 0.9), (anchor_x + 0.2, side * y + 0.25, z + 0.9)), DARK, ""
            )

    def roof_rail(self, low: tuple[float, float], high: tuple[float, float], z: float, *, group: str = "house") -> None:
        """Add a railing around a roof."""
        (x0, y0), (x1, y1) = low, high
        self.rail([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z), (x0, y0, z)], group=group)

    def rim_rail(self, first: float, last: float, *, high_m: float = 1.0) -> None:
        """Add a railing on the rim, on both sides, between two shares of the length."""
        shares = np.linspace(first, last, max(2, round((last - first) * self.hull.length_m / 6) + 1))
        for side in (1.0, -1.0):
            edge = self.hull.point(shares, self.hull.rim(shares), side) * (1.0, 0.985, 1.0)
            self.rail([(float(x), float(y), float(z)) for x, y, z in edge], high_m, group=f"rail:{side}:{first:.2f}")

    def stern_sign(self, name: str, port: str, high_m: float, *, below_rim_m: float = 0.25) -> None:
        """Write name and home port on the stern."""
        z = float(self.hull.rim(0.0)) - below_rim_m
        for text, kind, top in ((name, "name", z), (port, "port", z - high_m * 1.1)):
            if top - high_m < 0.15 or not text:
                continue
            surface = written(text, self.font, self.paint.ink, self.paint.hull)
            low = top - high_m
            half = min(high_m * aspect(surface), 1.7 * float(self.hull.point(0.0, low)[1])) / 2
            x_top, x_low = (float(self.hull.point(0.0, up)[0]) - 0.06 for up in (top, low))
            if low < float(self.hull.sheer(0.0)) < top:
                x_low = x_top
            field = np.array([(x_top, half, top), (x_top, -half, top), (x_low, -half, low), (x_low, half, low)])
            board(self.kit, kind, text, field, surface)

    def deck_at(self, x: float) -> float:
        """Return how high the deck lies at x."""
        return float(self.hull.deck(self.hull.share(x, 1e9)))

    def rail(self, points: list[tuple[float, float, float]], high_m: float = 1.0, *, group: str = "") -> None:
        """Add a railing along points on a deck."""
        white = Material(self.paint.house)
        for a, b in pairwise(points):
            for up in (0.5 * high_m, high_m):
                self.kit.add(bar((a[0], a[1], a[2] + up), (b[0], b[1], b[2] + up), 0.06), white, group)
            n = max(1, round(float(np.hypot(b[0] - a[0], b[1] - a[1])) / 3))
            for k in range(n + 1):
                x, y, z = (a[i] + (b[i] - a[i]) * k / n for i in range(3))
                self.kit.add(bar((x, y, z), (x, y, z + high_m), 0.06), white, group)

    def mast(
        self, x: float, low_m: float, high_m: float, *, radius_m: float = 0.2, arms: int = 2, rgb: Rgb = WHITE
    ) -> None:
        """Add a mast with crosstrees and a radar."""
        surface = Material(rgb)
        self.kit.add(pole(x, 0.0, low_m, high_m, radius_m), surface, f"mast:{x:.1f}")
        for k in range(arms):
            z = low_m + (high_m - low_m) * (0.6 + 0.25 * k)
            self.kit.add(bar((x, -1.6 + 0.4 * k, z), (x, 1.6 - 0.4 * k, z), 0.15), surface, f"mast:{x:.1f}")
        self.kit.add(
            box((x + 0.2, -0.9, low_m + 0.5 * (high_m - low_m)), (x + 0.5, 0.9, low_m + 0.5 * (high_m - low_m) + 0.25)),
            STEEL,
            "",
        )

    def funnel(self, x: float, y: float, low_m: float, size_m: tuple[float, float, float], rgb: Rgb, band: Rgb) -> None:
        """Add a funnel with a coloured band and a black top."""
        length, width, high = size_m
        a, b = (x - length / 2, y - width / 2), (x + length / 2, y + width / 2)
        cut = [low_m, low_m + 0.45 * high, low_m + 0.75 * high, low_m + high]
        for colour, z0, z1 in zip((rgb, band, (0.08, 0.08, 0.08)), cut[:-1], cut[1:], strict=True):
            self.kit.add(box((*a, z0), (*b, z1)), Material(colour), f"funnel:{x:.1f}:{y:.1f}")

    def flag(self, x: float, low_m: float, staff_m: float, size_m: float) -> None:
        """Add a red flag on a staff, seen from both sides."""
        self.kit.add(pole(x, 0.0, low_m, low_m + staff_m, 0.06, 6), STEEL, f"flag:{x:.1f}")
        z1, z0 = low_m + staff_m, low_m + staff_m - 0.67 * size_m
        wave = 0.12 * size_m
        field = np.array([(x, 0, z0), (x - size_m, wave, z0 - 0.1), (x - size_m, wave, z1 - 0.1), (x, 0, z1)])
        self.kit.add(quad(field), FLAG, f"flag:{x:.1f}")
        self.kit.add(quad(field[[1, 0, 3, 2]]), FLAG, f"flag:{x:.1f}")

    def lights(self, foremast: tuple[float, float], wings: tuple[float, float, float]) -> None:
        """Add the lights of a vessel under way (COLREG rules 21-23): lamps "head" and, at the stern, "tail".

        White on the foremast (x, z), red on the left and green on the right wing (x, y, z), white at the stern.
        """
        size = 0.04 + 0.0016 * self.hull.length_m
        stern = -self.hull.length_m / 2 + 0.4, 0.0, float(self.hull.rim(0.0)) + size
        x, y, z = wings
        places: tuple[tuple[Lamp, Rgb, tuple[float, float, float]], ...] = (
            ("head", (1.0, 0.97, 0.88), (foremast[0], 0.0, foremast[1])),
            ("head", (0.95, 0.05, 0.04), (x, y, z)),
            ("head", (0.04, 0.85, 0.25), (x, -y, z)),
            ("tail", (1.0, 0.97, 0.88), stern),
        )
        for lamp, rgb, at in places:
            low, high = (tuple(c + d * size for c in at) for d in (-1, 1))
            self.kit.add(
                box((low[0], low[1], low[2]), (high[0], high[1], high[2])),
                Material(rgb),
                "light" if at[1] == 0 and lamp == "head" else "",
                lamp=lamp,
            )

    def tyres(self, count: int, radius_m: float, rubber: Material, *, first: float = 0.04, last: float = 0.8) -> None:
        """Hang tyres along both sides, flat against the hull, between two shares of the length."""
        for s in np.linspace(first, last, count):
            z = float(self.hull.rim(s)) - radius_m - 0.25
            here, ahead = self.hull.point(s, z), self.hull.point(s + 0.01, z)
            lean = float(np.arctan2(ahead[1] - here[1], ahead[0] - here[0]))
            for side in (1.0, -1.0):
                c, d = np.cos(side * lean), np.sin(side * lean)
                turn = np.array([[c, -d, 0.0], [d, c, 0.0], [0.0, 0.0, 1.0]])
                tyre = turned(cylinder((0.0, 0.0, 0.0), radius_m, 0.3, sides=10), turn)
                at = (float(here[0]), side * (float(here[1]) + 0.14), z)
                self.kit.add(moved(tyre, at), rubber, f"tyres:{s > 0.5}")

    def body(self, sort: str, kind: str, load: str) -> Body:
        """Return the ship."""
        for solid in hull_solids(self.hull):
            self.kit.cover(solid)
        return self.kit.body(
            sort,
            "vessel",
            length_m=self.hull.length_m,
            width_m=self.hull.beam_m,
            attributes={"kind": kind, "load": load},
            tags=(*self.tags, f"font:{self.font.family}"),
            centred=False,
        )


def _outward(mesh: Mesh) -> Mesh:
    """Return a skin a little wider, so that it lies on another."""
    return Mesh(mesh.corners * (1.0005, 1.006, 1.0), mesh.triangles, mesh.uv)
