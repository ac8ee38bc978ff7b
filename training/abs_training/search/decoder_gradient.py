"""A decoder's loss, the paper's, and its derivative with respect to the latent, as one forward graph.

Automatic differentiation leaves no graph that could be exported, so the derivative is written out. It is
what the module computes by hand too (`assembly/decoder/`), here in PyTorch's words.
"""

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from abs_training.decoders.layers import Decoder, WeightedLayer
from abs_training.images.data import PIXELS


class LossAndGradient(nn.Module):
    """Turns an image `[1, 784]` and a latent `[1, latents]` into its loss `[1]` and derivative."""

    def __init__(self, decoder: Decoder, beta: float) -> None:
        """`decoder` is one without batch normalisation, `beta` the weight of ½‖z‖²."""
        super().__init__()
        self.decoder = decoder
        self.beta = beta

    def forward(self, image: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
        layers = [layer for layer in self.decoder.weighted if isinstance(layer, WeightedLayer)]
        values = latent.reshape(1, self.decoder.latents, 1, 1)
        inputs: list[Tensor] = []
        for index, layer in enumerate(layers):
            inputs.append(values)
            values = layer(values)
            values = functional.elu(values) if index < len(layers) - 1 else torch.sigmoid(values)
        difference = values.flatten(1) - image
        squares = latent.square().sum(1)
        loss = (difference.square().sum(1) + self.beta * 0.5 * squares) / PIXELS
        gradient = (2 / PIXELS) * difference.reshape(values.shape) * values * (1 - values)
        for index in reversed(range(len(layers))):
            gradient = input_gradient(layers[index], gradient, inputs[index])
            if index > 0:
                # The input is h = ELU(x), whose slope is min(h, 0) + 1.
                gradient = gradient * (inputs[index].clamp(max=0) + 1)
        return loss, gradient.flatten(1) + (self.beta / PIXELS) * latent


def input_gradient(layer: WeightedLayer, gradient: Tensor, values: Tensor) -> Tensor:
    """Derivative with respect to a layer's input, of the shape of `values`."""
    weight = layer.linear_map.weight
    if layer.kind == "dense":
        return (gradient.flatten(1) @ weight).reshape(values.shape)
    if layer.kind == "transposed_convolution":
        assert isinstance(layer.linear_map, nn.ConvTranspose2d)
        return functional.conv2d(gradient, weight, stride=layer.linear_map.stride)
    _, channels, height, width = gradient.shape
    # Undoes the pixel shuffle.
    split = gradient.reshape(1, channels, height // 2, 2, width // 2, 2)
    phases = split.permute(0, 1, 3, 5, 2, 4).reshape(1, 4 * channels, height // 2, width // 2)
    return functional.conv_transpose2d(phases, weight, padding=1)
