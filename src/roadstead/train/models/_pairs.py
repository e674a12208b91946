"""Two networks side by side, one for pictures and one for texts, that put both into the same space."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn
from torch.nn import functional

Pool = Callable[[Any, Mapping[str, Tensor]], Tensor]
"""Makes one vector (n, d) of what a network returned and what it was given."""


class Tower(nn.Module):
    """A network and a projection: (n, width) of length 1."""

    def __init__(self, body: nn.Module, projection: nn.Module, pool: Pool) -> None:
        super().__init__()
        self.body = body
        self.projection = projection
        self._pool = pool

    def forward(self, *pictures: Tensor, **tokens: Tensor) -> Tensor:
        """Return where each of the pictures or texts lies."""
        found = self._pool(self.body(*pictures, **tokens), tokens)
        return functional.normalize(self.projection(found).float(), dim=-1)


class Towers(nn.Module):
    """Both sides, and how sharply likeness is judged: `scale` (the log of 1 / temperature) and, where it learns one, `bias`."""

    def __init__(self, image: Tower, text: Tower, scale: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.image = image
        self.text = text
        self.scale = nn.Parameter(scale.reshape(()).clone())
        self.bias = nn.Parameter(bias.reshape(()).clone()) if bias is not None else None

    def forward(self, images: Tensor, tokens: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return `images` and `texts`, (n, width) each, `scale` and, where there is one, `bias`."""
        found = {"images": self.image(images), "texts": self.text(**tokens), "scale": self.scale.exp()}
        return found if self.bias is None else {**found, "bias": self.bias}


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Cuts texts into tokens. `fill`: up to the longest of the batch, or always to `longest` (SigLIP was taught so)."""

    tokenizer: Any
    longest: int
    fill: Literal["longest", "max_length"] = "longest"
    masked: bool = True

    def count(self, text: str) -> int:
        """Return how many tokens a text has."""
        return len(self.tokenizer(text, verbose=False)["input_ids"])

    def tokens(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Return texts as tokens (n, length); what is longer than `longest` is cut."""
        made = self.tokenizer(
            list(texts), padding=self.fill, truncation=True, max_length=self.longest, return_tensors="pt"
        )
        return {"input_ids": made["input_ids"], **({"attention_mask": made["attention_mask"]} if self.masked else {})}

    def said(self, tokens: Tensor) -> str:
        """Return tokens as text, special ones and all."""
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=False)
        return text


def as_is(found: Any, inputs: Mapping[str, Tensor]) -> Tensor:  # noqa: ARG001  # the network has pooled itself
    """Take what a network of timm without a head returns."""
    vector: Tensor = found
    return vector


def pooled(found: Any, inputs: Mapping[str, Tensor]) -> Tensor:  # noqa: ARG001  # the network has pooled itself
    """Take what a network of transformers has pooled itself."""
    vector: Tensor = found.pooler_output
    return vector


def mean(found: Any, inputs: Mapping[str, Tensor]) -> Tensor:
    """Take the mean over the tokens that are no padding (Reimers & Gurevych, Sentence-BERT, 2019)."""
    mask = inputs["attention_mask"].unsqueeze(-1).to(found.last_hidden_state.dtype)
    vector: Tensor = (found.last_hidden_state * mask).sum(1) / mask.sum(1).clamp_min(1)
    return vector


def paired(image: Sequence[Sequence[str]], text: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the blocks of both sides as one row that ends together: the last of one learns with the last of the other."""
    most = max(len(image), len(text))
    rows: list[tuple[str, ...]] = []
    for k in range(most):
        both = [side[k - most + len(side)] for side in (image, text) if k - most + len(side) >= 0]
        rows.append(tuple(prefix for block in both for prefix in block))
    return tuple(rows)


def of_both(model: Any) -> Towers:
    """Return a CLIP or SigLIP of transformers as two towers that compute the same."""
    sides = [getattr(model, name, nn.Identity()) for name in ("visual_projection", "text_projection")]
    bias = getattr(model, "logit_bias", None)
    return Towers(
        Tower(model.vision_model, sides[0], pooled),
        Tower(model.text_model, sides[1], pooled),
        model.logit_scale.detach(),
        bias.detach() if bias is not None else None,
    )
