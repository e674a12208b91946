"""Fetch the detector that the shipped one begins from: SSD MobileNetV2, Open Images V4, by Google, Apache-2.0.

Run: python scripts/phone_weights.py FOLDER
It comes in the npm package @mediapipe/objectron, whose loader says where in a packed file it lies. npm is needed, and a registry.
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@mediapipe/objectron@0.4.1675468480"
PACKED = "package/objectron_solution_packed_assets"
MODEL = "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite"
SHA256 = "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6"
NAME = "ssd_mobilenet_v2_oidv4.tflite"


def fetched(folder: Path) -> Path:
    """Return the model's file, fetched where it is not there yet; exit with one sentence where that fails."""
    file = folder / NAME
    if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == SHA256:
        return file
    with tempfile.TemporaryDirectory() as place:
        try:
            done = subprocess.run(  # noqa: S603  # the command is fixed
                ["npm", "pack", "--silent", PACKAGE],  # noqa: S607  # npm is where the machine has it
                cwd=place, capture_output=True, text=True, check=True,
            )  # fmt: skip
        except FileNotFoundError:
            sys.exit(f"npm is not there; install it (Debian: npm), or put {MODEL} of {PACKAGE} into {file}")
        except subprocess.CalledProcessError as error:
            sys.exit(f"npm cannot fetch {PACKAGE}: {error.stderr.strip().splitlines()[-1:]}")
        with tarfile.open(Path(place) / done.stdout.split()[-1]) as archive:
            loader = _member(archive, f"{PACKED}_loader.js").decode()
            data = _member(archive, f"{PACKED}.data")
    where = re.search(rf'{re.escape(MODEL)}"[^}}]*?"start": (\d+), "end": (\d+)', loader)
    if where is None:
        sys.exit(f"{PACKAGE} holds no {MODEL}")
    model = data[int(where[1]) : int(where[2])]
    if hashlib.sha256(model).hexdigest() != SHA256:
        sys.exit(f"{MODEL} of {PACKAGE} is not the file that the recipe was written for")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(model)
    return file


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    found = archive.extractfile(name)
    return found.read() if found is not None else b""


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python scripts/phone_weights.py FOLDER")
    sys.stdout.write(f"{fetched(Path(sys.argv[1]))}\n")
