"""The blocks of a network, from its input to its head."""

from collections.abc import Sequence

from torch import nn


def in_order(module: nn.Module, head: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return blocks for a module that lists its parts in the order of computation.

    A list of blocks (a Sequential or ModuleList in which something is more than a single layer) is taken apart into its blocks,
    wherever it lies; what comes before, between and after is a block each. A list of single layers, such as a stem or the
    shortcut of a residual block, stays whole. What is under a prefix of `head` is left out, and so is what holds no parameter.
    """
    found: list[tuple[str, ...]] = []

    def walk(part: nn.Module, prefix: str) -> None:
        for name, child in part.named_children():
            full = f"{prefix}{name}"
            if any(f"{full}.".startswith(f"{h}.") for h in head) or not _learns(child):
                continue
            holds_head = any(f"{h}.".startswith(f"{full}.") for h in head)
            if holds_head or any(_is_list_of_blocks(inner) for inner in child.modules()):
                walk(child, f"{full}.")
            else:
                found.append((full,))

    walk(module, "")
    return tuple(found)


def _is_list_of_blocks(part: nn.Module) -> bool:
    """Whether this is a list with an element of at least two layers that hold parameters of their own."""
    return isinstance(part, nn.ModuleList | nn.Sequential) and any(_layers(child) > 1 for child in part.children())


def _layers(part: nn.Module) -> int:
    return sum(1 for inner in part.modules() if any(True for _ in inner.parameters(recurse=False)))


def _learns(part: nn.Module) -> bool:
    return any(True for _ in part.parameters())
