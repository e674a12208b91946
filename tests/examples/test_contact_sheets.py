"""The contact sheets can be drawn: two bodies and a scene, small; a body fills its tile."""

import ctypes.util
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from roadstead.errors import BadInput
from roadstead.simulate import fonts

ROOT = Path(__file__).parents[2]


def can_draw() -> bool:
    try:
        fonts.available("train")
    except BadInput:
        return False
    return ctypes.util.find_library("OSMesa") is not None and importlib.util.find_spec("mujoco") is not None


@pytest.mark.slow
@pytest.mark.skipif(not can_draw(), reason="drawing needs MuJoCo, libosmesa6 and a Chinese font")
def test_quick_sheets(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples/contact_sheets.py", "--quick", "--out", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MUJOCO_GL": "osmesa"},
    )
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sheet-bodies.jpg", "sheet-scenes.jpg"]
    sheet = cv2.imread(str(tmp_path / "sheet-bodies.jpg"))
    assert sheet is not None
    assert sheet.shape == (100, 256, 3)
    for tile in (sheet[:80, :128], sheet[:80, 128:]):
        assert float(np.std(tile)) > 15
    assert all(p.stat().st_size < 300_000 for p in tmp_path.iterdir())
