"""The classifier's own descent in latent space, by BFGS with a backtracking line search.

The same algorithm as the module's (`assembly/inference/search.ts` and `bfgs.ts`), for many images at
once; `test/golden/descent.json` holds both to each other. See Nocedal and Wright, Numerical
Optimization, chapter 6.
"""

import torch
from torch import Tensor

from abs_training.decoders.layers import Decoder
from abs_training.images.data import PIXELS
from abs_training.search.inference import Prior, losses_and_gradients, project

EVALUATIONS = 12
"""Evaluations of a class's decoder from its start on, the start's own included."""

SUFFICIENT_DECREASE = 1e-4
"""Fraction of the decrease that the slope promises which a step must deliver (Armijo)."""

SMALLEST_CURVATURE = 1e-6
"""Below this fraction of ‖s‖‖y‖ the curvature sᵀy is noise and the estimate stays as it is."""

TYPICAL_CURVATURE = 8.0
"""Squared change of a reconstruction for a unit of latent: sets the length of the first step."""


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
