"""Reading image sets in the idx format, as published at http://yann.lecun.com/exdb/mnist/."""

import gzip
import hashlib
import struct
import unicodedata
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence

import numpy as np
import torch
from torch import Tensor

from abs_training.foundation.limits import LEAST_CLASSES, MOST_CLASSES, MOST_NAME_CHARACTERS

SIDE = 28
"""Height and width of an image in pixels."""

PIXELS = SIDE * SIDE
"""Pixels of an image."""

UNPRINTABLE = ("Cc", "Cs")
"""Unicode's categories of what a class's name may not hold: control characters, halves of characters."""

VALIDATION_SHARE = 12
"""The last 1/12 of the training file is held out: 5000 of MNIST's 60,000 images."""

IMAGES_MAGIC = 0x00000803
"""Start of an idx file of unsigned bytes with three dimensions."""

LABELS_MAGIC = 0x00000801
"""Start of an idx file of unsigned bytes with one dimension."""

NUMBER_KINDS = {
    0x08: "unsigned bytes",
    0x09: "signed bytes",
    0x0B: "16-bit integers",
    0x0C: "32-bit integers",
    0x0D: "32-bit floats",
    0x0E: "64-bit floats",
}
"""Kinds of numbers that an idx file may hold, by the third byte of the file."""


class DataError(Exception):
    """A data file that is missing, damaged or of the wrong kind."""


@dataclass(frozen=True)
class IdxFile:
    """An idx file in memory."""

    name: str
    """File name without `.gz`."""
    sha256: str
    """SHA-256 of the uncompressed bytes, in hexadecimal."""
    values: np.ndarray
    """Unsigned bytes, `[count, height, width]` or `[count]`."""


@dataclass(frozen=True)
class ImageSet:
    """Images and their class indices."""

    images: Tensor
    """Unsigned bytes, `[count, 28, 28]`; 0 is background, 255 is full ink."""
    labels: Tensor
    """Class indices from 0, 64-bit integers, `[count]`."""

    def __len__(self) -> int:
        return int(self.labels.shape[0])

    def of_class(self, index: int) -> Tensor:
        """The images of one class, in file order."""
        return self.images[self.labels == index]

    def first(self, count: int) -> "ImageSet":
        """The first `count` images, or all where there are fewer."""
        return ImageSet(self.images[:count], self.labels[:count])

    def first_of_each_class(self, count: int) -> "ImageSet":
        """The first `count` images of each class, or all where there are fewer, in file order."""
        kept = torch.zeros(len(self), dtype=torch.bool)
        for label in self.labels.unique().tolist():
            kept[(self.labels == label).nonzero().flatten()[:count]] = True
        return ImageSet(self.images[kept], self.labels[kept])


@dataclass(frozen=True)
class DataSet:
    """Everything that training needs of a data folder."""

    training: ImageSet
    validation: ImageSet
    class_names: list[str]
    sha256: dict[str, str]
    """Name of each file used -> SHA-256 of its uncompressed bytes."""


def to_unit_range(images: Tensor) -> Tensor:
    """Bytes `[n, 28, 28]` as floats in 0..1, `[n, 1, 28, 28]`."""
    return images.to(torch.float32).div(255).reshape(-1, 1, SIDE, SIDE)


def read_idx(path: Path, magic: int) -> IdxFile:
    """Reads one idx file, gzip-compressed if its name ends in `.gz`."""
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    dimensions = magic & 0xFF
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise DataError(f"{path}: {len(content)} bytes are too few for an idx header of {header}")
    found, *shape = struct.unpack(f">{1 + dimensions}I", content[:header])
    if found != magic:
        kind = NUMBER_KINDS.get(found >> 8)
        holds = "" if kind is None else f" ({kind} in {found & 0xFF} dimension(s))"
        raise DataError(
            f"{path}: starts with 0x{found:08x}{holds}, but unsigned bytes in {dimensions} "
            f"dimension(s) start with 0x{magic:08x}"
        )
    expected = header
    size = 1
    for extent in shape:
        size *= extent
    expected += size
    if len(content) != expected:
        raise DataError(
            f"{path}: its header promises {expected} bytes in all, but it has {len(content)}"
        )
    values = np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)
    name = path.name[:-3] if path.suffix == ".gz" else path.name
    return IdxFile(name, hashlib.sha256(content).hexdigest(), values)


def find_file(folder: Path, name: str) -> Path:
    """The file of that name in the folder, with or without `.gz`."""
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    raise DataError(f"{folder}: holds neither {name} nor {name}.gz")


def read_image_set(folder: Path, prefix: str) -> tuple[ImageSet, dict[str, str]]:
    """Reads the images and labels named `train-…` or `t10k-…`; also returns the files' SHA-256."""
    images = read_idx(find_file(folder, f"{prefix}-images-idx3-ubyte"), IMAGES_MAGIC)
    labels = read_idx(find_file(folder, f"{prefix}-labels-idx1-ubyte"), LABELS_MAGIC)
    if images.values.shape[1:] != (SIDE, SIDE):
        height, width = images.values.shape[1:]
        raise DataError(f"{images.name}: images are {height}×{width}, but must be {SIDE}×{SIDE}")
    if len(images.values) != len(labels.values):
        raise DataError(
            f"{images.name} has {len(images.values)} images, but {labels.name} has "
            f"{len(labels.values)} labels"
        )
    image_set = ImageSet(
        torch.from_numpy(images.values.copy()),
        torch.from_numpy(labels.values.astype(np.int64)),
    )
    return image_set, {images.name: images.sha256, labels.name: labels.sha256}


def keep_classes(image_set: ImageSet, kept: Sequence[int]) -> ImageSet:
    """Only the images with the given labels, renumbered 0, 1, … in the order given."""
    renumbered = torch.full((256,), -1, dtype=torch.int64)
    for index, label in enumerate(kept):
        renumbered[label] = index
    labels = renumbered[image_set.labels]
    chosen = labels >= 0
    return ImageSet(image_set.images[chosen], labels[chosen])


def choose_classes(
    labels: Tensor, kept: Optional[Sequence[int]], names: Optional[Sequence[str]]
) -> tuple[list[int], list[str]]:
    """The labels to train on and their names.

    `kept` are labels as in the file (default: 0 to the highest); `names` has one name for each
    label of the file, or one for each label kept.
    """
    count = int(labels.max()) + 1 if len(labels) else 0
    chosen = list(kept) if kept is not None else list(range(count))
    if not LEAST_CLASSES <= len(chosen) <= MOST_CLASSES:
        raise DataError(
            f"{len(chosen)} class(es) chosen, but {LEAST_CLASSES} to {MOST_CLASSES} are possible"
        )
    if len(set(chosen)) != len(chosen):
        raise DataError("a class is chosen twice")
    for label in chosen:
        if not 0 <= label < count:
            raise DataError(f"class {label} is chosen, but the labels reach from 0 to {count - 1}")
    if names is None:
        return chosen, [str(label) for label in chosen]
    if len(names) == len(chosen):
        chosen_names = list(names)
    elif len(names) == count:
        chosen_names = [names[label] for label in chosen]
    else:
        raise DataError(
            f"{len(names)} class names are given for {len(chosen)} classes"
            + (f": the labels reach from 0 to {count - 1}" if kept is None else "")
        )
    if len(set(chosen_names)) != len(chosen_names) or "" in chosen_names:
        raise DataError("class names must differ from each other and not be empty")
    for name in chosen_names:
        if len(name) > MOST_NAME_CHARACTERS or any(
            unicodedata.category(one) in UNPRINTABLE for one in name
        ):
            raise DataError(
                f"class name {name[:MOST_NAME_CHARACTERS]!r}: at most {MOST_NAME_CHARACTERS} "
                "characters are possible, and no control characters"
            )
    return chosen, chosen_names


def split_training(image_set: ImageSet) -> tuple[ImageSet, ImageSet]:
    """Training images, and the last 1/12 of the file as validation images."""
    boundary = len(image_set) - len(image_set) // VALIDATION_SHARE
    return (
        ImageSet(image_set.images[:boundary], image_set.labels[:boundary]),
        ImageSet(image_set.images[boundary:], image_set.labels[boundary:]),
    )


def read_split(folder: Path, split: str, kept: Optional[Sequence[int]], classes: int) -> ImageSet:
    """The images of a folder's `validation` or `test` split for a model of so many classes.

    `kept` are the labels of the classes as in the file (default: 0 to `classes` − 1).
    """
    image_set, _ = read_image_set(folder, "t10k" if split == "test" else "train")
    if split == "validation":
        _, image_set = split_training(image_set)
    if kept is None:
        highest = int(image_set.labels.max()) if len(image_set) else -1
        if highest >= classes:
            raise DataError(f"an image has label {highest}, but the model has {classes} classes")
    elif len(kept) != classes:
        raise DataError(f"{len(kept)} class(es) are chosen, but the model has {classes}")
    else:
        image_set = keep_classes(image_set, kept)
    if len(image_set) == 0:
        raise DataError(f"{folder}: the {split} split has no image of the model's classes")
    return image_set


def read_data_set(
    folder: Path,
    kept: Optional[Sequence[int]] = None,
    names: Optional[Sequence[str]] = None,
    also: Sequence[Path] = (),
) -> DataSet:
    """Reads a folder's training files and splits them into training and validation images.

    All the training files of the folders `also`, which have the same labels, join the training images.
    """
    everything, sha256 = read_image_set(folder, "train")
    chosen, class_names = choose_classes(everything.labels, kept, names)
    present = sorted(set(everything.labels.tolist()))
    for label, name in zip(chosen, class_names):
        if label not in present:
            raise DataError(
                f"no image has label {label}, class {name}; where labels skip numbers, choose "
                f"those that there are with --classes {','.join(str(number) for number in present)}"
            )
    training, validation = split_training(everything)
    training, validation = keep_classes(training, chosen), keep_classes(validation, chosen)
    for index, name in enumerate(class_names):
        for part, images, fewest in (("training", training, 2), ("validation", validation, 1)):
            found = int((images.labels == index).sum())
            if found < fewest:
                raise DataError(
                    f"class {name} has {found} {part} image(s), but needs {fewest}; validation "
                    f"images are the last 1/{VALIDATION_SHARE} of the file, so the file's order "
                    "must be mixed and no class too small"
                )
    for more in also:
        extra, hashes = read_image_set(more, "train")
        extra = keep_classes(extra, chosen)
        if len(extra) == 0:
            raise DataError(f"{more}: no image has a label of the classes")
        training = ImageSet(
            torch.cat([training.images, extra.images]), torch.cat([training.labels, extra.labels])
        )
        sha256 |= {f"{more.name}/{name}": digest for name, digest in hashes.items()}
    return DataSet(training, validation, class_names, sha256)
