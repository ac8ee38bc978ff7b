"""Convolutions as the TypeScript modules of `src/reading` store them: a character for each weight, a scale for each output, and biases."""

from contextlib import contextmanager
from typing import Iterator, Optional, Sequence

import torch
from torch import nn

from abs_training.storage.six_bits import LARGEST, as_text

Shape = tuple[int, int, int, int, int]
"""Channels in and out, side of the kernel, stride, and dilation."""


def convolutions(
    shapes: Sequence[Shape], generator: Optional[torch.Generator] = None
) -> nn.ModuleList:
    """Layers with weights drawn from a generator, as He et al. (2015) do."""
    layers = nn.ModuleList(
        nn.Conv2d(
            inputs, outputs, kernel, stride, padding=dilation * (kernel // 2), dilation=dilation
        )
        for inputs, outputs, kernel, stride, dilation in shapes
    )
    for layer in layers:
        spread = (2 / layer.weight[0].numel()) ** 0.5
        layer.weight.data = spread * torch.randn(layer.weight.shape, generator=generator)
        layer.bias.data.zero_()
    return layers


def shape_of(layer: nn.Conv2d) -> Shape:
    """The shape that a layer was made of."""
    return (
        layer.in_channels,
        layer.out_channels,
        layer.kernel_size[0],
        layer.stride[0],
        layer.dilation[0],
    )


def round_weights(layers: nn.ModuleList) -> list[list[float]]:
    """Rounds the weights to what is stored, and returns the scales of each layer's outputs."""
    scales = []
    for layer in layers:
        largest = layer.weight.data.abs().flatten(1).max(1).values.clamp_min(1e-6)
        scale = torch.tensor([float(f"{value:.4g}") for value in (largest / LARGEST).tolist()])
        whole = (layer.weight.data / scale[:, None, None, None]).round().clamp(-LARGEST, LARGEST)
        layer.weight.data = whole * scale[:, None, None, None]
        layer.bias.data = torch.tensor([float(f"{value:.4g}") for value in layer.bias.tolist()])
        scales.append(scale.tolist())
    return scales


@contextmanager
def as_stored(layers: nn.ModuleList) -> Iterator[None]:
    """Rounds the weights to what is stored, and gives them back afterwards: a loss within learns what rounding costs."""
    exact = [layer.weight.data.clone() for layer in layers]
    biases = [layer.bias.data.clone() for layer in layers]
    round_weights(layers)
    try:
        yield
    finally:
        for layer, weight, bias in zip(layers, exact, biases):
            layer.weight.data.copy_(weight)
            layer.bias.data.copy_(bias)


def module_text(layers: nn.ModuleList, name: str, command: str) -> str:
    """Rounds the layers and writes them as a TypeScript module that exports them as `name`."""
    scales = round_weights(layers)
    stored = []
    for layer, scale in zip(layers, scales):
        whole = (layer.weight.data / torch.tensor(scale)[:, None, None, None]).round()
        stored += whole.permute(2, 3, 1, 0).flatten().long().tolist()
    text = as_text(stored)

    def numbers(rows: Sequence[Sequence[float]]) -> str:
        return "".join(f"\n    [{', '.join(f'{value:.4g}' for value in row)}]," for row in rows)

    return f"""import type {{ StoredNetwork }} from "./convolution.ts";

// Written by `{command}` (training/README.md).

export const {name}: StoredNetwork = {{
  shapes: [{numbers([shape_of(layer) for layer in layers])}
  ],
  scales: [{numbers(scales)}
  ],
  biases: [{numbers([layer.bias.tolist() for layer in layers])}
  ],
  weights:
    "{text}",
}};
"""
