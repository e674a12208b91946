"""What has to be mended in the losses of transformers, so that they add up over pictures.

DEIMv2's pools the matches of all layers and divides by how many the batch has, so a batch's loss is no sum over its pictures.
Taken one picture at a time it is, and how a step is cut into micro-batches changes nothing. RF-DETR's matches in as many groups
as in training when it is judged too, where there is one group only (transformers 5.23).
"""

import copy
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
        total = logits.new_zeros(())
        parts: dict[str, Any] = {}
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


def one_group_when_judged(whole: Loss) -> Loss:
    """Return RF-DETR's loss with one group of queries where the model gave one (it gives several in training)."""

    def loss(logits: Tensor, labels: Any, device: Any, boxes: Tensor, config: Any, *rest: Any, **named: Any) -> Any:
        if logits.shape[1] == config.num_queries:
            config = copy.copy(config)
            config.group_detr = 1
        return whole(logits, labels, device, boxes, config, *rest, **named)

    return loss


def _of(value: Any, k: int) -> Any:
    return value[k : k + 1] if isinstance(value, Tensor) else value


def _meta(meta: Mapping[str, Any], k: int) -> dict[str, Any]:
    return {**meta, "dn_positive_idx": [meta["dn_positive_idx"][k]]}
