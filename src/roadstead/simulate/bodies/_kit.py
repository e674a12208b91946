"""Puts a body together piece by piece, and keeps account of the assets it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from roadstead.simulate.world.body import Body, Lamp, Lettering, Material, Mesh, Part
from roadstead.simulate.world.solids import joined, moved
from roadstead.simulate.world.stock import Stock, choose
from roadstead.types import Floats, readonly

T = TypeVar("T")
_FEW = 4
"""Fewer options than this serve both stocks, so they are no mark of one."""


@dataclass(slots=True, eq=False)
class Kit:
    """Collects meshes by material and by hull; a hull is one convex solid of the finished body."""

    rng: np.random.Generator
    stock: Stock
    tags: list[str] = field(default_factory=list)
    _pieces: dict[tuple[int, Lamp | None, bool], list[Mesh]] = field(default_factory=dict)
    _materials: dict[int, Material] = field(default_factory=dict)
    _hulls: dict[str, list[Floats]] = field(default_factory=dict)
    _letterings: list[Lettering] = field(default_factory=list)

    def pick(self, kind: str, options: Mapping[str, T]) -> T:
        """Return one of some named assets of the stock, and keep its name."""
        name = choose(self.rng, tuple(options), self.stock)
        if len(options) >= _FEW:
            self.tags.append(f"{kind}:{name}")
        return options[name]

    def between(self, low: float, high: float) -> float:
        """Return a number between two."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """Whether something that is so with a probability is so."""
        return bool(self.rng.random() < share)

    def add(self, mesh: Mesh, material: Material, hull: str, *, lamp: Lamp | None = None, smooth: bool = False) -> None:
        """Add a piece; pieces of one material become one part, pieces of one `hull` one solid."""
        self._materials[id(material)] = material
        self._pieces.setdefault((id(material), lamp, smooth), []).append(mesh)
        self._hulls.setdefault(hull, []).append(mesh.corners)

    def write(self, kind: str, text: str, corners: Floats, size_px: tuple[int, int] | None = None) -> None:
        """Keep that something is written on a field (4, 3), from its top left corner clockwise."""
        self._letterings.append(Lettering(kind, text, readonly(corners, 3), size_px))

    def body(
        self,
        sort: str,
        label: str,
        *,
        attributes: Mapping[str, str] | None = None,
        width_m: float | None = None,
        centred: bool = True,
    ) -> Body:
        """Return the body, its middle moved to the origin along x if `centred`; `width_m` leaves out mirrors and the like."""
        low, high = self._extent()
        back = (-float(low[0] + high[0]) / 2 if centred else 0.0, 0.0, 0.0)
        parts = tuple(
            Part(moved(joined(meshes), back), self._materials[key], lamp, smooth)
            for (key, lamp, smooth), meshes in self._pieces.items()
        )
        solids = tuple(_hull(np.concatenate(points) + back) for points in self._hulls.values())
        return Body(
            sort=sort,
            label=label,
            length_m=float(high[0] - low[0]),
            width_m=width_m or float(high[1] - low[1]),
            height_m=float(high[2]),
            parts=parts,
            solids=solids,
            attributes={"kind": sort, **(attributes or {})} if label else {},
            letterings=tuple(
                Lettering(one.kind, one.text, readonly(one.corners + back), one.size_px) for one in self._letterings
            ),
            tags=tuple(sorted(set(self.tags))),
        )

    def _extent(self) -> tuple[Floats, Floats]:
        every = np.concatenate([points for groups in self._hulls.values() for points in groups])
        return every.min(axis=0), every.max(axis=0)


def _hull(points: Floats) -> Floats:
    """Return the corners of the convex hull of points (n, 3); all of them where they lie in one plane."""
    try:
        return readonly(points[ConvexHull(points).vertices])
    except QhullError:
        return readonly(np.unique(points, axis=0))
