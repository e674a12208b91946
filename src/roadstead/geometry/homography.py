"""Picture to ground and back.

A matrix made here is positive in its third row in front of the horizon, as a camera sees it.
"""

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats, Homography, readonly

_REWEIGHT = 10
_DEGENERATE = 1e-7


def fit(image_px: npt.ArrayLike, ground_m: npt.ArrayLike) -> Homography:
    """Fit picture points (n >= 4, 2) px to ground points (n, 2) m; the residual is the RMS distance over the pairs, m.

    Normalised direct linear transform (Hartley 1997), reweighted until its error is that on the ground. Raises
    ValueError for too few pairs, pairs on one line, and pairs on both sides of the horizon.

    >>> h = fit([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 10), (10, 10), (10, 0), (0, 0)])
    >>> to_ground(h, [(50, 50)]).round(6)
    array([[5., 5.]])
    """
    picture = _pairs(image_px, "picture")
    ground = _pairs(ground_m, "ground")
    if len(picture) != len(ground):
        raise ValueError(f"{len(picture)} picture points and {len(ground)} ground points do not make pairs")
    if len(picture) < 4:
        raise ValueError(f"a ground calibration needs at least 4 point pairs, not {len(picture)}")
    tp, tg = _normaliser(picture), _normaliser(ground)
    p, g = _apply(tp, picture), _apply(tg, ground)
    weights = np.ones(len(p))
    for _ in range(_REWEIGHT):
        normal = _solve(p, g, weights)
        w = np.column_stack((p, np.ones(len(p)))) @ normal[2]
        normal, w = (normal, w) if w.sum() > 0 else (-normal, -w)
        if (w <= 1e-3 * np.abs(w).max()).any():
            raise ValueError(
                "some point pairs lie beyond the horizon of the others; check the pairs for a mistyped number"
            )
        weights = 1 / w
    matrix = np.linalg.inv(tg) @ normal @ tp
    matrix /= np.mean(np.column_stack((picture, np.ones(len(picture)))) @ matrix[2])
    found = Homography(readonly(matrix), 0.0)
    off = to_ground(found, picture) - ground
    return Homography(found.matrix, float(np.sqrt((off * off).sum(axis=1).mean())))


def to_ground(h: Homography, points: npt.ArrayLike) -> Floats:
    """Map picture points (n, 2) px to the ground (n, 2) m; NaN at and beyond the horizon.

    >>> to_ground(Homography(np.array([[1, 0, 0], [0, 1, 0], [0, 0.01, 0]]), 0.0), [(3, 100), (3, -1)])
    array([[  3., 100.],
           [ nan,  nan]])
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    mapped = xy @ h.matrix[:, :2].T + h.matrix[:, 2]
    w = mapped[:, 2:]
    seen = w > _nearly_horizon(h)
    return np.where(seen, mapped[:, :2] / np.where(seen, w, 1.0), np.nan)


def to_image(h: Homography, points_m: npt.ArrayLike) -> Floats:
    """Map ground points (n, 2) m to the picture (n, 2) px; NaN behind the camera.

    >>> to_image(Homography(np.diag([0.5, 0.5, 1.0]), 0.0), [(2, 3)])
    array([[4., 6.]])
    """
    xy = np.asarray(points_m, dtype=np.float64).reshape(-1, 2)
    back = np.linalg.inv(h.matrix)
    mapped = xy @ back[:, :2].T + back[:, 2]
    w = mapped[:, 2:]
    seen = w > 0
    return np.where(seen, mapped[:, :2] / np.where(seen, w, 1.0), np.nan)


def metres_per_px(h: Homography, points: npt.ArrayLike) -> Floats:
    """Return the local scale (n,) at picture points (n, 2): the root of the area of a pixel on the ground; NaN beyond the horizon.

    >>> metres_per_px(Homography(np.diag([0.5, 0.5, 1.0]), 0.0), [(7, 8)])
    array([0.5])
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    w = xy @ h.matrix[2, :2] + h.matrix[2, 2]
    seen = w > _nearly_horizon(h)
    area = abs(np.linalg.det(h.matrix)) / np.where(seen, w, 1.0) ** 3
    return np.where(seen, np.sqrt(area), np.nan)


def _nearly_horizon(h: Homography) -> float:
    return 1e-9 * float(np.abs(h.matrix[2]).max())


def _pairs(points: npt.ArrayLike, where: str) -> npt.NDArray[np.float64]:
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise ValueError(f"the {where} points must be pairs of finite numbers")
    return array


def _normaliser(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the similarity that moves the points to their centre and a mean distance of sqrt(2)."""
    centre = points.mean(axis=0)
    spread = float(np.hypot(*(points - centre).T).mean())
    if spread == 0:
        raise ValueError("the point pairs all lie at one place; spread them over the ground")
    k = np.sqrt(2) / spread
    return np.array([[k, 0, -k * centre[0]], [0, k, -k * centre[1]], [0, 0, 1]])


def _apply(similarity: npt.NDArray[np.float64], points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(points @ similarity[:2, :2].T + similarity[:2, 2])


def _solve(p: npt.NDArray[np.float64], g: npt.NDArray[np.float64], weights: Floats) -> npt.NDArray[np.float64]:
    """Return the (3, 3) least-squares solution of g ~ H p; raise ValueError where the pairs do not decide it."""
    one = np.column_stack((p, np.ones(len(p))))
    zero = np.zeros_like(one)
    upper = np.hstack((one, zero, -g[:, :1] * one))
    lower = np.hstack((zero, one, -g[:, 1:] * one))
    rows = np.vstack((upper * weights[:, None], lower * weights[:, None]))
    _, strength, basis = np.linalg.svd(rows)
    matrix = basis[8].reshape(3, 3)
    sizes = np.linalg.svd(matrix, compute_uv=False)
    if strength[7] <= _DEGENERATE * strength[0] or sizes[2] <= _DEGENERATE * sizes[0]:
        raise ValueError("three or more of the point pairs lie on one line; spread at least 4 pairs over the ground")
    return np.asarray(matrix)
