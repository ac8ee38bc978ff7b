"""A small convolutional network that tells a digit from parts of digits, several at once and all else, by what surrounds it."""

from typing import Optional

import torch
from torch import nn

from abs_training.reading.stored_network import Shape, convolutions

KINDS = 11
"""The digits, and what is none."""

LAYERS: tuple[Shape, ...] = (
    (2, 8, 5, 2, 1),
    (8, 24, 3, 2, 1),
    (24, 32, 3, 1, 1),
    (32, 48, 3, 2, 1),
    (48, KINDS, 1, 1, 1),
)


class PieceNetwork(nn.Module):
    """n×2×rows×columns windows in [0, 1] (the piece's ink, all other) to the scores of n×`KINDS` kinds."""

    def __init__(self, generator: Optional[torch.Generator] = None) -> None:
        """Draws the weights from a generator."""
        super().__init__()
        self.layers = convolutions(LAYERS, generator)
        # The mean over all places makes scores small.
        self.layers[-1].bias.data.fill_(0)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """The scores, whose softmax is how likely each kind is."""
        values = windows
        for layer in self.layers[:-1]:
            values = torch.relu(layer(values))
        return self.layers[-1](values).mean((2, 3))
