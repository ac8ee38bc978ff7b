"""A small convolutional network, the kind of classifier that the decoders are compared with.

The layout is that of the CNN in Schott et al. 2018 (arXiv:1805.09190): four convolutions with
kernels 5, 4, 3, 5 and strides 1, 2, 2, 1, without padding, so that 28×28 pixels shrink to 1×1;
here with fewer maps than its 20, 70, 256.
"""

import json
import math
from pathlib import Path
from typing import Any, Sequence

import torch
from torch import Tensor, nn

from abs_training.images.data import SIDE
from abs_training.storage.safetensors_file import (
    WeightsFileError,
    read_safetensors,
    write_safetensors,
)

FORMAT = "analysis-by-synthesis baseline"
FORMAT_VERSION = "1"

KERNELS = (5, 4, 3, 5)
STRIDES = (1, 2, 2, 1)


class Cnn(nn.Module):
    """Turns images `[n, 1, 28, 28]` in 0..1 into logits `[n, classes]`."""

    def __init__(self, maps: Sequence[int], class_names: Sequence[str], batch_norm: bool) -> None:
        """`maps` are the maps of the three hidden layers.

        With `batch_norm`, each of them is followed by batch normalisation.
        """
        super().__init__()
        self.maps = tuple(maps)
        self.class_names = list(class_names)
        channels = [1, *maps, len(self.class_names)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, outputs, kernel, stride)
            for inputs, outputs, kernel, stride in zip(channels, channels[1:], KERNELS, STRIDES)
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(count) if batch_norm else nn.Identity() for count in maps
        )
        # Convolutions of few channels run about twice as fast in this order of the memory.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        values = images
        for convolution, norm in zip(self.convolutions, self.norms):
            values = nn.functional.relu(norm(convolution(values)))
        return self.convolutions[-1](values).flatten(1)

    def folded(self) -> "Cnn":
        """A network without batch normalisation that equals this one in evaluation mode."""
        plain = Cnn(self.maps, self.class_names, batch_norm=False)
        with torch.no_grad():
            for index, convolution in enumerate(self.convolutions):
                assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None
                weight, bias = convolution.weight, convolution.bias
                norm = self.norms[index] if index < len(self.norms) else None
                if isinstance(norm, nn.BatchNorm2d):
                    assert norm.running_var is not None and norm.running_mean is not None
                    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
                    weight = weight * scale.reshape(-1, 1, 1, 1)
                    bias = (bias - norm.running_mean) * scale + norm.bias
                target = plain.convolutions[index]
                assert isinstance(target, nn.Conv2d) and target.bias is not None
                target.weight.copy_(weight)
                target.bias.copy_(bias)
        return plain.eval()

    def parameter_count(self) -> int:
        """Numbers in the weights and biases of the convolutions."""
        return sum(parameter.numel() for parameter in self.convolutions.parameters())

    def multiplications(self) -> int:
        """Multiplications (each with an addition) for one image."""
        side, total = SIDE, 0
        channels = [1, *self.maps, len(self.class_names)]
        for inputs, outputs, kernel, stride in zip(channels, channels[1:], KERNELS, STRIDES):
            side = (side - kernel) // stride + 1
            total += side * side * outputs * inputs * kernel * kernel
        return total


def write_cnn(path: Path, cnn: Cnn, training: dict[str, Any], data_sha256: dict[str, str]) -> None:
    """Writes a folded network as safetensors; `training` tells how it was made."""
    write_safetensors(
        path,
        cnn.state_dict(),
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "maps": json.dumps(cnn.maps),
            "classes": json.dumps(cnn.class_names, ensure_ascii=False),
            "training": json.dumps(training, ensure_ascii=False),
            "data_sha256": json.dumps(data_sha256, ensure_ascii=False),
        },
    )


def read_cnn(path: Path) -> Cnn:
    """Reads a network that `write_cnn` wrote; it is in evaluation mode.

    Raises `WeightsFileError` for a file that is damaged or holds something else.
    """
    tensors, metadata = read_safetensors(path)
    _check_format(path, metadata)
    try:
        maps = [int(count) for count in json.loads(metadata["maps"])]
        names = [str(name) for name in json.loads(metadata["classes"])]
        cnn = Cnn(maps, names, batch_norm=False)
        cnn.load_state_dict(tensors)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise WeightsFileError(f"{path}: breaks the format of a baseline: {error}") from error
    if not all(math.isfinite(float(tensor.sum())) for tensor in tensors.values()):
        raise WeightsFileError(f"{path}: holds numbers that are not finite")
    return cnn.eval()


def read_history(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """How a network was made, and the SHA-256 of its data files, as `write_cnn` was told."""
    _, metadata = read_safetensors(path)
    _check_format(path, metadata)
    return json.loads(metadata["training"]), json.loads(metadata["data_sha256"])


def _check_format(path: Path, metadata: dict[str, str]) -> None:
    if metadata.get("format") != FORMAT or metadata.get("format_version") != FORMAT_VERSION:
        raise WeightsFileError(f"{path}: not of format {FORMAT}, version {FORMAT_VERSION}")
