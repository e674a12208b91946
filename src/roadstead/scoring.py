"""Scores what a run found against what is known to be true of the recording."""

from collections.abc import Collection
from pathlib import Path

from roadstead import runner
from roadstead.dataset import truth
from roadstead.errors import BadInput
from roadstead.evaluate import found
from roadstead.evaluate.events import Judged, judge
from roadstead.evaluate.identities import identities, of_log
from roadstead.types import Event

LOG = "observations.jsonl"
"""The observation log in a run folder."""


def score(
    events: str, path: Path, *, log: Path | None = None, slack_s: float, asked: Collection[str] | None = None
) -> Judged:
    """Hold the events of a run folder, a database's URL or a file of JSON against a truth.jsonl or the folder that holds one.

    Which track is which object comes from an observation log: the run folder's own unless `log` names one. Raises BadInput.
    """
    rows = list(truth.read(path / "truth.jsonl" if path.is_dir() else path))
    if log is None and (own := Path(events) / LOG).is_file():
        log = own
    who = identities(of_log(log), rows) if log else None
    return judge(_events(events), rows, identities=who, slack_s=slack_s, asked=asked)


def _events(events: str) -> list[Event]:
    if Path(events).is_file():
        return found.read(Path(events))
    if "://" not in events and not Path(events).is_dir():
        raise BadInput(f"{events}: there is no such run folder and no such file of events")
    with runner.opened(events) as store:
        return store.events()
