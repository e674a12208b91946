"""Two published detectors of COCO's classes, shown pictures as their authors do, their classes called by our names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.bundle.boxes import nms
from roadstead.evaluate.metrics.detection import Boxes
from roadstead.infer.openvino import OpenVino
from roadstead.types import Floats, Image, readonly

OURS: Mapping[int, str] = {
    0: "person",
    1: "motorcycle",
    2: "car",
    3: "motorcycle",
    5: "bus",
    7: "truck",
    8: "vessel",
}
"""COCO's numbers of person, bicycle, car, motorcycle, bus, truck and boat."""
LEAST, AT_MOST, OVERLAP = 0.02, 100, 0.45


class YoloxNano:
    """YOLOX-nano at 416 px (Megvii, demo_utils): BGR 0 to 255, letterboxed at the left top with grey 114."""

    name, side, strides = "YOLOX-nano", 416, (8, 16, 32)

    def __init__(self, folder: Path) -> None:
        self.engine = OpenVino(folder / "yolox_nano" / "yolox_nano.onnx")
        grids = [np.mgrid[: self.side // s, : self.side // s] for s in self.strides]
        self.places = np.concatenate([np.column_stack((x.ravel(), y.ravel())) for y, x in grids])
        self.stride = np.concatenate([np.full((self.side // s) ** 2, s) for s in self.strides])[:, None]

    def __call__(self, image: Image) -> Boxes:
        """Return what is found, best first."""
        height, width = image.shape[:2]
        scale = min(self.side / height, self.side / width)
        small = cv2.resize(image, (int(width * scale), int(height * scale)))
        shown = np.full((self.side, self.side, 3), 114, np.uint8)
        shown[: small.shape[0], : small.shape[1]] = small
        rows = self.engine.run(_tensor(shown, 1.0))[0][0]
        centre = (rows[:, :2] + self.places) * self.stride
        half = np.exp(rows[:, 2:4]) * self.stride / 2
        scores = rows[:, 4:5] * rows[:, 5:]
        return _boxes(np.hstack((centre - half, centre + half)) / scale, scores, (width, height))


class FastestDet:
    """FastestDet at 352 px (dog-qiuqiu, test.py): BGR 0 to 1, stretched; a score is objectness^0.6 * class^0.4."""

    name, side = "FastestDet", 352

    def __init__(self, folder: Path) -> None:
        self.engine = OpenVino(folder / "fastestdet" / "FastestDet.onnx")

    def __call__(self, image: Image) -> Boxes:
        """Return what is found, best first."""
        height, width = image.shape[:2]
        shown = cv2.resize(image, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        said = self.engine.run(_tensor(np.asarray(shown, np.uint8), 1 / 255))[0][0]
        rows, columns = said.shape[1:]
        y, x = np.mgrid[:rows, :columns]
        centre = np.stack(((x + np.tanh(said[1])) / columns, (y + np.tanh(said[2])) / rows), axis=-1).reshape(-1, 2)
        half = 0.5 / (1 + np.exp(-said[3:5].reshape(2, -1).T))
        scores = said[0].reshape(-1, 1) ** 0.6 * said[5:].reshape(len(said) - 5, -1).T ** 0.4
        boxes = np.hstack((centre - half, centre + half)) * [width, height, width, height]
        return _boxes(boxes, scores, (width, height))


def _tensor(image: Image, scale: float) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(image[None, :, :, ::-1].transpose(0, 3, 1, 2), np.float32) * np.float32(scale)


def _boxes(boxes: npt.NDArray[Any], scores: npt.NDArray[Any], size: tuple[int, int]) -> Boxes:
    """Return each place's best class where it is one of ours, best first, without doubles."""
    best = scores.argmax(axis=1)
    score = scores[np.arange(len(best)), best]
    chosen = np.flatnonzero((score >= LEAST) & np.isin(best, list(OURS)))
    chosen = chosen[np.argsort(-score[chosen], kind="stable")]
    classes = np.array([8 if c == 8 else 3 if c == 1 else c for c in best[chosen]], dtype=np.intp)
    kept: Floats = readonly(np.clip(boxes[chosen], 0, [*size, *size]), 4)
    stay = nms(kept, classes, OVERLAP)[:AT_MOST]
    return Boxes(
        readonly(kept[stay], 4),
        readonly(score[chosen][stay].clip(0, 1)),
        tuple(OURS[int(c)] for c in classes[stay]),
    )
