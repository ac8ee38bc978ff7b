"""How the classifier itself searches: a start for each class, then a short descent by BFGS.

The start is the best prototype or, where the weights have tables for a race, the one that the race
finds. The same algorithm as the module's (`assembly/inference/search.ts` and `bfgs.ts`), for many
images at once, so that a confidence is fitted to what the classifier will see. Only that the race
drops classes that cannot win, and here all are searched to the end.
"""

from dataclasses import dataclass
from typing import Optional, Sequence

import torch
from torch import Tensor

from abs_training.data import PIXELS
from abs_training.inference import (
    CHUNK,
    Prior,
    StartTable,
    decode,
    losses_and_gradients,
    project,
)
from abs_training.layers import Decoder
from abs_training.race.starts import RaceStarts
from abs_training.threads import for_each_class

EVALUATIONS = 12
"""Evaluations of a class after its best prototype."""

SUFFICIENT_DECREASE = 1e-4
SMALLEST_CURVATURE = 1e-6
TYPICAL_CURVATURE = 8.0
"""Squared change of a reconstruction for a unit of latent: sets the length of the first step."""


@dataclass(frozen=True)
class Redrawings:
    """What a search finds for `n` images."""

    images: Tensor
    """`[n, 784]` in 0..1."""
    losses: Tensor
    """`[n, classes]`."""
    latents: Tensor
    """The winner's latent, `[n, latents]`."""
    reconstructions: Tensor
    """The winner's reconstruction, `[n, 784]`."""

    @property
    def labels(self) -> Tensor:
        """The class of lowest loss, `[n]`."""
        return self.losses.argmin(1)


def redraw(
    decoders: Sequence[Decoder],
    images: Tensor,
    starts: Sequence[Tensor],
    prior: Prior,
    workers: int,
    race: Optional[RaceStarts] = None,
) -> Redrawings:
    """Searches all classes for images `[n, 784]`.

    They start from the best of `starts`, `[m, latents]` for each class, or where `race` says.
    """
    proposed = None if race is None else race.best(images.cpu()).to(images.device)

    def search(index: int) -> tuple[Tensor, Tensor]:
        if proposed is None:
            start, _ = StartTable(decoders[index], starts[index], prior).best(images)
        else:
            start = proposed[index]
        found = [
            descend(decoders[index], part, latents, prior)
            for part, latents in zip(images.split(CHUNK), start.split(CHUNK))
        ]
        return torch.cat([losses for losses, _ in found]), torch.cat([z for _, z in found])

    found = for_each_class(search, len(decoders), workers)
    losses = torch.stack([of_class for of_class, _ in found], dim=1)
    labels = losses.argmin(1)
    latents = torch.stack([of_class for _, of_class in found])[labels, torch.arange(len(images))]
    reconstructions = torch.empty_like(images)
    for index, decoder in enumerate(decoders):
        won = (labels == index).nonzero().flatten()
        if len(won):
            reconstructions[won] = decode(decoder, latents[won])
    return Redrawings(images, losses, latents, reconstructions)


def descend(
    decoder: Decoder, images: Tensor, start: Tensor, prior: Prior, evaluations: int = EVALUATIONS
) -> tuple[Tensor, Tensor]:
    """Losses `[n]` and latents `[n, latents]` after BFGS from `start`, one latent for each image."""
    count, size = start.shape
    identity = torch.eye(size, device=start.device).expand(count, size, size)
    inverse = identity * (PIXELS / (2 * TYPICAL_CURVATURE))
    latents = start
    losses, gradients = losses_and_gradients(decoder, images, latents, prior)
    step = torch.ones_like(losses)
    is_first = torch.ones_like(losses, dtype=torch.bool)
    for _ in range(1, evaluations):
        direction = _apply(inverse, gradients)
        slope = -(direction * gradients).sum(1)
        trial = project(latents - step.unsqueeze(1) * direction, prior.sphere_radius)
        trial_losses, trial_gradients = losses_and_gradients(decoder, images, trial, prior)
        active = slope < 0
        accepted = active & (trial_losses <= losses + SUFFICIENT_DECREASE * step * slope)
        # Where a step went too far, the parabola through both losses and the slope shortens it.
        excess = (trial_losses - losses - slope * step).clamp_min(1e-30)
        parabola = -slope * step.square() / (2 * excess)
        shorter = torch.maximum(0.1 * step, torch.minimum(0.5 * step, parabola))
        updated = _updated_inverse(
            inverse, trial - latents, trial_gradients - gradients, is_first, identity
        )
        chosen = accepted.reshape(-1, 1)
        inverse = torch.where(chosen.unsqueeze(2), updated, inverse)
        latents = torch.where(chosen, trial, latents)
        gradients = torch.where(chosen, trial_gradients, gradients)
        losses = torch.where(accepted, trial_losses, losses)
        is_first = is_first & ~accepted
        step = torch.where(accepted, torch.ones_like(step), torch.where(active, shorter, step))
    return losses, latents


def _updated_inverse(
    inverse: Tensor, s: Tensor, y: Tensor, is_first: Tensor, identity: Tensor
) -> Tensor:
    """The BFGS update, left out where the curvature sᵀy is noise."""
    curvature = (s * y).sum(1)
    squares = (y * y).sum(1)
    usable = curvature > SMALLEST_CURVATURE * ((s * s).sum(1) * squares).sqrt()
    safe = torch.where(usable, curvature, torch.ones_like(curvature))
    rescaled = identity * (safe / squares.clamp_min(1e-30)).reshape(-1, 1, 1)
    old = torch.where(is_first.reshape(-1, 1, 1), rescaled, inverse)
    product = _apply(old, y)
    rho = (1 / safe).reshape(-1, 1, 1)
    outer = rho * (1 + rho * (y * product).sum(1).reshape(-1, 1, 1))
    columns, rows = s.unsqueeze(2), s.unsqueeze(1)
    mixed = columns * product.unsqueeze(1) + product.unsqueeze(2) * rows
    return torch.where(
        usable.reshape(-1, 1, 1), old + outer * columns * rows - rho * mixed, inverse
    )


def _apply(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Product of each matrix `[n, m, m]` with its vector `[n, m]`."""
    return torch.bmm(matrices, vectors.unsqueeze(2)).squeeze(2)
