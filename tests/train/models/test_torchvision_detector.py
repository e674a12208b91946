"""Dense detectors: they learn, their losses add up over pictures, and what a bundle would run finds the same boxes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.bundle.boxes import decode, fits
from roadstead.bundle.card import Card, record
from roadstead.errors import BadInput, BadSettings
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("timm")
places = pytest.importorskip("roadstead.train.models._places")
checkpoints = pytest.importorskip("roadstead.train.checkpoints")
detecting = pytest.importorskip("roadstead.train.models._detecting")
dense = pytest.importorskip("roadstead.train.models.torchvision_detector")

WORDS = Vocabulary(labels=("car", "truck"))
HEADS = ("fcos", "retinanet", "ssdlite")


def built(**changes: Any) -> Any:
    """Return a small detector of 64 px with random weights."""
    torch.manual_seed(0)
    small = {"backbone": "tf_efficientnet_lite0", "width": 64, "height": 64, "channels": 16, "layers": 1, "levels": 3}
    return dense.TorchvisionDetector(**{**small, **changes}).build("object_detection", WORDS)


def truth(boxes: list[list[float]], classes: list[int], ignored: Any = (), of: Any = ()) -> Any:
    """Return what is in a picture, in shares of it."""
    return detecting.Truth(
        torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        torch.tensor(classes, dtype=torch.long),
        torch.tensor(ignored, dtype=torch.float32).reshape(-1, 4),
        torch.tensor(of, dtype=torch.long),
    )


TRUTHS = [
    truth([[0.5, 0.5, 0.4, 0.3], [0.2, 0.2, 0.1, 0.1]], [0, 1]),
    truth([], []),
    truth([[0.6, 0.5, 0.5, 0.9]], [1]),
]


def images(n: int = 3) -> Any:
    return torch.rand(n, 3, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("head", HEADS)
def test_every_parameter_learns_and_the_losses_add_up_over_pictures(head: str) -> None:
    module = built(head=head).module
    losses = module(images(), TRUTHS)["losses"]
    sum(losses.values()).backward()
    assert all(torch.isfinite(value) for value in losses.values())
    assert [n for n, p in module.named_parameters() if p.grad is None] == []
    module.eval()
    with torch.no_grad():
        whole = module(images(), TRUTHS)["losses"]
        parts = [module(images()[k : k + 1], [TRUTHS[k]])["losses"] for k in range(3)]
    for name, value in whole.items():
        assert float(value) == pytest.approx(sum(float(part[name]) for part in parts), rel=1e-4)


@pytest.mark.parametrize("head", HEADS)
def test_what_a_bundle_decodes_is_what_the_detector_says(head: str) -> None:
    module = built(head=head).module.eval()
    with torch.no_grad():
        said = module(images())
        rows = detecting.exportable(module)(images()).numpy()
    card = Card(
        name="d", version="1", task="detect", labels=WORDS.labels, sha256="0" * 64, licence="x",
        input=built(head=head).input, boxes=detecting.output(module, 0.9),
    )  # fmt: skip
    fits(card, {"rows": rows.shape}, "test")
    scores = said["logits"].sigmoid().amax(2) * (said["quality"].sigmoid() if "quality" in said else 1.0)
    least = float(scores.quantile(0.9))
    for k in range(3):
        found = decode(card, {"rows": rows[k]}, least)
        assert len(found.scores) > 0
        centre = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
        for middle, score in zip(centre, found.scores, strict=True):
            place = int((scores[k] - score).abs().argmin())
            assert float(scores[k][place]) == pytest.approx(score, abs=1e-5)
            near = np.abs(said["boxes"][k][:, :2].numpy() * 64 - middle).max(axis=1).min()
            assert near < 0.01


def test_it_learns_two_pictures_by_heart() -> None:
    module = built(channels=32).module.train()
    optimiser = torch.optim.AdamW(module.parameters(), 3e-3)
    first = last = 0.0
    for step in range(10):
        total = sum(module(images(2), TRUTHS[::2])["losses"].values())
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        last = float(total.detach())
        first = first or last
        assert np.isfinite(last), step
    assert last < 0.8 * first


def test_options_for_small_objects_and_attention_change_the_grids() -> None:
    plain = built().module
    fine = built(high_resolution=True, attention="eca").module
    assert (plain.shape.strides, fine.shape.strides) == ((8, 16, 32), (4, 8, 16, 32))
    with torch.no_grad():
        assert fine.eval()(images())["logits"].shape == (3, 16**2 + 8**2 + 4**2 + 2**2, 2)
    for attention in ("se", "cbam"):
        assert built(attention=attention).module.eval()(images(1))["logits"].shape == (1, 84, 2)


def test_what_is_ignored_is_no_background() -> None:
    module = built().module.eval()
    everywhere = [[0.5, 0.5, 1.0, 1.0]]
    with torch.no_grad():
        plain = float(module(images(1), [truth([], [])])["losses"]["classes"])
        one = float(module(images(1), [truth([], [], everywhere, [0])])["losses"]["classes"])
        none = float(module(images(1), [truth([], [], everywhere, [detecting.EVERY])])["losses"]["classes"])
    assert none == pytest.approx(0.0, abs=1e-6)
    assert 0.0 < one < plain


def test_losses_are_settings() -> None:
    pairs = (("varifocal", "diou"), ("mal", {"kind": "ciou"}), ({"kind": "sigmoid_focal", "gamma": 1.5}, "giou"))
    for classes, boxes in pairs:
        module = built(class_loss=classes, box_loss=boxes).module
        assert module.criteria.soft is (classes in ("varifocal", "mal"))
        assert torch.isfinite(sum(module(images(), TRUTHS)["losses"].values()))
    with pytest.raises(BadSettings, match=r"model.class_loss: giou is no loss of scores; there are: mal, "):
        built(class_loss="giou")


def test_state_can_be_loaded_into_another_one() -> None:
    one, other = built().module.eval(), built(drop_path=0.1).module.eval()
    other.load_state_dict(one.state_dict())
    with torch.no_grad():
        assert torch.equal(one(images())["boxes"], other(images())["boxes"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"backbone": "efficientnot"}, "timm has no network 'efficientnot'"),
        ({"backbone": "vit_tiny_patch16_224"}, "gives features of strides"),
        ({"backbone": "resnet10t", "weights": "package"}, "no package carries weights of 'resnet10t'"),
        ({"levels": 2}, "model.levels: the backbone has 3 grids"),
        ({"anchors": ((8.0, 8.0),)}, "head 'fcos' has points, not anchors"),
        ({"head": "retinanet", "anchors": ((8.0, 8.0),)}, "1 anchors cannot be shared equally by 3 grids"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        built(**changes)


def test_a_class_beyond_the_head_is_refused() -> None:
    with pytest.raises(BadInput, match="outputs for 2 classes, numbers 0 to 1, but an object is of class 2"):
        built().module(images(1), [truth([[0.5, 0.5, 0.2, 0.2]], [2])])


BOX = st.tuples(*[st.floats(0, 60)] * 2, *[st.floats(1, 40)] * 2)


@given(boxes=st.lists(BOX, max_size=6))
@settings(max_examples=25, deadline=None)
def test_every_object_is_learned_somewhere_in_it(boxes: list[tuple[float, ...]]) -> None:
    some = torch.tensor([[x, y, min(x + w, 64), min(y + h, 64)] for x, y, w, h in boxes]).reshape(-1, 4)
    middles, strides = places.points([(8, 8), (4, 4), (2, 2)], (8, 16, 32), some)
    owner = places.by_centre(middles, strides, some)
    assert set(owner.tolist()) >= set(range(len(some)))
    for place in torch.nonzero(owner >= 0)[:, 0].tolist():
        box = some[owner[place]]
        outside = torch.cat((box[:2] - middles[place], middles[place] - box[2:])).max()
        assert float(outside) < 8 * 6  # the nearest free point of the finest grid where none lies inside
    shapes = places.shapes((8, 16, 32), ())
    spots = places.anchors([(8, 8), (4, 4), (2, 2)], (8, 16, 32), shapes, some)
    corners = torch.cat((spots[:, :2] - spots[:, 2:] / 2, spots[:, :2] + spots[:, 2:] / 2), 1)
    assert len(spots) == 84 * 9
    if len(some) == 1:
        assert 0 in places.by_overlap(corners, some).tolist()


def test_typical_sizes_are_those_of_the_data() -> None:
    rng = np.random.default_rng(0)
    sizes = np.concatenate([rng.normal(size, 1, (50, 2)) for size in ((10, 20), (40, 30), (100, 90))])
    found = places.typical(sizes, 3)
    assert np.allclose(found, [(10, 20), (40, 30), (100, 90)], atol=2)
    assert places.alike(sizes, found).max(axis=1).mean() > 0.9
    with pytest.raises(BadInput, match="4 sizes cannot be found from 2 objects"):
        places.typical(sizes[:2], 4)


def trained(folder: Path, words: Vocabulary, **changes: Any) -> Any:
    """Write what a training of a small detector leaves; return the detector."""
    torch.manual_seed(3)
    small = {"backbone": "tf_efficientnet_lite0", "width": 64, "height": 64, "channels": 16, "layers": 1, "levels": 3}
    module = dense.TorchvisionDetector(**{**small, **changes}).build("object_detection", words).module
    checkpoints.save_weights(folder / "model" / checkpoints.WEIGHTS, module.state_dict())
    (folder / "vocabulary.json").write_text(json.dumps(words.record()))
    table = {
        "name": "r",
        "data": {"train": [{"folder": "x"}]},
        "task": {"kind": "object_detection"},
        "budget": {"steps": 1},
    }
    prepared = {k: list(v) for k, v in changes.items() if k in ("mean", "std")}
    (folder / "recipe.toml").write_text(tomli_w.dumps({**table, "model": {"kind": "torchvision_detector", **prepared}}))
    (folder / "run.json").write_text(json.dumps({"base": str(folder)}))
    return module


@pytest.mark.parametrize("head", HEADS)
def test_a_detector_goes_on_from_a_training_class_by_class(tmp_path: Path, head: str) -> None:
    before = trained(tmp_path, Vocabulary(labels=("truck", "bus", "car")), head=head).eval()
    after = built(head=head, weights=tmp_path)
    with torch.no_grad():
        was, now = before(images()), after.module.eval()(images())
    assert torch.equal(was["boxes"], now["boxes"])
    assert torch.equal(was["logits"][..., [2, 0]], now["logits"])
    assert after.origin.endswith("which knew car, truck")


def test_a_detector_goes_on_from_a_bundle_that_was_exported_with_its_weights(tmp_path: Path) -> None:
    words = Vocabulary(labels=("truck", "car"))
    before = trained(tmp_path / "run", words).eval()
    (tmp_path / "card.toml").write_text(card_of(built(), words), encoding="utf-8")
    with pytest.raises(BadInput, match="export it again"):
        built(weights=tmp_path)
    halved = {n: v.half() if v.is_floating_point() else v for n, v in before.state_dict().items()}
    checkpoints.save_weights(tmp_path / checkpoints.WEIGHTS, halved)
    after = built(weights=tmp_path).module.eval()
    with torch.no_grad():
        was, now = before(images()), after(images())
    torch.testing.assert_close(was["logits"][..., [1, 0]], now["logits"], atol=2e-2, rtol=2e-2)


def card_of(made: Any, words: Vocabulary) -> str:
    """Return the card of a detector."""
    card = Card(
        name="d", version="1", task="detect", labels=words.labels, sha256="0" * 64, licence="x",
        input=made.input, boxes=detecting.output(made.module, 0.9),
    )  # fmt: skip
    return tomli_w.dumps(record(card))


def test_a_training_of_other_parts_is_refused(tmp_path: Path) -> None:
    trained(tmp_path, WORDS, channels=24)
    with pytest.raises(BadInput, match="set the same channels"):
        built(weights=tmp_path)
    with pytest.raises(BadInput, match="in one of them only"):
        built(weights=tmp_path, layers=2)


def test_pictures_prepared_otherwise_are_refused(tmp_path: Path) -> None:
    dark = (0.1, 0.1, 0.1)
    trained(tmp_path, WORDS, mean=dark, std=dark)
    with pytest.raises(BadInput, match="say the same"):
        built(weights=tmp_path)
    assert built(weights=tmp_path, mean=dark, std=dark).input.mean == dark


def test_frozen_norms_stay_as_they_came() -> None:
    module = built(norms="frozen").module.train()
    before = {n: v.clone() for n, v in module.backbone.state_dict().items() if "running" in n}
    module(images(), TRUTHS)
    assert before
    assert all(torch.equal(v, module.backbone.state_dict()[n]) for n, v in before.items())
