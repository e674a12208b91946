"""Runs a watch: the only file that knows threads and processes.

Each camera has a thread that analyses; a live one also has a thread that reads, with a slot for one picture between
them (the newest wins, what it replaced is counted), and a recorder process with a connection of its own. Each sink has
a thread that delivers. Files are never dropped from.
"""

import random
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from roadstead import second_look
from roadstead.alerts import Transport
from roadstead.alerts._deliver import Courier
from roadstead.clerk import DATABASE, Clerk, Desk
from roadstead.config import CameraPlan, Plan, make_describers, make_detector
from roadstead.detect import Accountable, Detector
from roadstead.detect.bundle import BundleDetector
from roadstead.episodes import Episodes, Terms
from roadstead.errors import BadInput, RecordingError, RoadsteadError, StoreError
from roadstead.feed_runner import follow, probe
from roadstead.pipeline import BUILT_IN, Show, Stages, watch
from roadstead.record.process import Recorder
from roadstead.report import RunSummary, show_second_looks, write_report
from roadstead.second_look import Looker, look_again
from roadstead.sources import Source
from roadstead.sources._gaps import with_gaps_told
from roadstead.sources._reconnect import stay_connected
from roadstead.sources.replay import Replay
from roadstead.store.store import Filter, Store
from roadstead.track.tracker import Tracker
from roadstead.types import Detections, Event, Frame, Signal

Item = Frame | Detections | Signal
AGAIN_S = 5.0
"""How long a live camera waits after its disk or database failed before it is watched again."""
LAST_DELIVERY_S = 20.0
"""How long the end of a watch waits for sinks; what is not sent by then stays in the outbox for the next watch."""


class Slot:
    """Holds the newest picture until it is fetched. A picture that a newer one replaces is counted; signals are kept."""

    def __init__(self) -> None:
        self.dropped = 0
        self._items: deque[Item] = deque()
        self._ready = threading.Condition()
        self._closed = False

    def put(self, item: Item) -> None:
        """Lay down an item; never waits."""
        with self._ready:
            if not isinstance(item, Signal) and self._items and not isinstance(self._items[-1], Signal):
                self._items.pop()
                self.dropped += 1
            self._items.append(item)
            self._ready.notify()

    def close(self) -> None:
        """Let the reader finish what is there."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    def __iter__(self) -> Iterator[Item]:
        while True:
            with self._ready:
                while not self._items and not self._closed:
                    self._ready.wait()
                if not self._items:
                    return
                item = self._items.popleft()
            yield item


def run(plan: Plan, out: Path, *, fast: bool, annotate: bool, show: Show) -> RunSummary:
    """Watch every camera of a plan until the files end or somebody stops it; return what it came to.

    `fast` reads files as fast as the machine can. Raises BadInput before anything is written where a file cannot be read.
    """
    started = time.time()
    plan = replace(plan, cameras=tuple(replace(c, source=_fresh(c.source, paced=not fast)) for c in plan.cameras))
    for camera in plan.cameras:
        _probe(camera.source)
    for feed in plan.feeds:
        probe(feed)
    shared: dict[str, Detector] = {}
    detectors = {camera.name: make_detector(plan, camera, shared) for camera in plan.cameras}
    describers = make_describers(plan)
    stop = threading.Event()
    with ExitStack() as stack:
        desk = stack.enter_context(Desk.open(plan, out, started=started))
        stack.enter_context(_stopping(stop))
        stack.enter_context(_delivering(plan, out, desk.store, stop))
        if plan.second_look is not None:
            desk.looker = Looker(plan.second_look, out)
            stack.callback(desk.looker.close, 0.0)
        for recorder in _recorders(plan, desk):
            stack.enter_context(recorder)
        for detector in shared.values():
            if isinstance(detector, BundleDetector):
                stack.callback(detector.close)
        threads = len(plan.cameras) + len(plan.feeds)
        pool = stack.enter_context(ThreadPoolExecutor(threads, thread_name_prefix="watch"))
        work = [pool.submit(follow, feed, desk, stop, show) for feed in plan.feeds]
        for camera in plan.cameras:
            clerk = desk.clerk(camera, detectors[camera.name], annotate=annotate)
            fresh = partial(stages_of, plan, camera, detectors[camera.name], describers)
            work.append(pool.submit(_watch_one, camera.source, fresh, clerk, stop, show))
        _wait(work, desk, stop, show)
        desk.finish(at=time.time())
        _last_deliveries(desk.store, plan)
        if desk.looker is not None and plan.second_look is not None:
            desk.looker.close(plan.second_look.wait_s)
        summary = desk.summary(started=started, ended=time.time())
        write_report(out, summary)
        return summary


def look(plan: Plan, out: Path, wanted: Filter, limit: int) -> tuple[Counter[str], list[str]]:
    """Look a second time at the events of a finished run and show it in its report; return counts, and what went wrong.

    Events that were looked at are passed over. Raises BadInput where the settings name nobody who looks, or `out` is no run.
    """
    if plan.second_look is None:
        raise BadInput(f"{plan.path}: has no [second_look] table; say there who is to look")
    with opened(str(out)) as store:
        found = store.events(wanted, limit=limit)
    counts, problems = look_again(plan.second_look, out, found)
    told = {event.id: second_look.kept(out, event.id) for event in found}
    try:
        show_second_looks(out, {event: said for event, said in told.items() if said})
    except RecordingError as error:
        problems.append(str(error))
    return counts, problems


def replay(plan: Plan, log: Path, show: Show) -> list[Event]:
    """Judge a log again by a plan; return the events in order of start. Raises BadInput where it holds none of the cameras."""
    found: dict[str, Event] = {}
    lines = 0
    for camera in plan.cameras:
        source = Replay(camera=camera.name, path=log)
        for step in watch(source.read(), stages_of(plan, camera, NoPictures(), ())):
            lines += step.detections is not None or step.signal is not None
            found.update({change.event.id: change.event for change in step.changes})
            show.step(camera.name, step, None)
    if not lines:
        raise BadInput(
            f"{log}: holds no line of camera {' or '.join(c.name for c in plan.cameras)}; name the cameras alike"
        )
    return sorted(found.values(), key=lambda e: (e.start, e.id))


class NoPictures:
    """Stands where a replay has no detector."""

    shared: ClassVar[bool] = True

    @property
    def model(self) -> Mapping[str, str]:
        """None."""
        return {}

    def detect(self, frame: Frame) -> Detections:
        """Refuse: there are none."""
        raise BadInput(f"{frame.camera}: a replay reads recorded observations, not pictures")


def _watch_one(source: Source, stages: Callable[[], Stages], clerk: Clerk, stop: threading.Event, show: Show) -> None:
    """Analyse one camera to its end, the thread of a camera; what goes wrong with a live one is told and tried again."""
    counts: Counter[str] = Counter()
    while True:
        fresh = stages()
        try:
            clerk.resume(time.time())
            _analyse(source, fresh, clerk, stop, show, counts)
        except (StoreError, RecordingError) as error:
            if not source.live:
                raise
            clerk.trouble(str(error))
            show.problem(f"camera {clerk.camera}: {error}; trying again in {AGAIN_S:g} s")
        counts.update({f"tracker_{name}": n for name, n in fresh.tracker.dropped.items()})
        if not source.live or stop.wait(AGAIN_S):
            break
    if isinstance(fresh.detector, Accountable):
        clerk.account_for(fresh.detector.account())
    clerk.finish(counts, source.counts, at=time.time())


def _analyse(
    source: Source, stages: Stages, clerk: Clerk, stop: threading.Event, show: Show, counts: Counter[str]
) -> None:
    length_s = source.length_s
    with _reading(source, stop, counts) as items:
        for step in watch(items, stages):
            clerk.take(step, at=time.time())
            show.step(clerk.camera, step, length_s)


@contextmanager
def _reading(source: Source, stop: threading.Event, counts: Counter[str]) -> Iterator[Iterator[Item]]:
    """Hand out a source's items: a file's one by one, a live one's through a slot that a reader thread fills."""
    if not source.live:
        items = source.read()
        yield _until(with_gaps_told(items) if source.footage else items, stop)
        return
    slot, enough = Slot(), threading.Event()

    def wait(seconds: float) -> bool:
        return enough.is_set() or stop.wait(seconds) or enough.is_set()

    def read() -> None:
        try:
            for item in stay_connected(source, wait=wait, random=random.random, now=time.time):
                slot.put(item)
        finally:
            slot.close()

    with ThreadPoolExecutor(1, thread_name_prefix="reader") as pool:
        reader = pool.submit(read)
        try:
            yield iter(slot)
        finally:
            enough.set()
    counts["dropped_late"] += slot.dropped
    reader.result()


def _until(items: Iterator[Item], stop: threading.Event) -> Iterator[Item]:
    for item in items:
        yield item
        if stop.is_set():
            return


def stages_of(plan: Plan, camera: CameraPlan, detector: Detector, describers: Sequence[Any]) -> Stages:
    """Return what one camera's pictures go through, with a tracker and episodes of its own."""
    terms = [Terms(r.name, r.kind, r.gap_s, r.legal) for r in camera.rules]
    return Stages(
        scene=camera.scene,
        detector=detector,
        tracker=Tracker(camera.name, settings=plan.tracker, homography=camera.scene.homography),
        describers=describers,
        rules=camera.rules,
        episodes=Episodes(camera.name, [*terms, *BUILT_IN]),
        judge_s=1 / plan.watch.analysis.judge_hz,
    )


def _fresh(source: Source, *, paced: bool) -> Source:
    """Return a source that has counted nothing yet; a file's with its pace set."""
    pace = {"paced": paced} if any(f.name == "paced" for f in fields(source)) else {}  # type: ignore[arg-type]  # plug-ins are dataclasses
    return replace(source, **pace)  # type: ignore[type-var]  # see above


def _probe(source: Source) -> None:
    """Read the first item of a file, so that one that cannot be read is refused before anything is written."""
    if source.live:
        return
    if next(iter(_fresh(source, paced=False).read()), None) is None:
        raise BadInput(f"cameras.{source.camera}: its source holds nothing for this camera")


def _recorders(plan: Plan, desk: Desk) -> list[Recorder]:
    """Start the recorder of every live camera that is to be recorded."""
    found = []
    for camera in plan.cameras:
        footage = camera.source.footage
        if camera.source.live and camera.record and footage:
            options = {"rtsp_transport": camera.source.transport} if hasattr(camera.source, "transport") else None
            found.append(Recorder(footage[0], desk.ring(camera.name), options=options))
    return found


@contextmanager
def _delivering(plan: Plan, out: Path, store: Store, failed: threading.Event) -> Iterator[None]:
    """Run a courier's thread for each sink; a file that a transport names lies in the run folder.

    `failed` is set when a courier dies of an error that is not its sink's, which ends the watch.
    """
    stop = threading.Event()
    couriers = [Courier(store, sink.name, _placed(sink.transport, out)) for sink in plan.sinks]
    with ThreadPoolExecutor(max(1, len(couriers)), thread_name_prefix="sink") as pool:
        serving = [pool.submit(courier.run, stop) for courier in couriers]
        for line in serving:
            line.add_done_callback(lambda done: failed.set() if done.exception() else None)
        try:
            yield
        finally:
            stop.set()
    for done in serving:
        done.result()


def _placed(transport: Transport, out: Path) -> Transport:
    paths = {f.name: getattr(transport, f.name) for f in fields(transport)}  # type: ignore[arg-type]  # plug-ins are dataclasses
    placed = {name: out / value for name, value in paths.items() if isinstance(value, Path)}
    return replace(transport, **placed) if placed else transport  # type: ignore[type-var]  # see above


def _last_deliveries(store: Store, plan: Plan) -> None:
    """Give the sinks a moment to take what the end of the watch announced."""
    end = time.monotonic() + LAST_DELIVERY_S
    while time.monotonic() < end and any(store.next_delivery(sink.name) for sink in plan.sinks):
        time.sleep(0.05)


def _wait(work: Sequence[Future[None]], desk: Desk, stop: threading.Event, show: Show) -> None:
    """Wait for the cameras; what one could not do is a problem of the run, not the end of the others."""
    waiting = set(work)
    while waiting:
        desk.cut_due(now=time.time())
        time.sleep(0.1)
        for done in [w for w in waiting if w.done()]:
            waiting.remove(done)
            try:
                done.result()
            except RoadsteadError as error:
                desk.problems.append(str(error))
                show.problem(str(error))
            except BaseException:
                stop.set()
                raise


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the watch in good order; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _: object) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def opened(run: str) -> Iterator[Store]:
    """Open the store of a run folder, or of a database's URL, for reading."""
    path = Path(run) / DATABASE
    if "://" not in run and not path.exists():
        raise BadInput(f"{run}: is no run folder (it holds no {DATABASE}) and no database URL")
    with Store.open(run if "://" in run else f"sqlite:///{path}") as store:
        yield store
