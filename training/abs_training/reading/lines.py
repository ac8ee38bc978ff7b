"""Lines of digits with their seams, as `bench/strings.ts --lines` writes them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from abs_training.images.data import DataError

ROWS = 32
"""Rows of a line's image, as in `src/reading/line-image.ts`."""


@dataclass(frozen=True)
class Line:
    """A line's ink, and how near each pixel lies to a seam: `ROWS` rows of bytes each."""

    ink: np.ndarray
    seams: np.ndarray


def read_lines(path: Path) -> list[Line]:
    """Reads a file of records: the width as four bytes, little-endian, then ink and seams row by row.

    Raises:
        DataError: if the file ends within a record or holds none.
    """
    data = np.fromfile(path, dtype=np.uint8)
    lines = []
    place = 0
    while place < len(data):
        width = int.from_bytes(data[place : place + 4].tobytes(), "little")
        planes = data[place + 4 : place + 4 + 2 * ROWS * width]
        if width == 0 or width % 4 or len(planes) != 2 * ROWS * width:
            raise DataError(f"{path}: got a record of width {width} at byte {place}, wanted lines")
        ink, seams = planes.reshape(2, ROWS, width)
        lines.append(Line(ink, seams))
        place += 4 + len(planes)
    if not lines:
        raise DataError(f"{path}: got no lines")
    return lines


def batch_of(lines: list[Line]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ink and seams, n×1×`ROWS`×width in [0, 1], and 1 where a line has pixels: shorter ones are filled up with 0."""
    width = max(line.ink.shape[1] for line in lines)
    ink, seams, mask = torch.zeros(3, len(lines), 1, ROWS, width)
    for place, line in enumerate(lines):
        own = line.ink.shape[1]
        ink[place, 0, :, :own] = torch.from_numpy(line.ink).float() / 255
        seams[place, 0, :, :own] = torch.from_numpy(line.seams).float() / 255
        mask[place, 0, :, :own] = 1
    return ink, seams, mask
