"""Convolutions as the TypeScript modules of `src/reading` store them: bytes, a step for each output, and biases."""

import base64
from typing import Optional, Sequence

import torch
from torch import nn

STEPS = 127
"""Weights are stored as whole numbers from -STEPS to STEPS."""

Shape = tuple[int, int, int, int, int]
"""Channels in and out, side of the kernel, step, and spacing of its taps."""


def convolutions(
    shapes: Sequence[Shape], generator: Optional[torch.Generator] = None
) -> nn.ModuleList:
    """Layers with weights drawn from a generator, as He et al. (2015) do."""
    layers = nn.ModuleList(
        nn.Conv2d(inputs, outputs, side, step, padding=spacing * (side // 2), dilation=spacing)
        for inputs, outputs, side, step, spacing in shapes
    )
    for layer in layers:
        spread = (2 / layer.weight[0].numel()) ** 0.5
        layer.weight.data = spread * torch.randn(layer.weight.shape, generator=generator)
        layer.bias.data.zero_()
    return layers


def round_weights(layers: nn.ModuleList) -> list[list[float]]:
    """Rounds the weights to what is stored, and returns the size of a step for each layer's outputs."""
    steps = []
    for layer in layers:
        largest = layer.weight.data.abs().flatten(1).max(1).values.clamp_min(1e-6)
        step = torch.tensor([float(f"{value:.4g}") for value in (largest / STEPS).tolist()])
        whole = (layer.weight.data / step[:, None, None, None]).round().clamp(-STEPS, STEPS)
        layer.weight.data = whole * step[:, None, None, None]
        layer.bias.data = torch.tensor([float(f"{value:.4g}") for value in layer.bias.tolist()])
        steps.append(step.tolist())
    return steps


def module_text(layers: nn.ModuleList, name: str, command: str) -> str:
    """Rounds the layers and writes them as a TypeScript module that exports them as `name`."""
    steps = round_weights(layers)
    stored = bytearray()
    for layer, step in zip(layers, steps):
        whole = (layer.weight.data / torch.tensor(step)[:, None, None, None]).round()
        stored += whole.permute(2, 3, 1, 0).contiguous().to(torch.int8).numpy().tobytes()
    text = base64.b64encode(bytes(stored)).decode("ascii")

    def numbers(rows: Sequence[Sequence[float]]) -> str:
        return "".join(f"\n    [{', '.join(f'{value:.4g}' for value in row)}]," for row in rows)

    return f"""import type {{ StoredNetwork }} from "./convolution.ts";

// Written by `{command}` (training/README.md).

export const {name}: StoredNetwork = {{
  steps: [{numbers(steps)}
  ],
  biases: [{numbers([layer.bias.tolist() for layer in layers])}
  ],
  weights:
    "{text}",
}};
"""
