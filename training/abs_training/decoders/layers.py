"""The decoder's layers: their description in the weights file, and the PyTorch modules made of it.

A description is a list of JSON objects as laid down in `docs/weights-format.md`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Sequence, Union

import torch
from torch import Tensor, nn

from abs_training.foundation.limits import (
    CHANNELS_AT_ONCE,
    LARGEST_KERNEL,
    LARGEST_SIDE,
    LARGEST_STRIDE,
    LEAST_LATENTS,
    MOST_CHANNELS,
    MOST_LATENTS,
    MOST_LAYERS,
    MOST_MULTIPLY_ADDS,
)
from abs_training.images.data import SIDE

Layer = dict[str, Any]
"""One entry of a layer list, such as `{"kind": "elu"}`."""

WEIGHTED_FIELDS = {
    "dense": ("channels", "height", "width"),
    "transposed_convolution": ("channels", "kernel", "stride"),
    "pixel_shuffle_convolution": ("channels", "kernel", "upscale"),
}
"""Kinds of layers with weights, and the positive integers that describe each."""

LARGEST_VALUES = {
    "channels": MOST_CHANNELS,
    "height": LARGEST_SIDE,
    "width": LARGEST_SIDE,
    "kernel": LARGEST_KERNEL,
    "stride": LARGEST_STRIDE,
    "upscale": 2,
}
"""The largest number that each of these fields may hold."""


SHUFFLED_TAPS = 36
"""Of a 3×3 convolution with four times the channels, for its pixel shuffle."""


class LayerError(Exception):
    """A layer list that breaks the format."""


def _transposed_convolution(channels: int, kernel: int, stride: int) -> Layer:
    return {
        "kind": "transposed_convolution",
        "channels": channels,
        "kernel": kernel,
        "stride": stride,
    }


def _pixel_shuffle_convolution(channels: int) -> Layer:
    return {"kind": "pixel_shuffle_convolution", "channels": channels, "kernel": 3, "upscale": 2}


def _dense(channels: int, height: int, width: int) -> Layer:
    return {"kind": "dense", "channels": channels, "height": height, "width": width}


def _with_activations(weighted: Sequence[Layer]) -> list[Layer]:
    layers: list[Layer] = []
    for layer in weighted[:-1]:
        layers += [layer, {"kind": "elu"}]
    return [*layers, weighted[-1], {"kind": "sigmoid"}]


NAMED_SHAPES: dict[str, list[Layer]] = {
    "paper": _with_activations(
        [
            _transposed_convolution(32, 4, 1),
            _transposed_convolution(16, 5, 2),
            _transposed_convolution(16, 5, 2),
            _transposed_convolution(1, 4, 1),
        ]
    ),
    "shuffle": _with_activations(
        [_dense(16, 7, 7), _pixel_shuffle_convolution(8), _pixel_shuffle_convolution(1)]
    ),
    "wide": _with_activations(
        [_dense(20, 7, 7), _pixel_shuffle_convolution(10), _pixel_shuffle_convolution(1)]
    ),
    "dense": _with_activations([_dense(64, 1, 1), _dense(256, 1, 1), _dense(1, SIDE, SIDE)]),
}
"""`paper` is the decoder of Schott et al. 2018 (arXiv:1805.09190); the others are cheaper. Shipped is `wide`."""


@dataclass(frozen=True)
class Size:
    """Size of a layer's output for one image."""

    channels: int
    height: int
    width: int

    def count(self) -> int:
        """Numbers in the output."""
        return self.channels * self.height * self.width


def output_size(layer: Layer, size: Size) -> Size:
    """Size of a layer's output, given the size of its input."""
    kind = layer["kind"]
    if kind == "dense":
        return Size(layer["channels"], layer["height"], layer["width"])
    if kind == "transposed_convolution":
        stride, kernel = layer["stride"], layer["kernel"]
        height = stride * (size.height - 1) + kernel
        width = stride * (size.width - 1) + kernel
        return Size(layer["channels"], height, width)
    if kind == "pixel_shuffle_convolution":
        upscale = layer["upscale"]
        return Size(layer["channels"], size.height * upscale, size.width * upscale)
    return size


def check_layers(layers: Any, latents: int) -> list[Layer]:
    """Returns the list if it describes a decoder from `latents` numbers to a 28×28 image.

    Raises LayerError, which names the layer and what was wanted, for a list that breaks the format or
    its limits: the package's reader would refuse such a file.
    """
    if not LEAST_LATENTS <= latents <= MOST_LATENTS:
        raise LayerError(f"{latents} latents, but {LEAST_LATENTS} to {MOST_LATENTS} are possible")
    if not isinstance(layers, list) or not layers or len(layers) % 2:
        raise LayerError("the layers must be a list of pairs of weights and activation")
    if len(layers) > 2 * MOST_LAYERS:
        raise LayerError(
            f"{len(layers)} layers, but at most {2 * MOST_LAYERS} are possible, half of them activations"
        )
    size = Size(latents, 1, 1)
    for index, layer in enumerate(layers):
        expected = _expected_kinds(index, len(layers))
        kind = layer.get("kind") if isinstance(layer, dict) else None
        if kind not in expected:
            raise LayerError(f"layer {index} is {kind!r}, but must be one of {', '.join(expected)}")
        fields = WEIGHTED_FIELDS.get(kind, ())
        if set(layer) != {"kind", *fields}:
            raise LayerError(f"layer {index} ({kind}) must have {', '.join(('kind', *fields))}")
        for field in fields:
            value, most = layer[field], LARGEST_VALUES[field]
            if type(value) is not int or not 1 <= value <= most:
                raise LayerError(
                    f"layer {index} ({kind}): {field} is {value!r}, but must be an integer from 1 "
                    f"to {most}"
                )
        if kind == "pixel_shuffle_convolution" and (layer["kernel"], layer["upscale"]) != (3, 2):
            raise LayerError(f"layer {index}: kernel must be 3 and upscale 2")
        size = output_size(layer, size)
        if size.height > LARGEST_SIDE or size.width > LARGEST_SIDE:
            raise LayerError(
                f"layer {index} ({kind}) yields {size.height}×{size.width}, but at most "
                f"{LARGEST_SIDE}×{LARGEST_SIDE} are possible"
            )
    if size != Size(1, SIDE, SIDE):
        raise LayerError(
            f"the layers yield {size.channels}×{size.height}×{size.width}, not 1×{SIDE}×{SIDE}"
        )
    work = multiply_adds(layers, latents)
    if work > MOST_MULTIPLY_ADDS:
        raise LayerError(
            f"decoding takes {work:,} multiply-adds, but at most {MOST_MULTIPLY_ADDS:,} are possible"
        )
    return layers


def multiply_adds(layers: Sequence[Layer], latents: int) -> int:
    """Multiply-adds of decoding one latent, as `docs/weights-format.md` counts them.

    The package computes 8 channels at a time, so that a layer's count as the next multiple of 8.
    """
    total = 0
    size = Size(latents, 1, 1)
    for layer in layers:
        output = output_size(layer, size)
        per_pixel = _whole_blocks(size.channels) * _whole_blocks(output.channels)
        pixels = size.height * size.width
        if layer["kind"] == "dense":
            total += pixels * output.height * output.width * per_pixel
        elif layer["kind"] == "transposed_convolution":
            total += pixels * layer["kernel"] ** 2 * per_pixel
        elif layer["kind"] == "pixel_shuffle_convolution":
            total += pixels * SHUFFLED_TAPS * per_pixel
        size = output
    return total


def _whole_blocks(channels: int) -> int:
    return CHANNELS_AT_ONCE * -(-channels // CHANNELS_AT_ONCE)


def _expected_kinds(index: int, count: int) -> tuple[str, ...]:
    """Layers with weights and activations take turns; the last activation is a sigmoid."""
    if index % 2 == 0:
        return tuple(WEIGHTED_FIELDS)
    return ("sigmoid",) if index == count - 1 else ("elu",)


def read_layers(path: Path, latents: int) -> list[Layer]:
    """Reads a layer list from a JSON file."""
    try:
        return check_layers(json.loads(path.read_text("utf-8")), latents)
    except (OSError, ValueError) as error:
        raise LayerError(f"{path}: cannot be read: {error}") from error


class WeightedLayer(nn.Module):
    """A linear map of one kind, with or without batch normalisation of its outputs."""

    def __init__(self, layer: Layer, size: Size, batch_norm: bool) -> None:
        """Makes the layer for inputs of the given size."""
        super().__init__()
        self.kind: str = layer["kind"]
        self.output = output_size(layer, size)
        self.linear_map: Union[nn.Linear, nn.ConvTranspose2d, nn.Conv2d]
        self.norm: nn.Module = nn.Identity()
        if self.kind == "dense":
            features = self.output.count()
            self.linear_map = nn.Linear(size.count(), features)
        elif self.kind == "transposed_convolution":
            features = layer["channels"]
            self.linear_map = nn.ConvTranspose2d(
                size.channels, features, layer["kernel"], layer["stride"]
            )
        else:
            features = layer["channels"] * layer["upscale"] ** 2
            self.linear_map = nn.Conv2d(size.channels, features, layer["kernel"], padding=1)
        if batch_norm:
            dense = self.kind == "dense"
            self.norm = nn.BatchNorm1d(features) if dense else nn.BatchNorm2d(features)

    def forward(self, values: Tensor) -> Tensor:
        """Maps `[n, channels, height, width]` to the same of the output's size."""
        if self.kind == "dense":
            flat = self.norm(self.linear_map(values.flatten(1)))
            return flat.reshape(-1, self.output.channels, self.output.height, self.output.width)
        values = self.norm(self.linear_map(values))
        if self.kind == "pixel_shuffle_convolution":
            values = nn.functional.pixel_shuffle(values, 2)
        return values

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the linear map that equals this layer in evaluation mode."""
        assert self.linear_map.bias is not None
        weight, bias = self.linear_map.weight.detach(), self.linear_map.bias.detach()
        norm = self.norm
        if isinstance(norm, nn.Identity):
            return weight, bias
        assert isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d))
        assert norm.running_var is not None and norm.running_mean is not None
        scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
        # A transposed convolution keeps its output channels in the second dimension.
        shape = [1] * weight.dim()
        shape[1 if self.kind == "transposed_convolution" else 0] = -1
        return (
            weight * scale.reshape(shape),
            (bias - norm.running_mean) * scale + norm.bias.detach(),
        )


class Decoder(nn.Module):
    """Turns latents `[n, latents]` into images `[n, 1, 28, 28]` with values in 0..1.

    With `batch_norm`, each layer with weights but the last is followed by batch normalisation of
    the outputs of its linear map (before the pixel shuffle, where there is one).
    """

    def __init__(self, layers: Sequence[Layer], latents: int, batch_norm: bool) -> None:
        super().__init__()
        self.layers = list(layers)
        self.latents = latents
        weighted = []
        size = Size(latents, 1, 1)
        for layer in self.layers:
            if layer["kind"] in WEIGHTED_FIELDS:
                is_last = layer is self.layers[-2]
                weighted.append(WeightedLayer(layer, size, batch_norm and not is_last))
            size = output_size(layer, size)
        self.weighted = nn.ModuleList(weighted)
        # Convolutions of few channels run about twice as fast in this order of the memory.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, latents: Tensor) -> Tensor:
        values = latents.reshape(len(latents), self.latents, 1, 1)
        for index, weighted in enumerate(self.weighted):
            values = weighted(values)
            if index < len(self.weighted) - 1:
                values = nn.functional.elu(values)
        return torch.sigmoid(values)

    def weights(self) -> list[tuple[Tensor, Tensor]]:
        """Weight and bias of each layer with weights, batch normalisation folded in."""
        return [layer.folded() for layer in self._weighted_layers()]

    def set_weights(self, weights: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Copies weights and biases into a decoder without batch normalisation."""
        with torch.no_grad():
            for layer, (weight, bias) in zip(self._weighted_layers(), weights):
                assert layer.linear_map.bias is not None
                layer.linear_map.weight.copy_(weight)
                layer.linear_map.bias.copy_(bias)

    def folded(self) -> "Decoder":
        """A decoder without batch normalisation that equals this one in evaluation mode."""
        plain = Decoder(self.layers, self.latents, batch_norm=False)
        plain.set_weights(self.weights())
        return plain

    def parameter_count(self) -> int:
        """Numbers in the folded weights and biases."""
        return sum(weight.numel() + bias.numel() for weight, bias in self.weights())

    def _weighted_layers(self) -> Iterator[WeightedLayer]:
        for layer in self.weighted:
            assert isinstance(layer, WeightedLayer)
            yield layer


def mean_decoder(decoders: Sequence[Decoder]) -> Decoder:
    """The decoder whose weights are the means of those of decoders without batch normalisation, which have one shape.

    Decoders that were trained on from the same start lie in one basin, and their mean often generalises better than each
    (Wortsman et al. 2022, arXiv:2203.05482).
    """
    mean = Decoder(decoders[0].layers, decoders[0].latents, batch_norm=False)
    of_layers = zip(*(decoder.weights() for decoder in decoders))
    mean.set_weights(
        [
            (
                torch.stack([weight for weight, _ in of_layer]).mean(0),
                torch.stack([bias for _, bias in of_layer]).mean(0),
            )
            for of_layer in of_layers
        ]
    )
    return mean
