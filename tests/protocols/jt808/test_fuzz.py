"""Damaged frames in great number: nothing raises, nothing is lost without a counter."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from _jt808 import lines, vectors
from _jt808_frames import batch
from roadstead.positions import Reports
from roadstead.protocols.jt808 import columns
from roadstead.protocols.jt808.explain import explain, render
from roadstead.protocols.jt808.framing import Framer

N, ROUND = 200_000, 20_000


@pytest.mark.slow
@pytest.mark.data
def test_mutated_frames(data: Path) -> None:
    seeds = [bytes.fromhex(v["hex"]) for v in vectors(data)]
    seeds += lines(data, "traccar_frames.txt") + lines(data, "smallchi_frames.txt")
    rng = random.Random(0)
    for k in range(N // ROUND):
        stream = b"".join(batch(k, ROUND, broken=0.8, seeds=seeds))
        framer, frames = Framer(), list[bytes]()
        at = 0
        while at < len(stream):
            step = rng.choice([1, 3, 100, 1460, 65536])
            frames += framer.feed(stream[at : at + step])
            at += step
        framer.close()
        assert sum(n for name, n in framer.counts.items() if name.startswith("bytes_")) == len(stream)
        assert framer.counts["frames"] == len(frames)
        many, single = Counter[str](), Counter[str]()
        found = columns.decode(frames, counts=many)
        rows = [row for f in frames for row in columns.read(f, t_received=None, peer="", raw=0, counts=single)]
        assert many == single
        assert sum(n for name, n in many.items() if name.startswith(("read_", "bad_"))) == len(frames)
        assert len(found) == len(Reports.of(rows))
        for frame in frames[:: ROUND // 500]:
            json.dumps(explain(frame).as_dict())
            render(explain(frame), "zh")
