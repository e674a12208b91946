"""The peer on the same streams: `yolo track` of ultralytics. Run by the Python of an environment of its own, which alone has it.

    python _streams_peer.py < TOLD.json

Weights are random (the network is what costs, not what it learned), so boxes mean nothing: the threshold is set where about `boxes`
of them pass on the first pictures, never more do, and the tracker's own thresholds lie below it, so that it has as many to
follow. The model is exported to OpenVINO once, for as many pictures at a time as there are streams. A picture's age is the
time from when the reader took it off the stream until its result is there: what happened before (network, decoding) is left out, in the peer's
favour.
"""

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("YOLO_OFFLINE", "true")

import cv2
import numpy as np
from ultralytics import YOLO  # type: ignore[import-not-found, unused-ignore]  # only in the benchmark's own environment

cv2.setNumThreads(1)
TICKS = os.sysconf("SC_CLK_TCK")
STAMPS: dict[int, float] = {}
"""By the address of a picture's memory, which is used again."""
VIDEO = cv2.VideoCapture
RUNNING: list[Any] = []
"""Keeps the stream reader alive to the end: closing it waits for its threads."""


class Capture:
    """A cv2.VideoCapture that notes when each picture was taken off the stream; a subclass of OpenCV's own crashes when it is collected."""

    def __init__(self, *arguments: Any) -> None:
        self._of = VIDEO(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)

    def retrieve(self, *arguments: Any) -> Any:
        """Return the picture, and remember the moment."""
        good, image = self._of.retrieve(*arguments)
        if good:
            STAMPS[image.ctypes.data] = time.time()
        return good, image


def exported(folder: Path, side: int, batch: int) -> Path:
    """Return the OpenVINO export of yolo11n with random weights."""
    made = folder / f"yolo11n-{side}-{batch}_openvino_model"
    if not made.exists():
        folder.mkdir(parents=True, exist_ok=True)
        model = YOLO("yolo11n.yaml")
        weights = folder / f"yolo11n-{side}-{batch}.pt"
        model.save(str(weights))
        YOLO(str(weights)).export(format="openvino", imgsz=side, batch=batch)
    return made


def cpu_s() -> float:
    """Return CPU seconds of this process so far."""
    values = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / TICKS


def main() -> None:
    """Track for as long as told, and say what it came to."""
    told = json.load(sys.stdin)
    cv2.VideoCapture = Capture  # type: ignore[misc, assignment]  # ultralytics opens streams by this name
    with contextlib.redirect_stdout(sys.stderr):
        model = YOLO(str(exported(Path(told["folder"]), told["side"], len(told["urls"]))), task="detect")
        figures = track(model, told)
    json.dump(figures, sys.stdout)


def threshold(model: Any, told: dict[str, Any]) -> float:
    """Return the score that about `boxes` boxes of the first pictures reach."""
    first = []
    for url in told["urls"]:
        good, image = VIDEO(url).read()
        first.append(image if good else np.zeros((576, 704, 3), np.uint8))
    found = model.predict(first, imgsz=told["side"], conf=1e-9, max_det=300, verbose=False)
    scores = [np.sort(one.boxes.conf.cpu().numpy())[::-1] for one in found if one.boxes is not None]
    reached = float(np.median([s[min(told["boxes"], len(s) - 1)] for s in scores if len(s)]))
    return 0.99 * reached  # those of random weights are nearly alike


def tracker(conf: float, folder: Path) -> Path:
    """Write ByteTrack's settings, as shipped but for thresholds that lie below those of the boxes."""
    path = folder / "bytetrack.yaml"
    path.write_text(
        f"tracker_type: bytetrack\ntrack_high_thresh: {conf / 2:.12f}\ntrack_low_thresh: {conf / 4:.12f}\n"
        f"new_track_thresh: {conf / 2:.12f}\ntrack_buffer: 30\nmatch_thresh: 0.8\nfuse_score: True\n"
    )
    return path


def track(model: Any, told: dict[str, Any]) -> dict[str, float]:
    """Run `yolo track` on all streams."""
    with tempfile.NamedTemporaryFile("w", suffix=".streams", delete=False) as file:
        file.write("\n".join(told["urls"]))
    start: float | None = None
    end = 0.0
    ages, boxes, used, done = list[float](), list[int](), 0.0, 0
    conf = threshold(model, told)
    results = model.track(
        source=file.name,
        stream=True,
        persist=True,
        tracker=str(tracker(conf, Path(told["folder"]))),
        imgsz=told["side"],
        conf=conf,
        max_det=told["boxes"],
        vid_stride=max(round(25 / told["fps"]), 1),
        stream_buffer=False,
        verbose=False,
    )
    RUNNING.append(results)
    for result in results:
        now = time.time()
        if start is None:
            start, end = now + told["warm_s"], now + told["warm_s"] + told["seconds"]
        if now >= end:
            break
        if now < start:
            used = cpu_s()
            continue
        done += 1
        boxes.append(0 if result.boxes is None else len(result.boxes))
        stamp = STAMPS.get(result.orig_img.ctypes.data)
        if stamp is not None:
            ages.append(now - stamp)
    seconds = time.time() - (start or 0)
    age = np.array(ages) if ages else np.array([np.inf])
    return {
        "analysed_per_s": done / seconds,
        "age_p50_s": float(np.quantile(age, 0.5)),
        "age_p95_s": float(np.quantile(age, 0.95)),
        "boxes": float(np.mean(boxes)) if boxes else 0.0,
        "cpu_share": (cpu_s() - used) / seconds / len(os.sched_getaffinity(0)),
        "cpu_ms_per_picture": 1e3 * (cpu_s() - used) / max(done, 1),
        "aged": len(ages),
    }


if __name__ == "__main__":
    threading.Timer(900, lambda: os._exit(3)).start()
    main()
    sys.stdout.flush()
    os._exit(0)  # its readers go on otherwise
