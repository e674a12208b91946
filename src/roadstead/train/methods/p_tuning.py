"""P-tuning: the prompt's embeddings come out of a small network that learns."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from annotated_types import Gt
from peft import PromptEncoder, PromptEncoderConfig
from torch import Tensor, nn

from roadstead.train.methods import _names, _soft, method
from roadstead.train.models import Built


@method("p_tuning", zh="P-tuning 提示编码")
@dataclass(frozen=True, slots=True, kw_only=True)
class PTuning:
    """`tokens` embeddings as in prompt, made by an MLP or LSTM of width `hidden` (Liu et al. 2021); the network by PEFT.

    The new head learns whole. `merge` keeps the embeddings and drops the network.
    """

    tokens: Annotated[int, Gt(0)] = 16
    hidden: Annotated[int, Gt(0)] = 128
    encoder: Literal["mlp", "lstm"] = "mlp"

    def prepare(self, built: Built) -> nn.Module:
        """Freeze the model and put prompt and network in; raise BadInput where it cannot take one."""
        _soft.check(built, "p_tuning")
        return _soft.install(
            built, Encoded(_soft.width(built.module), self.tokens, self.hidden, self.encoder), self.tokens
        )

    def merge(self, module: nn.Module) -> nn.Module:
        """Return a copy whose prompt is what the network gives."""
        plain = copy.deepcopy(module)
        soft: Any = getattr(plain, _soft.PART)
        with torch.no_grad():
            soft.source = _soft.Plain(soft.source().detach().clone())
        return plain

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return the network, what goes into it, and the head."""
        return _names.learned(module)

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put them into a prepared module."""
        _names.put(module, adapter)


class Encoded(nn.Module):
    """Embeddings (tokens, width) that a network makes."""

    def __init__(self, width: int, tokens: int, hidden: int, kind: str) -> None:
        super().__init__()
        config = PromptEncoderConfig(
            num_virtual_tokens=tokens,
            token_dim=width,
            num_transformer_submodules=1,
            encoder_reparameterization_type=kind.upper(),
            encoder_hidden_size=hidden,
        )
        self.encoder: nn.Module = PromptEncoder(config)  # type: ignore[no-untyped-call]  # PEFT types no arguments here
        self.tokens = tokens

    def forward(self) -> Tensor:
        """Return the embeddings."""
        places = torch.arange(self.tokens, device=next(self.parameters()).device)
        made: Tensor = self.encoder(places[None])[0]
        return made
