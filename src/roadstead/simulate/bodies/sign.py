"""A traffic sign that is read from ahead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import limb, panel, ring, slab, upright
from roadstead.simulate.bodies._skin import plain
from roadstead.simulate.bodies._stuff import STEEL
from roadstead.simulate.bodies._writing import face, gothic, written
from roadstead.simulate.fonts import Font
from roadstead.simulate.world.body import Body, Material, Mesh
from roadstead.simulate.world.stock import Stock
from roadstead.types import Image

Form = Literal["speed", "no_stopping", "no_entry", "direction", "gantry", "board"]
_FORMS: tuple[Form, ...] = ("speed", "no_stopping", "no_entry", "direction", "board")
_PLACES: Mapping[str, str] = {
    name: name for name in ("港城大道", "滨江路", "人民东路", "机场高速", "环城北路", "建设路", "东海大桥", "工业园区")
}
_WARNINGS: Mapping[str, str] = {
    name: name
    for name in ("前方施工 减速慢行", "车辆出入 注意安全", "进入工地 必须戴安全帽", "渣土车辆 冲洗后出场", "限速行驶")
}
_RED, _BLUE, _WHITE = (190, 25, 25), (20, 70, 165), (240, 240, 240)


@body("sign", zh="交通标志")
@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Its form, what is written on it, and how wide its board or gantry is, m; its post stands at the origin."""

    form: Form | None = None
    text: str | None = None
    width_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a sign of the stock."""
        kit = Kit(rng, stock)
        form = self.form or _FORMS[int(rng.integers(len(_FORMS)))]
        if form in ("speed", "no_stopping", "no_entry"):
            picture = {
                "speed": lambda: _speed(self.text or str(rng.choice([30, 40, 60])), gothic(kit)),
                "no_stopping": _no_stopping,
                "no_entry": _no_entry,
            }[form]
            _round(kit, picture)
        elif form == "gantry":
            _gantry(kit, self.width_m or 16.0, self.text)
        else:
            wide = self.width_m or (3.2 if form == "direction" else 1.8)
            _board(kit, form, wide, self.text)
        return kit.body("sign", "", centred=False)


def _speed(text: str, font: Font) -> Image:
    made = np.full((128, 128, 3), 240, np.uint8)
    cv2.circle(made, (64, 64), 56, _RED, 14, cv2.LINE_AA)
    return written(made, text, (0.24, 0.3, 0.76, 0.7), (0.05, 0.05, 0.05), font)


def _no_stopping() -> Image:
    made = np.full((128, 128, 3), _BLUE, np.uint8)
    cv2.circle(made, (64, 64), 56, _RED, 14, cv2.LINE_AA)
    for a, b in (((26, 26), (102, 102)), ((26, 102), (102, 26))):
        cv2.line(made, a, b, _RED, 12, cv2.LINE_AA)
    return made


def _no_entry() -> Image:
    made = np.full((128, 128, 3), _RED, np.uint8)
    cv2.rectangle(made, (22, 52), (106, 76), _WHITE, -1)
    return made


def _round(kit: Kit, picture: Callable[[], Image]) -> None:
    """Put a round sign on a post."""
    kit.add(limb((-0.06, 0, 0), (-0.06, 0, 3.0), (0.045, 0.045), 6), STEEL, "post")
    edge = ring((0.01, 0, 2.6), (0.4, 0.4), 0, 20)
    fan = np.array([(0, i, i + 1) for i in range(1, 19)], dtype=np.int32)
    uv = (edge[:, 1:] - (0, 2.6)) / 0.8 + 0.5
    kit.add(Mesh(edge, fan, uv), Material(picture=picture(), shine=0.4, emission=0.05), "face")
    kit.add(Mesh(edge - (0.02, 0, 0), fan[:, ::-1]), STEEL, "face")


def _board(kit: Kit, form: Form, wide: float, text: str | None) -> None:
    """Put a rectangular board on one post or two."""
    font = face(kit)
    if form == "direction":
        said, high, middle = text or kit.pick("place", _PLACES), 0.42 * wide, 4.2
        made = _directions(said, kit)
    else:
        said, high, middle = text or kit.pick("warning", _WARNINGS), 0.6 * wide, 1.3
        made = plain((0.92, 0.75, 0.08), (256, 160))
        cv2.rectangle(made, (5, 5), (250, 154), (20, 20, 20), 4)
        lines = said.split(" ")
        for k, line in enumerate(lines):
            top = 0.12 + 0.76 * k / len(lines)
            made = written(made, line, (0.08, top, 0.92, top + 0.66 / len(lines)), (0.08, 0.08, 0.08), font)
    corners = upright((0.06, 0, middle), wide, high, "front")
    kit.add(panel(corners), Material(picture=made, shine=0.3, emission=0.05), "face")
    kit.write("name", said, np.asarray(corners))
    kit.add(slab((0.03, 0, middle), (0.05, wide, high)), STEEL, "face")
    for y in (-0.3 * wide, 0.3 * wide):
        kit.add(limb((-0.05, y, 0), (-0.05, y, middle + 0.4 * high), (0.05, 0.05), 6), STEEL, f"post{y}")


def _directions(place: str, kit: Kit) -> Image:
    """Return a blue board with an arrow, a place and how far it is."""
    made = plain((0.05, 0.25, 0.6), (256, 112))
    cv2.rectangle(made, (4, 4), (251, 107), _WHITE, 2)
    cv2.arrowedLine(made, (40, 92), (40, 22), _WHITE, 9, cv2.LINE_AA, tipLength=0.35)
    made = written(made, place, (0.28, 0.12, 0.94, 0.5), (0.95, 0.95, 0.95), face(kit))
    return written(
        made, f"{int(kit.rng.integers(1, 20))} km", (0.36, 0.58, 0.84, 0.88), (0.95, 0.95, 0.95), gothic(kit)
    )


def _gantry(kit: Kit, wide: float, text: str | None) -> None:
    """Put a gantry over a way, with boards above its lanes."""
    for y in (-wide / 2, wide / 2):
        kit.add(limb((0, y, 0), (0, y, 7.2), (0.18, 0.14), 8), STEEL, f"post{y}")
    for z in (6.2, 7.0):
        kit.add(slab((0, 0, z), (0.16, wide, 0.16)), STEEL, "beam")
    boards = max(1, round(wide / 8))
    for k in range(boards):
        y = (k + 0.5) * wide / boards - wide / 2
        said = text or kit.pick("place", _PLACES)
        corners = upright((0.15, y, 6.6), 4.6, 2.0, "front")
        kit.add(panel(corners), Material(picture=_directions(said, kit), shine=0.3, emission=0.05), "beam")
        kit.write("name", said, np.asarray(corners))
        kit.add(slab((0.12, y, 6.6), (0.04, 4.6, 2.0)), STEEL, "beam")
