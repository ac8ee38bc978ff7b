"""The latents of a class that a search meets, on which surrogates are fitted."""

from dataclasses import dataclass
from typing import Optional, Sequence

import torch
from torch import Tensor

from abs_training.decoders.layers import Decoder
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.randomness import generator_for
from abs_training.foundation.threads import for_each_class
from abs_training.images.corruptions import corrupted, mixed_corruptions
from abs_training.images.data import ImageSet, to_unit_range
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import LatentSearch, StartTable, project

OWN_SHARE = 0.4
"""Share of a class's images that show the class itself."""

SAMPLES = 1000
"""Latents drawn from the prior from which a search for these latents may start."""

UPDATES = 24
"""Updates of that search."""

JITTERS = (0.3, 0.7)
"""Standard deviations of the noise on copies of the latents found: a descent passes near them."""

PATHS = 3
"""Copies of each latent that lie somewhere between where its search began and where it ended."""


COPIES = 1 + PATHS + len(JITTERS)
"""Latents that are kept of each image."""


@dataclass(frozen=True)
class BankSizes:
    """How much is looked at, for each class."""

    images: int = 6000
    samples: int = 20_000


@dataclass(frozen=True)
class Bank:
    """Latents of one class, and the images for which they were found."""

    latents: Tensor
    """`[m, latents]`: `COPIES` blocks in the order of `images`, the first where searches ended; then
    samples of the prior."""
    images: Tensor
    """`[n, 784]`."""


def spoilt_copies(images: Tensor, seed: int, share: float = 0.5) -> Tensor:
    """Images `[n, 28, 28]`, the last `share` of them corrupted, a third of those several times."""
    kept = len(images) - int(share * len(images))
    spoilt = mixed_corruptions(images[kept:], seed)
    third = slice(0, len(spoilt) // 3)
    spoilt[third] = corrupted("salt and pepper", corrupted("shift", spoilt[third], seed), seed)
    return torch.cat([images[:kept], spoilt])


def bank_of_latents(
    decoders: Sequence[Decoder],
    starts: Sequence[Tensor],
    assumptions: Assumptions,
    training: ImageSet,
    sizes: BankSizes,
    seed: int,
    workers: int,
    checkpoint: Optional[Checkpoint] = None,
) -> list[Bank]:
    """For each class the latents that searches end in or pass, and samples of the prior.

    With a checkpoint, each class's latents are saved once they are found.
    """

    def bank_of(index: int) -> Bank:
        generator = generator_for(seed, "race bank", index)
        images = _images_for(index, training, sizes.images, generator, seed)
        images = assumptions.seen(images)
        saved = None if checkpoint is None else checkpoint.load(f"race-bank-{index}")
        if saved is not None:
            return Bank(saved, images)
        decoder = decoders[index]
        latents = decoder.latents
        samples = torch.randn(SAMPLES, latents, generator=generator)
        table = StartTable(decoder, torch.cat([starts[index], samples]), assumptions)
        begun, _ = table.best(images)
        search = LatentSearch(decoder, images, begun, assumptions)
        search.advance(UPDATES)
        found = search.latents
        copies = [found]
        for _ in range(PATHS):
            copies.append(torch.lerp(begun, found, torch.rand(len(found), 1, generator=generator)))
        for jitter in JITTERS:
            copies.append(found + jitter * torch.randn(found.shape, generator=generator))
        copies.append(torch.randn(sizes.samples, latents, generator=generator))
        latents_found = project(torch.cat(copies), assumptions.sphere_radius)
        if checkpoint is not None:
            checkpoint.save(f"race-bank-{index}", latents_found)
        return Bank(latents_found, images)

    return for_each_class(bank_of, len(decoders), workers)


def _images_for(
    index: int, training: ImageSet, count: int, generator: torch.Generator, seed: int
) -> Tensor:
    """Flat images `[n, 784]` in 0..1: of the class and of all others."""
    own = (training.labels == index).nonzero().flatten()
    others = (training.labels != index).nonzero().flatten()
    own = own[torch.randperm(len(own), generator=generator)[: int(OWN_SHARE * count)]]
    others = others[torch.randperm(len(others), generator=generator)[: count - len(own)]]
    chosen = torch.cat([own, others])
    chosen = chosen[torch.randperm(len(chosen), generator=generator)]
    return spoilt_copies(to_unit_range(training.images[chosen]).squeeze(1), seed).flatten(1)
