"""What losses of boxes share."""

import torch
from torch import Tensor


def ordered(boxes: Tensor) -> Tensor:
    """Return boxes (n, 4) xyxy as float32 with left before right and top before bottom.

    A box that a model gives inside out has a negative area, and with it an overlap that means nothing.
    """
    first, second = torch.split(boxes.float(), 2, dim=1)
    return torch.cat((torch.minimum(first, second), torch.maximum(first, second)), dim=1)
