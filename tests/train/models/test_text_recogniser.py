"""A recogniser goes on from another run's."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from roadstead.errors import BadInput  # noqa: E402
from roadstead.train import checkpoints  # noqa: E402
from roadstead.train.models.text_recogniser import TextRecogniser  # noqa: E402
from roadstead.train.vocabulary import Vocabulary  # noqa: E402


def small(characters: str = "皖A12", weights: Path | None = None, **settings: int) -> TextRecogniser:
    given = {"width": 64, "width_of": 4, **settings}
    return TextRecogniser(**given, columns="none", **({} if weights is None else {"weights": weights}))  # type: ignore[arg-type]


def test_it_begins_with_the_weights_of_the_other_run(tmp_path: Path) -> None:
    words = Vocabulary(characters="皖A12")
    first = small().build("text_recognition", words)
    checkpoints.save_weights(tmp_path / "first/model" / checkpoints.WEIGHTS, first.module.state_dict())
    second = small(weights=tmp_path / "first").build("text_recognition", words)
    image = torch.rand(1, 3, 32, 64)
    first.module.eval()
    second.module.eval()
    assert torch.equal(first.module(image), second.module(image))
    assert second.origin == "run first"


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    words = Vocabulary(characters="皖A12")
    first = small().build("text_recognition", words)
    checkpoints.save_weights(tmp_path / "first/model" / checkpoints.WEIGHTS, first.module.state_dict())
    with pytest.raises(BadInput, match="does not fit the model"):
        small(weights=tmp_path / "first").build("text_recognition", Vocabulary(characters="皖A123"))
    with pytest.raises(BadInput, match="does not fit the model"):
        small(weights=tmp_path / "first", width_of=6).build("text_recognition", words)
    with pytest.raises(BadInput, match="go on from the folder of a run"):
        small(weights=tmp_path / "none").build("text_recognition", words)
    with pytest.raises(BadInput, match="there are no such weights"):
        small(weights=tmp_path).build("text_recognition", words)
