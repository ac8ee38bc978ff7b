"""How the numbers of a weights file are stored, and what they are worth once they are.

A tensor is stored as 32-bit floats, as 16-bit floats, or as whole numbers of 8 bits, of which each
stands for itself times a scale of its class and channel.
"""

from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor

CLIP_FACTORS = torch.linspace(1.0, 0.4, 61)
"""Shares of a channel's largest magnitude that are tried as the largest one to be stored.

Cutting off a few large values can pay, because all the others then lie on a finer grid.
"""

LARGEST_FLOAT16 = 65504.0


class StorageError(ValueError):
    """Values that cannot be stored as asked."""


@dataclass(frozen=True)
class Element:
    """The type of a tensor's numbers, named as safetensors does."""

    dtype: str
    """`F32`, `F16` or `I8`."""
    largest_level: int = 127
    """Of `I8`, 1 to 127; fewer levels are coarser and compress better."""


FLOAT32 = Element("F32")
FLOAT16 = Element("F16")


@dataclass(frozen=True)
class Storage:
    """The type of each kind of tensor."""

    weights: Element
    biases: Element
    prototypes: Element


def _whole_numbers(weight_level: int, prototype_level: int) -> Storage:
    # A convolution has one bias per channel, which would take a scale of its own: 16 bits are less.
    return Storage(Element("I8", weight_level), FLOAT16, Element("I8", prototype_level))


STORAGES = {
    "float32": Storage(FLOAT32, FLOAT32, FLOAT32),
    "float16": Storage(FLOAT16, FLOAT16, FLOAT16),
    "int8": _whole_numbers(127, 127),
    "int7": _whole_numbers(63, 63),
    "int6": _whole_numbers(31, 31),
    "int5": _whole_numbers(15, 15),
    "int7-int6": _whole_numbers(63, 31),
    "int6-int8": _whole_numbers(31, 127),
    "int6-int5": _whole_numbers(31, 15),
}
"""By name. `int7` takes whole numbers of 7 bits, −63..63; `int6-int8` 6 bits for the weights and 8
for the prototypes. Every whole number takes a byte; the unused levels are what gzip saves.
"""


@dataclass(frozen=True)
class Stored:
    """A tensor as a file holds it."""

    dtype: str
    numbers: Tensor
    """32-bit floats, 16-bit floats or 8-bit integers of the tensor's shape."""
    scales: Optional[Tensor] = None
    """For 8-bit integers: 32-bit floats `[classes, channels]`."""


def store(values: Tensor, channels: int, within: int, element: Element) -> Stored:
    """Stores `[classes, …]`, where `(index // within) % channels` is the channel of a class's value.

    Storing what `restore` returned stores the same again.
    """
    values = values.detach().cpu().float().contiguous()
    if not bool(torch.isfinite(values).all()):
        raise StorageError("some values are not finite")
    if element.dtype == "F32":
        return Stored("F32", values)
    if element.dtype == "F16":
        largest = float(values.abs().max()) if values.numel() else 0.0
        if largest > LARGEST_FLOAT16:
            raise StorageError(f"{largest} is too large for 16-bit floats; use float32")
        return Stored("F16", values.half())
    grouped = _by_channel(values, channels, within)
    levels = element.largest_level
    scales = _best_scales(grouped, levels)
    numbers = _round(grouped, scales, levels)
    return Stored("I8", _in_place(numbers, values, channels, within).to(torch.int8), scales)


def restore(stored: Stored, channels: int, within: int) -> Tensor:
    """The values, 32-bit floats, that a stored tensor stands for; arguments as for `store`."""
    values = stored.numbers.float()
    if stored.scales is None:
        return values
    grouped = _by_channel(values, channels, within) * stored.scales.unsqueeze(2)
    return _in_place(grouped, values, channels, within)


def _by_channel(values: Tensor, channels: int, within: int) -> Tensor:
    """`[classes, channels, values of the channel]`."""
    split = values.reshape(len(values), -1, channels, within)
    return split.transpose(1, 2).reshape(len(values), channels, -1)


def _in_place(grouped: Tensor, like: Tensor, channels: int, within: int) -> Tensor:
    """Undoes `_by_channel`."""
    split = grouped.reshape(len(like), channels, -1, within).transpose(1, 2)
    return split.reshape(like.shape).contiguous()


def _best_scales(grouped: Tensor, levels: int) -> Tensor:
    """For each class and channel the scale, of those tried, with the least squared error.

    Scales have 8 significant bits, so that a whole number of 8 bits times a scale is exact.
    """
    largest = grouped.abs().amax(2)
    best = torch.full_like(largest, torch.inf)
    scales = torch.ones_like(largest)
    for factor in CLIP_FACTORS:
        tried = (largest * factor / levels).bfloat16().float()
        tried = torch.where(tried > 0, tried, torch.ones_like(tried))
        error = (_round(grouped, tried, levels) * tried.unsqueeze(2) - grouped).square().sum(2)
        better = error < best
        best = torch.where(better, error, best)
        scales = torch.where(better, tried, scales)
    return scales


def _round(grouped: Tensor, scales: Tensor, levels: int) -> Tensor:
    return (grouped / scales.unsqueeze(2)).round().clamp(-levels, levels)
