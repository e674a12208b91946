"""Judges a bundle on samples: shown as it would be when it works, with the same engines, and without torch."""

import json
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.bundle import reading, tagging
from roadstead.bundle.attributes import shares
from roadstead.bundle.boxes import decode
from roadstead.bundle.card import CARD, Card
from roadstead.bundle.folder import Bundle, load, located
from roadstead.bundle.prepare import prepare
from roadstead.bundle.texts import Texts, texts
from roadstead.bundle.ways import features
from roadstead.dataset.reading import read
from roadstead.dataset.samples import Entities, Objects, Sample
from roadstead.errors import BadBundle, BadInput, BadSettings
from roadstead.evaluate.metrics import attributes, classification, detection, entities, recognition, segmentation
from roadstead.evaluate.reports import Report
from roadstead.infer import Tensor
from roadstead.infer import plugins as engines
from roadstead.infer._named import named
from roadstead.types import Floats, Image, readonly

Inputs = Mapping[str, npt.NDArray[Any]]
"""What a model is shown of one sample, (1, …) each; of a single input the name does not matter."""

LEAST, AT_MOST = 0.02, 100
"""Boxes are judged from this score on, at most so many a picture: as when training."""
_WARM = 3
_FORMATS: Mapping[str, str] = {
    "detect": "coco",
    "image_classification": "image_folders",
    "semantic_segmentation": "pixel_masks",
    "text_classification": "text_table",
    "token_classification": "conll",
}
"""What data sets of a task are usually written in."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast samples were answered, one at a time: decoding a file is left out, making its input and its answer count in."""

    samples: int
    per_second: float
    p50_ms: float
    p95_ms: float
    model_p50_ms: float
    threads: int
    engine: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found on a data set."""

    report: Report
    speed: Speed


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is to be judged on: folders, their format (None: the usual one), its settings, and other names of classes."""

    folders: tuple[Path, ...]
    format: str | None
    settings: Mapping[str, Any]
    class_map: Mapping[str, str]

    def samples(self, folder: Path, usual: Mapping[str, Any], class_map: Mapping[str, str]) -> tuple[Sample, ...]:
        """Return a folder's labelled samples; `usual` is the format's table where none was named. Raise BadInput where none is left."""
        table = {**(usual if self.format is None else {"kind": self.format}), **self.settings}
        found = read(folder, table, class_map={**class_map, **self.class_map}, strict=not class_map).samples
        labelled = tuple(sample for sample in found if sample.target is not None)
        if not labelled:
            raise BadInput(f"{folder}: has no labelled sample to judge on")
        return labelled


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Figures and speeds by data set."""

    reports: Mapping[str, Report]
    speeds: Mapping[str, Speed]


@dataclass(frozen=True, slots=True)
class Shown:
    """A sample made ready: the inputs, and what is needed to place the answer."""

    inputs: Inputs
    place: Any = None


@dataclass(slots=True)
class Model:
    """An opened bundle. `least` and `at_most` limit the boxes of a detector."""

    bundle: Bundle
    engine: str
    threads: int
    run: Callable[[Inputs], list[Tensor]]
    outputs: tuple[str, ...] = ()
    tokenizer: Texts | None = None
    least: float = LEAST
    at_most: int = AT_MOST
    spent: list[tuple[float, float]] = field(default_factory=list)
    """Seconds for each sample: in all, and in the model."""

    @property
    def card(self) -> Card:
        """What the model is."""
        return self.bundle.card

    def show(self, sample: Sample, picture: Image | None = None) -> Shown:
        """Return what the model is shown of a sample; raise BadInput where it has not what the model takes."""
        card = self.card
        if card.input is not None:
            image = _picture(sample) if picture is None else picture
            if card.task == "text_recognition" and card.reading.join_rows:
                image = reading.joined(image)
            tensor, fit = prepare(image, card.input)
            return Shown({"images": tensor[None]}, fit)
        if self.tokenizer is not None:
            return self._show_text(sample, self.tokenizer)
        if sample.way is None:
            raise BadInput(f"sample {sample.id!r}: has no way; name its columns by columns.way")
        try:
            rows = features(sample.way, card.points)
        except BadInput as error:
            raise BadInput(f"sample {sample.id!r}: {error}") from None
        return Shown({"ways": rows.astype(np.float32)[None]})

    def _show_text(self, sample: Sample, tokenizer: Texts) -> Shown:
        if self.card.task != "token_classification":
            if not sample.text.strip():
                raise BadInput(f"sample {sample.id!r}: has no text to read")
            return Shown(tokenizer.columns(sample.text)[0])
        if not isinstance(sample.target, Entities) or not sample.target.tokens:
            raise BadInput(f"sample {sample.id!r}: has no tokens")
        columns, words = tokenizer.columns(sample.target.tokens)
        return Shown(columns, (words, len(sample.target.tokens)))

    def answer(self, shown: Shown, outputs: Sequence[Tensor]) -> Any:
        """Return what outputs for one sample mean: what the metrics of the task judge."""
        card = self.card
        first = outputs[0][0]
        match card.task:
            case "detect":
                return self._boxes(shown, outputs)
            case "attributes":
                return attributes.Scores(shares(card, first))
            case "semantic_segmentation":
                return segmentation.ClassMap(_classes(first, shown.place.size))
            case "text_recognition":
                return self._read(np.log(_shares(first)))
            case "token_classification":
                return self._tags(np.log(_shares(first)), *shown.place)
            case _:
                return classification.Scores(_shares(first))

    def predict(self, sample: Sample) -> Any:
        """Return what the model says of a sample; how long that took is added to `spent`."""
        picture = _picture(sample) if self.card.input is not None else None
        begin = time.perf_counter()
        shown = self.show(sample, picture)
        ready = time.perf_counter()
        outputs = self.run(shown.inputs)
        done = time.perf_counter()
        said = self.answer(shown, outputs)
        self.spent.append((time.perf_counter() - begin, done - ready))
        return said

    def speed(self) -> Speed:
        """Return how fast the samples so far were; the first ones, which wake the model, are left out where there are more."""
        kept = np.array(self.spent[_WARM:] or self.spent)
        p50, p95 = np.percentile(kept[:, 0], [50, 95]) * 1e3
        rate = len(kept) / float(kept[:, 0].sum())
        inner = float(np.median(kept[:, 1])) * 1e3
        return Speed(len(kept), rate, float(p50), float(p95), inner, self.threads, self.engine)

    def _boxes(self, shown: Shown, outputs: Sequence[Tensor]) -> detection.Boxes:
        raw = dict(zip(self.outputs, (one[0] for one in outputs), strict=True))
        found = decode(self.card, raw, self.least)
        boxes = shown.place.back(found.boxes)[: self.at_most]
        labels = tuple(self.card.labels[c] for c in found.classes[: self.at_most])
        return detection.Boxes(boxes, readonly(found.scores[: self.at_most]), labels)

    def _read(self, logs: Floats) -> recognition.Read:
        beam = self.card.reading.beam
        said = reading.best_path(logs) if beam == 1 else reading.best_text(logs, beam)
        return recognition.Read(
            "".join(self.card.characters[k] for k in said), min(reading.likelihood(logs, said), 1.0)
        )

    def _tags(self, logs: Floats, words: Sequence[int | None], count: int) -> entities.Tagged:
        first: dict[int, int] = {}
        for piece, word in enumerate(words):
            if word is not None:
                first.setdefault(word, piece)
        said = ["O"] * count
        for word, tag in zip(first, tagging.best(logs[list(first.values())], self.card.labels), strict=True):
            said[word] = tag
        return entities.Tagged(tuple(said))


def asked(folders: Sequence[Path], format_: str | None, settings: Sequence[str], classes: Sequence[str]) -> Asked:
    """Return what a command line asks for; raise BadSettings where a setting or a class is not written as NAME=VALUE."""
    given: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name:
            raise BadSettings(f"--set {setting}: write it as key=value")
        *way, last = name.split(".")
        place = given
        for part in way:
            place = place.setdefault(part, {})
        place[last] = _value(text)
    names = dict(one.partition("=")[::2] for one in classes)
    if any("=" not in one for one in classes):
        raise BadSettings("--class: write it as theirs=ours; theirs= leaves a class out")
    return Asked(tuple(folders), format_, given, names)


def evaluate(folder: Path, what: Asked, *, engine: str, threads: int) -> Evaluated:
    """Judge a bundle on every data set; raise BadInput where there is none."""
    if not what.folders:
        raise BadInput("name a data set to judge the bundle on")
    reports, speeds = {}, {}
    for place, name in zip(what.folders, told_apart(what.folders), strict=True):
        model = opened(folder, engine=engine, threads=threads)
        usual = {"kind": usual_format(model.card) if what.format is None else what.format}
        judged = judge(model, what.samples(place, usual, {}))
        reports[name], speeds[name] = judged.report, judged.speed
    return Evaluated(reports, speeds)


def write(found: Evaluated, folder: Path) -> Path:
    """Write every figure, example and speed into evaluation.json."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "evaluation.json"
    table = {
        "reports": {name: report.record() for name, report in found.reports.items()},
        "speeds": {name: asdict(speed) for name, speed in found.speeds.items()},
    }
    file.write_text(json.dumps(table, ensure_ascii=False, indent=1), encoding="utf-8")
    return file


def told_apart(folders: Sequence[Path]) -> list[str]:
    """Return a name for each folder: its own, or its whole path where two have the same."""
    names = [folder.resolve().name for folder in folders]
    return [name if names.count(name) == 1 else str(folder) for name, folder in zip(names, folders, strict=True)]


def _value(text: str) -> Any:
    """Return a setting read as TOML, or as a text where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def is_bundle(place: Path) -> bool:
    """Whether a folder is a bundle, not a training."""
    return (located(place) / CARD).is_file()


def usual_format(card: Card) -> str:
    """Return what data sets of a bundle's task are usually written in; raise BadInput where there is no usual one."""
    if card.task not in _FORMATS:
        raise BadInput(f"data sets for {card.task} come in several formats: say which by --from")
    return _FORMATS[card.task]


def opened(folder: Path, *, engine: str = "openvino", threads: int = 1) -> Model:
    """Open a bundle to be judged; raise BadBundle where it cannot be trusted, or is a language model."""
    bundle = load(folder)
    card = bundle.card
    if card.task == "language":
        raise BadBundle(
            f"{folder}: is a language model, which no engine here runs; judge the folder of its training instead"
        )
    if card.text is not None:
        several = named(engine, bundle.model, threads=threads)
        strange = sorted(set(several.inputs) ^ set(card.text.columns))
        if strange:
            raise BadBundle(f"{folder}: text.columns: card and model do not agree on {strange[0]!r}")
        return Model(bundle, engine, threads, several.run, tokenizer=texts(folder, card.text))
    single = engines.get(engine)(bundle.model, threads=threads)
    return Model(
        bundle, engine, threads, lambda inputs: single.run(next(iter(inputs.values()))), outputs=tuple(single.outputs)
    )


def judge(model: Model, samples: Sequence[Sample], *, resamples: int = 500) -> Judged:
    """Judge a bundle on samples; raise BadInput where they have another sort of truth than its task."""
    if not samples:
        raise BadInput("there is no labelled sample to judge on")
    predictions = [model.predict(sample) for sample in samples]
    return Judged(score(model.card, samples, predictions, resamples=resamples), model.speed())


def score(card: Card, samples: Sequence[Sample], predictions: Sequence[Any], *, resamples: int = 500) -> Report:
    """Return the figures of a task on predictions of its sort."""
    match card.task:
        case "detect":
            return detection.judge(samples, predictions, card.labels, resamples=resamples)
        case "attributes":
            return attributes.judge(samples, predictions, card.attributes, resamples=resamples)
        case "semantic_segmentation":
            if any(isinstance(sample.target, Objects) for sample in samples):
                raise BadInput("pixels are judged, but the samples have objects: convert them to pixel_masks first")
            return segmentation.judge(samples, predictions, card.labels, resamples=resamples)
        case "text_recognition":
            return recognition.judge(samples, predictions, resamples=resamples)
        case "token_classification":
            return entities.judge(samples, predictions, resamples=resamples)
        case _:
            return classification.judge(samples, predictions, card.labels, resamples=resamples)


def _picture(sample: Sample) -> Image:
    """Return a sample's picture, (H, W, 3) uint8 RGB."""
    if sample.media is None:
        raise BadInput(f"sample {sample.id!r}: has no picture")
    try:
        data = np.fromfile(sample.media, np.uint8)
    except OSError as error:
        raise BadInput(f"{sample.media}: cannot be read: {error}") from None
    image = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if len(data) else None
    if image is None:
        raise BadInput(f"{sample.media}: is no picture that can be decoded")
    return image  # type: ignore[return-value]  # an array of uint8


def _shares(logits: npt.NDArray[Any]) -> Floats:
    """Return the softmax over the last axis."""
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _classes(logits: Tensor, size: tuple[int, int]) -> segmentation.Map:
    """Return the class of each pixel of a picture of (width, height) from logits (classes, h, w) of another size."""
    large = np.stack([cv2.resize(one, size, interpolation=cv2.INTER_LINEAR) for one in logits])
    found: segmentation.Map = large.argmax(axis=0).astype(np.uint8)
    return found
