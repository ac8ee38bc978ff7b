"""The classifier's own descent in latent space, by BFGS with a backtracking line search.

The same algorithm as the module's (`assembly/inference/search.ts` and `bfgs.ts`), for many images at
once; `test/golden/descent.json` holds both to each other. See Nocedal and Wright, Numerical
Optimization, chapter 6.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from abs_training.decoders.layers import Decoder
from abs_training.images.data import PIXELS
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import losses_and_gradients, project

EVALUATIONS = 12
"""Evaluations of a class's decoder from its start on, the start's own included."""

SUFFICIENT_DECREASE = 1e-4
"""Fraction of the decrease that the slope promises which a step must deliver (Armijo)."""

SMALLEST_CURVATURE = 1e-6
"""Below this fraction of ‖s‖‖y‖ the curvature sᵀy is noise and the estimate stays as it is."""

TYPICAL_CURVATURE = 8.0
"""Squared change of a reconstruction for a unit of latent: sets the length of the first step."""


@dataclass(frozen=True)
class Trial:
    """One evaluation of `n` descents."""

    latents: Tensor
    """Where it was, `[n, latents]`."""
    losses: Tensor
    """The losses there, `[n]`."""
    steps: Tensor
    """Lengths of the steps there, 1 for a whole one of BFGS, `[n]`."""
    slopes: Tensor
    """Derivatives of the losses along those steps; a descent stands still where none is below 0, `[n]`."""
    accepted: Tensor
    """Truth values: whether the descent moved there, `[n]`."""
    usable: Tensor
    """Truth values: whether the curvature found on the way is more than noise, `[n]`."""


class Descent:
    """BFGS for `n` images at once, one latent for each, all under one class."""

    def __init__(
        self, decoder: Decoder, images: Tensor, start: Tensor, assumptions: Assumptions
    ) -> None:
        """`images` is `[n, 784]`, `start` is `[n, latents]`; evaluates there."""
        self._decoder = decoder
        self._images = images
        self._assumptions = assumptions
        count, size = start.shape
        self._identity = torch.eye(size, dtype=start.dtype, device=start.device)
        self._identity = self._identity.expand(count, size, size)
        # The loss is the squared error over 784, so its second derivative is about 2 · curvature / 784.
        self._inverse = self._identity * (PIXELS / (2 * TYPICAL_CURVATURE))
        self.latents = start
        """The best so far, `[n, latents]`."""
        self.losses, self._gradients = losses_and_gradients(decoder, images, start, assumptions)
        self._steps = torch.ones_like(self.losses)
        # Until the first usable curvature the estimate is a guess of its size, which that one mends.
        self._is_guess = torch.ones_like(self.losses, dtype=torch.bool)

    def advance(self) -> Trial:
        """One evaluation: moves there, or shortens the step."""
        steps, losses, gradients = self._steps, self.losses, self._gradients
        direction = _apply(self._inverse, gradients)
        slopes = -(direction * gradients).sum(1)
        trial = project(
            self.latents - steps.unsqueeze(1) * direction, self._assumptions.sphere_radius
        )
        trial_losses, trial_gradients = losses_and_gradients(
            self._decoder, self._images, trial, self._assumptions
        )
        active = slopes < 0
        accepted = active & (trial_losses <= losses + SUFFICIENT_DECREASE * steps * slopes)
        # Where a step went too far, the parabola through both losses and the slope shortens it.
        excess = (trial_losses - losses - slopes * steps).clamp_min(1e-30)
        parabola = -slopes * steps.square() / (2 * excess)
        shorter = torch.maximum(0.1 * steps, torch.minimum(0.5 * steps, parabola))
        usable, updated = self._updated_inverse(trial - self.latents, trial_gradients - gradients)
        chosen = accepted.reshape(-1, 1)
        self._inverse = torch.where(chosen.unsqueeze(2), updated, self._inverse)
        self.latents = torch.where(chosen, trial, self.latents)
        self._gradients = torch.where(chosen, trial_gradients, gradients)
        self.losses = torch.where(accepted, trial_losses, losses)
        self._is_guess = self._is_guess & ~(accepted & usable)
        self._steps = torch.where(
            accepted, torch.ones_like(steps), torch.where(active, shorter, steps)
        )
        return Trial(trial, trial_losses, steps, slopes, accepted, usable)

    def _updated_inverse(self, s: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Where the curvature sᵀy is more than noise, `[n]`, and the BFGS update, left out elsewhere."""
        curvature = (s * y).sum(1)
        squares = (y * y).sum(1)
        usable = curvature > SMALLEST_CURVATURE * ((s * s).sum(1) * squares).sqrt()
        safe = torch.where(usable, curvature, torch.ones_like(curvature))
        rescaled = self._identity * (safe / squares.clamp_min(1e-30)).reshape(-1, 1, 1)
        old = torch.where(self._is_guess.reshape(-1, 1, 1), rescaled, self._inverse)
        product = _apply(old, y)
        rho = (1 / safe).reshape(-1, 1, 1)
        outer = rho * (1 + rho * (y * product).sum(1).reshape(-1, 1, 1))
        columns, rows = s.unsqueeze(2), s.unsqueeze(1)
        mixed = columns * product.unsqueeze(1) + product.unsqueeze(2) * rows
        updated = old + outer * columns * rows - rho * mixed
        return usable, torch.where(usable.reshape(-1, 1, 1), updated, self._inverse)


def descend(
    decoder: Decoder,
    images: Tensor,
    start: Tensor,
    assumptions: Assumptions,
    evaluations: int = EVALUATIONS,
) -> tuple[Tensor, Tensor]:
    """Losses `[n]` and latents `[n, latents]` after BFGS from `start`, one latent for each image."""
    descent = Descent(decoder, images, start, assumptions)
    for _ in range(1, evaluations):
        descent.advance()
    return descent.losses, descent.latents


def _apply(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Product of each matrix `[n, m, m]` with its vector `[n, m]`."""
    return torch.bmm(matrices, vectors.unsqueeze(2)).squeeze(2)
