"""What the module's race finds of image sets, as `bench/confidence-evidence.ts` leaves it beside them."""

from pathlib import Path
from typing import Mapping

import numpy as np
import torch
from torch import Tensor

from abs_training.confidence.fit import OWN
from abs_training.confidence.evidence import ERROR_UNIT, PENALTIES, Evidence, feature_count
from abs_training.images.data import DataError
from abs_training.images.image_set_files import read_labels


def rows_from_file(path: Path, columns: int) -> Tensor:
    """So many 64-bit floats for each image, `[n, columns]`; raises DataError for a file that is missing or of other rows."""
    if not path.is_file():
        raise DataError(f"{path} is missing: bench/confidence-evidence.ts writes it")
    values = torch.from_numpy(np.fromfile(path, dtype="<f8"))
    if len(values) % columns != 0:
        raise DataError(f"{path}: {len(values)} numbers are not {columns} for each image")
    return values.reshape(-1, columns)


def evidence_from_file(path: Path, classes: int) -> Evidence:
    """What the module found for a set of images, as `bench/confidence-evidence.ts` writes it.

    Raises DataError for a file that has not so many numbers for each image.
    """
    columns = [classes, feature_count(classes), len(PENALTIES)]
    losses, found, of_penalties = rows_from_file(path, sum(columns)).split(columns, 1)
    errors = ERROR_UNIT * of_penalties[:, PENALTIES.index("error")]
    return Evidence(losses, errors, found, of_penalties)


def read_found(folder: Path, classes: int) -> "tuple[dict[str, Evidence], dict[str, Tensor]]":
    """Evidence by kind of image, and the labels `[n]` of the kinds that have them.

    Raises DataError for missing images or files, and for files of other numbers of classes.
    """
    evidence, labels = {}, {}
    for kind, (name, of_kind) in read_labels(folder).items():
        evidence[kind] = evidence_from_file(folder / f"{name}-evidence.f64", classes)
        if of_kind is not None:
            labels[kind] = of_kind
    return evidence, labels


def check_kinds(folder: Path, labels: Mapping[str, Tensor]) -> None:
    """Raises DataError where a folder lacks labelled images of a kind that the fit needs."""
    for kind in OWN:
        if kind not in labels:
            raise DataError(
                f"{folder / 'sets.json'}: lists no labelled images of the kind {kind!r}"
            )
