"""Low frame rate: pictures come too seldom or unevenly, or each comes several times."""

from collections.abc import Iterable, Iterator

from roadstead.simulate.lens.fault import CameraFault, dice, during
from roadstead.types import Frame, Image

_LONGEST_S = 3.0


def low_frame_rate(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Let a picture through each `strength` × 3 s ("dropped"), after gaps of chance of that mean ("uneven"), or repeat the last ("repeated")."""
    rng = dice(fault, seed)
    gap_s = _LONGEST_S * fault.strength
    state: dict[str, float] = {"next": fault.start}
    last: list[Image] = []

    def change(image: Image, t: float) -> Image | None:
        if t >= state["next"]:
            step = float(rng.gamma(1.5, gap_s / 1.5)) if fault.form == "uneven" else gap_s
            state["next"] = (
                max(t, state["next"]) + step if fault.form == "uneven" else max(t - gap_s, state["next"]) + step
            )
            last[:] = [image.copy()] if fault.form == "repeated" else []
            return image
        return last[0] if fault.form == "repeated" else None

    return during(pictures, fault, change)
