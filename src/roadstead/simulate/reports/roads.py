"""A town for trucks: a grid of streets with bends and roundabouts, a ring road with a tunnel, sites, and routes between them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from roadstead.positions import Bools, Ints
from roadstead.simulate.reports.ride import KNOT_M, Route, resampled, route, smoothed
from roadstead.types import Floats, Scene, Way, Zone

ORIGIN = (31.2, 121.5)
_SIDE, _SPACING_M, _RING_M = 7, 1800.0, 8600.0
_ROUNDABOUT_M = 28.0
_LANE_M = 3.5
_RING_NODES = 16


@dataclass(frozen=True, slots=True, eq=False)
class _Edge:
    a: int
    b: int
    xy_m: Floats
    top_mps: float
    tunnel: tuple[float, float] = (1.0, 0.0)
    """Which part of it (shares of its length) is a tunnel; none if the first is the greater."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A site: what it is ("depot", "works" or "disposal"), the node of its gate, and its yard."""

    name: str
    use: str
    node: int
    xy_m: Floats


@dataclass(frozen=True, eq=False)
class Roads:
    """A town. Nodes (n, 2) are metres east and north of `origin`."""

    origin: tuple[float, float]
    nodes: Floats
    edges: tuple[_Edge, ...]
    places: tuple[Place, ...]
    roundabouts: frozenset[int]
    crossings: frozenset[int]
    _routes: dict[tuple[int, int, int], Route] = field(default_factory=dict)

    def of(self, use: str) -> tuple[int, ...]:
        """Return the places with one use."""
        return tuple(k for k, p in enumerate(self.places) if p.use == use)

    @cached_property
    def scene(self) -> Scene:
        """What an authority would know of the town: its sites as zones, its roads as ways."""
        corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 110.0
        zones: Mapping[str, Zone] = {p.name: Zone(p.name, p.xy_m + corner, "m") for p in self.places}
        zones = {**zones, **self._areas()}
        ways = {f"road {k}": Way(f"road {k}", e.xy_m) for k, e in enumerate(self.edges)}
        return Scene("town", zones=dict(zones), origin=self.origin, ways=ways)

    def _areas(self) -> Mapping[str, Zone]:
        """Return what rules are about: a fence around the town, a closed block that no road leads to, the busiest street."""
        roads = shapely.MultiLineString([e.xy_m for e in self.edges])
        fence = roads.envelope.buffer(200.0, join_style="mitre")
        used = Counter(
            frozenset(leg)
            for a in self.of("works")
            for b in self.of("disposal")
            for leg in pairwise(self._path(self.places[a].node, self.places[b].node, other=False))
        )
        grid = _SIDE * _SIDE
        busiest = max((leg for leg in used if max(leg) < grid), key=lambda leg: (used[leg], sorted(leg)))
        street = (
            shapely.LineString(next(e.xy_m for e in self.edges if {e.a, e.b} == busiest))
            .simplify(3.0)
            .buffer(40.0, quad_segs=1)
        )
        centre = self.nodes[[24, 25, 31, 32]].mean(axis=0)
        block = centre + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 200.0
        shapes = {"fence": fence, "busy street": street}
        outlined = {name: Zone(name, shapely.get_coordinates(shape)[:-1], "m") for name, shape in shapes.items()}
        return {**outlined, "closed block": Zone("closed block", block, "m")}

    @cached_property
    def network(self) -> Way:
        """Return all roads as one way, each gone to and fro from the first node on."""
        leaving: dict[int, list[int]] = {}
        for k, edge in enumerate(self.edges):
            leaving.setdefault(edge.a, []).append(k)
            leaving.setdefault(edge.b, []).append(k)
        gone, points, stack = set[int](), [self.nodes[:1]], [(0, -1)]
        while stack:
            node, came = stack[-1]
            k = next((e for e in leaving[node] if e not in gone), -1)
            if k < 0:
                stack.pop()
                if came >= 0:
                    points.append(self._edge_from(came, node))
                continue
            gone.add(k)
            points.append(self._edge_from(k, node))
            stack.append((self.edges[k].b if self.edges[k].a == node else self.edges[k].a, k))
        return Way("roads", shapely.get_coordinates(shapely.LineString(np.concatenate(points)).simplify(5.0)))

    def _edge_from(self, k: int, node: int) -> Floats:
        edge = self.edges[k]
        return edge.xy_m if edge.a == node else edge.xy_m[::-1]

    def route(self, start: int, end: int, variant: int = 0) -> Route:
        """Return the way between two places; variant 1 is another way, variant 2 overshoots a crossing and turns round."""
        key = (start, end, variant)
        if key not in self._routes:
            self._routes[key] = self._made(*key)
        return self._routes[key]

    def _made(self, start: int, end: int, variant: int) -> Route:
        path = self._path(self.places[start].node, self.places[end].node, other=variant == 1)
        xy, top, covered, nodes = self._line(path, detour=variant == 2)
        xy = smoothed(resampled(_rounded(xy, self.nodes[sorted(set(path) & self.roundabouts)]), KNOT_M), 1)
        old = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(nodes, axis=0).T))))
        share = np.linspace(0.0, old[-1], len(xy))
        own = np.clip(np.searchsorted(old, share) - 1, 0, len(top) - 1)
        lane = _beside(xy, _LANE_M)
        lights = [int(np.argmin(np.hypot(*(lane - self.nodes[k]).T))) for k in path[1:-1] if k in self.crossings]
        stops = (
            np.unique(np.maximum(np.array(lights, dtype=np.int64) - 2, 1)) if lights else np.zeros(0, dtype=np.int64)
        )
        return route(lane, top[own], covered=covered[own], lights=stops)

    def _path(self, start: int, end: int, *, other: bool) -> list[int]:
        n = len(self.nodes)
        rows, cols, cost = [], [], []
        for k, edge in enumerate(self.edges):
            time = len(edge.xy_m) * KNOT_M / edge.top_mps * (1 + 0.6 * ((k * 7919) % 5) / 4 if other else 1.0)
            rows += [edge.a, edge.b]
            cols += [edge.b, edge.a]
            cost += [time, time]
        _, before = dijkstra(
            csr_array((cost, (rows, cols)), shape=(n, n)), indices=np.array(start), return_predecessors=True
        )
        path = [end]
        while path[-1] != start:
            path.append(int(before[path[-1]]))
        return path[::-1]

    def _line(self, path: list[int], *, detour: bool) -> tuple[Floats, Floats, Bools, Floats]:
        """Return the points of a path, and for each leg between them its limit and whether it is covered."""
        points, top, covered = [], [], []
        legs = list(pairwise(path))
        turn = len(legs) // 2 if detour and len(legs) > 3 else -1
        for k, (a, b) in enumerate(legs):
            if k == turn:
                stray = self._stray(a, set(path))
                points += [stray, stray[-2::-1]]
                top += [np.full(len(s), 11.0) for s in (stray, stray[:-1])]
                covered += [np.zeros(len(s), dtype=bool) for s in (stray, stray[:-1])]
            edge = next(e for e in self.edges if {e.a, e.b} == {a, b})
            share = np.linspace(0.0, 1.0, len(edge.xy_m))
            under = (share >= edge.tunnel[0]) & (share <= edge.tunnel[1])
            order = slice(None) if edge.a == a else slice(None, None, -1)
            points.append(edge.xy_m[order])
            top.append(np.full(len(edge.xy_m), edge.top_mps))
            covered.append(under[order])
        xy = np.concatenate(points)
        return xy, np.concatenate(top), np.concatenate(covered), xy

    def _stray(self, node: int, taken: set[int]) -> Floats:
        """Return the first 200 m of a street that leaves a node and is not on the path."""
        for edge in self.edges:
            if node in (edge.a, edge.b) and not {edge.a, edge.b} <= taken:
                return (edge.xy_m if edge.a == node else edge.xy_m[::-1])[:20]
        return np.asarray(self.nodes[node] + np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]]))


def _rounded(xy: Floats, centres: Floats) -> Floats:
    """Return the way with its passages of roundabouts led round them, counter-clockwise as where one keeps to the right."""
    for centre in centres:
        inside = np.flatnonzero(np.hypot(*(xy - centre).T) < _ROUNDABOUT_M)
        if not len(inside) or inside[0] == 0 or inside[-1] == len(xy) - 1 or np.any(np.diff(inside) > 1):
            continue
        come, go = xy[inside[0] - 1] - centre, xy[inside[-1] + 1] - centre
        begin = np.arctan2(come[1], come[0])
        sweep = (np.arctan2(go[1], go[0]) - begin) % (2 * np.pi)
        angle = begin + np.linspace(0.0, sweep, max(4, int(sweep * 5)))
        arc = centre + _ROUNDABOUT_M * np.column_stack((np.cos(angle), np.sin(angle)))
        xy = np.concatenate((xy[: inside[0]], arc, xy[inside[-1] + 1 :]))
    return xy


def _beside(xy: Floats, metres: float) -> Floats:
    """Return the lane to the right of a way."""
    along = np.gradient(xy, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)
    right = smoothed(np.column_stack((along[:, 1], -along[:, 0])) / length[:, None], 1)
    return np.asarray(xy + right * metres)


def _street(a: Floats, b: Floats, bulge_m: float) -> Floats:
    n = max(4, int(np.hypot(*(b - a)) / KNOT_M))
    u = np.linspace(0.0, 1.0, n)
    across = np.array([-(b - a)[1], (b - a)[0]]) / np.hypot(*(b - a))
    return np.asarray(a + (b - a) * u[:, None] + across * (bulge_m * np.sin(np.pi * u))[:, None])


def _arc(a: Floats, b: Floats) -> Floats:
    begin, end = np.arctan2(a[1], a[0]), np.arctan2(b[1], b[0])
    sweep = (end - begin + np.pi) % (2 * np.pi) - np.pi
    angle = begin + np.linspace(0.0, sweep, int(abs(sweep) * _RING_M / KNOT_M))
    return np.asarray(_RING_M * np.column_stack((np.cos(angle), np.sin(angle))))


def _grid(rng: np.random.Generator) -> tuple[Floats, list[_Edge]]:
    steps = (np.arange(_SIDE) - (_SIDE - 1) / 2) * _SPACING_M
    nodes = np.array([(x, y) for y in steps for x in steps]) + rng.uniform(-150, 150, (_SIDE * _SIDE, 2))
    pairs = [(k, k + 1) for k in range(_SIDE * _SIDE) if k % _SIDE < _SIDE - 1]
    pairs += [(k, k + _SIDE) for k in range(_SIDE * (_SIDE - 1))]
    bulges = np.where(rng.random(len(pairs)) < 0.4, rng.uniform(-220, 220, len(pairs)), 0.0)
    tops = rng.choice([11.0, 13.9, 16.6], len(pairs))
    edges = [
        _Edge(a, b, _street(nodes[a], nodes[b], float(g)), float(v))
        for (a, b), g, v in zip(pairs, bulges, tops, strict=True)
    ]
    return nodes, edges


@lru_cache(maxsize=4)
def town(seed: int = 0, origin: tuple[float, float] = ORIGIN) -> Roads:
    """Return a town; the same seed, the same town."""
    rng = np.random.default_rng((seed, 808))
    nodes, edges = _grid(rng)
    grid: Ints = np.arange(len(nodes))
    angle = 2 * np.pi * np.arange(_RING_NODES) / _RING_NODES
    ring = _RING_M * np.column_stack((np.cos(angle), np.sin(angle)))
    first = len(nodes)
    nodes = np.concatenate((nodes, ring))
    for k in range(_RING_NODES):
        a, b = first + k, first + (k + 1) % _RING_NODES
        edges.append(_Edge(a, b, _arc(nodes[a], nodes[b]), 22.0, (0.25, 0.75) if k in (2, 5, 9, 13) else (1.0, 0.0)))
        nearest = int(np.argmin(np.hypot(*(nodes[grid] - nodes[a]).T)))
        edges.append(_Edge(a, nearest, _street(nodes[a], nodes[nearest], 0.0), 16.6))
    places = []
    spots = [
        (float(a), float(r)) for a, r in zip(rng.uniform(0, 2 * np.pi, 11), rng.uniform(1500, 8000, 11), strict=True)
    ]
    uses = ["depot"] * 2 + ["works"] * 6 + ["disposal"] * 3
    for k, (use, (turn, far)) in enumerate(zip(uses, spots, strict=True)):
        wished = far * np.array([np.cos(turn), np.sin(turn)])
        gate = int(np.argmin(np.hypot(*(nodes[: first + _RING_NODES] - wished).T)))
        way = rng.uniform(0.2, 0.8) * np.pi / 2
        yard = nodes[gate] + rng.uniform(250, 400) * np.array([np.cos(way), np.sin(way)])
        nodes = np.concatenate((nodes, yard[None]))
        edges.append(_Edge(gate, len(nodes) - 1, _street(nodes[gate], yard, 0.0), 6.0))
        places.append(Place(f"{use} {k}", use, len(nodes) - 1, yard))
    around = frozenset(rng.choice(len(grid), 9, replace=False).tolist())
    return Roads(origin, nodes, tuple(edges), tuple(places), around, frozenset(grid.tolist()) - around)
