"""The images that a confidence is fitted to and judged on."""

from dataclasses import dataclass, field, fields
from typing import Mapping, Sequence

import torch
from torch import Tensor

from abs_training.foundation.randomness import generator_for
from abs_training.images.corruptions import CORRUPTIONS, corrupted, mixed_corruptions, uneven_light
from abs_training.images.data import ImageSet, to_unit_range
from abs_training.images.image_set_files import LabelledSet
from abs_training.images.junk import (
    FROM_DATA,
    GENERATED,
    HARD_KINDS,
    HELD_OUT,
    KINDS,
    junk,
    kinds_for,
)

FIT_SEED, REPORT_SEED = 0, 1
"""Junk and corruptions for the report are drawn from another seed than those for the fit."""

JUNK_IN_UNEVEN_LIGHT = "junk in uneven light"
"""Junk that could be taken for a class, and junk from elsewhere, again: or the gate would open to whatever is lit unevenly."""


@dataclass(frozen=True)
class SetSizes:
    """How many images of each sort are used at most."""

    clean: int = 5000
    corrupted: int = 5000
    training: int = 60000
    """Of training images: many more, for the gate, which they do not flatter."""
    training_spoilt: int = 20000
    """Of these (the first that the same generator draws), corrupted and again in uneven light."""
    easy: int = 2000
    """Of each kind of junk that no digit looks like; many, since some textures look like uneven light."""
    hard: int = 900
    """Of each other kind."""
    more: int = 12000
    """Of each kind from elsewhere."""

    @classmethod
    def of_each(cls, count: int) -> "SetSizes":
        """So many of every sort, for checks that need not wait."""
        return cls(**{each.name: count for each in fields(cls)})


TO_BE_SEARCHED = SetSizes(training=20000, easy=350, hard=350)
"""Fewer, for a fit to what a search of every class to its end finds, which costs many times what the module's race does."""


@dataclass(frozen=True)
class MoreImages:
    """Images from elsewhere that a confidence is fitted to, by the names of their folders."""

    hands: Mapping[str, ImageSet] = field(default_factory=dict)
    """Of the classes, but in other hands than the data's, such as digits of fonts."""
    junk: Mapping[str, Tensor] = field(default_factory=dict)
    """Of no class, bytes, shaped as the images of an `ImageSet`."""


def is_lit_again(kind: str, is_junk: bool) -> bool:
    """Whether the images of a kind are also among the junk in uneven light, one kind after the other in the order of the sets."""
    return kind in HARD_KINDS or (is_junk and kind not in (*KINDS, JUNK_IN_UNEVEN_LIGHT))


def unit_images(image_set: ImageSet) -> Tensor:
    """Images `[n, 28, 28]` in 0..1."""
    return to_unit_range(image_set.images).squeeze(1)


def sets_for_fit(
    training: ImageSet,
    validation: ImageSet,
    class_names: Sequence[str],
    sizes: SetSizes,
    seed: int,
    more: MoreImages,
) -> dict[str, LabelledSet]:
    """Images clean, corrupted, in uneven light and in other hands, every kind of junk that is not held out, and some of it in
    uneven light, by name.
    """
    clean = validation.first(sizes.clean)
    images = unit_images(clean)
    count = min(sizes.corrupted, len(images))
    seen = _drawn(training, sizes.training, seed, "training", "clean")
    spoilt = _drawn(training, sizes.training_spoilt, seed, "training", "clean")
    sets = {
        "clean": LabelledSet(images, clean.labels),
        "corrupted": LabelledSet(
            mixed_corruptions(images[:count], FIT_SEED + seed), clean.labels[:count]
        ),
        "training": LabelledSet(unit_images(seen), seen.labels),
        "corrupted training": LabelledSet(
            mixed_corruptions(unit_images(spoilt), FIT_SEED + seed + 1), spoilt.labels
        ),
        "training in uneven light": LabelledSet(
            uneven_light(unit_images(spoilt), generator_for(FIT_SEED + seed, "uneven light")),
            spoilt.labels,
        ),
    }
    for kind in kinds_for(class_names):
        count = sizes.hard if kind in HARD_KINDS else sizes.easy
        drawn = junk(kind, count, FIT_SEED + seed, (images, clean.labels))
        sets[kind] = LabelledSet(drawn, None)
    for kind, in_hands in more.hands.items():
        hands = _drawn(in_hands, sizes.more // 3, seed, "more hands", kind)
        sets[kind] = LabelledSet(unit_images(hands), hands.labels)
    for kind, pixels in more.junk.items():
        nothing = torch.zeros(len(pixels), dtype=torch.long)
        strange = _drawn(ImageSet(pixels, nothing), sizes.more, seed, "more junk", kind)
        sets[kind] = LabelledSet(unit_images(strange), None)
    unlit = torch.cat(
        [
            of_kind.images
            for kind, of_kind in sets.items()
            if is_lit_again(kind, of_kind.labels is None)
        ]
    )
    lit = uneven_light(unlit, generator_for(FIT_SEED + seed, JUNK_IN_UNEVEN_LIGHT))
    sets[JUNK_IN_UNEVEN_LIGHT] = LabelledSet(lit, None)
    return sets


def _drawn(image_set: ImageSet, count: int, seed: int, what: str, kind: str) -> ImageSet:
    """At most `count` of the images, drawn for this kind, in the order of their file, where those of one font are together."""
    generator = generator_for(FIT_SEED + seed, what, kind)
    chosen = torch.randperm(len(image_set), generator=generator)[:count].sort().values
    return ImageSet(image_set.images[chosen], image_set.labels[chosen])


def sets_for_report(
    image_set: ImageSet, corrupted_count: int, junk_count: int
) -> dict[str, LabelledSet]:
    """Clean images, each corruption, uneven light, and every kind of junk, by name, rounded to bytes."""
    images = unit_images(image_set)
    spoilt, labels = images[:corrupted_count], image_set.labels[:corrupted_count]
    sets = {"clean": LabelledSet(images, image_set.labels)}
    for kind in CORRUPTIONS:
        sets[kind] = LabelledSet(_rounded(corrupted(kind, spoilt, REPORT_SEED)), labels)
    lit = uneven_light(spoilt, generator_for(REPORT_SEED, "uneven light"))
    sets["uneven light"] = LabelledSet(_rounded(lit), labels)
    for kind in (*GENERATED, *FROM_DATA, *HELD_OUT):
        drawn = junk(kind, junk_count, REPORT_SEED, (images, image_set.labels))
        sets[kind] = LabelledSet(_rounded(drawn), None)
    return sets


def _rounded(images: Tensor) -> Tensor:
    return torch.round(images * 255) / 255
