"""Fitting the confidence of finished weights again, as they are searched by default."""

from dataclasses import replace
from pathlib import Path

from torch import Tensor

from abs_training.confidence.calibration import calibrate
from abs_training.confidence.found import check_kinds, read_found, rows_from_file
from abs_training.confidence.fit import fit_confidence, fit_to_evidence
from abs_training.confidence.model import CalibratedConfidence
from abs_training.confidence.sets import TO_BE_SEARCHED, MoreImages
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import ImageSet
from abs_training.images.image_set_files import read_labels
from abs_training.race.starts import RaceStarts
from abs_training.search.inference import paper_samples
from abs_training.weights.weights_file import Weights

STARTS = 300
"""Latents drawn where a file brings no prototypes."""


def refit_confidence(
    weights: Weights,
    training: ImageSet,
    validation: ImageSet,
    seed: int,
    workers: int,
    device: str,
    more: MoreImages = MoreImages(),
) -> CalibratedConfidence:
    """Searches images of the data, corrupted ones, more images and junk by the default inference, and fits."""
    classes, latents = len(weights.class_names), weights.decoders[0].latents
    starts: Tensor
    if weights.prototypes is None:
        generator = generator_for(seed, "confidence", "starts")
        drawn = paper_samples(STARTS, latents, generator)
        starts = drawn.expand(classes, *drawn.shape)
    else:
        starts = weights.prototypes
    race = None
    if weights.race is not None:
        race = RaceStarts(weights.race, classes, latents, weights.assumptions)
    return fit_confidence(
        [decoder.to(device) for decoder in weights.decoders],
        [own.to(device) for own in starts],
        weights.assumptions,
        training,
        validation,
        weights.class_names,
        TO_BE_SEARCHED,
        seed,
        workers,
        race,
        more,
    )


def refit_to_found(weights: Weights, folder: Path, seed: int) -> Weights:
    """The weights with their confidences fitted to what the race itself finds.

    `bench/confidence-evidence.ts` left that beside the images of the folder. The variant for black-and-white images keeps
    its class scales. Raises DataError for missing images or files, and for files of other numbers of classes.
    """
    classes = len(weights.class_names)
    evidence, labels = read_found(folder, classes)
    check_kinds(folder, labels)
    binary = weights.binary_variant
    if binary is not None:
        name, _ = read_labels(folder)["clean"]
        losses = rows_from_file(folder / f"{name}-binary-abs.f64", classes)
        binary = replace(binary, calibration=calibrate(losses, labels["clean"]))
    calibrated = fit_to_evidence(evidence, labels, seed)
    return replace(weights, calibrated=calibrated, binary_variant=binary)
