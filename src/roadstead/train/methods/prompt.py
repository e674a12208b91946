"""Prompt tuning: some token embeddings beside the text's are learned, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from annotated_types import Gt
from torch import Tensor, nn

from roadstead.errors import BadInput
from roadstead.train.methods import _names, _soft, method
from roadstead.train.models import Built


@method("prompt", zh="提示微调")
@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """`tokens` learned embeddings (Lester et al. 2021), before the text of a decoder, after that of an encoder.

    They start as the embeddings of `text`, repeated or cut to length, or of words drawn by chance. Lester et al. took a
    rate of 0.3, and found it near full tuning in models of billions of parameters only. The new head learns whole. `merge` leaves the prompt in.
    """

    tokens: Annotated[int, Gt(0)] = 16
    text: str = ""

    def prepare(self, built: Built) -> nn.Module:
        """Freeze the model and put the prompt in; raise BadInput where it cannot take one."""
        _soft.check(built, "prompt")
        module: Any = built.module
        words = module.get_input_embeddings().weight.detach()
        start = words[self._words(built, len(words)).to(words.device)].float().clone()
        return _soft.install(built, _soft.Plain(start), self.tokens)

    def merge(self, module: nn.Module) -> nn.Module:
        """Return the module: the prompt stays in."""
        return module

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return the prompt and the head."""
        return _names.learned(module)

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put them into a prepared module."""
        _names.put(module, adapter)

    def _words(self, built: Built, vocabulary: int) -> Tensor:
        """Return the tokens to start from, (tokens,)."""
        if not self.text:
            return torch.randint(vocabulary, (self.tokens,))
        if built.processor is None:
            raise BadInput("method.text: the model has no tokenizer to read it with; remove it")
        ids = torch.tensor(built.processor(text=self.text, add_special_tokens=False)["input_ids"])
        if not len(ids):
            raise BadInput("method.text: has no token; write some words or remove it")
        return ids[torch.arange(self.tokens) % len(ids)]
