"""A small data set that is not MNIST: bars of three directions, written as idx files."""

import gzip
import struct
from pathlib import Path

import numpy as np

NAMES = ["horizontal", "vertical", "diagonal"]


def bars(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images `[count, 28, 28]` of bytes and labels 0..2, in mixed order."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % 3).astype(np.uint8)
    rows, columns = np.mgrid[0:28, 0:28]
    images = np.zeros((count, 28, 28), dtype=np.uint8)
    for index, label in enumerate(labels):
        place = random.integers(9, 19)
        distance = (rows - place, columns - place, (rows - columns) + place - 14)[label]
        ink = 255 * np.exp(-(distance.astype(np.float64) ** 2) / random.uniform(4, 9))
        images[index] = ink.astype(np.uint8)
    return images, labels


def idx_bytes(values: np.ndarray) -> bytes:
    """An array of bytes as an idx file."""
    return struct.pack(f">I{values.ndim}I", 0x800 + values.ndim, *values.shape) + values.tobytes()


def write_data_set(folder: Path, training: int, test: int) -> None:
    """Writes the four files; two of them are compressed."""
    for prefix, count, seed in (("train", training, 1), ("t10k", test, 2)):
        images, labels = bars(count, seed)
        compressed = gzip.compress(idx_bytes(images))
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(compressed)
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
