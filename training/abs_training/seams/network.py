"""A small convolutional network that tells for each pixel of a line's image whether a seam goes through it."""

import base64
from typing import Optional

import torch
from torch import nn

BLOCK = 4
"""The network's last layers see blocks of so many rows and columns, and tell of each of their pixels."""

LAYERS = (
    (1, 8, 5, 2, 1),
    (8, 16, 3, 2, 1),
    (16, 24, 3, 1, 1),
    (24, 24, 3, 1, 2),
    (24, 24, 3, 1, 1),
    (24, 24, 3, 1, 2),
)
"""Channels in and out, side of the kernel, step, and spacing of its taps, as in `src/reading/seam-network.ts`."""

STEPS = 127
"""Weights are stored as whole numbers from -STEPS to STEPS."""


class SeamNetwork(nn.Module):
    """n×1×rows×width ink in [0, 1] to log odds of a seam, of the same shape; rows and width are multiples of `BLOCK`."""

    def __init__(self, generator: Optional[torch.Generator] = None) -> None:
        """Draws the weights from a generator, as He et al. (2015) do."""
        super().__init__()
        layers = [
            nn.Conv2d(inputs, outputs, side, step, padding=spacing * (side // 2), dilation=spacing)
            for inputs, outputs, side, step, spacing in LAYERS
        ]
        layers.append(nn.Conv2d(LAYERS[-1][1], BLOCK * BLOCK, 1))
        self.layers = nn.ModuleList(layers)
        for layer in layers:
            spread = (2 / layer.weight[0].numel()) ** 0.5
            layer.weight.data = spread * torch.randn(layer.weight.shape, generator=generator)
            layer.bias.data.zero_()
        # Few pixels lie on seams.
        layers[-1].weight.data *= 0.3
        layers[-1].bias.data.fill_(-3)

    def forward(self, ink: torch.Tensor) -> torch.Tensor:
        """The log odds."""
        values = ink
        for layer in self.layers[:-1]:
            values = torch.relu(layer(values))
        return nn.functional.pixel_shuffle(self.layers[-1](values), BLOCK)


def round_weights(network: SeamNetwork) -> list[list[float]]:
    """Rounds the weights to what is stored, and returns the size of a step for each layer's channels."""
    steps = []
    for layer in network.layers:
        largest = layer.weight.data.abs().flatten(1).max(1).values.clamp_min(1e-6)
        step = torch.tensor([float(f"{value:.4g}") for value in (largest / STEPS).tolist()])
        whole = (layer.weight.data / step[:, None, None, None]).round().clamp(-STEPS, STEPS)
        layer.weight.data = whole * step[:, None, None, None]
        layer.bias.data = torch.tensor([float(f"{value:.4g}") for value in layer.bias.tolist()])
        steps.append(step.tolist())
    return steps


def module_text(network: SeamNetwork, command: str) -> str:
    """The rounded network as a TypeScript module."""
    steps = round_weights(network)
    stored = bytearray()
    for layer, step in zip(network.layers, steps):
        whole = (layer.weight.data / torch.tensor(step)[:, None, None, None]).round()
        # Outputs last: the innermost loop of the module goes along them.
        stored += whole.permute(2, 3, 1, 0).contiguous().to(torch.int8).numpy().tobytes()
    text = base64.b64encode(bytes(stored)).decode("ascii")

    def numbers(values: list[float]) -> str:
        return ", ".join(f"{value:.4g}" for value in values)

    biases = "".join(f"\n  [{numbers(layer.bias.tolist())}]," for layer in network.layers)
    sizes = "".join(f"\n  [{numbers(step)}]," for step in steps)
    return f"""// Written by `{command}`, from lines of training digits.

/** For each layer and output the size of a step of its weights. */
export const SEAM_STEPS: readonly (readonly number[])[] = [{sizes}
];

/** For each layer and output what is added. */
export const SEAM_BIASES: readonly (readonly number[])[] = [{biases}
];

/** The weights of all layers in steps, one signed byte each, by row and column of the kernel, input and output; in base64. */
export const SEAM_WEIGHTS =
  "{text}";
"""
