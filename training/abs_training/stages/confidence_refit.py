"""Fitting the confidence of finished weights again, as they are searched by default."""

from torch import Tensor

from abs_training.confidence.fit import fit_confidence
from abs_training.confidence.model import CalibratedConfidence
from abs_training.confidence.sets import MoreImages, SetSizes
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import ImageSet
from abs_training.race.starts import RaceStarts
from abs_training.search.inference import paper_samples
from abs_training.weights.weights_file import Weights

STARTS = 300
"""Latents drawn where a file brings no prototypes."""


def refit_confidence(
    weights: Weights,
    validation: ImageSet,
    seed: int,
    workers: int,
    device: str,
    more: MoreImages = MoreImages(),
) -> CalibratedConfidence:
    """Searches validation images, corrupted ones, more images and junk by the default inference, and fits."""
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
        validation,
        weights.class_names,
        SetSizes(),
        seed,
        workers,
        race,
        more,
    )
