"""What tests of every part may ask for: development data, small videos, a camera."""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two threads that wait actively are several times slower than one
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).parent))

if importlib.util.find_spec("triton") is not None:
    importlib.import_module("triton")  # after OSMesa has drawn, its own LLVM would kill the process

from _media import RTSP_MISSING, Camera, rtsp_available, write_video


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of the development data; skip where there is none."""
    named = os.environ.get("ROADSTEAD_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no development data: set ROADSTEAD_DATA to its folder")
    return folder


@pytest.fixture
def video(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a small video of numbered pictures into the test's folder: `video("a.mp4", frames=50)`."""

    def write(name: str, **how: object) -> Path:
        return write_video(tmp_path / name, **how)  # type: ignore[arg-type]  # write_video checks its own arguments

    return write


@pytest.fixture(scope="session")
def _rtsp() -> None:
    if not rtsp_available():
        pytest.skip(RTSP_MISSING)


@pytest.fixture
def cameras(_rtsp: None) -> Iterator[Callable[[], Camera]]:
    """Return a function that makes an RTSP camera (not started yet); all end with the test."""
    made: list[Camera] = []

    def make() -> Camera:
        made.append(Camera())
        return made[-1]

    yield make
    for each in made:
        each.kill()
