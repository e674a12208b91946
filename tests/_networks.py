"""Models of a few thousand weights, one of each sort, with something to show them."""

from dataclasses import dataclass, field
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

from roadstead.bundle.card import Input
from roadstead.evaluate.reports import Report
from roadstead.train.models import Built
from roadstead.train.tasks import Losses
from roadstead.train.vocabulary import Vocabulary

WORDS, LONG = 48, 9


def cnn() -> Built:
    """A residual network with batch norms."""
    torch.manual_seed(0)
    module = timm.create_model("test_resnet", num_classes=3)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):  # timm begins with blocks that are switched off
            nn.init.uniform_(part.weight, 0.5, 1.5)
    blocks = (("conv1", "bn1"), *((f"layer{k}",) for k in range(1, 5)))
    return Built(module=module, head=("fc",), blocks=blocks, input=Input(width=32, height=32))


def vit() -> Built:
    """A vision transformer of timm."""
    torch.manual_seed(0)
    module: Any = timm.create_model("test_vit", num_classes=3, img_size=32)
    blocks = (("patch_embed",), *((f"blocks.{k}",) for k in range(len(module.blocks))))
    return Built(module=module, head=("head",), blocks=blocks, input=Input(width=32, height=32))


def bert(**more: Any) -> Built:
    """An encoder of text with a classifier."""
    torch.manual_seed(0)
    config = BertConfig(
        **{
            "vocab_size": WORDS,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "intermediate_size": 48,
            "max_position_embeddings": 40,
            "num_labels": 3,
            **more,
        }
    )
    blocks = (("bert.embeddings",), *((f"bert.encoder.layer.{k}",) for k in range(2)), ("bert.pooler",))
    return Built(module=BertForSequenceClassification(config), head=("classifier",), blocks=blocks)


def llama(**more: Any) -> Built:
    """A language model; nothing of it is new."""
    torch.manual_seed(0)
    config = LlamaConfig(
        **{
            "vocab_size": WORDS,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "intermediate_size": 48,
            "max_position_embeddings": 64,
            "pad_token_id": 0,
            **more,
        }
    )
    blocks = (("model.embed_tokens",), *((f"model.layers.{k}",) for k in range(2)), ("model.norm",))
    return Built(module=LlamaForCausalLM(config), blocks=blocks)


def t5() -> Built:
    """An encoder with a decoder."""
    torch.manual_seed(0)
    config = T5Config(vocab_size=WORDS, d_model=16, d_kv=4, d_ff=24, num_layers=1, num_heads=4)
    config.decoder_start_token_id = 0
    return Built(module=T5ForConditionalGeneration(config))


MODELS = {"cnn": cnn, "vit": vit, "bert": bert, "llama": llama}


def batch(name: str, n: int = 4, seed: int = 0) -> dict[str, Tensor]:
    """Return what a learner would collate for one of MODELS."""
    rng = torch.Generator().manual_seed(seed)
    if name in ("cnn", "vit"):
        return {
            "images": torch.randn(n, 3, 32, 32, generator=rng),
            "labels": torch.randint(3, (n,), generator=rng),
        }
    ids = torch.randint(1, WORDS, (n, LONG), generator=rng)
    mask = torch.ones_like(ids)
    mask[0, 5:] = 0
    ids = ids * mask
    labels = torch.randint(3, (n,), generator=rng) if name == "bert" else ids.masked_fill(mask == 0, -100)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


@dataclass
class Little:
    """A learner of classes, or of the next token where labels are as long as the text."""

    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary(labels=("a", "b", "c")))
    input: Input | None = None

    def load(self, sample: Any) -> Any:
        """Samples of the tests are examples already."""
        return sample

    def encode(self, loaded: Any) -> Any:
        """Nothing is to be done."""
        return loaded

    def collate(self, examples: Any) -> dict[str, Tensor]:
        """Stack what the examples have."""
        return {name: torch.stack([e[name] for e in examples]) for name in examples[0]}

    def units(self, batch: dict[str, Tensor]) -> float:
        """Count labels."""
        labels = batch["labels"]
        return float(((labels[:, 1:] if labels.ndim == 2 else labels) != -100).sum())

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Losses:
        """Cross-entropy, summed."""
        outputs = said(model, batch)
        labels = batch["labels"]
        logits = outputs
        if labels.ndim == 2:
            logits, labels = outputs[:, :-1].flatten(0, 1), labels[:, 1:].flatten()
        total = functional.cross_entropy(logits, labels, reduction="sum", ignore_index=-100)
        return Losses(total, self.units(batch), outputs=outputs)

    def predict(self, model: nn.Module, batch: dict[str, Tensor]) -> list[Any]:
        """No test judges."""
        raise NotImplementedError

    def score(self, samples: Any, predictions: Any, *, resamples: int = 0) -> Report:
        """No test judges."""
        raise NotImplementedError

    def audit(self, batch: dict[str, Tensor]) -> str:
        """No test reads it."""
        raise NotImplementedError


def said(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Return the logits of a batch."""
    if "images" in batch:
        logits: Tensor = model(batch["images"])
        return logits
    made: Tensor = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    return made


def examples(name: str, n: int = 6, seed: int = 1) -> list[dict[str, Tensor]]:
    """Return examples that a Little collates."""
    made = batch(name, n, seed)
    return [{key: value[k] for key, value in made.items()} for k in range(n)]


def quiet(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Return the logits in evaluation mode, without gradients."""
    model.eval()
    with torch.no_grad():
        return said(model, batch)


def stir(model: nn.Module, scale: float = 0.05, seed: int = 0) -> None:
    """Change everything that learns by chance."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=rng) * scale)


def step(model: nn.Module, learner: Any, batch: dict[str, Tensor], lr: float = 0.1) -> None:
    """Take one step of SGD; `learner` is a learner or a guide."""
    learning = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.SGD(learning, lr=lr)
    model.train()
    loss = learner.loss(model, batch) if isinstance(learner, Little) else learner.loss(model, batch, 0)
    torch.autograd.backward(loss.total / loss.units)
    optimiser.step()
    optimiser.zero_grad()
