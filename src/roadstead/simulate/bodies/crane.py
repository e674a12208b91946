"""A crane of the waterside: a gantry crane on rails, or a mobile harbour crane."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import bar
from roadstead.simulate.bodies._surfaces import DARK, RUBBER, windows
from roadstead.simulate.bodies._tiles import tiled
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box, cylinder
from roadstead.simulate.world.stock import Stock, choose

_PAINTS: tuple[tuple[str, Rgb], ...] = (
    ("blue", (0.16, 0.32, 0.60)), ("red", (0.70, 0.16, 0.12)), ("orange", (0.88, 0.42, 0.12)), ("yellow", (0.88, 0.70, 0.15)),
    ("white", (0.84, 0.85, 0.85)), ("green", (0.15, 0.42, 0.32)), ("sky", (0.45, 0.65, 0.80)), ("cream", (0.85, 0.80, 0.66)),
)  # fmt: skip


@body("crane", zh="起重机")
@dataclass(frozen=True, slots=True, kw_only=True)
class Crane:
    """A "quay" crane's boom points ahead (x) over the water, `raised` or not; its rails run along y. A "mobile" one stands on wheels."""

    form: Literal["quay", "mobile"] | None = None
    raised: bool | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a crane of a colour of the stock."""
        name, rgb = choose(rng, _PAINTS, stock)
        kit, steel = Kit(rng, stock, [f"crane:{name}"]), Material(rgb)
        form = self.form or ("quay" if rng.random() < 0.6 else "mobile")
        if form == "quay":
            raised = bool(rng.random() < 0.4) if self.raised is None else self.raised
            _quay(kit, steel, float(rng.uniform(28, 36)), raised=raised)
            return kit.body("crane", "", length_m=65.0, width_m=24.0, centred=False)
        _mobile(kit, steel, float(rng.uniform(22, 28)), float(rng.uniform(0.7, 1.0)))
        return kit.body("crane", "", length_m=36.0, width_m=11.0, centred=False)


def _quay(kit: Kit, steel: Material, high: float, *, raised: bool) -> None:
    """Build legs 18 m apart along the boom and 20 m along the rails, sills, boom, stays, house and cab."""
    for y in (-9.0, 9.0):
        for x in (-9.0, 9.0):
            kit.add(bar((x, y, 0.5), (x, y * 0.9, high), 1.3), steel, f"leg:{x}:{y}")
        kit.add(bar((-9, y, high * 0.36), (9, y, high * 0.36), 1.1), steel, f"sill:{y}")
        kit.add(bar((-9, y, high * 0.36), (9, y * 0.9, high), 0.7), steel, f"brace:{y}")
        kit.add(bar((-10, y * 0.9, high), (10, y * 0.9, high), 1.2), steel, f"top:{y}")
    for x in (-9.0, 9.0):
        kit.add(bar((x, -11, 1.2), (x, 11, 1.2), 1.6), steel, f"rail:{x}")
        for y in (-9.0, 9.0):
            kit.add(box((x - 0.7, y - 3, 0), (x + 0.7, y + 3, 1.2)), DARK, f"bogie:{x}:{y}")
        kit.add(bar((x, -9, high * 0.55), (x, 9, high * 0.55), 1.1), steel, f"portal:{x}")
        kit.add(bar((x, -8.1, high), (x, 8.1, high), 1.3), steel, f"head:{x}")
    for y in (-2.2, 2.2):
        kit.add(bar((-28, y, high + 0.5), (10, y, high + 0.5), 1.5), steel, "girder")
        tip = (19.0, y, high + 36.0) if raised else (46.0, y, high + 0.5)
        kit.add(bar((10, y, high + 0.5), tip, 1.4), steel, "boom")
        kit.add(bar((7, y * 3, high), (9, y, high + 17), 0.8), steel, f"apex:{y}")
        kit.add(bar((9, y, high + 17), (-26, y, high + 1), 0.4), steel, f"back:{y}")
        middle = tuple(0.3 * a + 0.7 * b for a, b in zip((10.0, y, high + 0.5), tip, strict=True))
        kit.add(bar((9, y, high + 17), (middle[0], middle[1], middle[2]), 0.35), steel, f"stay:{y}")
    kit.add(
        tiled(box((-22, -3.5, high + 1.4), (-10, 3.5, high + 6.5)), (3.0, 2.6)),
        windows((0.86, 0.86, 0.84), "none"),
        "house",
    )
    kit.add(
        tiled(box((3, -1.5, high - 3.2), (6, 1.5, high - 0.5)), (1.5, 2.7)), windows((0.86, 0.86, 0.84), "wide"), "cab"
    )


def _mobile(kit: Kit, steel: Material, tower: float, lift: float) -> None:
    """Build an undercarriage on wheels, a turning house with counterweight, a tower with cab, and a boom at an angle (rad)."""
    kit.add(box((-8, -4, 1.2), (8, 4, 3.0), taper=(1, 1, 0.5, 0.5)), steel, "under")
    for x in np.linspace(-6.5, 6.5, 6):
        for y in (-3.6, 3.6):
            kit.add(cylinder((float(x), y, 0.8), 0.8, 0.9, sides=10), RUBBER, "under")
    for x in (-7.0, 7.0):
        for y in (-5.5, 5.5):
            kit.add(box((x - 1, y - 1.2, 0), (x + 1, y + 1.2, 0.4)), DARK, f"pad:{x}:{y}")
        kit.add(bar((x, -5.5, 1.8), (x, 5.5, 1.8), 0.8), steel, f"out:{x}")
    kit.add(cylinder((0, 0, 3.6), 2.4, 1.2, axis=2, sides=14), DARK, "turret")
    kit.add(box((-8, -2.6, 4.2), (3, 2.6, 7.6)), steel, "house")
    kit.add(box((-9, -2.8, 4.2), (-6.5, 2.8, 7.0)), DARK, "house")
    kit.add(box((0, -1.3, 7.6), (2.8, 1.3, tower), taper=(0.6, 0.3, 0.3, 0.3)), steel, "tower")
    kit.add(
        tiled(box((2.2, -1.4, tower * 0.62), (4.8, 1.4, tower * 0.62 + 2.4)), (1.4, 2.4)),
        windows((0.86, 0.86, 0.84), "wide"),
        "cab",
    )
    reach = 34.0
    tip = np.array([2.5 + reach * np.cos(lift), 0.0, tower * 0.5 + reach * np.sin(lift)])
    for y in (-1.0, 1.0):
        foot = np.array([2.5, y, tower * 0.5])
        for up in (0.0, 1.4):
            kit.add(bar((2.5, y, tower * 0.5 + up), (tip[0], 0.3 * y, tip[2]), 0.35), steel, "boom")
        for k in np.linspace(0.05, 0.9, 9):
            a, b = foot + k * (tip - foot), foot + (k + 0.06) * (tip - foot) + (0, 0, 1.4 * (1 - k))
            kit.add(bar(tuple(a), tuple(b), 0.2), steel, "boom")
    kit.add(bar((1.2, 0.0, tower), (tip[0], 0.0, tip[2]), 0.25), steel, "stay")
    kit.add(bar((tip[0], 0.0, tip[2]), (tip[0], 0.0, tip[2] - 14), 0.2), DARK, "rope")
    kit.add(box((tip[0] - 0.7, -0.7, tip[2] - 16), (tip[0] + 0.7, 0.7, tip[2] - 14)), DARK, "hook")
