"""The on-screen display, the wrong clock and the fonts."""

import numpy as np
import pytest

from _lens import T0, clip
from roadstead.errors import BadInput
from roadstead.simulate import fonts
from roadstead.simulate.lens import CameraFault, Display, wrong_clock
from roadstead.simulate.lens.onscreen import stamped

FONT = fonts.available()[0]


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("chinese", "2026年05月11日 星期一 08:30:00"),
        ("iso", "2026-05-11 08:30:00"),
        ("iso_day", "2026-05-11 星期一 08:30:00"),
    ],
)
def test_the_clock_is_written_as_cameras_do(style: str, expected: str) -> None:
    assert Display(font=FONT, style=style).clock(T0) == expected  # type: ignore[arg-type]


def test_it_lies_in_its_corners_and_nowhere_else() -> None:
    display = Display(font=FONT, name="码头东", clock_at="right")
    before = next(clip(moving=False)).image
    (after, *_) = (f.image for f in stamped(clip(moving=False), display))
    changed = np.argwhere((before != after).any(axis=2))
    assert changed[:, 0].min() < 12
    assert not ((changed[:, 0] > 24) & (changed[:, 0] < 150)).any()
    assert after[changed[:, 0], changed[:, 1]].max() >= 245
    assert after[changed[:, 0], changed[:, 1]].min() <= 5


@pytest.mark.parametrize("form", ["offset", "stopped", "reset", "jumps"])
def test_a_wrong_clock_is_wrong_in_its_way(form: str) -> None:
    fault = CameraFault(kind="wrong_clock", form=form, start=T0, end=T0 + 60)
    shown = np.array([wrong_clock.shown(fault, T0 + k, 5) for k in range(60)])
    steps = np.diff(shown)
    if form == "stopped":
        assert (shown == T0).all()
    elif form == "jumps":
        assert 5 <= (np.abs(steps - 1) > 59).sum() <= 15
    else:
        assert np.allclose(steps, 1)
        assert abs(shown[0] - T0) >= 600


def test_fonts_for_training_and_testing_are_never_the_same() -> None:
    train, test = ({f.family for f in fonts.available(stock)} for stock in ("train", "test"))
    assert train
    assert test
    assert not train & test


def test_no_font_left_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_found", lambda: (FONT,))
    assert fonts.available("train") == (FONT,)
    with pytest.raises(BadInput, match="may be used for 'test'"):
        fonts.available("test")
