"""A small convolutional network that tells for each pixel of a line's image whether a seam goes through it."""

from typing import Optional

import torch
from torch import nn

from abs_training.reading.stored_network import Shape, convolutions

BLOCK = 4
"""The network's last layers see blocks of so many rows and columns, as in `src/reading/seam-network.ts`, and tell of each pixel."""

LAYERS: tuple[Shape, ...] = (
    (1, 8, 5, 2, 1),
    (8, 24, 3, 2, 1),
    (24, 48, 3, 1, 1),
    (48, 48, 3, 1, 2),
    (48, 48, 3, 1, 1),
    (48, 48, 3, 1, 2),
    (48, 48, 3, 1, 1),
    (48, BLOCK * BLOCK, 1, 1, 1),
)


class SeamNetwork(nn.Module):
    """n×1×rows×width ink in [0, 1] to log odds of a seam, of the same shape; rows and width are multiples of `BLOCK`."""

    def __init__(self, generator: Optional[torch.Generator] = None) -> None:
        """Draws the weights from a generator."""
        super().__init__()
        self.layers = convolutions(LAYERS, generator)
        # Few pixels lie on seams.
        self.layers[-1].weight.data *= 0.3
        self.layers[-1].bias.data.fill_(-3)

    def forward(self, ink: torch.Tensor) -> torch.Tensor:
        """The log odds."""
        values = ink
        for layer in self.layers[:-1]:
            values = torch.relu(layer(values))
        return nn.functional.pixel_shuffle(self.layers[-1](values), BLOCK)
