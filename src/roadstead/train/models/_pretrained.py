"""Image networks of transformers from a folder, a hub or a configuration: what every family that is built on one shares."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoImageProcessor
from transformers.utils import logging

from roadstead.bundle.card import Three
from roadstead.errors import BadInput

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def pretrained(auto: Any, weights: str, table: Mapping[str, Any], labels: int) -> Any:
    """Return a network of transformers of an `Auto…` class with a head of `labels` outputs; raise BadInput in one sentence."""
    if bool(weights) == bool(table):
        raise BadInput("model: set weights (a folder or a hub name) or config (with model_type), one of the two")
    level = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the new head is said by Roadstead itself
    try:
        if weights:
            place = str(Path(weights)) if Path(weights).is_dir() else weights
            return auto.from_pretrained(place, num_labels=labels, ignore_mismatched_sizes=True)
        if "model_type" not in table:
            raise BadInput("model.config: model_type is missing: it names the architecture, such as vit or swin")
        config = AutoConfig.for_model(**{**table, "num_labels": labels})
        return auto.from_config(config)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = "model.weights" if weights else "model.config"
        raise BadInput(f"{what}: {str(error).strip().splitlines()[0]}") from None
    finally:
        logging.set_verbosity(level)


def normalisation(weights: str) -> tuple[Three, Three]:
    """Return mean and std that the weights were trained with; ImageNet's where they do not say."""
    if not weights:
        return _MEAN, _STD
    try:
        settings = AutoImageProcessor.from_pretrained(weights).to_dict()  # type: ignore[no-untyped-call]  # untyped there
    except (OSError, ValueError):
        return _MEAN, _STD
    if not settings.get("do_normalize", True):
        return (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return tuple(settings.get("image_mean", _MEAN)), tuple(settings.get("image_std", _STD))
