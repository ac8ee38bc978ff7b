"""Reference implementation of inference: latent search by Adam, as in Schott et al. 2018.

The loss of a class at a latent is that of assumptions.py; the class with the lowest loss after the search
wins. The published code loses the sign of a latent that it projects onto the sphere; here the projection
keeps it.
"""

import math
from typing import Optional, Sequence

import torch
from torch import Tensor

from abs_training.decoders.layers import Decoder
from abs_training.foundation.threads import for_each_class
from abs_training.images.data import PIXELS
from abs_training.search.assumptions import Assumptions, Sums

LEARNING_RATE = 0.05
"""Step size of Adam in latent space."""

FIRST_MOMENT_DECAY = 0.9
SECOND_MOMENT_DECAY = 0.999
SMALLEST_DENOMINATOR = 1e-8

PAPER_SAMPLES = 8000
"""Latents from which the search starts, shared by all classes."""

PAPER_KEPT_SHARE = 0.9
"""Share of the latents drawn that are kept: those closest to the origin."""

PAPER_UPDATES = 49
"""Updates of a latent: the paper's 50 passes, of which the last only evaluates."""

CHUNK = 128
"""Images decoded at a time; few enough that their activations stay in the cache."""


def decode(decoder: Decoder, latents: Tensor) -> Tensor:
    """Images `[n, 784]` of latents `[n, latents]`."""
    with torch.no_grad():
        return torch.cat([decoder(part).flatten(1) for part in latents.split(CHUNK)])


def losses_and_gradients(
    decoder: Decoder, images: Tensor, latents: Tensor, assumptions: Assumptions
) -> tuple[Tensor, Tensor]:
    """Loss of each latent against its image, `[n]`, and its gradient, `[n, latents]`."""
    variable = latents.detach().requires_grad_(True)
    losses = losses_at(decoder, images, variable, assumptions)
    (gradients,) = torch.autograd.grad(losses.sum(), variable)
    return losses.detach(), gradients


def losses_at(
    decoder: Decoder, images: Tensor, latents: Tensor, assumptions: Assumptions
) -> Tensor:
    """Loss of each latent `[n, latents]` against its image as seen, `[n, 784]`: `[n]`."""
    return assumptions.losses(decoder(latents).flatten(1), images, latents)


def project(latents: Tensor, radius: float) -> Tensor:
    """Latents `[n, latents]`, those outside the sphere moved straight back onto it."""
    norms = latents.norm(dim=1, keepdim=True)
    return latents * (radius / norms.clamp_min(1e-12)).clamp_max(1.0)


class LatentSearch:
    """Adam on one latent for each of `n` images, all under one class."""

    def __init__(
        self,
        decoder: Decoder,
        images: Tensor,
        start: Tensor,
        assumptions: Assumptions,
        step_size: float = LEARNING_RATE,
    ) -> None:
        """`images`, as seen, is `[n, 784]`, `start` is `[n, latents]`."""
        self._decoder = decoder
        self._images = images
        self._assumptions = assumptions
        self._step_size = step_size
        self.latents = start.detach()
        self._first_moment = torch.zeros_like(self.latents)
        self._second_moment = torch.zeros_like(self.latents)
        self._updates = 0

    def advance(self, updates: int) -> None:
        """Updates every latent a number of times."""
        parts = torch.arange(len(self.latents), device=self.latents.device).split(CHUNK)
        latents, first, second = (
            self.latents.clone(),
            self._first_moment.clone(),
            self._second_moment.clone(),
        )
        for part in parts:
            for update in range(self._updates + 1, self._updates + updates + 1):
                _, gradients = losses_and_gradients(
                    self._decoder, self._images[part], latents[part], self._assumptions
                )
                first[part] = first[part].lerp(gradients, 1 - FIRST_MOMENT_DECAY)
                second[part] = second[part].lerp(gradients.square(), 1 - SECOND_MOMENT_DECAY)
                step = self._step_size / (1 - FIRST_MOMENT_DECAY**update)
                correction = math.sqrt(1 - SECOND_MOMENT_DECAY**update)
                denominator = second[part].sqrt() / correction + SMALLEST_DENOMINATOR
                moved = latents[part] - step * first[part] / denominator
                latents[part] = project(moved, self._assumptions.sphere_radius)
        self.latents, self._first_moment, self._second_moment = latents, first, second
        self._updates += updates

    def losses(self) -> Tensor:
        """The loss at each latent, `[n]`."""
        with torch.no_grad():
            return torch.cat(
                [
                    losses_at(self._decoder, images, latents, self._assumptions)
                    for images, latents in zip(self._images.split(CHUNK), self.latents.split(CHUNK))
                ]
            )

    def keep(self, chosen: Tensor) -> None:
        """Drops all images but the chosen ones (indices); the others' search goes on unchanged."""
        self._images = self._images[chosen]
        self.latents = self.latents[chosen]
        self._first_moment = self._first_moment[chosen]
        self._second_moment = self._second_moment[chosen]


class StartTable:
    """Latents of one class, decoded, from which a search starts."""

    def __init__(self, decoder: Decoder, latents: Tensor, assumptions: Assumptions) -> None:
        """`latents` is `[m, latents]`."""
        self._decoder = decoder
        self._assumptions = assumptions
        self._latents = latents
        self._decoded = decode(decoder, latents)
        self._decoded_squares = self._decoded.square().sum(1)
        self._decoded_sums = self._decoded.sum(1)
        self._latent_errors = assumptions.latent_errors(latents)

    def best(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """For each image as seen, `[n, 784]`, the latent of lowest loss, `[n, latents]`, and that loss.

        With a tolerance the latents are ranked without it.
        """
        chosen = torch.cat([self._errors(part).argmin(1) for part in images.split(1024)])
        decoded = self._decoded[chosen]
        errors = [
            self._assumptions.errors(of_chosen, part)
            for of_chosen, part in zip(decoded.split(1024), images.split(1024))
        ]
        losses = (torch.cat(errors) + self._latent_errors[chosen]) / PIXELS
        return self._latents[chosen], losses

    def _errors(self, images: Tensor) -> Tensor:
        """784 · the loss of every latent without tolerance, `[n, m]`."""
        sums = Sums(
            images @ self._decoded.T,
            self._decoded_squares,
            self._decoded_sums,
            images.square().sum(1, keepdim=True),
            images.sum(1, keepdim=True),
        )
        return self._assumptions.profiled(sums) + self._latent_errors

    def best_or_proposed(self, images: Tensor, proposed: Tensor) -> tuple[Tensor, Tensor]:
        """As `best`, or the image's own proposed latent `[n, latents]` where that is better."""
        latents, losses = self.best(images)
        proposed = project(proposed, self._assumptions.sphere_radius)
        others = LatentSearch(self._decoder, images, proposed, self._assumptions).losses()
        better = others < losses
        return (
            torch.where(better.unsqueeze(1), proposed, latents),
            torch.where(better, others, losses),
        )


def paper_samples(
    count: int, latents: int, generator: torch.Generator, kept_share: float = PAPER_KEPT_SHARE
) -> Tensor:
    """Standard normal latents `[count, latents]`: the likeliest of count / `kept_share` drawn."""
    drawn = torch.randn(math.ceil(count / kept_share), latents, generator=generator)
    return drawn[drawn.norm(dim=1).argsort(stable=True)[:count]]


def search_all_classes(
    decoders: Sequence[Decoder],
    images: Tensor,
    starts: Sequence[Tensor],
    assumptions: Assumptions,
    updates: int,
    workers: int,
) -> Tensor:
    """Losses `[n, classes]` after a full search of every class; `starts` holds `[m, latents]`."""

    def search(index: int) -> Tensor:
        table = StartTable(decoders[index], starts[index], assumptions)
        start, _ = table.best(images)
        one = LatentSearch(decoders[index], images, start, assumptions)
        one.advance(updates)
        return one.losses()

    return torch.stack(for_each_class(search, len(decoders), workers), dim=1)


def search_likely_classes(
    decoders: Sequence[Decoder],
    images: Tensor,
    starts: Sequence[Tensor],
    assumptions: Assumptions,
    workers: int,
    proposed: Optional[Sequence[Tensor]] = None,
    first_updates: int = 9,
    all_updates: int = PAPER_UPDATES,
    likely: int = 3,
) -> Tensor:
    """As `search_all_classes`, but only the likeliest few classes are searched to the end.

    The other classes keep their loss after `first_updates`, which is an upper bound. With
    `proposed`, `[n, latents]` for each class, an image may start from its own latent.
    """
    count = len(images)

    def begin(index: int) -> LatentSearch:
        decoder = decoders[index]
        table = StartTable(decoder, starts[index], assumptions)
        if proposed is None:
            start, _ = table.best(images)
        else:
            start, _ = table.best_or_proposed(images, proposed[index])
        search = LatentSearch(decoder, images, start, assumptions)
        search.advance(first_updates)
        return search

    searches = for_each_class(begin, len(decoders), workers)
    losses = torch.stack([search.losses() for search in searches], dim=1)
    best = losses.topk(min(likely, len(decoders)), dim=1, largest=False).indices
    is_likely = torch.zeros_like(losses, dtype=torch.bool)
    is_likely[torch.arange(count, device=best.device).unsqueeze(1), best] = True

    def finish(index: int) -> Tensor:
        chosen = is_likely[:, index].nonzero().flatten()
        if len(chosen) == 0:
            return losses[:, index]
        searches[index].keep(chosen)
        searches[index].advance(all_updates - first_updates)
        result = losses[:, index].clone()
        result[chosen] = searches[index].losses()
        return result

    return torch.stack(for_each_class(finish, len(decoders), workers), dim=1)
