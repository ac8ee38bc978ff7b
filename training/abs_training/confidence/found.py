"""What the module's race finds of image sets, as `bench/confidence-evidence.ts` leaves it beside them."""

from pathlib import Path
from typing import Mapping

from torch import Tensor

from abs_training.confidence.fit import OWN
from abs_training.confidence.model import Evidence, evidence_from_file
from abs_training.images.data import DataError
from abs_training.images.image_set_files import read_labels


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
