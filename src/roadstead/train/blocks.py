"""The blocks of a network, from its input to its head."""

from collections.abc import Sequence

from torch import nn


def in_order(module: nn.Module, head: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return blocks for a module that lists its parts in the order of computation.

    Every child that is a list of layers (Sequential or ModuleList) is taken apart into its layers; what comes before, between
    and after is a block each. Children under a prefix of `head` are left out, and so is what holds no parameter.
    """
    found: list[tuple[str, ...]] = []

    def walk(part: nn.Module, prefix: str) -> None:
        for name, child in part.named_children():
            full = f"{prefix}{name}"
            if any(f"{full}.".startswith(f"{h}.") for h in head) or not any(True for _ in child.parameters()):
                continue
            if (
                isinstance(child, nn.ModuleList | nn.Sequential)
                or any(f"{h}.".startswith(f"{full}.") for h in head)
                or _holds_layers(child)
            ):
                walk(child, f"{full}.")
            else:
                found.append((full,))

    walk(module, "")
    return tuple(found)


def _holds_layers(part: nn.Module) -> bool:
    """Whether somewhere below lies a list of at least two layers that hold parameters."""
    return any(
        isinstance(child, nn.ModuleList | nn.Sequential) and len(child) > 2 and any(True for _ in child.parameters())
        for child in part.modules()
        if child is not part
    )
