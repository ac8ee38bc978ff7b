"""Pieces of lines, as `bench/strings.ts --pieces` writes them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from abs_training.images.data import DataError
from abs_training.reading.piece_network import KINDS

SIDE = 28


@dataclass(frozen=True)
class Pieces:
    """n×1×28×28 bytes, and what each shows: a digit, or `KINDS` - 1 for what is none."""

    images: torch.Tensor
    labels: torch.Tensor


def read_pieces(path: Path) -> Pieces:
    """Reads a file of records: a label, then 784 bytes.

    Raises:
        DataError: if the file ends within a record, holds none or has another label.
    """
    data = np.fromfile(path, dtype=np.uint8)
    size = 1 + SIDE * SIDE
    if len(data) == 0 or len(data) % size:
        raise DataError(f"{path}: got {len(data)} bytes, wanted a multiple of {size}")
    records = torch.from_numpy(data.reshape(-1, size))
    labels = records[:, 0].long()
    if int(labels.max()) >= KINDS:
        raise DataError(f"{path}: got a label of {int(labels.max())}, wanted 0 to {KINDS - 1}")
    return Pieces(records[:, 1:].reshape(-1, 1, SIDE, SIDE).contiguous(), labels)
