"""Folders of image sets: idx files, and `sets.json`, which lists them in order for the benches."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional

import numpy as np
import torch
from torch import Tensor

from abs_training.foundation.checkpoint import write_atomically
from abs_training.images.data import IMAGES_MAGIC, LABELS_MAGIC, SIDE, DataError, ImageSet, read_idx


@dataclass(frozen=True)
class LabelledSet:
    """Images of one kind."""

    images: Tensor
    """`[n, 28, 28]` in 0..1."""
    labels: Optional[Tensor]
    """Class indices `[n]`; none for junk."""


def write_sets(folder: Path, sets: Mapping[str, LabelledSet]) -> None:
    """Writes sets by name into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = [
        {
            "kind": kind,
            "images": _write_set(folder, kind, of_kind),
            "labels": of_kind.labels is not None,
        }
        for kind, of_kind in sets.items()
    ]
    write_atomically(folder / "sets.json", (json.dumps(listed, indent=2) + "\n").encode("utf-8"))


def read_labels(folder: Path) -> "dict[str, tuple[str, Optional[Tensor]]]":
    """Of the sets that `write_sets` wrote, by kind: what their files' names begin with, and their labels `[n]`, none for junk.

    Raises DataError for a folder without them.
    """
    if not (folder / "sets.json").is_file():
        raise DataError(f"{folder} holds no sets.json: `fit-sets` writes it")
    listed = json.loads((folder / "sets.json").read_text("utf-8"))
    found: dict[str, tuple[str, Optional[Tensor]]] = {}
    for entry in listed:
        name = entry["images"]
        labels = None
        if entry["labels"]:
            content = read_idx(folder / f"{name}-labels-idx1-ubyte", LABELS_MAGIC)
            labels = torch.from_numpy(content.values.astype(np.int64))
        found[entry["kind"]] = (name, labels)
    return found


def write_image_set(folder: Path, prefix: str, image_set: ImageSet) -> None:
    """Writes images and labels into a folder, which is made where it is missing, under MNIST's names."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_images(folder, prefix, image_set.images)
    _write_labels(folder, prefix, image_set.labels)


def _write_set(folder: Path, kind: str, of_kind: LabelledSet) -> str:
    """Writes idx files and returns their common name."""
    name = kind.replace(" ", "-")
    _write_images(folder, name, (of_kind.images * 255).round().to(torch.uint8))
    if of_kind.labels is not None:
        _write_labels(folder, name, of_kind.labels)
    return name


def _write_images(folder: Path, name: str, images: Tensor) -> None:
    header = struct.pack(">4I", IMAGES_MAGIC, len(images), SIDE, SIDE)
    write_atomically(folder / f"{name}-images-idx3-ubyte", header + images.numpy().tobytes())


def _write_labels(folder: Path, name: str, labels: Tensor) -> None:
    header = struct.pack(">2I", LABELS_MAGIC, len(labels))
    content = labels.numpy().astype(np.uint8).tobytes()
    write_atomically(folder / f"{name}-labels-idx1-ubyte", header + content)
