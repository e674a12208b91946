"""What is written on what is tracked: a vehicle's plate, a vessel's name; the best views of a track are read, and vote sign by sign."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, Protocol

from annotated_types import Ge, Gt, Le, Lt

from roadstead.describe import _finding, _lines, _plates, _register, _views, describer
from roadstead.describe._ballot import Ballot, Elected, elect
from roadstead.describe._rapidocr import RapidOcr
from roadstead.describe._reading import PlateReader, Reading
from roadstead.types import Frame, Image, Track, Vote

FORGOTTEN_S = 30.0
"""Views of a track that was not seen for so long are let go of."""


class Looker(Protocol):
    """Reads one view."""

    def look(self, image: Image) -> Reading:
        """Return what a picture of something tracked says; an empty text where nothing was found."""


@dataclass(slots=True, eq=False)
class _Ballots:
    t: float
    best: list[Ballot] = field(default_factory=list)


@describer("text", zh="号牌与船名识别")
@dataclass(slots=True, kw_only=True, eq=False)
class TextVotes:
    """Reads the `plate` of vehicles, or the `name` of vessels, on the `views` best views of each track of `labels` (none: every track).

    Plates are looked for by colour and edges, and read by the bundle for text recognition at `path`. Names
    are found and read by RapidOCR (the package rapidocr), pieces on one baseline joined; the highest line is the name.

    A view is the box with `margin` around it; it is better the larger its shorter side and the sharper it is. One that the
    picture's edge cuts, or whose shorter side has less than `min_px`, is none. At most `at_most` are read on one picture.

    The readings of a track vote on every sign, each by its view's quality and its own certainty. The vote is None ("cannot read") where its weakest
    sign has less than `least` behind it, or where a plate is none that there is (GA 36). `known` is a table (CSV) whose
    `column` holds known plates or names: the attribute `plate_known` (`name_known`) is "yes" where the text is in it, "near" where only
    others within `near` edits are, which `plate_candidates` lists, else "no". What was read is never replaced by one of them.
    """

    read: Literal["plate", "name"] = "plate"
    path: Path = Path("shipped/plates")
    engine: str = "openvino"
    threads: Annotated[int, Ge(1)] = 1
    labels: tuple[str, ...] = ()
    views: Annotated[int, Ge(1)] = 6
    at_most: Annotated[int, Ge(1)] = 2
    margin: Annotated[float, Ge(0), Lt(1)] = 0.05
    min_px: Annotated[float, Gt(0)] = 48.0
    least: Annotated[float, Gt(0), Le(1)] = 0.6
    known: Path | None = None
    column: str = "text"
    near: Annotated[int, Ge(1), Le(4)] = 2
    _looker: Looker = field(init=False, repr=False)
    _listed: _register.Register | None = field(default=None, init=False, repr=False)
    _ballots: dict[str, _Ballots] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._looker = (
            Plates(PlateReader.opened(self.path, self.engine, self.threads))
            if self.read == "plate"
            else Names(RapidOcr.opened(self.threads))
        )
        if self.known is not None:
            self._listed = _register.read(self.known, self.column, self.near)

    def describe(self, frame: Frame, tracks: Sequence[Track]) -> Sequence[Track]:
        """Return the tracks with a vote on `plate` or `name`; a track of which no view was read gets none."""
        wanted = [track for track in tracks if not self.labels or track.label in self.labels]
        with self._lock:
            self._look(frame, wanted)
            cast = {track.id: list(self._ballots[track.id].best) for track in wanted if track.id in self._ballots}
        return [
            replace(track, attributes={**track.attributes, **self._votes(cast[track.id])})
            if cast.get(track.id)
            else track
            for track in tracks
        ]

    def _look(self, frame: Frame, tracks: Sequence[Track]) -> None:
        """Read what is better than what the tracks have; let go of tracks that are long gone."""
        for gone in [key for key, one in self._ballots.items() if one.t < frame.t - FORGOTTEN_S]:
            del self._ballots[gone]
        found: list[tuple[str, _views.View]] = []
        for track in tracks:
            have = self._ballots.setdefault(track.id, _Ballots(frame.t))
            have.t = max(have.t, frame.t)
            if track.t[-1] < frame.t:
                continue  # it is not on this picture
            view = _views.view(frame, track.boxes[-1], self.margin, self.min_px)
            if view is not None and (len(have.best) < self.views or view.quality > have.best[-1].weight):
                found.append((track.id, view))
        found.sort(key=lambda one: -one[1].quality)
        for key, view in found[: self.at_most]:
            best = self._ballots[key].best
            best.append(Ballot(self._looker.look(view.image), view.quality))
            best.sort(key=lambda one: -one.weight)
            del best[self.views :]

    def _votes(self, ballots: Sequence[Ballot]) -> dict[str, Vote]:
        """Return what the readings say together, and what the register says to that."""
        said = elect([one for one in ballots if one.reading.text]) or Elected("", 0.0, len(ballots))
        there = said.score >= self.least and (self.read == "name" or _plates.kind(said.text) is not None)
        if not there:
            return {self.read: Vote(None, said.score, len(ballots))}
        votes: dict[str, Vote] = {self.read: Vote(said.text, said.score, said.views)}
        if self._listed is not None:
            near = self._listed.candidates(said.text)
            known = "yes" if said.text in self._listed else "near" if near else "no"
            votes[f"{self.read}_known"] = Vote(known, said.score, said.views)
            if near:
                votes[f"{self.read}_candidates"] = Vote(" ".join(near), said.score, said.views)
        return votes


@dataclass(frozen=True, slots=True)
class Plates:
    """Finds plates by colour and edges and reads each by a bundle; the first that is a plate and the surest wins."""

    reader: PlateReader
    fields: int = 4

    def look(self, image: Image) -> Reading:
        """Return the reading of the field that is most surely a plate; an empty one where none is a plate."""
        best = Reading("", ())
        for one in _finding.fields(image, self.fields):
            read = self.reader.read(_finding.cut(image, one.corners))
            if read.score > best.score and _plates.kind(read.text) is not None:
                best = read
        return best


@dataclass(frozen=True, slots=True)
class Names:
    """Finds and reads writing by RapidOCR; the highest line of at least two signs is the name."""

    ocr: RapidOcr

    def look(self, image: Image) -> Reading:
        """Return the name; an empty reading where no writing was found."""
        for line in _lines.lines(self.ocr.pieces(image)):
            read = line.reading()
            if len(read.text) > 1:
                return read
        return Reading("", ())
