"""A small convolutional network that tells a digit from parts of digits, several at once and all else."""

from typing import Optional

import torch
from torch import nn

from abs_training.reading.stored_network import Shape, convolutions

KINDS = 11
"""The digits, and what is none."""

LAYERS: tuple[Shape, ...] = (
    (1, 8, 5, 2, 1),
    (8, 16, 3, 2, 1),
    (16, 24, 3, 1, 1),
    (24, 40, 3, 2, 1),
    (40, KINDS, 1, 1, 1),
)


class PieceNetwork(nn.Module):
    """n×1×28×28 images in [0, 1] to the scores of n×`KINDS` kinds."""

    def __init__(self, generator: Optional[torch.Generator] = None) -> None:
        """Draws the weights from a generator."""
        super().__init__()
        self.layers = convolutions(LAYERS, generator)
        # The mean over all places makes scores small.
        self.layers[-1].bias.data.fill_(0)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The scores, whose softmax is how likely each kind is."""
        values = images
        for layer in self.layers[:-1]:
            values = torch.relu(layer(values))
        return self.layers[-1](values).mean((2, 3))
