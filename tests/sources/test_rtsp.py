"""A real RTSP server that is killed, frozen, changed and late."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from _media import Camera, free_port, index_of
from roadstead.errors import BadInput, SourceLost
from roadstead.sources._reconnect import stay_connected
from roadstead.sources.rtsp import Rtsp
from roadstead.types import Detections, Frame, Signal

Make = Callable[[], Camera]
NOTICED_S = 10.0
BACK_S = 5.0


@dataclass
class Watcher:
    """Watches one camera in a thread of its own and keeps what came, each with the moment of its coming."""

    source: Rtsp
    items: list[tuple[float, Frame | Signal]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        for item in stay_connected(self.source, wait=self.stop.wait, random=lambda: 0.5, now=time.time):
            assert not isinstance(item, Detections)
            self.items.append((time.monotonic(), item))

    def signals(self) -> list[Signal]:
        return [item for _, item in self.items if isinstance(item, Signal)]

    def frames(self) -> list[Frame]:
        return [item for _, item in self.items if isinstance(item, Frame)]

    def until(self, what: Callable[[], object], within_s: float) -> None:
        """Wait until something holds; fail when it does not within so many seconds."""
        end = time.monotonic() + within_s
        while not what():
            assert time.monotonic() < end, f"not within {within_s:g} s: {self.signals()}, {len(self.frames())} frames"
            time.sleep(0.02)

    def until_more(self, frames: int, within_s: float) -> None:
        wanted = len(self.frames()) + frames
        self.until(lambda: len(self.frames()) >= wanted, within_s)


@contextmanager
def watching(*sources: Rtsp) -> Iterator[list[Watcher]]:
    watchers = [Watcher(s) for s in sources]
    threads = [threading.Thread(target=w.run, daemon=True) for w in watchers]
    for thread in threads:
        thread.start()
    yield watchers
    for watcher in watchers:
        watcher.stop.set()
    for thread in threads:
        thread.join(NOTICED_S)
        assert not thread.is_alive(), "a stop must end it"


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_pictures_flow_with_the_right_times(cameras: Make, transport: str) -> None:
    camera = cameras()
    camera.start()
    source = Rtsp(camera="gate", url=camera.url, transport=transport)  # type: ignore[arg-type]  # one of the two
    before = time.time()
    with watching(source) as (watcher,):
        watcher.until_more(16, 15)
    frames = watcher.frames()[1:]
    assert frames[0].size == (320, 240)
    assert all(before < f.t <= (f.t_received or 0) for f in frames)
    assert all(0.1 < b.t - a.t < 0.3 for a, b in pairwise(frames[1:]))
    assert not watcher.signals()
    assert source.timing is not None
    assert source.timing.camera_ahead_s == pytest.approx(0, abs=0.5), "camera and watch have one clock here"
    assert source.counts["decoded"] <= source.counts["packets"]


@pytest.mark.slow
def test_a_camera_that_dies_is_noticed_and_its_return_too(cameras: Make) -> None:
    camera = cameras()
    camera.start()
    with watching(Rtsp(camera="gate", url=camera.url)) as (watcher,):
        watcher.until_more(3, 15)
        camera.kill()
        watcher.until(watcher.signals, NOTICED_S)
        time.sleep(4)
        assert len(watcher.signals()) == 1
        camera.start(size="640x480")
        watcher.until_more(3, BACK_S)
    lost, back = watcher.signals()
    assert (lost.camera, lost.ok, back.ok) == ("gate", False, True)
    assert lost.t < back.t
    assert [f.size for f in watcher.frames() if f.t >= back.t][:3] == [(640, 480)] * 3
    times = [item.t for _, item in watcher.items]
    assert times == sorted(times)


@pytest.mark.slow
def test_a_camera_that_hangs_with_its_sockets_open_is_noticed(cameras: Make) -> None:
    camera = cameras()
    camera.start()
    with watching(Rtsp(camera="gate", url=camera.url)) as (watcher,):
        watcher.until_more(3, 15)
        camera.send(signal.SIGSTOP)
        watcher.until(watcher.signals, NOTICED_S)
        camera.send(signal.SIGCONT)
        watcher.until_more(3, BACK_S)
    assert [s.ok for s in watcher.signals()] == [False, True]


@pytest.mark.slow
def test_a_camera_may_come_back_with_another_codec(cameras: Make) -> None:
    camera = cameras()
    camera.start(codec="h264")
    with watching(Rtsp(camera="gate", url=camera.url)) as (watcher,):
        watcher.until_more(3, 15)
        camera.kill()
        watcher.until(watcher.signals, NOTICED_S)
        camera.start(codec="jpeg", size="160x120")
        watcher.until_more(5, BACK_S + 1)
    assert watcher.frames()[-1].size == (160, 120)


@pytest.mark.slow
def test_a_dead_camera_joins_later_and_delays_nobody(cameras: Make) -> None:
    alive, late, frozen = cameras(), cameras(), cameras()
    alive.start()
    frozen.start()
    frozen.send(signal.SIGSTOP)
    sources = [Rtsp(camera=name, url=c.url) for name, c in (("alive", alive), ("late", late), ("frozen", frozen))]
    with watching(*sources) as (a, b, c):
        a.until_more(5, 15)
        began = len(a.frames())
        b.until(b.signals, NOTICED_S)
        c.until(c.signals, NOTICED_S)
        late.start()
        b.until_more(5, BACK_S + 1)
        assert len(a.frames()) > began
        longest = max(y - x for (x, _), (y, _) in pairwise(a.items[1:]))
    assert not a.signals()
    assert longest < 1.0, "two dead cameras held up a living one"
    assert [s.ok for s in b.signals()] == [False, True]
    assert not c.frames()


@pytest.mark.slow
def test_a_file_served_over_rtsp_ends_as_lost(cameras: Make, video: Callable[..., Path]) -> None:
    camera = cameras()
    camera.start(file=video("a.mp4", frames=75, gop=25))
    frames: list[int] = []
    stream = Rtsp(camera="gate", url=camera.url).read()
    lost = f"camera gate .rtsp://127.0.0.1:{camera.port}/live.: the stream ended"
    with pytest.raises(SourceLost, match=lost):  # noqa: PT012  # the last picture comes before the loss
        while True:
            frames.append(index_of(next(stream).image))
    assert frames == sorted(set(frames))
    assert max(frames) >= 65


@pytest.mark.slow
def test_keyframes_only_decodes_nothing_else(cameras: Make) -> None:
    camera = cameras()
    camera.start()
    source = Rtsp(camera="gate", url=camera.url, fps=25, keyframes_only=True)
    with watching(source) as (watcher,):
        watcher.until_more(4, 15)
    assert all(0.8 < b.t - a.t < 1.2 for a, b in pairwise(watcher.frames()[1:])), "one key picture a second"
    assert source.counts["decoded"] == source.counts["frames"]
    assert source.counts["packets"] > 3 * 20


def test_the_password_is_never_shown() -> None:
    url = f"rtsp://admin:p@ssword@127.0.0.1:{free_port()}/live?key=s3cret"
    source = Rtsp(camera="gate", url=url)
    with pytest.raises(SourceLost) as loss:
        next(source.read())
    assert "camera gate (rtsp://***@127.0.0.1" in str(loss.value)
    for text in (str(loss.value), repr(source), repr(loss.value.__cause__)):
        assert "ssword" not in text
        assert "s3cret" not in text


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "", "/dev/video0", "admin:secret@10.0.0.1"])
def test_what_is_no_rtsp_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="must begin with rtsp://") as refusal:
        next(Rtsp(camera="gate", url=url).read())
    assert "secret" not in str(refusal.value)
