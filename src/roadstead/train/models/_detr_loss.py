"""DEIMv2's loss, taken picture by picture.

It pools the matches of all layers and divides by how many the batch has, so a batch's loss is no sum over its pictures. Taken
one picture at a time it is, and how a step is cut into micro-batches changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

Loss = Callable[..., tuple[Any, dict[str, Any], Any]]
_META = "denoising_meta_values"


def by_picture(whole: Loss) -> Loss:
    """Return a loss that is called like transformers' and is the mean over boxes of the losses of each picture alone."""

    def loss(
        logits: Tensor,
        labels: Sequence[Mapping[str, Tensor]],
        device: Any,
        boxes: Tensor,
        config: Any,
        *rest: Any,
        **named: Any,
    ) -> tuple[Any, dict[str, Any], Any]:
        total, parts = logits.new_zeros(()), {}
        every = max(sum(len(one["class_labels"]) for one in labels), 1)
        for k, one in enumerate(labels):
            share = max(len(one["class_labels"]), 1) / every
            cut = {name: _of(value, k) for name, value in named.items() if name != _META}
            if named.get(_META) is not None:
                cut[_META] = _meta(named[_META], k)
            value, found, _ = whole(
                logits[k : k + 1], [one], device, boxes[k : k + 1], config, *(_of(r, k) for r in rest), **cut
            )
            total = total + value * share
            for name, part in found.items():
                parts[name] = parts.get(name, 0.0) + part.detach() * share
        return total, parts, None

    return loss


def _of(value: Any, k: int) -> Any:
    return value[k : k + 1] if isinstance(value, Tensor) else value


def _meta(meta: Mapping[str, Any], k: int) -> dict[str, Any]:
    return {**meta, "dn_positive_idx": [meta["dn_positive_idx"][k]]}
