"""The images that a confidence is fitted to and judged on."""

from dataclasses import dataclass
from typing import Mapping, Sequence

import torch
from torch import Tensor

import torch
from torch import Tensor

from abs_training.foundation.randomness import generator_for
from abs_training.images.corruptions import CORRUPTIONS, corrupted, mixed_corruptions
from abs_training.images.data import ImageSet, to_unit_range
from abs_training.images.image_set_files import LabelledSet
from abs_training.images.junk import FROM_DATA, GENERATED, HARD_KINDS, HELD_OUT, junk, kinds_for

FIT_SEED, REPORT_SEED = 0, 1
"""Junk and corruptions for the report are drawn from another seed than those for the fit."""


@dataclass(frozen=True)
class SetSizes:
    """How many images of each sort are used at most."""

    clean: int = 5000
    corrupted: int = 5000
    easy: int = 350
    """Of each kind of junk that is easily told."""
    hard: int = 900
    """Of each other kind."""


def unit_images(image_set: ImageSet) -> Tensor:
    """Images `[n, 28, 28]` in 0..1."""
    return to_unit_range(image_set.images).squeeze(1)


def sets_for_fit(
    validation: ImageSet,
    class_names: Sequence[str],
    sizes: SetSizes,
    seed: int,
    more_junk: Mapping[str, Tensor],
) -> dict[str, LabelledSet]:
    """Clean and corrupted images and every kind of junk that is not held out, by name.

    `more_junk` are further kinds, bytes `[n, 28, 28]` each, of which so many are drawn as of hard kinds, thrice.
    """
    clean = validation.first(sizes.clean)
    images = unit_images(clean)
    count = min(sizes.corrupted, len(images))
    sets = {
        "clean": LabelledSet(images, clean.labels),
        "corrupted": LabelledSet(
            mixed_corruptions(images[:count], FIT_SEED + seed), clean.labels[:count]
        ),
    }
    for kind in kinds_for(class_names):
        count = sizes.hard if kind in HARD_KINDS else sizes.easy
        drawn = junk(kind, count, FIT_SEED + seed, (images, clean.labels))
        sets[kind] = LabelledSet(drawn, None)
    for kind, of_kind in more_junk.items():
        generator = generator_for(FIT_SEED + seed, "more junk", kind)
        chosen = torch.randperm(len(of_kind), generator=generator)[: 3 * sizes.hard]
        sets[kind] = LabelledSet(to_unit_range(of_kind[chosen]).squeeze(1), None)
    return sets


def sets_for_report(
    image_set: ImageSet, corrupted_count: int, junk_count: int
) -> dict[str, LabelledSet]:
    """Clean images, each corruption, and every kind of junk, by name, rounded to bytes."""
    images = unit_images(image_set)
    sets = {"clean": LabelledSet(images, image_set.labels)}
    for kind in CORRUPTIONS:
        drawn = corrupted(kind, images[:corrupted_count], REPORT_SEED)
        sets[kind] = LabelledSet(_rounded(drawn), image_set.labels[:corrupted_count])
    for kind in (*GENERATED, *FROM_DATA, *HELD_OUT):
        drawn = junk(kind, junk_count, REPORT_SEED, (images, image_set.labels))
        sets[kind] = LabelledSet(_rounded(drawn), None)
    return sets


def _rounded(images: Tensor) -> Tensor:
    return torch.round(images * 255) / 255
