"""The pictures of a data set: where they lie, and how they come there."""

import shutil
from pathlib import Path

from roadstead.errors import BadInput


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
