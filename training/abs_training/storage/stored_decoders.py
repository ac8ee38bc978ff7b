"""Decoders and prototypes as the tensors of a weights file, in their stored form, and back."""

from dataclasses import dataclass
from typing import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from abs_training.decoders.layers import WEIGHTED_FIELDS, Decoder, Layer, Size, output_size
from abs_training.storage.quantization import Element, Storage, Stored, restore, store
from abs_training.storage.safetensors_file import NAMES, WeightsFileError

PROTOTYPES = "prototypes"


@dataclass(frozen=True)
class Layout:
    """A tensor's shape and where a value's channel is found in it."""

    shape: tuple[int, ...]
    """Without the classes, which come first."""
    channels: int
    within: int
    """The channel of a class's value is `(index // within) % channels`."""


def scale_name(name: str) -> str:
    """Name of the tensor that holds the scales of another."""
    return f"{name}.scale"


def store_decoders(decoders: Sequence[Decoder], storage: Storage) -> dict[str, Stored]:
    """Weights and biases of one decoder per class by their names in the file."""
    of_classes = [decoder.weights() for decoder in decoders]
    found: dict[str, Stored] = {}
    layouts = _layer_layouts(decoders[0].layers, decoders[0].latents)
    for position, (index, weight, bias) in enumerate(layouts):
        for part, name, layout, element in (
            (0, "weight", weight, storage.weights),
            (1, "bias", bias, storage.biases),
        ):
            values = torch.stack([of_class[position][part].cpu() for of_class in of_classes])
            found[f"layers.{index}.{name}"] = store(values, layout.channels, layout.within, element)
    return found


def restore_decoders(
    tensors: Mapping[str, Tensor], layers: Sequence[Layer], latents: int, classes: int
) -> list[Decoder]:
    """Decoders from a file's tensors; layer lists are checked before."""
    of_classes: list[list[tuple[Tensor, Tensor]]] = [[] for _ in range(classes)]
    for index, weight, bias in _layer_layouts(layers, latents):
        weights = _restored(tensors, f"layers.{index}.weight", classes, weight)
        biases = _restored(tensors, f"layers.{index}.bias", classes, bias)
        for of_class, parts in zip(of_classes, zip(weights, biases)):
            of_class.append(parts)
    decoders = []
    for of_class in of_classes:
        decoder = Decoder(layers, latents, batch_norm=False)
        decoder.set_weights(of_class)
        decoders.append(decoder)
    return decoders


def store_prototypes(prototypes: Tensor, element: Element) -> Stored:
    """Latents `[classes, n, latents]`, with a scale per class and latent."""
    return store(prototypes, prototypes.shape[2], 1, element)


def restore_prototypes(tensors: Mapping[str, Tensor], latents: int, classes: int) -> Tensor:
    """Latents `[classes, n, latents]` from a file's tensors."""
    count = tensors[PROTOTYPES].shape[1]
    return _restored(tensors, PROTOTYPES, classes, Layout((count, latents), latents, 1))


def as_stored(decoders: Sequence[Decoder], storage: Storage) -> list[Decoder]:
    """The decoders that a reader of the file will have, on the device of the given ones.

    What is measured and calibrated on them holds for the file. Storing them again changes nothing.
    """
    device = next(decoders[0].parameters()).device
    tensors = file_tensors(store_decoders(decoders, storage))
    first = decoders[0]
    found = restore_decoders(tensors, first.layers, first.latents, len(decoders))
    return [decoder.to(device) for decoder in found]


def prototypes_as_stored(prototypes: Tensor, storage: Storage) -> Tensor:
    """The latents that a reader of the file will have."""
    latents = prototypes.shape[2]
    return restore(store_prototypes(prototypes, storage.prototypes), latents, 1)


def file_tensors(stored: Mapping[str, Stored]) -> dict[str, Tensor]:
    """The tensors of the file, with their scales."""
    tensors: dict[str, Tensor] = {}
    for name, one in stored.items():
        tensors[name] = one.numbers
        if one.scales is not None:
            tensors[scale_name(name)] = one.scales
    return tensors


def check_scales(tensors: Mapping[str, Tensor]) -> None:
    """Refuses scales that belong to no tensor of 8-bit integers."""
    wanted = {scale_name(name) for name, one in tensors.items() if one.dtype == torch.int8}
    for name in tensors:
        if name.endswith(scale_name("")) and name not in wanted:
            raise WeightsFileError(f"tensor {name} belongs to no tensor of type I8")


def _restored(tensors: Mapping[str, Tensor], name: str, classes: int, layout: Layout) -> Tensor:
    numbers = tensors.get(name)
    if numbers is None:
        raise WeightsFileError(f"tensor {name} is missing")
    _check_shape(name, numbers, (classes, *layout.shape))
    scales = None
    if numbers.dtype == torch.int8:
        scales = tensors.get(scale_name(name))
        if scales is None:
            raise WeightsFileError(f"tensor {name} is I8, but {scale_name(name)} is missing")
        _check_shape(scale_name(name), scales, (classes, layout.channels))
        if scales.dtype != torch.float32 or not bool((scales.isfinite() & (scales > 0)).all()):
            raise WeightsFileError(f"tensor {scale_name(name)} must hold positive numbers as F32")
        if numbers.numel() and int(numbers.min()) < -127:
            raise WeightsFileError(f"tensor {name} holds −128")
    elif not bool(numbers.isfinite().all()):
        raise WeightsFileError(f"tensor {name} holds a value that is not finite")
    return restore(Stored(NAMES[numbers.dtype], numbers, scales), layout.channels, layout.within)


def _check_shape(name: str, tensor: Tensor, expected: tuple[int, ...]) -> None:
    if tuple(tensor.shape) != expected:
        raise WeightsFileError(
            f"tensor {name} has the wrong shape: {list(tensor.shape)} instead of {list(expected)}"
        )


def _layer_layouts(layers: Sequence[Layer], latents: int) -> Iterator[tuple[int, Layout, Layout]]:
    """Index, weight and bias of each layer that has them."""
    size = Size(latents, 1, 1)
    for index, layer in enumerate(layers):
        output = output_size(layer, size)
        if layer["kind"] in WEIGHTED_FIELDS:
            yield (index, *_LAYOUTS[layer["kind"]](layer, size, output))
        size = output


def _dense(layer: Layer, size: Size, output: Size) -> tuple[Layout, Layout]:
    pixels = output.height * output.width
    inputs, outputs = size.count(), output.count()
    return (
        Layout((outputs, inputs), output.channels, pixels * inputs),
        Layout((outputs,), output.channels, pixels),
    )


def _transposed_convolution(layer: Layer, size: Size, output: Size) -> tuple[Layout, Layout]:
    kernel, channels = layer["kernel"], output.channels
    shape = (size.channels, channels, kernel, kernel)
    return Layout(shape, channels, kernel**2), Layout((channels,), channels, 1)


def _pixel_shuffle_convolution(layer: Layer, size: Size, output: Size) -> tuple[Layout, Layout]:
    channels = output.channels * layer["upscale"] ** 2
    kernel = layer["kernel"]
    shape = (channels, size.channels, kernel, kernel)
    return Layout(shape, channels, size.channels * kernel**2), Layout((channels,), channels, 1)


_LAYOUTS: dict[str, Callable[[Layer, Size, Size], tuple[Layout, Layout]]] = {
    "dense": _dense,
    "transposed_convolution": _transposed_convolution,
    "pixel_shuffle_convolution": _pixel_shuffle_convolution,
}
