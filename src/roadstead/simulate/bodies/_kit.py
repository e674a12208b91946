"""Puts a body together piece by piece, and keeps account of the assets it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from roadstead.simulate.world.body import Body, Lamp, Lettering, Material, Mesh, Part
from roadstead.simulate.world.solids import joined
from roadstead.simulate.world.stock import Stock, choose
from roadstead.types import Floats, readonly

T = TypeVar("T")
SOLID_BELOW_M = 0.05
"""How far solids go on below the ground or the water."""
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
    _solids: list[Floats] = field(default_factory=list)
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
        """Add a piece; pieces of one material become one part, pieces of one `hull` one solid ("": others cover it)."""
        self._materials[id(material)] = material
        self._pieces.setdefault((id(material), lamp, smooth), []).append(mesh)
        if hull:
            self._hulls.setdefault(hull, []).append(mesh.corners)

    def cover(self, solid: Floats) -> None:
        """Let a convex solid (n, 3) cover the body as it is, whatever pieces lie in it."""
        self._solids.append(readonly(solid, 3))

    def write(self, kind: str, text: str, corners: Floats, size_px: tuple[int, int] | None = None) -> None:
        """Keep that something is written on a field (4, 3), from its top left corner clockwise."""
        self._letterings.append(Lettering(kind, text, readonly(corners, 3), size_px))

    def body(
        self,
        sort: str,
        label: str,
        *,
        attributes: Mapping[str, str] | None = None,
        length_m: float | None = None,
        width_m: float | None = None,
        tags: Sequence[str] = (),
        centred: bool = True,
    ) -> Body:
        """Return the body, its middle moved to the origin along x if `centred`.

        `length_m` and `width_m` leave out mirrors, flags and the like; `tags` are further assets it is made of.
        """
        low, high = self._extent()
        back = (-float(low[0] + high[0]) / 2, 0.0, 0.0)

        def home(points: Floats) -> Floats:
            return readonly(points + back) if centred else points

        parts = []
        for (key, lamp, smooth), meshes in self._pieces.items():
            whole = joined(meshes)
            mesh = Mesh(home(whole.corners), whole.triangles, whole.uv)
            parts.append(Part(mesh, self._materials[key], lamp, smooth))
        hulls = (_hull(home(np.concatenate(points))) for points in self._hulls.values())
        return Body(
            sort=sort,
            label=label,
            length_m=float(high[0] - low[0] if length_m is None else length_m),
            width_m=float(high[1] - low[1] if width_m is None else width_m),
            height_m=float(high[2]),
            parts=tuple(parts),
            solids=(*(home(solid) for solid in self._solids), *hulls),
            attributes={"kind": sort, **(attributes or {})} if label else {},
            letterings=tuple(replace(one, corners=home(one.corners)) for one in self._letterings),
            tags=(*sorted(set(self.tags)), *tags),
        )

    def _extent(self) -> tuple[Floats, Floats]:
        every = np.concatenate([*self._solids, *(points for groups in self._hulls.values() for points in groups)])
        return every.min(axis=0), every.max(axis=0)


def _hull(points: Floats) -> Floats:
    """Return the corners of the convex hull of points (n, 3), lifted to just below the ground or the water; all of them if they are flat."""
    points = np.column_stack((points[:, :2], np.maximum(points[:, 2], -SOLID_BELOW_M)))
    try:
        return readonly(points[ConvexHull(points).vertices])
    except QhullError:
        return readonly(np.unique(points, axis=0))
