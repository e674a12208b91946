"""A dump truck: a tipper of three or four axles with a roll-over cover, as it carries soil in Chinese cities."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import _beds, _cabs, _lamps, _plates, _wheels, body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import slab
from roadstead.simulate.bodies._skin import MUDS
from roadstead.simulate.bodies._stuff import WHITE
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.stock import Stock

_FORMS: tuple[_beds.Cover, ...] = ("sealed", "half", "open", "absent")
_SHARES = (0.5, 0.15, 0.25, 0.1)


@body("dump_truck", zh="渣土车")
@dataclass(frozen=True, slots=True, kw_only=True)
class DumpTruck:
    """What is asked of it; `cover_like_load` makes a closed cover of the colour of soil, which is hard to tell from a load."""

    cover: Literal["sealed", "half", "open", "absent"] | None = None
    load: Literal["loaded", "empty"] | None = None
    dirt: Literal["clean", "dirty"] | None = None
    cover_like_load: bool = False
    plate: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a dump truck of the stock."""
        kit = Kit(rng, stock)
        form = self.cover or _FORMS[int(rng.choice(4, p=_SHARES))]
        load = self.load or ("loaded" if kit.chance(0.7) else "empty")
        dirt = self.dirt or ("dirty" if kit.chance(0.35) else "clean")
        paint = kit.pick("paint", _cabs.PAINTS)
        cab = kit.pick("cab", _cabs.CABS)
        mud = kit.pick("mud", MUDS)
        grime = _cabs.grime_of(kit, mud, dirty=dirt == "dirty")
        plate = self.plate or _plates.number(rng, stock)
        four = kit.chance(0.75)
        length = kit.between(9.2, 10.2) if four else kit.between(8.0, 8.7)
        rear = (kit.between(1.5, 1.8), 0.0)
        axles = (length - 1.45, *((length - 3.35,) if four else ()), rear[0] + 1.35, rear[0])
        floor = 1.26
        bed = _beds.Bed(
            rear_m=0.1,
            front_m=length - cab.length_m - 0.25,
            half_m=1.2,
            floor_m=floor,
            rim_m=floor + kit.between(1.25, 1.6),
        )
        bed_paint = paint if kit.chance(0.75) else kit.pick("paint", _cabs.PAINTS)
        _cabs.put(kit, cab, paint, grime, length, kit.pick("company", _cabs.COMPANIES))
        slogan = kit.pick("slogan", _beds.SLOGANS) if kit.chance(0.7) else ""
        _beds.walls(kit, bed, bed_paint, grime, kit.pick("ribs", _beds.RIBS), slogan)
        _beds.tail(kit, bed, bed_paint, grime, plate)
        _beds.under(kit, length, bed, axles)
        for x in axles:
            _wheels.put(kit, x, 1.22, 0.53, 0.56 if x in axles[-2:] else 0.32, "chassis", mud=grime.wheels)
        soil = kit.pick("soil", _beds.LOADS)
        under = _beds.NOWHERE
        if form != "absent":
            sheet = soil if self.cover_like_load else kit.pick("sheet", _beds.SHEETS)
            under = _beds.cover(kit, bed, form, kit.pick("cover", _beds.STYLES), sheet, grime)
        if form != "sealed" and load == "loaded":
            _beds.load(kit, bed, soil, under)
        elif form != "sealed":
            _beds.remains(kit, bed, soil)
        _lamps.rear(kit, 0.12, 0.9, 0.88, (0.48, 0.14), "chassis")
        dim = 0.6 if dirt == "dirty" else 1.0
        _plates.fix(kit, plate, "yellow_rear", (0.06, 0.0, 0.95), "back", "chassis", dim=dim)
        _plates.fix(kit, plate, "yellow", (length + 0.12, 0.0, 0.58), "front", "cab", dim=dim)
        if kit.chance(0.4):
            kit.add(slab((length - 1.0, 0, cab.roof_m + 0.1), (0.25, 1.0, 0.24)), WHITE, "cab")
        shown = "covered" if form == "sealed" else "uncovered" if load == "loaded" else "open_empty"
        attributes = {"cover": shown, "cover_form": form, "dirt": dirt, "load": load}
        return kit.body("dump_truck", "truck", attributes=attributes, width_m=2.52)
