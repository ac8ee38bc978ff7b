"""Pieces of lines, as `bench/strings.ts --pieces` writes them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from abs_training.images.data import DataError
from abs_training.reading.lines import ROWS
from abs_training.reading.piece_network import KINDS

COLUMNS = 40
"""Columns of a window, as in `src/reading/piece-window.ts`."""
NO_DIGIT, DIGIT = 0.6, 0.85
"""A piece that shares so little with any digit is none; one that shares so much is that digit, and what lies between is it in part."""


@dataclass(frozen=True)
class Pieces:
    """n×`ROWS`×`COLUMNS`×2 bytes (a piece's ink, all other), and n×`KINDS`: how much it is each digit, or none."""

    windows: torch.Tensor
    kinds: torch.Tensor

    def chosen(self, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Some of them, as the network takes them: n×2×`ROWS`×`COLUMNS` in [0, 1]."""
        return self.windows[places].permute(0, 3, 1, 2).float() / 255, self.kinds[places]

    def part(self, places: slice) -> "Pieces":
        """Some of them."""
        return Pieces(self.windows[places], self.kinds[places])


def read_pieces(path: Path) -> Pieces:
    """Reads a file of records: a label, the share in 255ths that the piece has of that digit, and its window.

    Raises:
        DataError: if the file ends within a record, holds none or has another label.
    """
    data = np.fromfile(path, dtype=np.uint8)
    size = 2 + 2 * ROWS * COLUMNS
    if len(data) == 0 or len(data) % size:
        raise DataError(f"{path}: got {len(data)} bytes, wanted a multiple of {size}")
    records = torch.from_numpy(data.reshape(-1, size))
    labels = records[:, 0].long()
    if int(labels.max()) >= KINDS:
        raise DataError(f"{path}: got a label of {int(labels.max())}, wanted 0 to {KINDS - 1}")
    shares = ((records[:, 1].float() / 255 - NO_DIGIT) / (DIGIT - NO_DIGIT)).clamp(0, 1)
    kinds = torch.zeros(len(labels), KINDS)
    kinds[torch.arange(len(labels)), labels] = shares
    kinds[:, KINDS - 1] += 1 - kinds.sum(1)
    return Pieces(records[:, 2:].reshape(-1, ROWS, COLUMNS, 2), kinds)
