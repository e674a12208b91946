"""Camera faults: each does what it is called, in its time only, and the same for the same seed."""

import itertools
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from _lens import FPS, T0, clip, street
from roadstead.errors import BadInput
from roadstead.simulate import fonts
from roadstead.simulate.lens import KINDS, CameraFault, Display, Lens, Sensor, faulty, sway
from roadstead.types import Frame, Image

START, END = T0 + 2, T0 + 5
FORMS = [(kind, form) for kind in KINDS for form in KINDS[kind].forms]
KEPT_BACK = {("no_signal", "silence"), ("low_frame_rate", "dropped"), ("low_frame_rate", "uneven")}


def lens(kind: str = "") -> Lens:
    return Lens(display=Display(font=fonts.available()[0], name="路口") if kind == "wrong_clock" else None)


def fault(kind: str, form: str = "", **others: float) -> CameraFault:
    return CameraFault(kind=kind, form=form, start=START, end=END, **others)


def seen(kind: str, form: str = "", seed: int = 1, **others: float) -> list[Frame]:
    return list(faulty(clip(), [fault(kind, form, **others)], seed, lens(kind)))


def during(frames: list[Frame]) -> list[Image]:
    return [frame.image for frame in frames if START <= frame.t < END]


def detail(image: Image) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_it_changes_the_pictures_of_its_time_and_no_others(kind: str, form: str) -> None:
    healthy = {frame.t: frame.image for frame in faulty(clip(), [], 1, lens(kind))}
    frames = seen(kind, form)
    times = [frame.t for frame in frames]
    assert times == sorted(set(times))
    for frame in frames:
        if not START <= frame.t < END:
            assert (frame.image == healthy[frame.t]).all()
        assert frame.image.shape == (180, 320, 3)
        assert frame.image.dtype == np.uint8
    outside = [t for t in times if not START <= t < END]
    assert outside == [t for t in healthy if not START <= t < END]
    inside = [frame for frame in frames if START <= frame.t < END]
    if (kind, form) in KEPT_BACK:
        assert len(inside) <= 2
    else:
        assert len(inside) == 15
        assert sum(bool((f.image != healthy[f.t]).any()) for f in inside) >= 10


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_the_same_seed_gives_the_same_pictures(kind: str, form: str) -> None:
    one, other = seen(kind, form, seed=7), seen(kind, form, seed=7)
    assert [f.t for f in one] == [f.t for f in other]
    assert all((a.image == b.image).all() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_pictures_are_taken_one_by_one(kind: str, form: str) -> None:
    asked = 0

    def counted() -> Iterator[Frame]:
        nonlocal asked
        for frame in clip():
            asked += 1
            yield frame

    stream = faulty(counted(), [fault(kind, form)], 1, lens(kind))
    assert asked == 0
    for given, _ in enumerate(itertools.islice(stream, 2 * FPS), start=1):
        assert asked == given


@pytest.mark.parametrize(("form", "brightest"), [("cap", 8.0), ("off", 0.0)])
def test_black_is_black(form: str, brightest: float) -> None:
    assert all(image.mean() <= brightest for image in during(seen("black", form)))


def test_a_cap_leaves_the_noise_of_the_sensor() -> None:
    one, other = during(seen("black", "cap"))[:2]
    assert 0.3 < float(one.std()) < 5
    assert (one != other).any()


def test_frozen_is_the_same_picture() -> None:
    images = during(seen("frozen"))
    assert all((image == images[0]).all() for image in images)


@pytest.mark.parametrize(("kind", "form"), [("frozen", "clock_runs"), ("substituted", "clock_runs")])
def test_the_clock_runs_on_over_old_pictures(kind: str, form: str) -> None:
    display = Lens(display=Display(font=fonts.available()[0]))
    images = during(list(faulty(clip(), [fault(kind, form)], 1, display)))
    top, rest = images[0][:30], images[0][30:]
    assert (images[10][:30] != top).any()
    if kind == "frozen":
        assert (images[10][30:] == rest).all()


def test_substituted_repeats_what_was_before() -> None:
    frames = seen("substituted")
    images = during(frames)
    assert (images[0] == images[10]).all()
    assert np.abs(images[3].astype(int) - frames[3].image).mean() < 4


def test_nothing_can_be_substituted_at_once() -> None:
    with pytest.raises(BadInput, match="start later"):
        list(faulty(clip(), [CameraFault(kind="substituted", start=T0, end=END)], 1))


@pytest.mark.parametrize(("form", "least"), [("defocus", 20.0), ("fogged", 20.0)])
def test_blurred_loses_detail(form: str, least: float) -> None:
    assert detail(street()) > least * max(detail(image) for image in during(seen("blurred", form)))


def test_it_grows_and_goes() -> None:
    details = [detail(image) for image in during(seen("blurred", "defocus", onset_s=1.0))]
    assert details[0] > details[2] > details[5]
    assert details[14] > details[12] > details[8]


@pytest.mark.parametrize("form", KINDS["blocked"].forms)
@pytest.mark.parametrize(("strength", "least", "most"), [(1.0, 0.9, 1.0), (0.4, 0.2, 0.62)])
def test_blocked_hides_as_much_as_it_says(form: str, strength: float, least: float, most: float) -> None:
    still = [Frame("street", T0 + k, street()) for k in range(4)]
    image = during(list(faulty(still, [fault("blocked", form, strength=strength)], 3)))[0]
    before, after = (cv2.cvtColor(i, cv2.COLOR_RGB2GRAY).astype(float) for i in (street(), image))
    lost = [abs(cv2.Laplacian(i, cv2.CV_64F)) for i in (before, after)]
    hidden = cv2.blur(lost[1], (15, 15)) < 0.35 * cv2.blur(lost[0], (15, 15))
    assert least <= hidden.mean() <= most


def test_white_is_white_and_a_cast_has_its_colour() -> None:
    assert all(image.mean() > 235 for image in during(seen("overexposed", "white")))
    for form, channel in (("green", 1), ("blue", 2)):
        mean = during(seen("colour_cast", form))[0].mean(axis=(0, 1))
        assert int(np.argmax(mean)) == channel
        assert mean[channel] > 1.3 * np.median(mean)


@pytest.mark.parametrize(("form", "axis"), [("pan", 0), ("tilt", 1)])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_moved_picture_lies_where_the_angle_says(form: str, axis: int, seed: int) -> None:
    size, fov_deg = (640, 360), 60.0
    still = [Frame("street", T0 + k, street(size)) for k in range(4)]
    moved = fault("moved", form, strength=0.25)
    image = during(list(faulty(still, [moved], seed, Lens(fov_deg=fov_deg))))[0]
    before, after = (
        cv2.cvtColor(i, cv2.COLOR_RGB2GRAY)[100:260, 200:440].astype(np.float32) for i in (street(size), image)
    )
    found, _ = cv2.phaseCorrelate(before, after, cv2.createHanningWindow((240, 160), cv2.CV_32F))
    angles = sway([moved], START, seed)
    focal = size[0] / 2 / np.tan(np.radians(fov_deg / 2))
    expected = focal * np.tan(np.radians(angles[axis])) * (-1 if axis == 0 else 1)
    assert abs(expected) > 5
    assert found[axis] == pytest.approx(expected, abs=1.5)


def test_shaking_is_a_pure_function_of_time_within_its_band() -> None:
    shaken = CameraFault(kind="shaking", start=0, end=100)
    t = np.arange(0, 100, 0.05)
    pan = np.array([sway([shaken], float(x), 3)[0] for x in t])
    assert sway([shaken], 40.0, 3)[0] == pytest.approx(pan[800])
    assert 0.15 < pan.std() < 1.0
    power = np.abs(np.fft.rfft(pan)) ** 2
    hz = np.fft.rfftfreq(len(pan), 0.05)
    assert power[(hz > 0.1) & (hz < 3.5)].sum() > 0.95 * power[1:].sum()
    assert sway([shaken], 100.0, 3) == (0.0, 0.0, 0.0)


def test_the_renderer_may_turn_the_camera_itself() -> None:
    healthy, left = list(clip()), list(faulty(clip(), [fault("moved")], 1, Lens(fov_deg=None)))
    assert all((a.image == b.image).all() for a, b in zip(healthy, left, strict=True))


def test_repeated_pictures_come_under_every_time() -> None:
    images = during(seen("low_frame_rate", "repeated", strength=1 / 3))
    assert [bool((a == b).all()) for a, b in itertools.pairwise(images)].count(False) == 2


@pytest.mark.parametrize("form", ["lost", "corrupt"])
def test_lost_packets_spoil_parts_and_the_damage_stays(form: str) -> None:
    whole = {f.t: f.image for f in clip()}
    harm = [
        float(np.abs(f.image.astype(int) - whole[f.t]).max(axis=2).mean())
        for f in seen("packet_loss", form)
        if START <= f.t < END
    ]
    assert harm[0] < 8
    assert max(harm) > harm[0] + 0.5


def test_packet_loss_takes_odd_sizes() -> None:
    frames = list(faulty(clip(size=(321, 181)), [fault("packet_loss")], 1))
    assert {f.image.shape for f in frames} == {(181, 321, 3)}


@pytest.mark.parametrize(
    ("kind", "form", "match"),
    [("fog", "", "no camera fault"), ("black", "leaf", "has no form"), ("wrong_clock", "", "no on-screen clock")],
)
def test_what_is_not_there_is_refused_at_once(kind: str, form: str, match: str) -> None:
    with pytest.raises(BadInput, match=match):
        faulty(clip(), [fault(kind, form)], 1)


@pytest.mark.parametrize("values", [{"strength": 0.0}, {"strength": 1.1}, {"onset_s": 2.0}, {"onset_s": -1.0}])
def test_values_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="it must be"):
        CameraFault(**{"kind": "black", "start": START, "end": END, **values})  # type: ignore[arg-type]


def test_several_faults_lie_over_one_another() -> None:
    frames = faulty(clip(), [fault("black", "off"), fault("blocked"), fault("shaking")], 1, Lens(sensor=Sensor()))
    assert all(image.max() == 0 for image in during(list(frames)))
