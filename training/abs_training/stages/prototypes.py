"""Choosing the latents from which a class's search starts."""

from typing import Sequence

import torch
from torch import Tensor

from abs_training.decoders.layers import Decoder
from abs_training.decoders.vae import Vae, encode
from abs_training.foundation.randomness import generator_for
from abs_training.foundation.threads import for_each_class
from abs_training.images.augmentation import Distortion, distort
from abs_training.images.data import ImageSet, to_unit_range
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import LatentSearch, StartTable

OWN_IMAGES = 1500
"""Training images of the class whose latents may become prototypes."""

OTHER_IMAGES = 540
"""Training images of all other classes together."""

SPOILT_IMAGES = 300
"""Images of the class that are shifted and noisy."""

LARGEST_SHIFT = 3
"""Pixels by which corrupted images are shifted along each axis."""

NOISE_DEVIATION = 0.1
"""Standard deviation of the corrupted images' pixel noise, in units of the 0..1 range."""

FIRST_SAMPLES = 1000
"""Latents drawn from the prior from which the search for these latents may start."""

UPDATES = 20
"""Updates of that search."""

ITERATIONS = 30
"""Rounds of k-means."""


def choose_prototypes(
    count: int,
    training: ImageSet,
    vaes: Sequence[Vae],
    decoders: Sequence[Decoder],
    assumptions: Assumptions,
    seed: int,
    workers: int,
) -> Tensor:
    """Latents `[classes, count, latents]`: medoids of those that search finds for images.

    `count` falls where a class has fewer latents to choose from.
    """
    latents = decoders[0].latents
    device = next(decoders[0].parameters()).device
    samples = torch.randn(
        FIRST_SAMPLES, latents, generator=generator_for(seed, "prototypes", "samples")
    ).to(device)

    def polished(index: int) -> Tensor:
        images = _images_for(index, training, len(decoders), seed).to(device)
        images = assumptions.seen(images)
        flat = images.flatten(1)
        table = StartTable(decoders[index], samples, assumptions)
        start, _ = table.best_or_proposed(flat, encode(vaes[index], images))
        search = LatentSearch(decoders[index], flat, start, assumptions)
        search.advance(UPDATES)
        return search.latents.cpu()

    pools = for_each_class(polished, len(decoders), workers)
    count = min(count, *(len(pool) for pool in pools))
    return torch.stack(
        [
            medoids(pool, count, generator_for(seed, "prototypes", index))
            for index, pool in enumerate(pools)
        ]
    )


def _images_for(index: int, training: ImageSet, classes: int, seed: int) -> Tensor:
    """Images of the class, of all others, and corrupted ones of the class, `[n, 1, 28, 28]`."""
    own = to_unit_range(training.of_class(index))
    others = [
        to_unit_range(training.of_class(other)[: OTHER_IMAGES // (classes - 1) + 1])
        for other in range(classes)
        if other != index
    ]
    generator = generator_for(seed, "prototypes", "spoilt", index)
    spoilt = distort(own[-SPOILT_IMAGES:], Distortion(), generator)
    shifts = torch.randint(
        -LARGEST_SHIFT, LARGEST_SHIFT + 1, (len(spoilt), 2), generator=generator
    ).tolist()
    shifted = [
        torch.roll(image, (down, right), dims=(1, 2))
        for image, (down, right) in zip(spoilt, shifts)
    ]
    noise = torch.randn(spoilt.shape, generator=generator) * NOISE_DEVIATION
    return torch.cat([own[:OWN_IMAGES], *others, (torch.stack(shifted) + noise).clamp(0, 1)])


def medoids(points: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """`count` different rows of `points`: those nearest to the centres that k-means finds."""
    centres = points[torch.randperm(len(points), generator=generator)[:count]]
    for _ in range(ITERATIONS):
        nearest = torch.cdist(points, centres).argmin(1)
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        sizes = torch.bincount(nearest, minlength=count).unsqueeze(1)
        centres = torch.where(sizes > 0, sums / sizes.clamp_min(1), centres)
    distances = torch.cdist(centres, points)
    chosen: list[int] = []
    for row in distances:
        row = row.clone()
        row[chosen] = torch.inf
        chosen.append(int(row.argmin()))
    return points[chosen]
