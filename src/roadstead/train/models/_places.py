"""The places of a dense detector (points or anchor boxes on its grids), and which of them learns which object."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchvision.ops import box_iou  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.errors import BadInput
from roadstead.types import Floats, readonly

BACKGROUND = -1
UNDECIDED = -2
RADIUS = 1.5
"""Points so near to an object's centre, in strides, learn it (FCOS, centre sampling)."""
REACH = 8.0
"""A grid learns objects whose farthest edge is at most so many strides away; the next coarser one the larger (FCOS: 64 px at 8)."""
SURE, NEVER = 0.5, 0.4
"""An anchor that overlaps an object by SURE learns it; by less than NEVER it is background (RetinaNet)."""
SCALES = (1.0, 2 ** (1 / 3), 2 ** (2 / 3))
RATIOS = (0.5, 1.0, 2.0)


def points(sizes: Sequence[tuple[int, int]], strides: Sequence[int], like: Tensor) -> tuple[Tensor, Tensor]:
    """Return the middles of all cells of grids of `sizes` (rows, columns), (p, 2) px, and the stride of each, (p,)."""
    made, steps = [], []
    for (rows, columns), stride in zip(sizes, strides, strict=True):
        y = (torch.arange(rows, device=like.device, dtype=torch.float32) + 0.5) * stride
        x = (torch.arange(columns, device=like.device, dtype=torch.float32) + 0.5) * stride
        made.append(torch.stack((x.repeat(rows), y.repeat_interleave(columns)), dim=1))
        steps.append(torch.full((rows * columns,), float(stride), device=like.device))
    return torch.cat(made), torch.cat(steps)


def shapes(strides: Sequence[int], given: Sequence[tuple[float, float]]) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the widths and heights of the anchors of each grid, px: the usual ones (three scales, three ratios), or those given.

    Given ones are shared out by size, equally many a grid; raise BadInput where that does not come out even.
    """
    if not given:
        return tuple(tuple((4 * s * k / r**0.5, 4 * s * k * r**0.5) for k in SCALES for r in RATIOS) for s in strides)
    each, rest = divmod(len(given), len(strides))
    if rest:
        raise BadInput(
            f"model.anchors: {len(given)} anchors cannot be shared equally by {len(strides)} grids; give {len(strides)}, "
            f"{2 * len(strides)} or {3 * len(strides)}"
        )
    ordered = sorted(given, key=lambda size: size[0] * size[1])
    return tuple(tuple(ordered[k * each : (k + 1) * each]) for k in range(len(strides)))


def anchors(
    sizes: Sequence[tuple[int, int]],
    strides: Sequence[int],
    of_grid: Sequence[Sequence[tuple[float, float]]],
    like: Tensor,
) -> Tensor:
    """Return all anchors, centre and size px, (p, 4): by grid, then by cell, then by shape."""
    made = []
    for size, stride, some in zip(sizes, strides, of_grid, strict=True):
        middle, _ = points([size], [stride], like)
        extent = torch.tensor(some, dtype=torch.float32, device=like.device)
        made.append(torch.cat((middle.repeat_interleave(len(extent), 0), extent.repeat(len(middle), 1)), dim=1))
    return torch.cat(made)


def by_centre(middles: Tensor, strides: Tensor, boxes: Tensor) -> Tensor:
    """Return for each point (p,) the index of the object it learns, or BACKGROUND (Tian et al., FCOS, 2019, section 3).

    A point learns an object (k, 4 xyxy px) that it lies in, near the centre of, and that is of its grid's size; of several the
    smallest. An object that no point would learn is given to the nearest point of the finest grid that is free.
    """
    found = torch.full((len(middles),), BACKGROUND, dtype=torch.long, device=middles.device)
    if not len(boxes):
        return found
    sides = torch.cat((middles[:, None] - boxes[None, :, :2], boxes[None, :, 2:] - middles[:, None]), dim=2)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    near = (middles[:, None] - centre[None]).abs().amax(2) < RADIUS * strides[:, None]
    farthest, step = sides.amax(2), strides[:, None]
    low = torch.where(step == strides.min(), 0.0, step * REACH / 2)
    high = torch.where(step == strides.max(), torch.inf, step * REACH)
    fits = (sides.amin(2) > 0) & near & (farthest > low) & (farthest <= high)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    smallest, best = torch.where(fits, area[None], torch.inf).min(dim=1)
    found = torch.where(smallest < torch.inf, best, found)
    finest = torch.nonzero(strides == strides.min())[:, 0]
    for k in range(len(boxes)):
        if not bool((found == k).any()):
            away = (middles[finest] - centre[k]).square().sum(1) + (found[finest] != BACKGROUND) * 1e12
            found[finest[away.argmin()]] = k
    return found


def by_overlap(anchors: Tensor, boxes: Tensor) -> Tensor:
    """Return for each anchor (p, 4 xyxy px) the index of the object it learns, BACKGROUND or UNDECIDED (RetinaNet's rule).

    Every object is learned by at least the anchor that overlaps it most.
    """
    found = torch.full((len(anchors),), BACKGROUND, dtype=torch.long, device=anchors.device)
    if not len(boxes):
        return found
    overlap = box_iou(anchors, boxes)
    most, best = overlap.max(dim=1)
    found = torch.where(most >= SURE, best, torch.where(most < NEVER, found, UNDECIDED))
    found[overlap.argmax(dim=0)] = torch.arange(len(boxes), device=boxes.device)
    return found


def typical(sizes: Floats, n: int, *, rounds: int = 50, seed: int = 0) -> Floats:
    """Return n widths and heights (n, 2) that the objects' (m, 2) overlap best on average, smallest first.

    Means of clusters whose distance is one minus the overlap of boxes laid on one corner (Redmon and Farhadi, YOLO9000, 2017).
    Raise BadInput where there are fewer objects than n.
    """
    if len(sizes) < n:
        raise BadInput(f"anchors: {n} sizes cannot be found from {len(sizes)} objects")
    rng = np.random.default_rng(seed)
    means = sizes[rng.choice(len(sizes), n, replace=False)]
    for _ in range(rounds):
        nearest = alike(sizes, means).argmax(axis=1)
        new = np.array([sizes[nearest == k].mean(axis=0) if (nearest == k).any() else means[k] for k in range(n)])
        if np.allclose(new, means):
            break
        means = new
    return readonly(means[np.argsort(means.prod(axis=1))], 2)


def alike(sizes: Floats, others: Floats) -> Floats:
    """Return the overlap (n, m) of boxes of two lists of widths and heights, (n, 2) and (m, 2), laid on one corner."""
    inner = np.minimum(sizes[:, None], others[None]).prod(axis=2)
    return readonly(inner / (sizes.prod(axis=1)[:, None] + others.prod(axis=1)[None] - inner))
