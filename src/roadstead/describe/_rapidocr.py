"""RapidOCR (PP-OCRv6, in its wheel): finds writing in a picture and reads it."""

import importlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from roadstead.describe._lines import Piece
from roadstead.describe._reading import Reading
from roadstead.registry import extra_named
from roadstead.types import Image, readonly

LARGER = 3.0
"""Writing of a few pixels is found when it is enlarged, but not read better for being larger yet."""


@dataclass(frozen=True, slots=True, eq=False)
class RapidOcr:
    """RapidOCR on so many threads. Pictures are searched with a longer side of `side_px`, small ones `LARGER` times as large at most."""

    engine: Any
    side_px: int = 640

    @classmethod
    def opened(cls, threads: int = 1, side_px: int = 640) -> "RapidOcr":
        """Open the models; raise MissingExtra without the package rapidocr."""
        with extra_named("reading names"):
            package = importlib.import_module("rapidocr")
        pinned = {f"EngineConfig.onnxruntime.{which}_op_num_threads": threads for which in ("intra", "inter")}
        search = {"Det.limit_type": "max", "Det.limit_side_len": side_px, "Global.use_cls": False}
        said = {"Global.log_level": "critical", "Global.text_score": 0.0}
        return cls(package.RapidOCR(params={**said, **pinned, **search}), side_px)

    def pieces(self, image: Image) -> tuple[Piece, ...]:
        """Return the writing in a picture (H, W, 3) RGB, as pieces."""
        scale = min(max(self.side_px / max(image.shape[:2]), 1.0), LARGER)
        found = self.engine(cv2.resize(image[..., ::-1], None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
        if found.boxes is None or found.txts is None:
            return ()
        said = zip(found.boxes, found.txts, found.scores, strict=True)
        return tuple(
            Piece(readonly(np.asarray(corners) / scale, 2), text, float(score))
            for corners, text, score in said
            if text.strip()
        )

    def line(self, image: Image) -> Reading:
        """Read a picture that is one line."""
        found = self.engine(np.ascontiguousarray(image[..., ::-1]), use_det=False, use_cls=False)
        if not found.txts:
            return Reading("", ())
        text = "".join(found.txts[0].split())
        return Reading(text, (float(found.scores[0]),) * len(text))
