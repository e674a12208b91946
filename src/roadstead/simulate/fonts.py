"""The Chinese fonts of this machine, some of which are kept for testing."""

import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from roadstead.errors import BadInput
from roadstead.simulate.world.stock import Stock

_FOLDER = Path("/usr/share/fonts")
_KNOWN = (
    ("opentype/noto/NotoSansCJK-Regular.ttc", "Noto Sans CJK SC"),
    ("opentype/noto/NotoSansCJK-Bold.ttc", "Noto Sans CJK SC"),
    ("opentype/noto/NotoSerifCJK-Regular.ttc", "Noto Serif CJK SC"),
    ("opentype/noto/NotoSerifCJK-Bold.ttc", "Noto Serif CJK SC"),
    ("truetype/wqy/wqy-microhei.ttc", "WenQuanYi Micro Hei"),
    ("truetype/wqy/wqy-zenhei.ttc", "WenQuanYi Zen Hei"),
)
"""Where Debian's fonts-noto-cjk, fonts-wqy-microhei and fonts-wqy-zenhei lie."""
_FOR_TESTS = frozenset({"Noto Serif CJK SC", "WenQuanYi Zen Hei"})
_INSTALL = "install Debian's fonts-noto-cjk and fonts-wqy-zenhei, or give a font file"


@dataclass(frozen=True, slots=True)
class Font:
    """A font with Chinese signs: file, the index within a collection, its family."""

    path: Path
    index: int
    family: str

    def sized(self, size_px: int) -> ImageFont.FreeTypeFont:
        """Return it in a size; raise BadInput where the file cannot be used."""
        return _opened(self.path, size_px, self.index)


def available(assets: Stock | None = None) -> tuple[Font, ...]:
    """Return the fonts of one stock (None: all), always in the same order; raise BadInput where there is none.

    Noto Serif and WenQuanYi Zen Hei are for tests, all others for training. One is never taken in the other's place.
    """
    mine = [f for f in _found() if assets is None or (f.family in _FOR_TESTS) == (assets == "test")]
    if not mine:
        which = "is installed" if assets is None else f"is installed that may be used for {assets!r}"
        raise BadInput(f"fonts: no Chinese font {which}; {_INSTALL}")
    return tuple(mine)


@lru_cache(maxsize=64)
def _opened(path: Path, size_px: int, index: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(str(path), size_px, index=index)
    except OSError:
        raise BadInput(f"{path}: cannot be read as a font; {_INSTALL}") from None


@lru_cache(maxsize=1)
def _found() -> tuple[Font, ...]:
    """Return the known fonts first, then those that fontconfig calls simplified Chinese."""
    fonts = [
        Font(_FOLDER / name, _index(_FOLDER / name, family), family)
        for name, family in _KNOWN
        if (_FOLDER / name).is_file()
    ]
    known = {font.path for font in fonts}
    lister = shutil.which("fc-list")
    if lister:
        told = subprocess.run(  # noqa: S603 - a fixed command
            [lister, ":lang=zh-cn", "--format=%{file}\t%{family[0]}\t%{index}\n"],
            capture_output=True,
            text=True,
            check=False,
        )
        for line in sorted(told.stdout.splitlines()):
            path, family, index = line.split("\t")
            if Path(path) not in known and int(index) < 1 << 16:
                known.add(Path(path))
                fonts.append(Font(Path(path), int(index), family))
    return tuple(fonts)


def _index(path: Path, family: str) -> int:
    """Return which font of a collection is of the family; the first where none says so."""
    for index in range(16):
        try:
            if ImageFont.truetype(str(path), 12, index=index).getname()[0] == family:
                return index
        except OSError:
            break
    return 0
