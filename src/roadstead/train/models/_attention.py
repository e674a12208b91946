"""Attention over the channels and places of a CNN's feature maps: SE, CBAM, ECA, put in after its stages."""

from typing import Any, Literal

import torch
from timm.layers.cbam import CbamModule
from timm.layers.eca import EcaModule
from timm.layers.squeeze_excite import SEModule
from torch import Tensor, nn

from roadstead.errors import BadInput

Kind = Literal["none", "se", "cbam", "eca"]
_NAME = "attention"
_PROBE_PX = 64


class Eased(nn.Module):
    """An attention block that does nothing at first: x + gain (block(x) - x), and the gain, which is learned, begins at 0.

    So a network that was trained without it answers as before (after ReZero, Bachlechner et al., 2020).
    """

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """Return features (n, c, h, w), weighed."""
        weighed: Tensor = features + self.gain * (self.block(features) - features)
        return weighed


def block(kind: Kind, channels: int) -> nn.Module:
    """Return a block for feature maps of so many channels (Hu et al., 2018; Woo et al., 2018; Wang et al., 2020)."""
    match kind:
        case "se":
            return Eased(SEModule(channels))
        case "cbam":
            return Eased(CbamModule(channels))
        case "eca":
            return Eased(EcaModule(channels))
    return nn.Identity()


def attend(module: nn.Module, kind: Kind, channels_in: int = 3) -> tuple[str, ...]:
    """Put a block after every stage of a network of timm, from a stride of 4 on; return the prefixes of their parameters.

    A stage that is a sequence of layers gets one more layer, so that no parameter changes its name. Raise BadInput where the
    network has no stages of feature maps (n, c, h, w), such as a ViT.
    """
    if kind == "none":
        return ()
    stages = [(str(s["module"]), int(s["num_chs"])) for s in _stages(module) if s["reduction"] >= 4]
    shapes = _shapes(module, [name for name, _ in stages], channels_in)
    if not stages or any(len(shapes[name]) != 4 or shapes[name][1] != channels for name, channels in stages):
        raise BadInput(f'model.attention: {kind} needs a CNN whose stages give feature maps; take attention = "none"')
    return tuple(_after(module, name, block(kind, channels)) for name, channels in stages)


def _after(module: nn.Module, name: str, added: nn.Module) -> str:
    stage = module.get_submodule(name)
    if isinstance(stage, nn.Sequential) and type(stage).forward is nn.Sequential.forward:
        stage.add_module(_NAME, added)
    else:
        whole = nn.Sequential()
        whole.add_module("stage", stage)
        whole.add_module(_NAME, added)
        module.set_submodule(name, whole)
    return f"{name}.{_NAME}"


def _stages(module: nn.Module) -> list[dict[str, Any]]:
    found = getattr(module, "feature_info", None) or []
    return [dict(one) for one in found if isinstance(one, dict) and one.get("module")]


def _shapes(module: nn.Module, names: list[str], channels: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of what each named part gives for a small picture; () where it is not run."""
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(names, ())

    def keep(name: str) -> object:
        def hook(_part: nn.Module, _given: object, out: object) -> None:
            shapes[name] = tuple(out.shape) if isinstance(out, Tensor) else ()

        return module.get_submodule(name).register_forward_hook(hook)

    hooks = [keep(name) for name in names]
    training = module.training
    try:
        with torch.inference_mode():
            module.eval()(torch.zeros(1, channels, _PROBE_PX, _PROBE_PX))
    except (AssertionError, RuntimeError) as error:
        raise BadInput(f"model.attention: the network cannot be looked into at {_PROBE_PX} px: {error}") from None
    finally:
        module.train(training)
        for hook in hooks:
            hook.remove()  # type: ignore[attr-defined]  # a handle of torch
    return shapes
