"""The pictures of a data set: where they lie, and how they come there."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from roadstead.errors import BadInput

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
"""What a picture's name ends in."""


def placed(media: Path, folder: Path, name: str) -> str:
    """Bring a picture into a folder under a name (its own suffix is added) and return its path below the folder.

    One that lies below the folder already stays where it is. Raises BadInput where it cannot be copied.
    """
    if media.resolve().is_relative_to(folder.resolve()):
        return media.resolve().relative_to(folder.resolve()).as_posix()
    to = folder / checked(f"{name}{media.suffix}")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(media, to)
    except OSError as error:
        raise BadInput(f"{media}: cannot be copied into {folder}: {error.strerror}") from None
    return to.relative_to(folder).as_posix()


def checked(name: str) -> str:
    """Return a path below a folder; raise BadInput where it would lead out of it."""
    parts = Path(name).parts
    if not parts or name.startswith("/") or ".." in parts:
        raise BadInput(f"{name!r} cannot name a picture below the data set's folder; use a plain relative path")
    return name


def there(path: Path) -> Path | None:
    """Return the path if a file is there."""
    return path if path.is_file() else None


def below(folder: Path) -> list[Path]:
    """Return every picture below a folder, sorted by path; none where the folder is not there."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())


def named(files: Sequence[tuple[Path, Path]], folder: Path) -> list[str]:
    """Return a name of its own for each (picture, the place it was found below).

    It is the path below the place without suffix, or the whole path below the folder where two would be called the same.
    """
    inner = [file.relative_to(place).with_suffix("").as_posix() for file, place in files]
    often = Counter(inner)
    return [
        name if often[name] == 1 else file.relative_to(folder).as_posix()
        for name, (file, _) in zip(inner, files, strict=True)
    ]
