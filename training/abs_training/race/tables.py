"""The race's tables as a weights file holds them."""

from dataclasses import dataclass
from typing import Mapping

import torch
from torch import Tensor

from abs_training.storage.quantization import FLOAT16, Element, Stored, restore, store
from abs_training.storage.safetensors_file import NAMES, WeightsFileError

WHOLE_NUMBERS = Element("I8", 127)
LAYERS = ("first", "second", "third")
PREFIX = "race."


@dataclass(frozen=True)
class RaceTables:
    """Everything that the race needs besides the decoders, by its name in the weights file.

    Weights are `[groups, inputs, outputs]`, with one group for what all classes share and otherwise
    one per class.
    """

    tensors: dict[str, Tensor]


def store_tables(tables: RaceTables) -> dict[str, Stored]:
    """Weights as whole numbers with a scale per output, what is small or sensitive as 16-bit floats."""
    return {
        name: store(tensor, tensor.shape[-1], 1, WHOLE_NUMBERS if _is_large(name) else FLOAT16)
        for name, tensor in tables.tensors.items()
    }


def _is_large(name: str) -> bool:
    return name == "race.basis" or name.endswith(".weight")


def as_stored(tables: RaceTables) -> RaceTables:
    """The tables that a reader of the file will have."""
    return RaceTables(
        {name: restore(one, one.numbers.shape[-1], 1) for name, one in store_tables(tables).items()}
    )


def restore_tables(tensors: Mapping[str, Tensor]) -> RaceTables:
    """The tables among a file's tensors."""
    found: dict[str, Tensor] = {}
    for name, numbers in tensors.items():
        if not name.startswith(PREFIX) or name.endswith(".scale"):
            continue
        scales = tensors.get(f"{name}.scale")
        if (numbers.dtype == torch.int8) != (scales is not None):
            raise WeightsFileError(f"tensor {name} and its scales do not fit together")
        found[name] = restore(Stored(NAMES[numbers.dtype], numbers, scales), numbers.shape[-1], 1)
    return RaceTables(found)
