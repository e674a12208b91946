"""Vision-language models of transformers: LLaVA, LLaVA-NeXT, BLIP-2, InternVL, Qwen2-VL, Qwen2.5-VL and Qwen3-VL."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Gt
from torch import nn
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor

from roadstead.errors import BadInput
from roadstead.train.blocks import in_order
from roadstead.train.models import Built, family
from roadstead.train.models._vlm_tiny import FAMILIES, tiny
from roadstead.train.vocabulary import Vocabulary

Part = Literal["projector", "vision", "language"]

_PROJECTOR: Mapping[str, tuple[str, ...]] = {
    "llava": ("model.multi_modal_projector",),
    "llava_next": ("model.multi_modal_projector", "model.image_newline"),
    "internvl": ("model.multi_modal_projector",),
    "blip_2": ("query_tokens", "qformer", "language_projection"),
    "qwen2_vl": ("model.visual.merger",),
    "qwen2_5_vl": ("model.visual.merger",),
    "qwen3_vl": ("model.visual.merger", "model.visual.deepstack_merger_list"),
}
"""What stands between the two networks, by family: the names of its parameters begin so."""
_VISION = ("model.vision_tower.", "model.visual.", "vision_model.")
_RESIZED = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")
_TILED = ("internvl", "llava_next")


@family("transformers_vlm", zh="视觉语言模型")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersVlm:
    """A model of a `family`, named as transformers names it: its `weights` are a folder, "hub" (its `name` there), or "tiny".

    "tiny" is a small one with random weights and a tokenizer of bytes, to try a recipe with. `whole` are the parts that
    count as the head: what freezes or adapts the rest lets them learn whole, at the rate `head_lr` (in LLaVA: the projector).
    What learns altogether is the method's: see the method `parts`.

    `min_pixels` and `max_pixels` bound a picture's size (Qwen; a smaller picture has fewer tokens), `tiles` how many pieces it
    is cut into (InternVL, LLaVA-NeXT), `grid` the shapes it may be cut into, rows and columns (LLaVA-NeXT).
    """

    family: str = "qwen2_vl"
    weights: Literal["tiny", "hub"] | Path = "tiny"
    name: str = ""
    whole: tuple[Part, ...] = ("projector",)
    min_pixels: Annotated[int, Gt(0)] | None = None
    max_pixels: Annotated[int, Gt(0)] | None = None
    tiles: Annotated[int, Gt(0)] | None = None
    grid: tuple[tuple[Annotated[int, Gt(0)], Annotated[int, Gt(0)]], ...] = ()
    tasks: ClassVar[frozenset[str]] = frozenset({"vision_language"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # it writes whatever it is taught to
        """Return the model with its processor; raise BadInput for a family that is not known or settings that it has not."""
        self._check()
        module, processor, origin = self._made()
        _no_chatter(module)
        self._resolution(module, processor)
        parts = parts_of(module, self.family)
        head = tuple(prefix for part in self.whole for prefix in parts[part])
        return Built(
            module=module,
            head=head,
            blocks=in_order(module, head),
            processor=processor,
            parts=parts,
            origin=origin,
            licence="" if self.weights == "tiny" else "see the model's page",
            notes=("weights are random: figures show that it runs, not that it can",) if self.weights == "tiny" else (),
        )

    def _check(self) -> None:
        if self.family not in FAMILIES:
            raise BadInput(f"model.family: {self.family!r} is not known; there are {', '.join(FAMILIES)}")
        if self.weights == "hub" and not self.name:
            raise BadInput('model.name: weights = "hub" needs the name that the model has there')
        for names, having, instead in (
            (("min_pixels", "max_pixels"), _RESIZED, "tiles or nothing"),
            (("tiles",), _TILED, "min_pixels and max_pixels, or nothing"),
            (("grid",), ("llava_next",), "tiles, or nothing"),
        ):
            for name in names:
                if getattr(self, name) and self.family not in having:
                    raise BadInput(f"model.{name}: {self.family} has no such setting; set {instead}")
        if self.min_pixels and self.max_pixels and self.min_pixels > self.max_pixels:
            raise BadInput(f"model.min_pixels: {self.min_pixels} is more than max_pixels, {self.max_pixels}")
        if self.tiles and self.grid:
            raise BadInput("model.grid: says already how many tiles there are; remove tiles")

    def _made(self) -> tuple[nn.Module, Any, str]:
        if self.weights == "tiny":
            module, processor = tiny(self.family)
            return module, processor, "random (tiny)"
        if self.weights == "hub":
            place, origin = self.name, f"hub: {self.name}"
        else:
            place, origin = str(self.weights), f"folder {Path(self.weights).name}"
            if not (Path(self.weights) / "config.json").is_file():
                raise BadInput(f"model.weights: {self.weights}: is no folder of a model: it has no config.json")
        try:
            kind = AutoConfig.from_pretrained(place).model_type.replace("-", "_")
        except (OSError, ValueError) as error:
            raise BadInput(f"model: {place}: cannot be read: {str(error).splitlines()[0]}") from None
        if kind != self.family:
            raise BadInput(f"model.family: {place} is a {kind}, not a {self.family}; set family to it if it is known")
        module = AutoModelForImageTextToText.from_pretrained(place, dtype="float32")
        return module, AutoProcessor.from_pretrained(place), origin  # type: ignore[no-untyped-call]  # transformers does not type it

    def _resolution(self, module: Any, processor: Any) -> None:
        """Tell model and processor how large pictures are, or into how many tiles they are cut."""
        pictures = processor.image_processor
        if self.min_pixels or self.max_pixels:
            size = pictures.size
            least = self.min_pixels or size["shortest_edge"]
            most = self.max_pixels or size["longest_edge"]
            if least > most:
                raise BadInput(f"model.max_pixels: {most} is less than min_pixels, {least}")
            pictures.size = type(size)(shortest_edge=least, longest_edge=most)
        if self.family == "internvl" and self.tiles:
            pictures.max_patches, pictures.min_patches = self.tiles, 1
        if self.family == "llava_next" and (self.tiles or self.grid):
            side = module.config.vision_config.image_size
            found = self.grid or _grids(module.config.image_grid_pinpoints, side, self.tiles or 1)
            if not found:
                raise BadInput(f"model.tiles: {self.tiles} is less than the model's smallest grid has; set grid")
            points = [[rows * side, columns * side] for rows, columns in found]
            module.config.image_grid_pinpoints = pictures.image_grid_pinpoints = points
            module.model.config.image_grid_pinpoints = points


def parts_of(module: nn.Module, kind: str) -> dict[str, tuple[str, ...]]:
    """Return the prefixes of the parameters of a model's three parts; together they are all of them, and none is of two."""
    projector = _PROJECTOR[kind]
    parts: dict[str, dict[str, None]] = {"projector": dict.fromkeys(projector), "vision": {}, "language": {}}
    for name, _ in module.named_parameters():
        if any(f"{name}.".startswith(f"{prefix}.") for prefix in projector):
            continue
        root = next((root for root in _VISION if name.startswith(root)), None)
        if root is not None:
            parts["vision"][root + name.removeprefix(root).split(".")[0]] = None
        else:
            parts["language"]["model.language_model" if name.startswith("model.") else name.split(".")[0]] = None
    return {part: tuple(prefixes) for part, prefixes in parts.items()}


def _grids(points: list[list[int]], side: int, tiles: int) -> tuple[tuple[int, int], ...]:
    """Return the grids of a model that have at most so many tiles."""
    grids = ((height // side, width // side) for height, width in points)
    return tuple((rows, columns) for rows, columns in grids if rows * columns <= tiles)


def _no_chatter(module: Any) -> None:
    """Generate greedily: settings of chance that came with the weights would be warned of at every answer."""
    settings = module.generation_config
    settings.do_sample = False
    settings.temperature = settings.top_p = settings.top_k = None
