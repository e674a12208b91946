"""What ships: the trained model in the formats that the recipe asks for, each behind the gate, as one bundle folder.

bundle/            the best of what passed: card.toml, the model file, a tokenizer where there is one
bundle/<format>/   the other formats that passed, each a whole bundle of its own
export.json        every attempt, what was measured, and why what failed failed
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt
import tomli_w

from roadstead.bundle.card import CARD, Card, record
from roadstead.bundle.folder import sha256
from roadstead.dataset.samples import Sample
from roadstead.errors import BadBundle, BadInput
from roadstead.train import checkpoints, convert
from roadstead.train.data import at_most
from roadstead.train.gate import Gate, Verdict, metrics, reference
from roadstead.train.leaving import LANGUAGE, Leaving, Trained, leaving, save_language
from roadstead.train.recipe import Recipe
from roadstead.train.runs import Run
from roadstead.train.tasks import Learner

FOLDER, FILE = "bundle", "export.json"
MOST = 500
"""On at most so many held-out samples the gate judges."""
_BETTER = ("int8", "openvino", "onnx")
"""Which of those that passed is the bundle, the first that is there."""
_ENGINES: Mapping[str, tuple[str, ...]] = {
    "onnx": ("onnxruntime", "openvino"),
    "openvino": ("openvino",),
    "int8": ("openvino",),
}
_FILES: Mapping[str, str] = {"onnx": "model.onnx", "openvino": "model.xml", "int8": "model.xml"}

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of an export. `folder` is the bundle's, None where nothing passed; `said` are sentences about it."""

    folder: Path | None
    format: str
    verdicts: tuple[Verdict, ...] = ()
    said: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "bundle": None if self.folder is None else self.folder.name,
            "format": self.format,
            "attempts": [verdict.record() for verdict in self.verdicts],
            "said": list(self.said),
        }


@dataclass(slots=True)
class _Work:
    """One export on its way. `part` is the folder that becomes the bundle's."""

    recipe: Recipe
    leaving: Leaving
    gate: Gate
    part: Path
    calibration: Sequence[Sample]
    tell: Tell
    verdicts: list[Verdict] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)
        self.tell(f"export: {sentence}")

    def passed(self, format_: str) -> Verdict | None:
        return next((v for v in self.verdicts if v.format == format_ and v.passed), None)


def export(
    run: Run,
    trained: Trained,
    train: Sequence[Sample],
    held_out: Sequence[Sample],
    tell: Tell = lambda _: None,
) -> Exported | None:
    """Make the bundle of a run by its recipe; None where it asks for none.

    A model that cannot be exported, or does not pass the gate, is refused in a sentence (`said`), and the run stays what it is.
    """
    recipe = trained.recipe
    if not recipe.export.formats and not recipe.export.int8:
        return None
    part = run.folder / f"{FOLDER}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        trained.module.cpu()
        if recipe.task["kind"] in LANGUAGE:
            done = _language(run, trained, part, tell)
        else:
            done = _converted(run, trained, (train, held_out), part, tell)
    except BadInput as error:
        tell(str(error))
        done = Exported(None, "", said=(str(error),))
    if done.folder is not None:
        shutil.rmtree(done.folder, ignore_errors=True)
        part.replace(done.folder)
    shutil.rmtree(part, ignore_errors=True)
    run.write(FILE, done.record())
    return done


def _language(run: Run, trained: Trained, part: Path, tell: Tell) -> Exported:
    """Save a language model whole."""
    card = save_language(trained, part)
    seal(card, part)
    said = f"{trained.recipe.task['kind']}: language models ship as merged safetensors with their tokenizer, not as ONNX or OpenVINO"
    tell(f"export: {said}")
    return Exported(run.folder / FOLDER, "safetensors", said=(said,))


def _converted(
    run: Run, trained: Trained, sides: tuple[Sequence[Sample], Sequence[Sample]], part: Path, tell: Tell
) -> Exported:
    """Convert a model in every format that is asked for, and keep what passes."""
    recipe, (train, held_out) = trained.recipe, sides
    if not held_out:
        raise BadInput(
            "export: there are no held-out samples to judge a bundle on, so none is made: set data.val_share"
        )
    samples = at_most(held_out, MOST, recipe.seed)
    names = ", ".join(dict.fromkeys(Path(one.folder).name for one in recipe.data.train))
    out = leaving(trained, samples, f"{names} ({len(train)} samples)")
    judging = _as_a_bundle(trained.learner)
    size = recipe.evaluation.batch or recipe.budget.micro or recipe.budget.batch
    report = reference(trained.module, judging, samples, size)
    gate = Gate(out, judging, samples, report, recipe.export)
    calibration = at_most(train, recipe.export.calibration, recipe.seed)
    work = _Work(recipe, out, gate, part, calibration, tell)
    _float(work)
    if recipe.export.int8 and work.passed("openvino"):
        _int8(work)
    done = _kept(work, run.folder / FOLDER)
    if recipe.export.weights and done.folder is not None:
        halved = {n: v.half() if v.is_floating_point() else v for n, v in trained.module.state_dict().items()}
        checkpoints.save_weights(part / checkpoints.WEIGHTS, halved)
    return done


def _float(work: _Work) -> None:
    """Write ONNX, and OpenVINO IR where it is asked for, by the first exporter whose files pass."""
    wanted = set(work.recipe.export.formats) | ({"openvino"} if work.recipe.export.int8 else set())
    for exporter in convert.EXPORTERS:
        source = work.part / "onnx" / _FILES["onnx"]
        source.parent.mkdir(exist_ok=True)
        try:
            convert.onnx(work.leaving, source, exporter)
        except BadInput as error:
            _refused(work, "onnx", exporter, str(error))
            continue
        if "onnx" in wanted and not work.passed("onnx"):
            _gated(work, "onnx", exporter)
        if "openvino" in wanted and not work.passed("openvino"):
            target = work.part / "openvino" / _FILES["openvino"]
            target.parent.mkdir(exist_ok=True)
            try:
                convert.openvino(source, target)
            except BadInput as error:
                _refused(work, "openvino", exporter, str(error))
            else:
                _gated(work, "openvino", exporter)
        if all(work.passed(name) for name in wanted):
            return


def _int8(work: _Work) -> None:
    """Quantise the IR: whole, then with head and decoder in float; otherwise float is what ships."""
    model = work.gate.opened(work.part / "openvino", "openvino")
    inputs: list[Mapping[str, npt.NDArray[Any]]] = [dict(model.show(one).inputs) for one in work.calibration]
    if work.leaving.card.input is not None:
        inputs = [{"images": one["images"]} for one in inputs]
    attempts = [("nncf", ())] + (
        [("nncf, head and decoder in float", work.leaving.keep_float)] if work.leaving.keep_float else []
    )
    for how, keep in attempts:
        target = work.part / "int8" / _FILES["int8"]
        target.parent.mkdir(exist_ok=True)
        try:
            convert.int8(
                work.part / "openvino" / _FILES["openvino"],
                target,
                inputs,
                transformer=work.leaving.transformer,
                keep_float=keep,
            )
        except BadInput as error:
            _refused(work, "int8", how, str(error))
            continue
        if _gated(work, "int8", how).passed:
            return
    work.say("INT8 did not pass the gate, so the bundle is in float")


def _gated(work: _Work, format_: str, exporter: str) -> Verdict:
    """Write the card beside a model file, judge the bundle, and say what was found."""
    folder = work.part / format_
    for name, text in work.leaving.files:
        (folder / name).write_text(text, encoding="utf-8")
    card = replace(work.leaving.card, model=_FILES[format_])
    seal(card, folder)
    try:
        verdict = work.gate.judge(folder, format_, exporter, _ENGINES[format_])
    except BadBundle as error:
        return _refused(work, format_, exporter, str(error))
    work.verdicts.append(verdict)
    seal(replace(card, metrics=metrics(verdict)), folder)
    work.say(f"{format_} by {exporter} {'passed' if verdict.passed else 'was refused'}: {verdict.said}")
    return verdict


def _refused(work: _Work, format_: str, exporter: str, why: str) -> Verdict:
    verdict = Verdict(format=format_, exporter=exporter, passed=False, said=why)
    work.verdicts.append(verdict)
    work.say(f"{format_} by {exporter} was refused: {why}")
    return verdict


def _kept(work: _Work, folder: Path) -> Exported:
    """Make the best of what passed the bundle; what did not pass, or was only a step on the way, goes."""
    asked = {*work.recipe.export.formats, *(("int8",) if work.recipe.export.int8 else ())}
    if "int8" in asked and not work.passed("int8"):
        asked.add("openvino")
    for format_ in _FILES:
        if format_ not in asked or not work.passed(format_):
            shutil.rmtree(work.part / format_, ignore_errors=True)
    best = next((name for name in _BETTER if (work.part / name).is_dir()), None)
    if best is None:
        work.say("no format passed the gate, so there is no bundle; the run itself is what it was")
        return Exported(None, "", tuple(work.verdicts), tuple(work.said))
    for file in (work.part / best).iterdir():
        file.replace(work.part / file.name)
    (work.part / best).rmdir()
    return Exported(folder, best, tuple(work.verdicts), tuple(work.said))


def seal(card: Card, folder: Path) -> None:
    """Write a card with the hash of the model file that lies there."""
    sealed = replace(card, sha256=sha256(folder / card.model))
    (folder / CARD).write_text(tomli_w.dumps(record(sealed)), encoding="utf-8")


def _as_a_bundle(learner: Learner) -> Learner:
    """Return the learner without what a bundle does not do: looking at tiles."""
    settings: Any = getattr(learner, "settings", None)
    if settings is None or not getattr(settings, "tiles", 0):
        return learner
    return replace(learner, settings=replace(settings, tiles=0))  # type: ignore[type-var]  # learners are dataclasses
